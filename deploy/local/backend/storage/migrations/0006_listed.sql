-- Exams by link: published, and in no list.

ALTER TABLE exams ADD COLUMN is_listed INTEGER NOT NULL DEFAULT 1 CHECK (is_listed IN (0, 1));

DROP INDEX exams_published_by_date;
CREATE INDEX exams_published_by_date ON exams (date DESC, id) WHERE is_published = 1 AND is_listed = 1;
