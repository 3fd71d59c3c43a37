-- The hour from which the results of a published exam are public, as an AWSDateTime; null: from its publication on.

ALTER TABLE exams ADD COLUMN release_at TEXT;
