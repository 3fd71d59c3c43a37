"""Coverage-guided fuzzing of the import: bytes of any kind, from the file to its checked rows.

    python -m tests.fuzzing.import_files [--minutes 20] [--corpus FOLDER]

atheris (libFuzzer) changes the seeds of tests/fuzzing/seeds and keeps what reaches new code. The first byte
of an input says what the rest is: a file, a pasted text, the parts of a workbook or of a OneRoster zip. Only
FileNotReadable may come out of it, and no file may take two seconds. What breaks that is saved beside the
corpus, once for each place in the code, and the run goes on. At the end it prints the number of executions,
the faults and the slowest file.
"""

import argparse
import io
import json
import os
import sys
import tempfile
import time
import traceback
import zipfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["teacher_app.importing", "shared.model", "openpyxl"]):
    from shared.model.exam import Audience
    from shared.model.scales import Scale, parse_scale
    from teacher_app.importing.checking import check_rows
    from teacher_app.importing.columns import recognised
    from teacher_app.importing.outcomes import Choices
    from teacher_app.importing.rows import rows_from_table
    from teacher_app.reading.decoding import ENCODINGS
    from teacher_app.reading.files import Source, source_from_file, source_from_text
    from teacher_app.reading.limits import FileNotReadable

from tests.builders import an_exam
from tests.teacher_app.reading.hostile_files import workbook_of_parts

__all__ = ["read_input"]

SEEDS = Path(__file__).parent / "seeds"
SLOW_S = 2.0
INPUT_MAX = 100_000  # bytes
PART = b"\x1e"  # between the parts of a workbook or a zip
SCALES: list[Scale] = [
    parse_scale(text)
    for text in (
        "OUT_OF_20",
        "PERCENT",
        "LETTERS",
        "PASS_FAIL",
        "FROM_1_TO_6;STEP=0.1;BEST=LOW;PASS=4;SIGNS",
        "OUT_OF_30;STEP=1;PASS=18;HONOURS=30L",
        "LEVELS=12:12,10:10,7:7,4:4,02:2|00:0,-3:-3",
        "OUT_OF_1000;KEY=A:900|F:0",
    )
]
EXAMS = [
    an_exam(scale=scale, audience=audience, subject="Algebra") for scale in SCALES for audience in Audience
]


def read_input(data: bytes) -> None:
    """Read, recognise and check one input. Raises what the import must not raise."""
    kind, body = data[:1] or b"\0", data[1:]
    exam = EXAMS[(kind[0] >> 3) % len(EXAMS)]
    try:
        source = _source(kind[0] & 7, body)
        for table in source.tables.values():
            for heading_row in (-1, None, 0):
                layout = recognised(
                    table, exam.scale, exam.subject, kind=source.kind, heading_row=heading_row
                )
                if layout.is_complete:
                    check_rows(rows_from_table(table, layout), exam, (), Choices())
    except FileNotReadable as refusal:
        cause = refusal.__cause__
        if cause is not None and _is_ours(cause):
            raise cause from None


def _source(kind: int, body: bytes) -> Source:
    match kind:
        case 0 | 7:
            return source_from_file(body)
        case 1 | 2:
            return source_from_text(body.decode("utf-8", "replace"))
        case 3:
            return source_from_file(body[1:], list(ENCODINGS)[body[0] % len(ENCODINGS)] if body else None)
        case 4:
            parts = [*(part.decode("utf-8", "replace") for part in body.split(PART)), "", "", ""]
            return source_from_file(workbook_of_parts(*parts[:3]))
        case 5:
            names = ("results.csv", "users.csv", "lineitems.csv")
            return source_from_file(_zip(dict(zip(names, body.split(PART), strict=False))))
        case _:
            return source_from_text("<table>" + body.decode("utf-8", "replace"))


def _zip(parts: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return packed.getvalue()


def _is_ours(error: BaseException) -> bool:
    """Whether the error was raised by this project's code and not by a library that met a damaged file."""
    return "teacher_app" in traceback.extract_tb(error.__traceback__)[-1].filename


class Run:
    """Counts, and keeps each new kind of fault."""

    def __init__(self, folder: Path, minutes: float) -> None:
        self.folder = folder
        self.ends_at_s = time.monotonic() + 60 * minutes
        self.executions = 0
        self.slowest_s, self.slowest_bytes = 0.0, 0
        self.faults: set[str] = set()

    def one(self, data: bytes) -> None:
        began_s = time.process_time()  # of this process: other work on the machine is not the file's
        try:
            read_input(data)
        except Exception as error:  # noqa: BLE001  # each is a finding
            frame = traceback.extract_tb(error.__traceback__)[-1]
            self._keep(f"{type(error).__name__}-{Path(frame.filename).stem}-{frame.lineno}", data)
        took_s = time.process_time() - began_s
        self.executions += 1
        if took_s > self.slowest_s:
            self.slowest_s, self.slowest_bytes = took_s, len(data)
            if took_s > SLOW_S:
                self._keep(f"slow-{took_s:.0f}s", data)
        if time.monotonic() > self.ends_at_s:
            print(self.report(), flush=True)
            os._exit(0)  # libFuzzer ends only with its process

    def _keep(self, name: str, data: bytes) -> None:
        if name not in self.faults:
            self.faults.add(name)
            (self.folder / f"fault-{name}").write_bytes(data)
            print(f"\nFAULT {name}: {data[:200]!r}", flush=True)

    def report(self) -> str:
        return json.dumps(
            {
                "executions": self.executions,
                "faults": sorted(self.faults),
                "slowest_s": round(self.slowest_s, 3),
                "slowest_bytes": self.slowest_bytes,
            }
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--corpus", type=Path, default=None, help="default: a new temporary folder")
    options = parser.parse_args()
    corpus = options.corpus or Path(tempfile.mkdtemp(prefix="fuzz-import-"))
    corpus.mkdir(parents=True, exist_ok=True)
    faults = corpus.with_name(corpus.name + "-faults")
    faults.mkdir(exist_ok=True)
    run = Run(faults, options.minutes)
    print(f"corpus in {corpus}, faults in {faults}")
    atheris.Setup(
        [sys.argv[0], f"-max_len={INPUT_MAX}", "-timeout=60", "-rss_limit_mb=4096", str(corpus), str(SEEDS)],
        run.one,
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
