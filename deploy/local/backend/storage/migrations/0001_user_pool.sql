-- The user pool and the identity pool. No password, refresh token, code or secret key is stored in clear, only
-- verifiers, hashes and sealed texts. Times are seconds since 1970.

-- One row: the names of this installation's pools. They are part of every token and of the clients' settings.
CREATE TABLE pools (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  region TEXT NOT NULL,
  user_pool_id TEXT NOT NULL,
  client_id TEXT NOT NULL,
  identity_pool_id TEXT NOT NULL
) STRICT;

CREATE TABLE users (
  sub TEXT PRIMARY KEY,
  username TEXT NOT NULL,
  username_key TEXT NOT NULL UNIQUE,   -- the name as it is compared: composed, without case
  email_key TEXT UNIQUE,               -- set only while the address is verified: then one can sign in with it
  attributes TEXT NOT NULL,            -- JSON object, without sub
  status TEXT NOT NULL CHECK (status IN ('CONFIRMED', 'FORCE_CHANGE_PASSWORD', 'RESET_REQUIRED')),
  is_enabled INTEGER NOT NULL CHECK (is_enabled IN (0, 1)),
  salt BLOB NOT NULL,
  verifier BLOB NOT NULL,
  password_expires_at_s REAL,          -- of a temporary password
  authenticator_sealed BLOB,           -- the secret of the authenticator app
  is_authenticator_verified INTEGER NOT NULL DEFAULT 0 CHECK (is_authenticator_verified IN (0, 1)),
  is_authenticator_wanted INTEGER NOT NULL DEFAULT 0 CHECK (is_authenticator_wanted IN (0, 1)),
  authenticator_last_step INTEGER NOT NULL DEFAULT 0,  -- a code works once: later steps only
  created_at_s REAL NOT NULL,
  updated_at_s REAL NOT NULL
) STRICT, WITHOUT ROWID;

-- One row a sign-in: what its refresh token may still do. A token whose row is gone or revoked is refused.
CREATE TABLE sign_ins (
  origin_jti TEXT PRIMARY KEY,
  sub TEXT NOT NULL REFERENCES users (sub) ON DELETE CASCADE,
  refresh_token_hash BLOB NOT NULL UNIQUE,
  signed_in_at_s REAL NOT NULL,
  expires_at_s REAL NOT NULL,
  is_revoked INTEGER NOT NULL DEFAULT 0 CHECK (is_revoked IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_ins_of_user ON sign_ins (sub);
CREATE INDEX sign_ins_by_end ON sign_ins (expires_at_s);

-- Failed attempts by the hash of what was attacked (a typed name, a user's codes), known or not.
CREATE TABLE failed_attempts (
  target_hash BLOB PRIMARY KEY,
  failures INTEGER NOT NULL,
  locked_until_s REAL NOT NULL,
  forgotten_at_s REAL NOT NULL         -- later than the lock's end
) STRICT, WITHOUT ROWID;
CREATE INDEX failed_attempts_by_end ON failed_attempts (forgotten_at_s);

-- Codes sent by e-mail, by hash. For an unknown user a row is written, too, so that nobody can tell.
CREATE TABLE codes (
  sub TEXT NOT NULL,
  purpose TEXT NOT NULL,
  code_hash BLOB NOT NULL,
  expires_at_s REAL NOT NULL,
  PRIMARY KEY (sub, purpose)
) STRICT, WITHOUT ROWID;
CREATE INDEX codes_by_end ON codes (expires_at_s);

-- Temporary credentials by their public half; the secret half is derived from the data folder's secret.
CREATE TABLE temporary_credentials (
  access_key_id TEXT PRIMARY KEY,
  identity_id TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('GUEST', 'TEACHER')),
  expires_at_s REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX temporary_credentials_by_end ON temporary_credentials (expires_at_s);
