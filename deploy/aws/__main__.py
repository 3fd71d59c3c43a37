"""`python -m deploy.aws`: the operator's commands for AWS."""

import argparse
import dataclasses
import datetime as dt
import platform
import re
import secrets
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from deploy.aws.cloudformation.stack import Stack
from deploy.aws.cloudformation.template import BACKEND_TEMPLATE, read_template
from deploy.aws.commands import BackendCommands, write_whole_file
from deploy.aws.connection import Connection, aws_errors, connect
from deploy.aws.costs.estimates import ResultsDay
from deploy.aws.costs.report import cost_report
from deploy.aws.errors import DeployError, InputWrong
from deploy.aws.hosting import HostingCommands, ResultsHour
from deploy.aws.image_engine import PLATFORMS, architecture_of, find_engine
from deploy.aws.rehearsal import NAME_SUFFIX, Rehearsal
from deploy.aws.smoke.command import SmokeCommand
from deploy.console import Console, Declined, console_of_terminal
from deploy.staff_list import read_staff_list
from deploy.teacher_accounts import AccountRefused
from deploy.teacher_commands import ACCOUNT_COMMANDS, LEAVING_COMMANDS, add_account_parsers
from shared.model.errors import ExamResultsError

__all__ = ["main"]

ROOT = Path(__file__).parents[2]
FIREWALL_LIMIT_MIN = 100  # a lower limit would block the student containers
STACK_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")  # it also names registries, which take no capitals
STACK_NAME_LENGTH_MAX = 80  # CloudFront takes names of 128 with the longest of our endings
DAY = re.compile(r"\d{4}-?\d\d-?\d\d|\d{4}-?W\d\d(-?\d)?")


def main(arguments: Sequence[str] | None = None, console: Console | None = None) -> int:
    """Runs one command. Returns 0 on success, 1 when it is refused or fails, 130 when interrupted."""
    args = _parser().parse_args(arguments)
    console = console or console_of_terminal(is_agreed=args.yes)
    try:
        _run(args, console)
    except (DeployError, AccountRefused, Declined, ExamResultsError) as error:
        console.say(str(error))
        return 1
    except OSError as error:
        console.say(f"{_place(error, args)}: {error.strerror or error}")
        return 1
    except KeyboardInterrupt:
        console.say("Interrupted. What AWS has begun goes on; run the same command again to follow it.")
        return 130
    return 0


def _run(args: argparse.Namespace, console: Console) -> None:
    if args.command == "cost":  # needs no AWS account
        for line in cost_report(ResultsDay(args.students, args.exams, args.hours)):
            console.say(line)
        return
    if args.command == "template":
        write_whole_file(args.file, read_template(BACKEND_TEMPLATE))
        console.say(f"Wrote {args.file}.")
        return
    connection = connect(args.region, args.profile, args.endpoint_url)
    try:
        stack = Stack(args.stack_name, connection, console, _utc_now, time.sleep)
        commands = BackendCommands(stack, connection, console)
        match args.command:
            case "up":
                commands.up(_given_parameters(args), is_empty_wanted=args.empty)
            case "adopt":
                commands.adopt(_given_parameters(args), args.take)
            case "delete-kept":
                commands.delete_kept()
            case "status":
                commands.status()
            case "outputs":
                commands.outputs()
            case "env":
                commands.env(args.write)
            case "add-teacher":
                with aws_errors():
                    _add_teachers(args, commands)
            case "reset-password":
                with aws_errors():
                    commands.teachers().reset(args.username, is_mailed=not args.show)
            case command if command in ACCOUNT_COMMANDS:
                with aws_errors():
                    commands.teachers().on_account(command, args.username)
            case command if command in LEAVING_COMMANDS:
                with aws_errors():
                    commands.teachers().on_leaving(args)
            case "list-teachers":
                with aws_errors():
                    commands.teachers().list()
            case "import-backup":
                with aws_errors():
                    commands.moving(_utc_now).import_backup(args.file)
            case "export-backup":
                commands.moving(_utc_now).export_backup(args.file)
            case "smoke":
                SmokeCommand(stack, connection, console).run()
            case "rehearse":
                _rehearsal(args, connection, console).run()
            case "publish-images":
                engine = find_engine(shutil.which, ROOT)
                _hosting(stack, connection, console).publish_images(engine, args.architecture)
            case "host":
                hosting = _hosting(stack, connection, console)
                hosting.host(
                    _hosting_parameters(args),
                    args.image_tag,
                    is_key_new=args.new_origin_key,
                    results_hour=_results_hour(args),
                )
            case "down":
                commands.down(is_data_deleted=args.delete_data)
    finally:
        connection.close()


def _add_teachers(args: argparse.Namespace, commands: BackendCommands) -> None:
    if (args.username is None) == (args.from_file is None):
        raise InputWrong("add-teacher", "give a username, or --from-file with a list.")
    if args.from_file is None:
        is_mailed = args.email is not None and not args.show
        commands.teachers().add(args.username, args.email, args.name, is_mailed=is_mailed)
        return
    teachers = read_staff_list(args.from_file)
    if not args.show:
        commands.confirm_mails(len(teachers))
    commands.teachers().add_all(teachers, is_mailed=not args.show)


def _hosting(stack: Stack, connection: Connection, console: Console) -> HostingCommands:
    return HostingCommands(
        stack,
        connection,
        console,
        now=_utc_now,
        new_key=lambda: secrets.token_urlsafe(32),
    )


def _rehearsal(args: argparse.Namespace, connection: Connection, console: Console) -> Rehearsal:
    agreed = dataclasses.replace(console, is_agreed=True)
    stack = Stack(args.stack_name + NAME_SUFFIX, connection, agreed, _utc_now, time.sleep)
    return Rehearsal(
        BackendCommands(stack, connection, agreed),
        _hosting(stack, connection, agreed),
        SmokeCommand(stack, connection, agreed),
        lambda: find_engine(shutil.which, ROOT),
        args.architecture,
        console,
        time.time,
        time.sleep,
    )


def _hosting_parameters(args: argparse.Namespace) -> dict[str, str]:
    given = {
        "StudentContainersMin": args.student_containers_min,
        "StudentContainersMax": args.student_containers_max,
        "StreamsMax": args.streams_max,
        "StreamsPerAddressMax": args.streams_per_address_max,
        "ExamsLoadedMax": args.exams_loaded_max,
        "AlarmEmail": args.alarm_email,
        "StudentDomain": args.student_domain,
        "TeacherDomain": args.teacher_domain,
        "ViewerCertificateArn": args.certificate_arn,
        "OriginDomain": args.origin_domain,
        "OriginCertificateArn": args.origin_certificate_arn,
    }
    return {name: str(value) for name, value in given.items() if value is not None}


def _results_hour(args: argparse.Namespace) -> ResultsHour | None:
    if (args.results_day is None) != (args.viewers is None):
        raise InputWrong("--results-day", "give it together with --viewers.")
    return None if args.results_day is None else ResultsHour(args.results_day, args.viewers)


def _given_parameters(args: argparse.Namespace) -> dict[str, str]:
    mail_identity = args.mail_identity or args.mail_from
    given = {
        "AlarmEmail": args.alarm_email,
        "MailFrom": args.mail_from,
        "MailIdentity": mail_identity,
        "RequestsMax": args.requests_max,
        "LogRetentionDays": args.log_retention_days,
    }
    return {name: str(value) for name, value in given.items() if value is not None}


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--region", help="the AWS region; default as for other AWS tools")
    common.add_argument("--profile", help="a profile of the AWS configuration files")
    common.add_argument("--endpoint-url", help="an emulator's address instead of AWS")
    common.add_argument("--stack-name", type=_stack_name, default="exam-results", help="default: %(default)s")
    common.add_argument("--yes", action="store_true", help="do not ask")

    parser = argparse.ArgumentParser(
        prog="python -m deploy.aws",
        description="Exam results on AWS: accounts, API, tables and dashboards.",
        epilog="The guide is deploy/aws/README.md.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    settings = argparse.ArgumentParser(add_help=False)
    settings.add_argument("--alarm-email", metavar="ADDRESS", help="where alarms are sent")
    settings.add_argument(
        "--mail-from", metavar="ADDRESS", help="send invitations and codes from it, by Amazon SES"
    )
    settings.add_argument(
        "--mail-identity", metavar="NAME", help="its verified identity in SES; default: the address itself"
    )
    settings.add_argument(
        "--requests-max",
        metavar="N",
        type=_firewall_limit,
        help="block teachers and addresses that send more to the API in five minutes (2000 is ample; at "
        "least 100; 0: no firewall)",
    )
    settings.add_argument(
        "--log-retention-days", metavar="DAYS", type=int, help="how long error logs are kept"
    )
    up = commands.add_parser("up", parents=[common, settings], help="create or update the backend")
    up.add_argument("--empty", action="store_true", help="begin without the data of an earlier stack")
    adopt = commands.add_parser(
        "adopt", parents=[common, settings], help="create the backend from the data that `down` kept"
    )
    adopt.add_argument(
        "--take",
        metavar="ID",
        nargs="+",
        default=[],
        help="the tables and the user pool, if several were kept",
    )
    commands.add_parser("delete-kept", parents=[common], help="delete the data that `down` kept")

    template = commands.add_parser(
        "template", parents=[common], help="write the backend's template, complete, for AWS's own tools"
    )
    template.add_argument("file", metavar="FILE", type=Path)
    commands.add_parser("status", parents=[common], help="the backend's state")
    commands.add_parser("outputs", parents=[common], help="addresses and ids")
    env = commands.add_parser("env", parents=[common], help="the dashboards' settings")
    env.add_argument("--write", metavar="FILE", type=Path, help="write them there, such as .env")

    for parser_of_password in add_account_parsers(commands, [common]):
        parser_of_password.add_argument(
            "--show", action="store_true", help="show the temporary password here; send nothing"
        )

    cost = commands.add_parser(
        "cost", parents=[common], help="what results days cost, compared with the tutorial's design"
    )
    cost.add_argument("--students", type=_positive_int, default=1000, help="default: %(default)s")
    cost.add_argument("--exams", type=_positive_int, default=5, help="default: %(default)s")
    cost.add_argument("--hours", type=_positive_hours, default=1.0, help="hours of results; default: 1")

    for name, help_text in (
        ("import-backup", "put an embedded backend's backup on the stack; safe to repeat"),
        ("export-backup", "write the stack's data as a backup for the embedded backend"),
    ):
        moving = commands.add_parser(name, parents=[common], help=help_text)
        moving.add_argument("file", metavar="FILE", type=Path)
    commands.add_parser("smoke", parents=[common], help="check a real stack for what no emulator shows")

    building = argparse.ArgumentParser(add_help=False)
    building.add_argument(
        "--architecture",
        choices=list(PLATFORMS),
        default=architecture_of(platform.machine()),
        help="what to build for; default: this machine's, %(default)s",
    )
    commands.add_parser(
        "publish-images", parents=[common, building], help="build the dashboards' images and push them to ECR"
    )
    commands.add_parser(
        "rehearse", parents=[common, building], help="do everything once on stacks that are removed again"
    )
    host = commands.add_parser("host", parents=[common], help="run both dashboards on AWS")
    host.add_argument("--image-tag", metavar="TAG", help="an earlier publication; default: the newest")
    host.add_argument("--student-containers-min", metavar="N", type=_positive_int)
    host.add_argument("--student-containers-max", metavar="N", type=_positive_int)
    host.add_argument(
        "--results-day",
        metavar="TIME",
        type=_local_time,
        help="when results come out, such as 2026-06-18T10:00 in this machine's time zone: from half an hour "
        "before until three hours after it, enough containers for --viewers run",
    )
    host.add_argument("--viewers", metavar="N", type=_positive_int, help="expected on that day")
    host.add_argument("--streams-max", metavar="N", type=_positive_int, help="of one container")
    host.add_argument(
        "--streams-per-address-max",
        metavar="N",
        type=_positive_int,
        help="of one address at one container; a school often shares one",
    )
    host.add_argument("--exams-loaded-max", metavar="N", type=_positive_int, help="by one container")
    host.add_argument("--alarm-email", metavar="ADDRESS", help="where alarms are sent")
    host.add_argument("--student-domain", metavar="NAME", help="a name of your own for students")
    host.add_argument("--teacher-domain", metavar="NAME", help="a name of your own for teachers")
    host.add_argument("--certificate-arn", metavar="ARN", help="of both names, in us-east-1")
    host.add_argument(
        "--origin-domain",
        metavar="NAME",
        help="a name of the load balancer, for HTTPS behind CloudFront",
    )
    host.add_argument(
        "--new-origin-key", action="store_true", help="change the key that CloudFront sends to the balancer"
    )
    host.add_argument("--origin-certificate-arn", metavar="ARN", help="of that name, in this region")

    down = commands.add_parser("down", parents=[common], help="delete the stacks")
    down.add_argument("--delete-data", action="store_true", help="exams, results and accounts too")
    return parser


def _place(error: OSError, args: argparse.Namespace) -> str:
    """The file that the error is about; a full disk names none, so then the one that was given."""
    given = (getattr(args, name, None) for name in ("file", "write", "from_file"))
    return str(error.filename or next((path for path in given if path), "this machine"))


def _utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _positive_int(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _stack_name(text: str) -> str:
    if not STACK_NAME.fullmatch(text) or len(text) > STACK_NAME_LENGTH_MAX:
        raise argparse.ArgumentTypeError(
            "write small letters, digits and single hyphens, a letter first, at most "
            f"{STACK_NAME_LENGTH_MAX} characters"
        )
    return text


def _firewall_limit(text: str) -> int:
    number = int(text)
    if number != 0 and number < FIREWALL_LIMIT_MIN:
        raise argparse.ArgumentTypeError(f"must be 0 or at least {FIREWALL_LIMIT_MIN}")
    return number


def _local_time(text: str) -> dt.datetime:
    try:
        if DAY.fullmatch(text):  # of which Python takes the midnight
            raise ValueError(text)
        return dt.datetime.fromisoformat(text).astimezone()
    except ValueError as error:
        raise argparse.ArgumentTypeError("write day and time as in 2026-06-18T10:00") from error


def _positive_hours(text: str) -> float:
    hours = float(text)
    if not 0 < hours <= 24 * 31:
        raise argparse.ArgumentTypeError("must be more than 0 and at most a month")
    return hours


if __name__ == "__main__":
    sys.exit(main())
