"""`import-backup` and `export-backup`: a school moves between the embedded backend and a stack.

Ids stay, and so do the students' links. Every teacher gets a temporary password at the new place.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deploy.aws.data.school import StackData, Written
from deploy.aws.errors import InputWrong
from deploy.console import Console
from deploy.local.maintenance.backup_format import BackupRefused
from deploy.local.maintenance.school import School, read_school, write_school
from deploy.teacher_accounts import TeacherAccounts, new_password

__all__ = ["MovingCommands"]


@dataclass(frozen=True, slots=True)
class MovingCommands:
    """The commands for one stack. `now` returns UTC time."""

    data: StackData
    accounts: TeacherAccounts
    console: Console
    now: Callable[[], dt.datetime]

    def import_backup(self, file: Path) -> None:
        """Puts an embedded backend's backup on the stack; safe to repeat, also after an interruption.

        Nothing on the stack is replaced by an older version of it. Raises InputWrong for what is no backup.
        """
        try:
            with file.open("rb") as backup:
                school = read_school(backup)
        except (BackupRefused, OSError) as refused:
            raise InputWrong(str(file), str(refused)) from None
        self._make_accounts(school)
        subs = {teacher.username.casefold(): teacher.sub for teacher in self.data.teachers()}
        moved = school.with_owners({t.username: subs[t.username.casefold()] for t in school.teachers})
        # An exam comes after its results and its history: nobody sees it half full.
        results = self.data.put_results(moved.results, {exam.id: exam for exam in moved.exams})
        changes = self.data.put_changes(moved.changes)
        exams = self.data.put_exams(moved.exams)
        class_lists = self.data.put_class_lists(moved.class_lists)
        self._report("results", results)
        self._report("exams", exams)
        self._report("class lists", class_lists)
        self._report("changes of the history", changes)

    def export_backup(self, file: Path) -> None:
        """Writes the stack's data as a backup that the embedded backend restores. Raises InputWrong."""
        school = self.data.school()
        passwords = {teacher.username: new_password(secrets.choice) for teacher in school.teachers}
        try:
            write_school(school, passwords, file, lambda: self.now().timestamp())
        except (BackupRefused, OSError) as refused:
            raise InputWrong(str(file), str(refused)) from None
        for username, password in passwords.items():
            self.console.say(f"{username}: temporary password {password}")
        self.console.say(f"{len(school.exams)} exams and {len(school.results)} results are in {file}.")
        self.console.say(f"Restore it with: python -m deploy.local restore {file}")

    def _make_accounts(self, school: School) -> None:
        existing = {teacher.username.casefold() for teacher in self.data.teachers()}
        for teacher in school.teachers:
            if teacher.username.casefold() in existing:
                self.console.say(f"{teacher.username} has an account already.")
                continue
            password = new_password(secrets.choice)
            self.accounts.add(teacher.username, password, email=teacher.email, name=teacher.name)
            if not teacher.is_enabled:
                self.accounts.disable(teacher.username)
            self.console.say(f"{teacher.username}: temporary password {password}")

    def _report(self, what: str, written: Written) -> None:
        kept = f"; {written.present} were there already" if written.present else ""
        self.console.say(f"{written.new} {what} put on the stack{kept}.")
