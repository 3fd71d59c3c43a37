"""Files and pasted texts of the kinds that teachers have, each with the outcomes that are acceptable.

A case is a JSON file: `run` says how it is read, `accept_any_of` what may come of it, `source` where it was
seen. The file itself stands beside it.
"""

import datetime as dt
import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from shared.model.exam import Audience, Exam, ExamStatus, Result
from shared.model.scales import parse_scale
from teacher_app.importing.checking import check_rows
from teacher_app.importing.columns import Layout, recognised
from teacher_app.importing.outcomes import CheckedRow, Choices, Outcome
from teacher_app.importing.rows import rows_from_table
from teacher_app.reading.files import Source, source_from_file, source_from_text
from teacher_app.reading.limits import FileNotReadable

CASES = Path(__file__).parent / "cases"
NOW = dt.datetime(2026, 6, 15, 8, tzinfo=dt.UTC)


@pytest.mark.parametrize("name", sorted(path.name for path in CASES.glob("*.expected.json")))
def test_a_file_gives_what_a_teacher_expects(name: str) -> None:
    case = json.loads((CASES / name).read_text("utf-8"))
    data = (CASES / case["file"]).read_bytes()
    refusals = [
        wanted["refused_contains"] for wanted in case["accept_any_of"] if "refused_contains" in wanted
    ]
    try:
        outcome = read(data, case["run"])
    except FileNotReadable as error:
        refused_with = error.reason
    else:
        assert any(fits(*outcome, wanted) for wanted in case["accept_any_of"]), outcome[2]
        return
    assert any(words in refused_with for words in refusals), refused_with


def read(data: bytes, how: dict[str, Any]) -> tuple[Source, Layout, list[CheckedRow]]:
    exam = Exam(
        str(uuid.UUID(int=1)),
        how["subject"],
        NOW.date(),
        "T",
        parse_scale(how["scale"]),
        ExamStatus.DRAFT,
        Audience(how["audience"]),
        1,
        NOW,
        NOW,
    )
    there = [
        Result(str(uuid.UUID(int=number)), exam.id, student, grade, 1, is_published=False)
        for number, (student, grade) in enumerate(how["there"], start=100)
    ]
    source = (
        source_from_text(data.decode()) if how["function"] == "source_from_text" else source_from_file(data)
    )
    table = next(iter(source.tables.values()))
    layout = recognised(table, exam.scale, exam.subject, kind=source.kind)
    rows = check_rows(rows_from_table(table, layout), exam, there, Choices()) if layout.is_complete else []
    return source, layout, rows


def fits(source: Source, layout: Layout, rows: list[CheckedRow], wanted: dict[str, Any]) -> bool:
    """Whether this is the outcome that `wanted` describes."""
    if "asks" in wanted:
        return not layout.is_complete and next(iter(source.tables.values())).width > 1
    if not layout.is_complete or "refused_contains" in wanted:
        return False
    if "warned" in wanted:
        return bool(source.readings)
    if "points_said" in wanted:
        return float(layout.points_possible.replace(",", ".") or 0) == float(wanted["points_said"])
    if "outcomes" in wanted:
        return [one.outcome.value for one in rows] == wanted["outcomes"]
    bad = [one for one in rows if one.outcome.needs_correction]
    reasons = " ".join(one.reason for one in bad)
    saved = [
        [" ".join(one.row.person.split()), one.grade]
        for one in rows
        if one.outcome in {Outcome.NEW, Outcome.REPLACES}
    ]
    return (
        len(bad) <= wanted.get("bad_max", 0)
        and saved == wanted.get("saved", saved)
        and all(word in reasons for word in wanted.get("reasons_have", ()))
        and not any(word in reasons for word in wanted.get("reasons_lack", ()))
    )
