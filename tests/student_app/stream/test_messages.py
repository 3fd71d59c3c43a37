"""Messages contain only what guests may see, on one line."""

import dataclasses
import json
import random

from hypothesis import given
from hypothesis import strategies as st

from shared.live.status import FeedState, FeedStatus
from shared.model.codes import new_codes
from shared.model.exam import Audience
from shared.model.scales import LETTERS, parse_scale
from student_app.stream.messages import (
    change_data,
    exam_object,
    feed_object,
    numbers_object,
    server_sent_event,
    snapshot_object,
    to_json,
)
from tests.builders import a_published_exam, a_result, results_of
from tests.student_app.world import START_S, events_of, shown

LIVE = FeedStatus(FeedState.LIVE, START_S, START_S + 1.26)


def test_a_snapshot_has_the_exam_its_rows_and_how_current_it_is() -> None:
    exam = a_published_exam()
    row = a_result("Ada", "17.5", exam, version=3)
    snapshot = snapshot_object(exam, shown(row, received_at_s={row.id: START_S}), LIVE)
    assert snapshot["rows"] == [[row.id, "Ada", "17.5", 3, START_S, 0.875, 17]]
    assert snapshot["feed"] == {"state": "LIVE", "since": START_S, "asOf": START_S + 1.3}
    assert exam_object(exam)["subject"] == "Physics"


def test_a_corrected_grade_has_a_mark_and_the_others_are_as_short_as_before() -> None:
    exam = a_published_exam()
    rows = [a_result("Ada", grade, exam, is_corrected=True) for grade in ("17.5", "ABSENT")]
    change = change_data(exam, rows, 0.0, [])
    marks = {row[0]: row[7:] for row in change["rows"]}  # type: ignore[attr-defined]
    assert marks == {row.id: [1] for row in rows}
    plain = dataclasses.replace(rows[0], is_corrected=False)
    assert len(change_data(exam, [plain], 0.0, [])["rows"][0]) == 7  # type: ignore[index]


def test_names_and_owners_are_never_in_a_message() -> None:
    """Even if a row had them, which guests' rows never do."""
    exam = dataclasses.replace(a_published_exam(audience=Audience.CODES), owner="secret-owner")
    row = dataclasses.replace(a_result("7K4QX2", "A", exam), name="Ada Lovelace", owner="secret-owner")
    change = change_data(exam, [row], START_S, [])
    for message in (snapshot_object(exam, shown(row), LIVE), change):
        text = to_json(message).decode()
        assert "Lovelace" not in text
        assert "secret-owner" not in text


def test_a_snapshot_without_status_is_the_same_at_every_moment() -> None:
    exam = a_published_exam(scale=LETTERS)
    assert to_json(snapshot_object(exam, shown(), None)) == to_json(snapshot_object(exam, shown(), None))
    assert "feed" not in snapshot_object(exam, shown(), None)


def test_a_change_has_its_rows_with_scores_and_the_removed_ids() -> None:
    exam = a_published_exam()
    row, failed, absent = (a_result("Ada", grade, exam) for grade in ("12", "9.99", "ABSENT"))
    change = change_data(exam, [row], START_S, ["gone-id"])
    assert change == {"rows": [[row.id, "Ada", "12", 1, START_S, 0.6, 12]], "gone": ["gone-id"]}
    assert change_data(exam, [failed], 0.0, [])["rows"][0][5:] == [0.4995, 9]  # type: ignore[index]
    assert change_data(exam, [absent], 0.0, [])["rows"][0][2:] == ["absent", 1, 0.0, None, None]  # type: ignore[index]


def test_an_exam_has_the_axis_of_its_chart_with_both_ends() -> None:
    german = exam_object(a_published_exam(scale=parse_scale("FROM_1_TO_6;STEP=0.1;BEST=LOW;PASS=4")))
    bars = [["6–5", "6"], ["5–4", "5"], ["4–3", "4"], ["3–2", "3"], ["2–1", "2"]]
    assert german["axis"] == {"bars": bars, "last": "1"}
    levels = exam_object(a_published_exam(scale=parse_scale("LEVELS=A,B|C")))["axis"]
    assert levels == {"bars": [["C", "C"], ["B", "B"], ["A", "A"]], "last": ""}


def test_numbers_are_ready_to_draw_and_small() -> None:
    exam = a_published_exam()
    numbers = numbers_object(exam, results_of("0", "9.5", "12", "20", "20", "ABSENT", exam=exam))
    assert numbers["tiles"] == (("Results", "6"), ("Mean", "12.3"), ("Median", "12"), ("Passed", "60 %"))
    bars = numbers["bars"]
    assert isinstance(bars, list)
    assert bars[-1] == [2, 88, "40 %", 88, "100 %"]
    assert bars[1] == [0, 0, "0 %", 18, "20 %"]
    assert numbers["marks"] == [
        [60.0, "Median 12", 2, False],
        [61.5, "Mean 12.3", 1, False],
        [50.0, "Pass mark 10", 3, False],
    ]
    assert numbers["places"] == ((0.0, "10 %"), (0.475, "30 %"), (0.6, "50 %"), (1.0, "80 %"))
    assert len(to_json(numbers)) < 1500


def test_a_small_groups_numbers_have_no_statistics() -> None:
    exam = a_published_exam()
    numbers = numbers_object(exam, results_of("8", "9", exam=exam))
    tiles = (("Results", "2"), ("Statistics", "from 5 grades"))
    assert numbers == {
        "tiles": tiles,
        "bars": [],
        "marks": [],
        "box": [],
        "places": (),
        "statistics": (("Results", "2"), ("Graded", "2")),
        "rule": "Statistics are shown once there are 5 grades.",
        "comparable": (),
        "words": "",
    }


def test_a_key_shows_the_level_beside_the_points() -> None:
    exam = a_published_exam(scale=parse_scale("OUT_OF_100;KEY=A:90,B:60|F:0"))
    (row,) = snapshot_object(exam, shown(a_result("Ada", "67", exam)), None)["rows"]  # type: ignore[misc]
    assert row[2] == "67 (B)"


def test_with_codes_no_message_has_a_time_of_a_row_or_the_order_of_entry() -> None:
    exam = a_published_exam(audience=Audience.CODES)
    entered = [a_result(code, "12", exam) for code in new_codes(20, (), random.Random(1))]
    stamps = {row.id: START_S + second for second, row in enumerate(entered)}
    removed = [row.id for row in entered]
    by_id = sorted(entered, key=lambda row: row.id)
    in_order_of_ids = [[row.id, row.student, "12", 1, 0.0, 0.6, 12] for row in by_id]
    assert snapshot_object(exam, shown(*entered, received_at_s=stamps), None)["rows"] == in_order_of_ids
    change = change_data(exam, entered, START_S, removed)
    assert change == {"rows": in_order_of_ids, "gone": sorted(removed)}


def test_a_feed_that_was_never_live_has_no_time() -> None:
    assert feed_object(FeedStatus(FeedState.OFFLINE, START_S, None))["asOf"] is None


@given(st.text(max_size=120))
def test_any_name_can_be_streamed(name: str) -> None:
    """Whatever a row contains, a browser reads one event with exactly that row."""
    exam = a_published_exam()
    row = dataclasses.replace(a_result("x", "12", exam), student=name)
    change = change_data(exam, [row], 0.0, [])
    message = server_sent_event("change", to_json(change), "e-1")
    (event,) = (block for block in message.split(b"\n\n") if block)
    data = event.split(b"data: ", 1)[1]
    assert b"\n" not in data
    assert b"\r" not in data
    assert json.loads(data)["rows"][0][1] == name


def test_an_event_carries_its_id() -> None:
    (event,) = events_of(server_sent_event("change", b"{}", "abc-7"))
    assert (event["kind"], event["id"]) == ("change", "abc-7")
