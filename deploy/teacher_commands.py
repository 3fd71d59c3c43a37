"""The operator's commands for teachers' accounts, with the same words on AWS and for the embedded backend."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from deploy.staff_list import NewTeacher
from deploy.teacher_accounts import AccountRefused, TeacherAccounts, new_password

__all__ = ["ACCOUNT_COMMANDS", "AccountCommand", "TeacherCommands"]


@dataclass(frozen=True, slots=True)
class AccountCommand:
    """A command about one existing account. `done` is what it says then, after the username."""

    help: str
    act: Callable[[TeacherAccounts, str], None]
    done: str


ACCOUNT_COMMANDS = {
    "sign-out-teacher": AccountCommand(
        "end a teacher's sessions", TeacherAccounts.sign_out, "is signed out everywhere."
    ),
    "disable-teacher": AccountCommand(
        "refuse a teacher's sign-ins; end all sessions",
        TeacherAccounts.disable,
        "is signed out everywhere and can no longer sign in. The exams stay.",
    ),
    "enable-teacher": AccountCommand(
        "let a disabled teacher sign in again", TeacherAccounts.enable, "can sign in again."
    ),
    "remove-authenticator": AccountCommand(
        "for a teacher who lost the phone: sign in without its codes",
        TeacherAccounts.remove_authenticator,
        "is signed out everywhere and signs in by password alone.",
    ),
    "remove-teacher": AccountCommand(
        "delete a teacher's account; the exams stay as they are, and nobody can change them",
        TeacherAccounts.remove,
        "has no account any more. The exams stay as they are; nobody can change them.",
    ),
}


@dataclass(frozen=True, slots=True)
class TeacherCommands:
    """`say` prints a line. Each command raises AccountRefused, or what the accounts' client raises."""

    accounts: TeacherAccounts
    say: Callable[[str], None]

    def add(self, username: str, email: str | None, name: str | None, *, is_mailed: bool) -> None:
        """Make an account; its temporary password is sent by e-mail or shown here."""
        password = new_password(secrets.choice)
        self.accounts.add(username, password, email=email, name=name, is_mailed=is_mailed)
        self.say(f"{username} can sign in within 7 days and then chooses a password.")
        self.say(
            f"The temporary password was sent to {email}." if is_mailed else f"Temporary password: {password}"
        )

    def add_all(self, teachers: Sequence[NewTeacher], *, is_mailed: bool) -> None:
        """Make the accounts that do not exist yet; safe to repeat with the same list.

        Raises AccountRefused, before anything is made, if passwords are to be mailed without an address.
        """
        unreachable = [teacher.username for teacher in teachers if is_mailed and teacher.email is None]
        if unreachable:
            raise AccountRefused(
                "--from-file", f"no email for {', '.join(unreachable)}: add it, or say --show."
            )
        existing = {teacher.username.casefold() for teacher in self.accounts.all()}
        for teacher in teachers:
            if teacher.username.casefold() in existing:
                self.say(f"{teacher.username} has an account already.")
            else:
                self.add(teacher.username, teacher.email, teacher.name, is_mailed=is_mailed)

    def reset(self, username: str, *, is_mailed: bool) -> None:
        """End the password and every session; mail a code, or show a temporary password here."""
        if is_mailed:
            self.accounts.mail_reset_code(username)
            self.say(f"{username} is signed out everywhere and gets a code by e-mail for a new password.")
        else:
            password = new_password(secrets.choice)
            self.accounts.set_temporary_password(username, password)
            self.say(f"{username} is signed out everywhere. Temporary password: {password}")

    def on_account(self, command: str, username: str) -> None:
        """One of ACCOUNT_COMMANDS."""
        chosen = ACCOUNT_COMMANDS[command]
        chosen.act(self.accounts, username)
        self.say(f"{username} {chosen.done}")

    def list(self) -> None:
        """One line an account."""
        teachers = self.accounts.all()
        for teacher in teachers:
            state = teacher.status if teacher.is_enabled else "DISABLED"
            created = f"{teacher.created_at:%Y-%m-%d}"
            self.say(f"{teacher.username}  {state}  {created}  {teacher.email}  {teacher.name}".rstrip())
        self.say(f"{len(teachers)} account{'' if len(teachers) == 1 else 's'}.")
