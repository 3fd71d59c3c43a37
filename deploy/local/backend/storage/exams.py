"""Rows of exams: each function runs one statement in the caller's transaction. No rules, no wire names."""

import sqlite3
from dataclasses import asdict, dataclass

__all__ = [
    "Exam",
    "all_exams",
    "delete_exam",
    "find_exam",
    "insert_exam",
    "list_owned_exams",
    "list_published_exams",
    "update_exam",
]


@dataclass(frozen=True, slots=True)
class Exam:
    """One stored exam. `date` is YYYY-MM-DD, the times are AWSDateTime texts in UTC, `owner` is a sub."""

    id: str
    subject: str
    date: str
    teacher: str
    scale: str
    audience: str
    is_published: bool
    release_at: str | None  # from then on the results are public too; None: from the publication on
    version: int
    created_at: str
    updated_at: str
    owner: str
    is_listed: bool = True
    # From then on the results are public without a break, if they are; None: for longer than this is stored.
    public_since: str | None = None

    @property
    def is_own_result_only(self) -> bool:
        """Whether nobody but the owner gets to know whom a result is about."""
        return self.audience == "OWN"


_SELECT = (
    "SELECT id, subject, date, teacher, scale, audience, is_published, release_at, version, created_at,"
    " updated_at, owner, is_listed, public_since FROM exams"
)
_ORDER = "ORDER BY date DESC, id LIMIT ?"


def find_exam(connection: sqlite3.Connection, exam_id: str) -> Exam | None:
    row = connection.execute(f"{_SELECT} WHERE id = ?", (exam_id,)).fetchone()
    return _exam(row) if row else None


def all_exams(connection: sqlite3.Connection) -> list[Exam]:
    """Every exam of every owner, by id."""
    return [_exam(row) for row in connection.execute(f"{_SELECT} ORDER BY id")]


def list_published_exams(
    connection: sqlite3.Connection, row_count: int, after: tuple[str, str] | None
) -> list[Exam]:
    """Up to `row_count` listed exams after the key (date, id), newest date first, then by id."""
    sql = f"{_SELECT} WHERE is_published = 1 AND is_listed = 1 {_after(after)} {_ORDER}"
    return [_exam(row) for row in connection.execute(sql, (*_after_values(after), row_count))]


def list_owned_exams(
    connection: sqlite3.Connection, owner: str, row_count: int, after: tuple[str, str] | None
) -> list[Exam]:
    """Like `list_published_exams`, of one owner and with the drafts."""
    sql = f"{_SELECT} WHERE owner = ? {_after(after)} {_ORDER}"
    return [_exam(row) for row in connection.execute(sql, (owner, *_after_values(after), row_count))]


def insert_exam(connection: sqlite3.Connection, exam: Exam) -> None:
    connection.execute(
        "INSERT INTO exams (id, subject, date, teacher, scale, audience, is_published, release_at, version,"
        " created_at, updated_at, owner, is_listed, public_since) VALUES (:id, :subject, :date, :teacher,"
        " :scale, :audience, :is_published, :release_at, :version, :created_at, :updated_at, :owner,"
        " :is_listed, :public_since)",
        asdict(exam),
    )


def update_exam(connection: sqlite3.Connection, exam: Exam) -> None:
    """Everything but id, owner and time of creation."""
    connection.execute(
        "UPDATE exams SET subject = :subject, date = :date, teacher = :teacher, scale = :scale,"
        " audience = :audience, is_listed = :is_listed, is_published = :is_published,"
        " release_at = :release_at, public_since = :public_since, version = :version,"
        " updated_at = :updated_at WHERE id = :id",
        asdict(exam),
    )


def delete_exam(connection: sqlite3.Connection, exam_id: str) -> None:
    connection.execute("DELETE FROM exams WHERE id = ?", (exam_id,))


def _after(after: tuple[str, str] | None) -> str:
    return "" if after is None else "AND date <= ? AND (date < ? OR id > ?)"


def _after_values(after: tuple[str, str] | None) -> tuple[str, ...]:
    return () if after is None else (after[0], after[0], after[1])


def _exam(row: sqlite3.Row) -> Exam:
    values = dict(row)
    for name in ("is_published", "is_listed"):
        values[name] = bool(values[name])
    return Exam(**values)
