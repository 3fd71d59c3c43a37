-- Exams and their results. Times are AWSDateTime texts in UTC; dates are YYYY-MM-DD, so that text order is date order.

CREATE TABLE exams (
  id TEXT NOT NULL PRIMARY KEY,
  subject TEXT NOT NULL,
  date TEXT NOT NULL,
  teacher TEXT NOT NULL,
  scale TEXT NOT NULL,
  audience TEXT NOT NULL CHECK (audience IN ('NAMES', 'CODES')),
  is_published INTEGER NOT NULL CHECK (is_published IN (0, 1)),
  version INTEGER NOT NULL CHECK (version >= 1),
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  owner TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The two listings, newest date first; a page continues after the last (date, id).
CREATE INDEX exams_published_by_date ON exams (date DESC, id) WHERE is_published = 1;
CREATE INDEX exams_by_owner_and_date ON exams (owner, date DESC, id);

-- Kept in the order in which they are listed: by exam, then by their random ids.
CREATE TABLE results (
  exam_id TEXT NOT NULL REFERENCES exams (id),
  id TEXT NOT NULL,
  student TEXT NOT NULL,
  grade TEXT NOT NULL,
  name TEXT,
  version INTEGER NOT NULL CHECK (version >= 1),
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  PRIMARY KEY (exam_id, id)
) STRICT, WITHOUT ROWID;
