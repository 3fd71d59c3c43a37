"""The chart's lines, their texts and the bars' numbers keep out of each other's way, on a phone and on a
narrower one."""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from shared.model.scale_presets import PRESETS
from shared.model.scales import LETTERS, OUT_OF_20, PERCENT, Scale, parse_scale
from student_app.drawing.files import BOARD_STYLE
from student_app.stream.messages import numbers_object, snapshot_object, to_json
from tests.browser.mounted_board import mount_board, say
from tests.browser.people import Person
from tests.browser.student.test_numbers_drawn import LIVE, grades_of
from tests.builders import a_published_exam, a_result
from tests.student_app.world import shown

PHONE, NARROW_PHONE = 390, 320
# What is wrong, as texts: a line within another's text, two texts that overlap, a text outside the chart.
FAULTS = """() => {
  const plot = document.querySelector(".plot").getBoundingClientRect();
  const marks = [...document.querySelectorAll(".mark")].map((mark) => ({
    text: mark.textContent, line: mark.getBoundingClientRect(), box: mark.firstChild.getBoundingClientRect(),
  }));
  const faults = [];
  for (const { text, box } of marks) {
    if (box.left < plot.left - 1 || box.right > plot.right + 1) faults.push(`${text} is outside`);
    for (const other of marks.filter((mark) => mark.text !== text)) {
      const x = other.line.left + 1;
      const isWithin = x > box.left + 1 && x < box.right - 1;
      if (isWithin && other.line.top < box.bottom - 1) faults.push(`${other.text} crosses ${text}`);
      const isAside = other.box.right <= box.left || other.box.left >= box.right;
      const isAboveOrBelow = other.box.bottom <= box.top + 1 || other.box.top >= box.bottom - 1;
      if (!isAside && !isAboveOrBelow) faults.push(`${other.text} covers ${text}`);
    }
  }
  return faults;
}"""


@pytest.fixture
def page(new_person: Callable[..., Person]) -> Page:
    page = new_person(locale="en-US", viewport={"width": PHONE, "height": 800}).page
    mount_board(page)
    page.add_style_tag(content=f"body {{ margin: 1rem; }} {BOARD_STYLE}")
    page.evaluate(
        """() => mountBoard({ parentElement: document.body, data: { exam_id: "" }, setTriggerValue() {} })"""
    )
    return page


def draw(page: Page, scale: Scale, grades: list[str]) -> Any:
    exam = a_published_exam(scale=scale)
    rows = [a_result(f"Student {number}", grade, exam) for number, grade in enumerate(grades)]
    say(page, "snapshot", json.loads(to_json(snapshot_object(exam, shown(*rows), LIVE))))
    say(page, "numbers", json.loads(to_json(numbers_object(exam, rows))))
    return page.evaluate(FAULTS)


@pytest.mark.parametrize(
    ("scale", "grades"),
    [
        (OUT_OF_20, ["9", "10", "11", "12", "13", "14"]),  # the mean a little above the pass mark
        (OUT_OF_20, ["8", "9", "9", "9", "10", "10", "18"]),  # a little below it
        (PERCENT, ["85", "90", "91", "99", "100"]),
        (PERCENT, ["3", "4", "5", "20", "100"]),
        (LETTERS, ["F", "F", "D", "C-", "C-", "A+"]),
        (parse_scale("FROM_1_TO_6;STEP=0.1;BEST=LOW;PASS=4"), ["1.3", "3.7", "4.0", "4.3", "4.3", "5.0"]),
    ],
    ids=["above", "below", "right", "left", "letters", "low is best"],
)
def test_no_line_crosses_another_marks_text(page: Page, scale: Scale, grades: list[str]) -> None:
    for width in (PHONE, NARROW_PHONE):
        page.set_viewport_size({"width": width, "height": 800})
        assert draw(page, scale, grades) == []


def test_nor_on_any_preset(page: Page) -> None:
    chance = random.Random(16)
    for preset in PRESETS:
        for _ in range(5):
            grades = grades_of(preset.scale, chance)
            assert draw(page, preset.scale, grades) == [], (preset, grades)


@pytest.mark.parametrize(
    ("students_a_bar", "mode"), [(1, "horizontal-tb"), (12, "horizontal-tb"), (123, "vertical-rl")]
)
def test_the_bars_numbers_are_upright_unless_they_would_overlap(
    page: Page, students_a_bar: int, mode: str
) -> None:
    draw(page, OUT_OF_20, [str(grade) for grade in range(20) for _ in range(students_a_bar)])
    counts = page.locator(".bin[tabindex] .count")
    assert counts.all_inner_texts() == [str(students_a_bar)] * 20
    modes = counts.evaluate_all("all => all.map((one) => getComputedStyle(one).writingMode)")
    assert modes == [mode] * 20
    assert counts.evaluate_all("all => all.every(one => one.scrollWidth <= one.parentElement.clientWidth)")
