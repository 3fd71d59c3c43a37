"""The operator's commands for teachers' accounts, with the same words on AWS and for the embedded backend."""

import argparse
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.console import Console
from deploy.staff_list import NewTeacher
from deploy.teacher_accounts import AccountRefused, Teacher, TeacherAccounts, new_password
from deploy.teacher_holdings import TeacherHoldings

if TYPE_CHECKING:  # argparse does not name the type at runtime
    from argparse import _SubParsersAction

__all__ = [
    "ACCOUNT_COMMANDS",
    "LEAVING_COMMANDS",
    "AccountCommand",
    "TeacherCommands",
    "add_account_parsers",
]


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
}

LEAVING_COMMANDS: Mapping[str, str] = {  # with their help
    "hand-over-exams": "give all exams and class lists of a teacher to a colleague",
    "remove-teacher": "delete a teacher's account, after its exams are handed over or deleted with it",
}


def add_account_parsers(
    commands: "_SubParsersAction[argparse.ArgumentParser]",
    parents: Sequence[argparse.ArgumentParser],
    asking: Sequence[argparse.ArgumentParser] = (),
) -> tuple[argparse.ArgumentParser, argparse.ArgumentParser]:
    """Add the parsers of all commands about accounts; `asking` has options of those that ask first.

    Returns those of add-teacher and reset-password, for what the two backends' commands have of their own.
    """
    adding = commands.add_parser("add-teacher", parents=parents, help="make a teacher's account")
    adding.add_argument("username", nargs="?")
    adding.add_argument(
        "--from-file",
        metavar="FILE",
        type=Path,
        help="a staff list instead: CSV with the columns username, email, name",
    )
    adding.add_argument("--email", help="an address for codes and mailed passwords")
    adding.add_argument("--name", help="the teacher's name")
    resetting = commands.add_parser(
        "reset-password", parents=parents, help="end a teacher's password and all sessions"
    )
    resetting.add_argument("username")
    for name, command in ACCOUNT_COMMANDS.items():
        commands.add_parser(name, parents=parents, help=command.help).add_argument("username")
    commands.add_parser("list-teachers", parents=parents, help="all accounts with their states")
    handing_over, removing = (
        commands.add_parser(name, parents=[*parents, *asking], help=text)
        for name, text in LEAVING_COMMANDS.items()
    )
    handing_over.add_argument("username", help="whose exams they are")
    handing_over.add_argument("colleague", help="the username of their new owner")
    removing.add_argument("username")
    wanted = removing.add_mutually_exclusive_group()
    wanted.add_argument(
        "--hand-over-to", metavar="COLLEAGUE", help="who gets the exams and class lists: a username"
    )
    wanted.add_argument("--delete-exams", action="store_true", help="delete them for ever")
    return adding, resetting


@dataclass(frozen=True, slots=True)
class TeacherCommands:
    """Each command raises AccountRefused, or what the accounts and the holdings raise."""

    accounts: TeacherAccounts
    holdings: TeacherHoldings
    console: Console

    def add(self, username: str, email: str | None, name: str | None, *, is_mailed: bool) -> None:
        """Make an account; its temporary password is sent by e-mail or shown here."""
        password = new_password(secrets.choice)
        self.accounts.add(username, password, email=email, name=name, is_mailed=is_mailed)
        self.console.say(f"{username} can sign in within 7 days and then chooses a password.")
        self.console.say(
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
                self.console.say(f"{teacher.username} has an account already.")
            else:
                self.add(teacher.username, teacher.email, teacher.name, is_mailed=is_mailed)

    def reset(self, username: str, *, is_mailed: bool) -> None:
        """End the password and every session; mail a code, or show a temporary password here.

        Who has never signed in is invited again instead of getting a code. Raises AccountRefused, also for an
        account without an address.
        """
        if is_mailed:
            teacher = self.accounts.named(username)
            if not teacher.email:
                raise AccountRefused(
                    "username", f"{username} has no address: have a temporary password shown here instead."
                )
            if teacher.has_signed_in:
                self.accounts.mail_reset_code(teacher.username)
                self.console.say(
                    f"{username} is signed out everywhere and gets a code by e-mail for a new password."
                )
            else:
                self.accounts.renew_invitation(teacher.username, new_password(secrets.choice))
                self.console.say(f"{username} has never signed in, and gets another invitation by e-mail.")
        else:
            password = new_password(secrets.choice)
            self.accounts.set_temporary_password(username, password)
            self.console.say(f"{username} is signed out everywhere. Temporary password: {password}")

    def on_account(self, command: str, username: str) -> None:
        """One of ACCOUNT_COMMANDS."""
        chosen = ACCOUNT_COMMANDS[command]
        chosen.act(self.accounts, username)
        self.console.say(f"{username} {chosen.done}")

    def on_leaving(self, given: argparse.Namespace) -> None:
        """One of LEAVING_COMMANDS, by its parser's arguments. Raises Declined, too."""
        if given.command == "hand-over-exams":
            self.hand_over(given.username, given.colleague)
        else:
            self.remove(given.username, colleague=given.hand_over_to, is_deleting=given.delete_exams)

    def hand_over(self, username: str, colleague: str) -> None:
        """Give all exams and class lists to a colleague. Safe to repeat, also after an interruption."""
        self._hand_over(self.accounts.named(username), self._receiver(username, colleague))

    def remove(self, username: str, *, colleague: str | None, is_deleting: bool) -> None:
        """Delete an account whose exams go to a colleague or are deleted, which the operator must say if it
        has any. Safe to repeat. Raises Declined, too."""
        teacher = self.accounts.named(username)
        receiver = None if colleague is None else self._receiver(username, colleague)
        owned = self.holdings.count(teacher.sub)
        if owned and receiver is None and not is_deleting:
            raise AccountRefused(
                "remove-teacher",
                f"{teacher.username} has {owned}. Hand them over with --hand-over-to COLLEAGUE, or delete "
                "them for ever with --delete-exams.",
            )
        if owned and is_deleting:
            self.console.confirm_by_name(f"This deletes {owned}, for ever.", teacher.username)
        else:
            self.console.confirm(f"Delete the account {teacher.username}?")
        self.accounts.disable(username)  # before anything else is added
        if receiver is not None:
            self._hand_over(teacher, receiver)
        elif owned:
            self.holdings.delete(teacher.sub)
            self.console.say(
                f"Deleted: {owned}. Students' pages drop them within five minutes. Backups still hold them."
            )
        if left := self.holdings.count(teacher.sub):
            raise AccountRefused("remove-teacher", f"{left} came since: run the command again.")
        self.accounts.remove(username)
        self.console.say(f"{teacher.username} has no account any more.")

    def _receiver(self, username: str, colleague: str) -> Teacher:
        receiver = self.accounts.named(colleague)
        if receiver.username.casefold() == username.casefold():
            raise AccountRefused("colleague", f"{colleague} is the same account.")
        if not receiver.is_enabled:
            raise AccountRefused("colleague", f"{colleague} is disabled, and could not use the exams.")
        return receiver

    def _hand_over(self, teacher: Teacher, receiver: Teacher) -> None:
        owned = self.holdings.count(teacher.sub)
        self.holdings.hand_over(teacher.sub, receiver.sub)
        self.console.say(
            f"{receiver.username} now has what {teacher.username} had: {owned}. Students see what they saw "
            "before, with the same teacher's name."
        )

    def list(self) -> None:
        """One line an account."""
        teachers = self.accounts.all()
        for teacher in teachers:
            state = teacher.status if teacher.is_enabled else "DISABLED"
            created = f"{teacher.created_at:%Y-%m-%d}"
            self.console.say(
                f"{teacher.username}  {state}  {created}  {teacher.email}  {teacher.name}".rstrip()
            )
        self.console.say(f"{len(teachers)} account{'' if len(teachers) == 1 else 's'}.")
