"""What the script draws are the numbers that the server computed, on every kind of scale."""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from shared.live.status import FeedState, FeedStatus
from shared.model.exam import Audience
from shared.model.scale_presets import PRESETS
from shared.model.scales import LevelScale, Scale
from student_app.stream.messages import numbers_object, snapshot_object, to_json
from tests.browser.mounted_board import mount_board
from tests.browser.people import Person
from tests.builders import a_published_exam, a_result
from tests.student_app.world import shown

LIVE = FeedStatus(FeedState.LIVE, 0.0, 0.0)
DRAWN = """() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const texts = (selector) => all(selector).map((node) => node.textContent);
  const lines = (selector) => all(selector).map((line) => [...line.children].map((cell) => cell.textContent));
  return {
    tiles: lines(".tile"), statistics: lines(".statistics tr"), bars: lines(".chart-table tbody tr"),
    heights: all(".bin .bar").map((bar) => bar.style.height),
    spoken: all(".bin").map((bin) => bin.getAttribute("aria-label")),
    marks: texts(".mark"), rule: texts(".rule"), own: texts(".own-result span"),
    rows: lines("tr[data-id]").map(([student, grade]) => [student, grade]).sort(),
  };
}"""


@pytest.fixture
def page(new_person: Callable[..., Person]) -> Page:
    page = new_person(locale="en-US").page
    mount_board(page)
    return page


def grades_of(scale: Scale, chance: random.Random) -> list[str]:
    count = chance.randint(1, 40)
    if isinstance(scale, LevelScale):
        return [chance.choice(scale.levels).label for _ in range(count)]
    steps = int((scale.highest - scale.lowest) / scale.step)
    return [f"{scale.lowest + chance.randint(0, steps) * scale.step:f}" for _ in range(count)]


@pytest.mark.parametrize("audience", [Audience.NAMES, Audience.CODES])
def test_the_script_draws_the_servers_numbers(page: Page, audience: Audience) -> None:
    chance = random.Random(5)
    for preset in PRESETS:
        exam = a_published_exam(scale=preset.scale, audience=audience)
        grades = grades_of(preset.scale, chance)
        rows = [
            a_result(f"{number:02}".translate(str.maketrans("01", "AB")) + "2222", grade, exam)
            for number, grade in enumerate(grades)
        ]
        snapshot = json.loads(to_json(snapshot_object(exam, shown(*rows), LIVE)))
        numbers = json.loads(to_json(numbers_object(exam, rows)))
        page.evaluate(
            """([examId, snapshot, numbers, mine]) => {
                const data = { exam_id: examId };
                mountBoard({ parentElement: document.body, data, setTriggerValue() {} });
                say("snapshot", snapshot);
                say("numbers", numbers);
                document.querySelector(".me").value = mine;
                document.querySelector(".mine").requestSubmit();
            }""",
            [exam.id, snapshot, numbers, rows[0].student],
        )
        drawn = page.evaluate(DRAWN)
        assert drawn == expected(snapshot, numbers, rows[0].id), preset


def expected(snapshot: Any, numbers: Any, own_id: str) -> dict[str, Any]:
    """The texts of the messages, as a page shows them."""
    labels = [label for label, _ in snapshot["exam"]["axis"]["bars"]]
    bars = list(zip(labels, numbers["bars"], strict=True)) if numbers["bars"] else []
    (mine,) = [row for row in snapshot["rows"] if row[0] == own_id]
    places = [text for least, text in numbers["places"] if mine[5] is not None and least <= mine[5]]
    spoken = [
        f"{label}: {count} {'student' if count == 1 else 'students'}, {share}" if count else None
        for label, (count, _, share, _, _) in bars
    ]
    if bars and mine[6] is not None:
        spoken[mine[6]] = f"{spoken[mine[6]]}, my result among them"
    return {
        "tiles": numbers["tiles"],
        "statistics": numbers["statistics"],
        "bars": [[label, str(count), share, total] for label, (count, _, share, _, total) in bars],
        "heights": [f"{height}%" for _, (_, height, *_) in bars],
        "spoken": spoken,
        "marks": [text for _, text, *_ in numbers["marks"]],
        "rule": [numbers["rule"]],
        "rows": sorted([student, grade] for _, student, grade, *_ in snapshot["rows"]),
        "own": [f"{places[-1]} {snapshot['exam']['placeWords']}"] if places else [],
    }
