-- Which exams the gradebook of a class list shows and what they weigh, as the client writes it; null: all as usual.

ALTER TABLE class_lists ADD COLUMN gradebook TEXT;
