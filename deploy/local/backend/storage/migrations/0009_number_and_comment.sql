-- The school's number of the student, and what the teacher says about the result; null: none.

ALTER TABLE results ADD COLUMN number TEXT;
ALTER TABLE results ADD COLUMN comment TEXT;
