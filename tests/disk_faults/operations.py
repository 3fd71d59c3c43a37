"""What is done while the disk fails, and what must hold afterwards, when it is whole again.

The data folder is `data` in a place of its own; a backup is written beside it.
"""

import contextlib
import io
import os
import secrets
import shutil
import signal
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from deploy.local.__main__ import main
from deploy.local.backend.cognito.pool_secret import SECRET_BYTES
from deploy.local.backend.compose import Backend, BackendOptions, BackendRefused, open_backend
from deploy.local.backend.storage.database import CommitFailed
from deploy.local.data_folder import paths
from deploy.local.data_folder.private_file import write_private_file
from tests.disk_faults.injection import Outcome, Probe
from tests.disk_faults.school import (
    FIRST,
    School,
    batch_ids,
    change_first_result,
    copied_while_open,
    data_versions,
    first_version,
    make_school,
    read_school,
    store_batch,
)

__all__ = ["DATA", "Operation", "operations"]

DATA, ARCHIVE = "data", "school.tar"
PRESENT, FORMER = "Ada", "Grace"  # the teachers of the two schools
WRITES = 4
KEYS = (paths.SIGNING_KEY, paths.POOL_SECRET, paths.OPERATOR_KEY)
EMPTY = School((), (), {})


@dataclass(frozen=True, slots=True)
class Operation:
    """`act` works in a place with a copy of the folder `source`; `check` raises AssertionError if what it
    left is wrong."""

    source: Path
    act: Callable[[Probe, Path], None]
    check: Callable[[Outcome, Path], None]


def operations(folder: Path) -> Mapping[str, Operation]:
    """By name. Makes their sources in this folder."""
    present, former = (make_school(folder / name, name) for name in (PRESENT, FORMER))
    (folder / "empty").mkdir()
    archive = folder / ARCHIVE
    assert _command("backup", archive, "--data-dir", present) == "0 "
    interrupted = Path(shutil.copytree(present, folder / "interrupted"))
    write_private_file(interrupted / paths.NEXT_POOL_SECRET, secrets.token_bytes(SECRET_BYTES))
    long_log = copied_while_open(make_school(folder / "open", PRESENT), folder / "long-log")
    schools = _read(present), _read(former)

    def rotated(outcome: Outcome, place: Path) -> None:
        _check_rotated(outcome, place, present, schools[0])

    return {
        "first start": Operation(folder / "empty", _start, partial(_check_started, EMPTY)),
        "writes and a stop": Operation(long_log, _write_and_stop, _check_writes),
        "writes and a kill": Operation(long_log, _write_and_die, _check_writes_and_probe),
        "backup": Operation(present, _back_up, partial(_check_backup, schools[0])),
        "restore over another school": Operation(
            former, partial(_restore, archive, ("--replace",)), partial(_check_replaced, archive, *schools)
        ),
        "restore into an empty folder": Operation(
            folder / "empty", partial(_restore, archive, ()), partial(_check_restored, archive, schools[0])
        ),
        "key rotation": Operation(present, _rotate, rotated),
        "start that finishes a key rotation": Operation(interrupted, _start, rotated),
        **{
            f"migration from data version {version}": _migration(folder, version)
            for version in data_versions()
        },
    }


def _migration(folder: Path, version: int) -> Operation:
    source = make_school(folder / f"version-{version}", PRESENT, version)
    return Operation(source, _start, partial(_check_started, _read(source)))


def _read(source: Path) -> School:
    """Of a copy, since reading starts a backend."""
    return read_school(Path(shutil.copytree(source, source.with_name(f"{source.name}-read"))))


def _command(*arguments: str | Path) -> str:
    """Exit status of a command, and what it wrote to standard error if it is not 0."""
    output = io.StringIO()
    with contextlib.redirect_stderr(output), contextlib.redirect_stdout(io.StringIO()):
        status = main([str(argument) for argument in arguments])
    return f"{status} {output.getvalue() if status else ''}"


def _has_succeeded(outcome: Outcome, place: Path) -> bool:
    """Whether the command or start did its work; otherwise it must have said in one line what failed."""
    assert outcome.exception is None, outcome.exception
    (report,) = outcome.reports
    status, _, text = report.partition(" ")
    assert status in {"0", "2"}
    assert status == "0" or (len(text.splitlines()) == 1 and str(place) in text), report
    return status == "0"


def _start(probe: Probe, place: Path) -> None:
    probe.arm()
    try:
        with open_backend(BackendOptions(place / DATA), 1):
            pass
    except BackendRefused as refused:
        probe.report(f"2 {refused}")
    else:
        probe.report("0 ")


def _check_started(expected: School, outcome: Outcome, place: Path) -> None:
    _has_succeeded(outcome, place)
    assert read_school(place / DATA) == expected


def _back_up(probe: Probe, place: Path) -> None:
    probe.arm()
    probe.report(_command("backup", place / ARCHIVE, "--data-dir", place / DATA))


def _check_backup(expected: School, outcome: Outcome, place: Path) -> None:
    archive = place / ARCHIVE
    if not _has_succeeded(outcome, place):
        assert not archive.exists()
        assert _command("backup", archive, "--data-dir", place / DATA) == "0 "
    assert _command("restore", archive, "--data-dir", place / "restored") == "0 "
    assert read_school(place / DATA) == read_school(place / "restored") == expected
    assert not list((place / DATA).glob(".backup-*"))


def _restore(archive: Path, options: Sequence[str], probe: Probe, place: Path) -> None:
    probe.arm()
    probe.report(_command("restore", archive, *options, "--data-dir", place / DATA))


def _check_replaced(archive: Path, restored: School, former: School, outcome: Outcome, place: Path) -> None:
    has_succeeded = _has_succeeded(outcome, place)
    found = read_school(place / DATA)
    assert found == restored or (found == former and not has_succeeded)
    assert _command("restore", archive, "--replace", "--data-dir", place / DATA) == "0 "
    assert read_school(place / DATA) == restored
    assert not list((place / DATA).glob(".restore-*"))


def _check_restored(archive: Path, restored: School, outcome: Outcome, place: Path) -> None:
    has_succeeded = _has_succeeded(outcome, place)
    again = Path(shutil.copytree(place / DATA, place / "again"))
    try:
        found = read_school(place / DATA)
        assert found == restored or (found == EMPTY and not has_succeeded)
    except BackendRefused as refused:
        assert not has_succeeded
        assert "run it again" in str(refused)  # noqa: PT017  # it need not be refused
    options = ("--replace",) if (again / paths.DATABASE).exists() else ()
    assert _command("restore", archive, *options, "--data-dir", again) == "0 "
    assert read_school(again) == restored


def _rotate(probe: Probe, place: Path) -> None:
    probe.arm()
    probe.report(_command("rotate-keys", "--data-dir", place / DATA))


def _check_rotated(outcome: Outcome, place: Path, source: Path, expected: School) -> None:
    if _has_succeeded(outcome, place):
        assert _are_keys_new(place / DATA, source)
    assert read_school(place / DATA) == expected
    assert not (place / DATA / paths.NEXT_POOL_SECRET).exists()
    assert _command("rotate-keys", "--data-dir", place / DATA) == "0 "
    assert read_school(place / DATA) == expected
    assert _are_keys_new(place / DATA, source)


def _are_keys_new(folder: Path, source: Path) -> bool:
    return all((folder / name).read_bytes() != (source / name).read_bytes() for name in KEYS)


def _write_and_stop(probe: Probe, place: Path) -> None:
    with open_backend(BackendOptions(place / DATA), 1) as backend:
        _write(probe, backend)


def _write_and_die(probe: Probe, place: Path) -> None:
    """With one write more, once the disk is whole again."""
    with open_backend(BackendOptions(place / DATA), 1) as backend:
        _write(probe, backend)
        probe.report(f"probed {backend.api.storage_fault()}")
        probe.disarm()
        probe.report(f"probed {backend.api.storage_fault()}")
        _attempt(probe, backend, "after", store_batch("after"))
        os.kill(os.getpid(), signal.SIGKILL)


def _write(probe: Probe, backend: Backend) -> None:
    version = backend.database.read(first_version)
    probe.report(f"begun {version}")
    probe.arm()
    for number in range(WRITES):
        _attempt(probe, backend, f"batch{number}", store_batch(f"batch{number}"))
        if _attempt(probe, backend, "version", change_first_result(version)):
            version += 1


def _attempt(probe: Probe, backend: Backend, name: str, work: Callable[[sqlite3.Connection], object]) -> bool:
    try:
        backend.database.write(work)
    except (CommitFailed, sqlite3.Error) as error:
        probe.report(f"refused {name}: {error}")
        return False
    probe.report(f"stored {name}")
    return True


def _check_writes(outcome: Outcome, place: Path) -> None:
    """What was answered is there, and nothing else, but for the last write: if flushing it was what failed,
    the disk may have it all the same. It has all of it or nothing."""
    assert outcome.exception is None, outcome.exception
    attempts = [report.split()[:2] for report in outcome.reports[1:] if not report.startswith("probed")]
    version = int(outcome.reports[0].split()[1])
    stored = [name for verdict, name in attempts if verdict == "stored"]
    last = attempts[-1][1].removesuffix(":")
    found = read_school(place / DATA).results
    assert found in (_results_after(version, stored), _results_after(version, [*stored, last]))


def _check_writes_and_probe(outcome: Outcome, place: Path) -> None:
    """Also, the probe has said that nothing can be stored as long as that was so, and everything works again
    by itself."""
    _check_writes(outcome, place)
    *_, before_last, last, while_failing, afterwards, after = outcome.reports
    if before_last.startswith("refused") and last.startswith("refused"):
        assert "cannot be written" in while_failing
    assert (afterwards, after) == ("probed None", "stored after")


def _results_after(version: int, writes: Sequence[str]) -> dict[str, tuple[str, int]]:
    version += writes.count("version")
    batches = [name for name in writes if name != "version"]
    return {
        FIRST: (str(version - 1), version),
        **{id_: ("12", 1) for name in batches for id_ in batch_ids(name)},
    }
