"""The names of everything in the data folder. Others than its owner may read the settings only."""

from typing import Final

__all__ = [
    "BACKED_UP",
    "DATABASE",
    "DATABASE_SIDE_FILES",
    "DEMO_LOADED",
    "LOGS",
    "MAIL_OUTBOX",
    "MAIL_OUTBOX_OLD",
    "NEXT_POOL_SECRET",
    "OPERATOR_KEY",
    "POOL_SECRET",
    "RESTORE_MARKER",
    "SESSION_KEY",
    "SETTINGS",
    "SIGNING_KEY",
]

DATABASE: Final = "backend.sqlite3"
DATABASE_SIDE_FILES: Final = (f"{DATABASE}-wal", f"{DATABASE}-shm")  # SQLite's, while the database is open
SIGNING_KEY: Final = "signing_key.pem"  # signs the user pool's tokens
POOL_SECRET: Final = "identity_secret"  # noqa: S105  # a file's name: hashes, seals and derives
NEXT_POOL_SECRET: Final = "identity_secret.next"  # noqa: S105  # exists only until a key rotation is finished
OPERATOR_KEY: Final = "operator.json"  # signs the operator's calls
SESSION_KEY: Final = "session_key"  # the teacher dashboard's: seals what continues a session
SETTINGS: Final = "backend.env"  # the dashboards' settings
MAIL_OUTBOX: Final = "outbox.jsonl"  # messages to users, in place of a mail server
MAIL_OUTBOX_OLD: Final = "outbox.old.jsonl"  # the messages before
DEMO_LOADED: Final = "demo-loaded"  # marks that the example exams were loaded
RESTORE_MARKER: Final = "unfinished-restore.json"  # exists while a restore moves files
LOGS: Final = "logs"  # one file per process of the one command

# What a restore replaces; the database's own files first, so that they are never apart for long.
BACKED_UP: Final = (
    DATABASE,
    *DATABASE_SIDE_FILES,
    SIGNING_KEY,
    POOL_SECRET,
    OPERATOR_KEY,
    DEMO_LOADED,
    NEXT_POOL_SECRET,
)
