"""Files are read in processes of their own: whatever is in a file, the page gets a table or one sentence."""

import contextlib
import itertools
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from teacher_app.reading.files import Kind, source_from_file, source_from_text
from teacher_app.reading.limits import FileNotReadable
from teacher_app.reading.reader import FileReader, ReadingBudget
from teacher_app.reading.reading_process import Request
from tests.server_process import ROOT
from tests.teacher_app.importing.test_dialects import CANVAS, ONEROSTER, bytes_of, workbook_of, zip_of
from tests.teacher_app.reading.hostile_files import HOSTILE_FILES
from tests.waiting import wait_until

LIST = "Name;Grade\nHéloïse;14,5\n"
TRACED = (sys.executable, "-X", "importtime", "-m", "teacher_app.reading.reading_process")
SHORT = ReadingBudget(duration_s=0.001)  # no process starts in that time


@pytest.fixture(scope="module")
def reader() -> Iterator[FileReader]:
    # On a busy machine the processor's time counts, which is budgeted apart.
    with closing(FileReader(ReadingBudget(duration_s=250))) as reader:
        yield reader


@pytest.mark.parametrize(
    "data",
    [
        LIST.encode(),
        LIST.encode("utf-16"),
        LIST.encode("cp1252"),
        CANVAS.encode(),
        zip_of(ONEROSTER),
        bytes_of(workbook_of(("A", [["Name", "Grade"], ["Ada", 1]]), ("B", [["Bob", 2]]))),
    ],
)
def test_a_file_is_read_as_it_would_be_here(reader: FileReader, data: bytes) -> None:
    assert reader.file(data) == source_from_file(data)


def test_a_pasted_text_is_read_as_it_would_be_here(reader: FileReader) -> None:
    assert reader.pasted(LIST) == source_from_text(LIST)


def test_a_file_is_read_with_the_encoding_that_was_chosen(reader: FileReader) -> None:
    data = "Name;Grade\nŁukasz;14".encode("cp1250")
    assert reader.file(data, "cp1252") == source_from_file(data, "cp1252")


def test_a_refusal_comes_through(reader: FileReader) -> None:
    with pytest.raises(FileNotReadable, match="This is a PDF"):
        reader.file(b"%PDF-1.7")


def test_a_file_that_takes_too_long_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    with closing(FileReader(SHORT)) as reader, pytest.raises(FileNotReadable) as refusal:
        reader.file(zip_of(ONEROSTER))
    assert "This zip file cannot be read" in refusal.value.reason
    (record,) = caplog.records
    error_id = refusal.value.reason.rpartition("(Error ")[2].rstrip(")")
    assert len(error_id) == 8
    assert f"error {error_id}: a zip file could not be read: out of time" in record.getMessage()
    assert record.levelno == logging.ERROR


def test_a_file_that_takes_too_much_memory_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    budget = ReadingBudget(memory_bytes=1)  # what the process has already is not taken away
    with closing(FileReader(budget)) as reader, pytest.raises(FileNotReadable, match="This text file cannot"):
        reader.file(b"a;1\n" * 1_000_000)
    assert "out of memory" in caplog.text


def test_no_process_stays_behind() -> None:
    before = set(psutil.Process().children(recursive=True))
    with closing(FileReader()) as reader:
        reader.pasted(LIST)
    with closing(FileReader(SHORT)) as reader, pytest.raises(FileNotReadable):
        reader.pasted(LIST)
    assert set(psutil.Process().children(recursive=True)) <= before


def test_the_next_file_is_read_by_the_process_that_waits_for_it() -> None:
    before = set(psutil.Process().children())
    with closing(FileReader()) as reader:
        reader.prepare()
        (waiting,) = set(psutil.Process().children()) - before
        reader.prepare()
        assert set(psutil.Process().children()) == {*before, waiting}
        assert reader.pasted(LIST) == source_from_text(LIST)
        assert set(psutil.Process().children()) == before
        reader.prepare()
    assert set(psutil.Process().children()) == before
    reader.prepare()
    assert set(psutil.Process().children()) == before


def test_a_process_that_was_killed_while_it_waited_does_not_matter() -> None:
    before = set(psutil.Process().children())
    with closing(FileReader()) as reader:
        reader.prepare()
        (waiting,) = set(psutil.Process().children()) - before
        waiting.kill()
        wait_until(lambda: waiting.status() == psutil.STATUS_ZOMBIE)
        assert reader.pasted(LIST) == source_from_text(LIST)


def test_two_files_are_read_at_once_and_more_wait(reader: FileReader) -> None:
    sources = []
    threads = [threading.Thread(target=lambda: sources.append(reader.pasted(LIST))) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [source.kind for source in sources] == [Kind.TEXT] * 5


def test_a_process_that_waits_loads_what_reads_workbooks_and_neither_numpy_nor_pictures() -> None:
    """openpyxl would load both, which is half of the work before a file can be read."""
    pipe = subprocess.PIPE
    with subprocess.Popen(TRACED, cwd=ROOT, stdin=pipe, stderr=pipe, text=True) as waiting:
        assert waiting.stdin is not None
        assert waiting.stderr is not None
        loaded = list(itertools.takewhile(lambda line: "reading.workbooks" not in line, waiting.stderr))
        waiting.stdin.close()
    assert waiting.returncode == 0
    assert any("openpyxl.workbook.workbook" in line for line in loaded)
    assert [line for line in loaded if "numpy." in line or "PIL." in line] == []


def test_a_text_that_is_there_is_read_without_loading_what_reads_workbooks(tmp_path: Path) -> None:
    question = tmp_path / "question"
    question.write_bytes(Request(True, None, 256_000_000, 10).line() + LIST.encode())
    with question.open("rb") as file:
        started = subprocess.run(TRACED, cwd=ROOT, stdin=file, capture_output=True, text=True, check=True)
    assert json.loads(started.stdout)["source"]["tables"][""]["rows"]
    assert "openpyxl" not in started.stderr


def test_after_closing_nothing_is_read(caplog: pytest.LogCaptureFixture) -> None:
    reader = FileReader()
    reader.close()
    with pytest.raises(FileNotReadable):
        reader.pasted(LIST)
    assert "stopping" in caplog.text


@pytest.mark.parametrize("name", HOSTILE_FILES)
def test_a_file_that_is_made_to_be_expensive(
    reader: FileReader, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is refused, or read as the little that is in it, before its time is over."""
    with contextlib.suppress(FileNotReadable):
        source = reader.file(HOSTILE_FILES[name]())
        assert [len(table.rows) for table in source.tables.values()] == [1]
    assert "out of time" not in caplog.text
    assert "process ended" not in caplog.text
