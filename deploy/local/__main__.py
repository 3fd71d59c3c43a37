"""The one command's Python part, and the operator's commands for the embedded backend.

python -m deploy.local [--demo] [ports, folder]      run everything until Ctrl-C or SIGTERM
python -m deploy.local add-teacher NAME [--email E]  while it runs
python -m deploy.local reset-password NAME
python -m deploy.local list-teachers
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from deploy.local.folder_lock import FolderInUse
from deploy.local.operator_client import Operator, OperatorRefused
from deploy.local.pair import ROOT, PairOptions, PortInUse, run_pair
from deploy.local.supervisor import ChildDied, NotReady

__all__ = ["main"]

DATA_DIR = ROOT / ".data"


def main(arguments: Sequence[str] | None = None) -> int:
    """Gives the exit status: 0 after a signal or a done command, 1 when a child died, 2 for a refusal."""
    given = _parser().parse_args(arguments)
    try:
        if given.command is None:
            return _run(given)
        return _operate(given)
    except (OperatorRefused, FolderInUse, PortInUse, OSError) as refused:
        print(f"deploy.local: {refused}", file=sys.stderr)
        return 2
    except (ChildDied, NotReady) as fault:
        print(f"deploy.local: {fault}", file=sys.stderr)
        return 1


def _run(given: argparse.Namespace) -> int:
    options = PairOptions(
        data_dir=given.data_dir.resolve(),
        host=given.host,
        teacher_port=given.teacher_port,
        student_port=given.student_port,
        backend_port=given.backend_port,
        is_demo=given.demo,
    )
    run_pair(options, say=lambda line: print(line, flush=True))
    return 0


def _operate(given: argparse.Namespace) -> int:
    operator = Operator(given.data_dir.resolve())
    try:
        if given.command == "add-teacher":
            print(f"temporary password of {given.name}: {operator.add_teacher(given.name, given.email)}")
        elif given.command == "reset-password":
            print(
                f"temporary password of {given.name}: {operator.set_password(given.name, is_permanent=False)}"
            )
        else:
            for teacher in operator.teachers():
                state = teacher.status if teacher.is_enabled else f"{teacher.status}, disabled"
                print(f"{teacher.username}  {state}")
    finally:
        operator.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m deploy.local", description="Exam results, live, on this machine."
    )
    data_dir = argparse.ArgumentParser(add_help=False)
    data_dir.add_argument("--data-dir", type=Path, default=argparse.SUPPRESS, help="where everything is kept")
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=DATA_DIR,
        help="where everything is kept (default: .data in the project)",
    )
    parser.add_argument("--demo", action="store_true", help="load example exams")
    parser.add_argument("--host", default="127.0.0.1", help="the dashboards' address; 0.0.0.0 for all")
    parser.add_argument("--teacher-port", type=_port, default=8501)
    parser.add_argument("--student-port", type=_port, default=8502)
    parser.add_argument("--backend-port", type=_port, default=8500)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    adding = commands.add_parser(
        "add-teacher", parents=[data_dir], help="make an account, print its password"
    )
    adding.add_argument("name")
    adding.add_argument("--email")
    resetting = commands.add_parser(
        "reset-password", parents=[data_dir], help="print a new temporary password"
    )
    resetting.add_argument("name")
    commands.add_parser("list-teachers", parents=[data_dir], help="every account and its state")
    return parser


def _port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 1 to 65535")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
