"""The one command, and the operator's commands for the embedded backend.

python -m deploy.local [--demo] [ports, folder]      run everything until Ctrl-C or SIGTERM
python -m deploy.local add-teacher USERNAME          while it runs; --from-file STAFF.csv for many
python -m deploy.local reset-password USERNAME       likewise sign-out-, disable-, enable-teacher
                                                     and remove-authenticator
python -m deploy.local hand-over-exams USERNAME COLLEAGUE
python -m deploy.local remove-teacher USERNAME       --hand-over-to COLLEAGUE or --delete-exams
python -m deploy.local list-teachers
python -m deploy.local backup FILE                   running or not; - is standard output
python -m deploy.local restore FILE [--replace]      stopped; - is standard input
python -m deploy.local rotate-keys                   stopped
"""

import argparse
import contextlib
import errno
import secrets
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from deploy.console import Declined, console_of_terminal
from deploy.local.backend.storage.database import DatabaseError
from deploy.local.data_folder.lock import FolderInUse
from deploy.local.maintenance.backup import back_up, back_up_to_file
from deploy.local.maintenance.backup_format import BackupRefused
from deploy.local.maintenance.operator_access import OperatorRefused, read_settings, teacher_accounts
from deploy.local.maintenance.restore import restore
from deploy.local.maintenance.stored_holdings import StoredHoldings
from deploy.staff_list import read_staff_list
from deploy.teacher_accounts import AccountRefused
from deploy.teacher_commands import (
    ACCOUNT_COMMANDS,
    LEAVING_COMMANDS,
    TeacherCommands,
    add_account_parsers,
)

__all__ = ["main"]

DATA_DIR = Path(__file__).parents[2] / ".data"


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit status: 0 after a signal or a finished command, 1 if a child died, 2 for a refusal."""
    given = _parser().parse_args(arguments)
    try:
        if given.command is None:
            return _run(given)
        if given.command in ACCOUNT_COMMANDS:
            with _teacher_commands(given) as commands:
                commands.on_account(given.command, given.username)
        elif given.command in LEAVING_COMMANDS:
            with _teacher_commands(given) as commands:
                commands.on_leaving(given)
        else:
            _COMMANDS[given.command](given)
    except _REFUSALS as refused:
        return _report(refused, status=2)
    except OSError as error:
        return _report(_with_place(error, given), status=2)
    return 0


def _run(given: argparse.Namespace) -> int:
    # Only here: the backend's image has every other command, but neither the dashboards nor what starts them.
    from deploy.local.launcher.pair import PairOptions, PortInUse, run_pair
    from deploy.local.launcher.supervisor import ChildDied, NotReady

    options = PairOptions(
        data_dir=given.data_dir.resolve(),
        host=given.host,
        teacher_port=given.teacher_port,
        student_port=given.student_port,
        backend_port=given.backend_port,
        is_demo=given.demo,
    )
    try:
        run_pair(options, say=lambda line: print(line, flush=True))
    except PortInUse as refused:
        return _report(refused, status=2)
    except (ChildDied, NotReady) as fault:
        return _report(fault, status=1)
    return 0


def _with_place(error: OSError, given: argparse.Namespace) -> OSError | str:
    """An error of a full or broken disk names no file, or only part of its path: then where to look."""
    if error.errno not in _DISK_ERRORS:
        return error
    places = [str(given.data_dir.resolve())]
    if getattr(given, "file", _STANDARD_STREAM) != _STANDARD_STREAM:
        places.append(str(given.file.resolve()))
    return f"{error}: check the disk of {' and of '.join(places)}, then give the command again"


def _report(error: Exception | str, *, status: int) -> int:
    print(f"deploy.local: {error}", file=sys.stderr)
    return status


@contextlib.contextmanager
def _teacher_commands(given: argparse.Namespace) -> Iterator[TeacherCommands]:
    data_dir = given.data_dir.resolve()
    console = console_of_terminal(is_agreed=getattr(given, "yes", False))
    with teacher_accounts(data_dir) as accounts:
        yield TeacherCommands(accounts, StoredHoldings(data_dir), console)


def _add_teacher(given: argparse.Namespace) -> None:
    if (given.username is None) == (given.from_file is None):
        raise AccountRefused("add-teacher", "give a username, or --from-file with a list.")
    _check_mail(given)
    with _teacher_commands(given) as commands:
        if given.from_file is None:
            if given.mail and not given.email:
                raise AccountRefused("--mail", "needs --email ADDRESS.")
            commands.add(given.username, given.email, given.name, is_mailed=given.mail)
        else:
            commands.add_all(read_staff_list(given.from_file), is_mailed=given.mail)


def _reset_password(given: argparse.Namespace) -> None:
    _check_mail(given)
    with _teacher_commands(given) as commands:
        commands.reset(given.username, is_mailed=given.mail)


def _check_mail(given: argparse.Namespace) -> None:
    settings = read_settings(given.data_dir.resolve())
    if given.mail and settings.get("EXAM_RESULTS_SENDS_MAIL") != "true":
        raise AccountRefused(
            "--mail", "the backend has no mail server: start it with EXAM_RESULTS_SMTP_URL set."
        )


def _list_teachers(given: argparse.Namespace) -> None:
    with _teacher_commands(given) as commands:
        commands.list()


def _back_up(given: argparse.Namespace) -> None:
    data_dir = given.data_dir.resolve()
    if given.file == _STANDARD_STREAM:
        manifest = back_up(data_dir, sys.stdout.buffer, time.time)
        sys.stdout.buffer.flush()
    else:
        manifest = back_up_to_file(data_dir, given.file, time.time)
    length = sum(facts.length for facts in manifest.files.values())
    print(f"backup of {manifest.made_at}: {length} bytes, with the keys: keep it safe", file=sys.stderr)


def _restore(given: argparse.Namespace) -> None:
    data_dir = given.data_dir.resolve()
    if given.file == _STANDARD_STREAM:
        manifest, aside = restore(sys.stdin.buffer, data_dir, time.time, is_replacing=given.replace)
    else:
        with given.file.open("rb") as file:
            manifest, aside = restore(file, data_dir, time.time, is_replacing=given.replace)
    print(f"restored the backup of {manifest.made_at} to {data_dir}")
    if aside is not None:
        print(f"the previous data is in {aside}")


def _rotate_keys(given: argparse.Namespace) -> None:
    # Only here: of all commands, only this one makes keys.
    from deploy.local.maintenance.key_rotation import rotate_keys

    rotate_keys(given.data_dir.resolve(), secrets.token_bytes)
    print("the keys are new from the next start on; every teacher signs in again")


_REFUSALS = (AccountRefused, OperatorRefused, BackupRefused, Declined, FolderInUse, DatabaseError)
_STANDARD_STREAM = Path("-")
_DISK_ERRORS = (errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EROFS)
_COMMANDS = {
    "add-teacher": _add_teacher,
    "reset-password": _reset_password,
    "list-teachers": _list_teachers,
    "backup": _back_up,
    "restore": _restore,
    "rotate-keys": _rotate_keys,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m deploy.local", description="Exam results, live, on this machine."
    )
    data_dir = argparse.ArgumentParser(add_help=False)
    data_dir.add_argument("--data-dir", type=Path, default=argparse.SUPPRESS, help="where all data is stored")
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=DATA_DIR,
        help="where all data is stored (default: .data in the project)",
    )
    parser.add_argument("--demo", action="store_true", help="load example exams")
    parser.add_argument(
        "--host", default="127.0.0.1", help="the address the dashboards listen on; 0.0.0.0 for all"
    )
    parser.add_argument("--teacher-port", type=_port, default=8501)
    parser.add_argument("--student-port", type=_port, default=8502)
    parser.add_argument("--backend-port", type=_port, default=8500)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    asking = argparse.ArgumentParser(add_help=False)
    asking.add_argument("--yes", action="store_true", help="do not ask")
    adding, resetting = add_account_parsers(commands, [data_dir], [asking])
    resetting.add_argument("--mail", action="store_true", help="mail a code instead of printing a password")
    adding.add_argument("--mail", action="store_true", help="mail the password instead of printing it")
    backing_up = commands.add_parser("backup", parents=[data_dir], help="write all data to one file")
    backing_up.add_argument("file", type=Path, metavar="FILE", help="a new file; - for standard output")
    restoring = commands.add_parser("restore", parents=[data_dir], help="restore a backup")
    restoring.add_argument("file", type=Path, metavar="FILE", help="a backup; - for standard input")
    restoring.add_argument("--replace", action="store_true", help="first move existing data aside")
    commands.add_parser("rotate-keys", parents=[data_dir], help="replace every key and secret")
    return parser


def _port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: give a number from 1 to 65535")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
