-- What was changed, when and by whom; written with each change. `before` and `after` are JSON objects with the values of a
-- result, or of the exam where result_id is null; a deleted result has no `after`.

CREATE TABLE changes (
  exam_id TEXT NOT NULL REFERENCES exams (id),
  number INTEGER NOT NULL CHECK (number >= 1),
  made_at TEXT NOT NULL,
  made_by TEXT NOT NULL,
  made_by_name TEXT NOT NULL,
  kind TEXT NOT NULL,
  result_id TEXT,
  before TEXT NOT NULL,
  after TEXT,
  PRIMARY KEY (exam_id, number)
) STRICT, WITHOUT ROWID;

-- A grade was corrected if it was changed, or taken back, after the results came to be public. Published exams without
-- this time were so before it was stored.
ALTER TABLE results ADD COLUMN regraded_at TEXT;
ALTER TABLE exams ADD COLUMN public_since TEXT;
