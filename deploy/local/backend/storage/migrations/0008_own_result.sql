-- The audience OWN. SQLite cannot change a CHECK, so both tables are made anew.

CREATE TABLE new_exams (
  id TEXT NOT NULL PRIMARY KEY,
  subject TEXT NOT NULL,
  date TEXT NOT NULL,
  teacher TEXT NOT NULL,
  scale TEXT NOT NULL,
  audience TEXT NOT NULL CHECK (audience IN ('NAMES', 'CODES', 'OWN')),
  is_published INTEGER NOT NULL CHECK (is_published IN (0, 1)),
  version INTEGER NOT NULL CHECK (version >= 1),
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  owner TEXT NOT NULL,
  release_at TEXT,
  is_listed INTEGER NOT NULL DEFAULT 1 CHECK (is_listed IN (0, 1))
) STRICT, WITHOUT ROWID;
INSERT INTO new_exams SELECT id, subject, date, teacher, scale, audience, is_published, version, created_at, updated_at,
  owner, release_at, is_listed FROM exams;

CREATE TABLE new_results (
  exam_id TEXT NOT NULL REFERENCES new_exams (id),
  id TEXT NOT NULL,
  student TEXT NOT NULL,
  grade TEXT NOT NULL,
  name TEXT,
  version INTEGER NOT NULL CHECK (version >= 1),
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  PRIMARY KEY (exam_id, id)
) STRICT, WITHOUT ROWID;
INSERT INTO new_results SELECT exam_id, id, student, grade, name, version, created_at, updated_at FROM results;

DROP TABLE results;
DROP TABLE exams;
ALTER TABLE new_exams RENAME TO exams;
ALTER TABLE new_results RENAME TO results;
CREATE INDEX exams_published_by_date ON exams (date DESC, id) WHERE is_published = 1 AND is_listed = 1;
CREATE INDEX exams_by_owner_and_date ON exams (owner, date DESC, id);
