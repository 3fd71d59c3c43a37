-- What was deleted: the id alone. A try to create it whose answer was lost may arrive after all, and must not bring it back.
-- scope: an exam's id, for its results; or what the ids are of.

CREATE TABLE deleted_ids (
  scope TEXT NOT NULL,
  id TEXT NOT NULL,
  PRIMARY KEY (scope, id)
) STRICT, WITHOUT ROWID;
