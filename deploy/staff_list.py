"""A list of teachers from a file: a table with the columns username, email, name, as spreadsheets save it."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from deploy.teacher_accounts import AccountRefused, check_username

__all__ = ["NewTeacher", "read_staff_list"]

COLUMNS = ("username", "email", "name")


@dataclass(frozen=True, slots=True)
class NewTeacher:
    """One account to make."""

    username: str
    email: str | None = None
    name: str | None = None


def read_staff_list(path: Path) -> list[NewTeacher]:
    """The teachers of a CSV file with a heading; columns in any order, email and name may be missing.

    Raises AccountRefused, which names the line, before anything is made; OSError.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise AccountRefused("--from-file", f"{path} is not in UTF-8: save it as CSV UTF-8.") from None
    heading = text.partition("\n")[0]
    rows = csv.reader(text.splitlines(), delimiter=max(",;\t", key=heading.count))
    names = [cell.strip().casefold() for cell in next(rows, [])]
    if "username" not in names or not set(names) <= set(COLUMNS):
        raise AccountRefused(
            "--from-file", f"the first line of {path} must name the columns {', '.join(COLUMNS)}."
        )
    teachers: list[NewTeacher] = []
    lines: dict[str, int] = {}
    for cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        row = {name: cell.strip() or None for name, cell in zip(names, cells, strict=False)}
        username = row.get("username")
        if username is None or len(cells) > len(names):
            raise AccountRefused("--from-file", f"line {rows.line_num} is not a username, email and name.")
        try:
            check_username(username)
        except AccountRefused as refused:
            raise AccountRefused("--from-file", f"line {rows.line_num}: {refused.reason}") from None
        first = lines.setdefault(username.casefold(), rows.line_num)
        if first != rows.line_num:
            raise AccountRefused("--from-file", f"{username} is in lines {first} and {rows.line_num}.")
        teachers.append(NewTeacher(username, row.get("email"), row.get("name")))
    return teachers
