"""What cannot be imported is refused with a message that says what to provide instead."""

import contextlib
import io
import zipfile

import openpyxl
import pytest

from teacher_app.reading import archives, limits
from teacher_app.reading.files import source_from_file, source_from_text
from teacher_app.reading.limits import BYTES_MAX, COLUMNS_MAX, ROWS_MAX, FileNotReadable
from tests.teacher_app.importing.test_dialects import bytes_of, workbook_of, zip_of


def reason_for(data: bytes) -> str:
    with pytest.raises(FileNotReadable) as refusal:
        source_from_file(data)
    return refusal.value.reason


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "nothing in it"),
        (b"\xef\xbb\xbf\n \n;;\n", "nothing in it"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "Save it as XLSX without a password"),
        (b"%PDF-1.7\n", "This is a PDF"),
        (b"Name;Grade\nAda\0;1", "no text file"),
        (b"\xff\xfea", "letters of this file cannot be read"),
        (b"Ada\x01\x9d\x02\xff;1", "letters of this file cannot be read"),
        (b"PK\x03\x04 cut short", "file is damaged"),
        (b"PK\x03\x04 xl/ cut short", "file is damaged"),
        (
            zip_of({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}),
            "OpenDocument spreadsheet cannot",
        ),
        (zip_of({"readme.txt": "hello"}), "no results.csv"),
        (zip_of({"xl/workbook.xml": "<not-closed"}), "workbook cannot be read"),
    ],
)
def test_files_without_a_list(data: bytes, says: str) -> None:
    assert says in reason_for(data)


def test_a_file_that_is_too_big_is_refused_before_it_is_read() -> None:
    assert f"{BYTES_MAX // 1_000_000} MB is the most" in reason_for(b"a" * (BYTES_MAX + 1))
    with pytest.raises(FileNotReadable, match="too much to paste"):
        source_from_text("a" * (BYTES_MAX + 1))


def test_too_many_rows_or_columns_are_refused() -> None:
    rows = "".join(f"Student {number};1\n" for number in range(ROWS_MAX + 2))
    assert f"more than {ROWS_MAX:,} rows" in reason_for(rows.encode())
    assert "more than 300 columns" in reason_for((";".join(["1"] * (COLUMNS_MAX + 1)) + "\n").encode())
    source_from_text("Name;Grade\n" + "".join(f"Student {number};1\n" for number in range(ROWS_MAX)))


def test_an_empty_workbook_is_refused() -> None:
    assert "nothing in this workbook" in reason_for(bytes_of(workbook_of(("A", []), ("B", [[" "]]))))


def test_a_workbook_with_too_many_rows_is_refused() -> None:
    rows = [[f"Student {number}", 1] for number in range(ROWS_MAX + 2)]
    assert "more than" in reason_for(bytes_of(workbook_of(("A", rows))))


def test_a_zip_that_unpacks_to_too_many_bytes_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "UNPACKED_BYTES_MAX", 5_000)
    bomb = zip_of({"results.csv": "x"})
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("results.csv", "a" * 6_000)
    assert "no results.csv" not in reason_for(packed.getvalue())
    assert "unpacks to too much" in reason_for(packed.getvalue())
    assert source_from_file(zip_of({"results.csv": "sourcedId,score\nr,1"})).tables
    assert len(bomb) < 5_000 < limits.UNPACKED_BYTES_MAX


def test_a_formula_without_a_stored_value_is_a_blank() -> None:
    workbook = openpyxl.Workbook()
    workbook.active.append(["Student", "Grade"])
    workbook.active.append(["Ada", "=1+1"])
    (table,) = source_from_file(bytes_of(workbook)).tables.values()
    assert table.rows == (("Student", "Grade"), ("Ada",))


@pytest.mark.parametrize("text", ["." * 100_000, " " * 1_000_000 + "x", "a " * 500_000, "| " * 200_000])
def test_long_lines_do_not_stall_the_reading(text: str) -> None:
    """The search for a name and a grade in one line would take minutes on these."""
    with contextlib.suppress(FileNotReadable):
        source_from_text(text)
