"""The numbers of an exam are the same on every page, and those that pandas computes."""

import html
import json
import re
from decimal import ROUND_HALF_UP, Decimal

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.model.exam import Result
from shared.model.grades import parse_grade
from shared.model.scale_presets import PRESETS
from shared.model.scales import PASS_FAIL, LevelScale, NumberScale, Scale
from student_app.stream.messages import numbers_object, to_json
from teacher_app.exam.preview import preview_of
from tests.builders import a_published_exam, results_of
from tests.student_app.routes_client import get
from tests.student_app.world import filled_cache

TILE = re.compile(r"<dt>(.*?)</dt><dd>(.*?)</dd>")
FIRST_PAINT_ROW = re.compile(r'<th scope="row">(.*?)</th><td>(\d+)</td><td>(.*?)</td>')
BOARD_ROW = re.compile(r'<th scope="row">(.*?)</th><td>.*?</td><td>(.*?)</td><td>(\d+)</td>')


@st.composite
def exams(draw: st.DrawFn) -> tuple[Scale, list[str]]:
    """A preset's scale, and grades that it has."""
    scale = draw(st.sampled_from(PRESETS)).scale
    if isinstance(scale, LevelScale):
        return scale, draw(
            st.lists(st.sampled_from([level.label for level in scale.levels]), min_size=5, max_size=40)
        )
    steps = int((scale.highest - scale.lowest) / scale.step)
    numbers = st.integers(0, steps).map(lambda step: f"{scale.lowest + step * scale.step:f}")
    return scale, draw(st.lists(numbers, min_size=5, max_size=40))


def pandas_tiles(scale: Scale, grades: list[str]) -> dict[str, str]:
    """The results of describe() and mean(), formatted for people."""
    read = [parse_grade(grade, scale) for grade in grades]
    passed = sum(grade.is_passing for grade in read)
    percent = int(Decimal(100 * passed) / len(read) + Decimal("0.5"))
    expected = {"Results": str(len(read))}
    expected["Passed"] = f"{min(max(percent, 1), 99) if 0 < passed < len(read) else percent} %"
    if isinstance(scale, NumberScale):
        numbers = pd.Series([float(grade) for grade in grades])
        unit = " %" if scale.is_percent else ""
        for name, value in (("Mean", numbers.mean()), ("Median", numbers.median())):
            hundredths = Decimal(f"{100 * value:.6f}").quantize(Decimal(1), ROUND_HALF_UP)
            expected[name] = f"{float(hundredths) / 100:g}{unit}"
    elif scale != PASS_FAIL and len(grades) % 2:
        by_worth = [level.label for level in reversed(scale.levels)]
        middle = pd.Series([by_worth.index(grade.text) for grade in read]).median()
        expected["Median"] = by_worth[int(middle)]
    return expected


@settings(max_examples=60, deadline=None)
@given(exams())
def test_every_page_shows_the_numbers_that_pandas_computes(drawn: tuple[Scale, list[str]]) -> None:
    scale, grades = drawn
    exam = a_published_exam(scale=scale)
    rows: list[Result] = results_of(*grades, exam=exam)
    message = json.loads(to_json(numbers_object(exam, rows)))
    tiles = [tuple(tile) for tile in message["tiles"]]
    cache = filled_cache((exam, rows))
    first = html.unescape(get(cache, f"/?exam={exam.id}").text.partition("<script>")[0])
    board = html.unescape(get(cache, f"/board/{exam.id}").text)
    whole = get(cache, f"/live/{exam.id}.json").json()
    overview = preview_of(exam, rows).overview

    assert TILE.findall(first) == tiles
    assert TILE.findall(board) == tiles
    assert list(overview.tiles) == tiles
    assert whole["numbers"] == message

    labels = [label for label, _ in whole["exam"]["axis"]["bars"]]
    bars = [
        (label, str(count), share)
        for label, (count, _, share, _) in zip(labels, message["bars"], strict=True)
    ]
    assert FIRST_PAINT_ROW.findall(first) == bars
    assert [(label, count, share) for label, share, count in BOARD_ROW.findall(board)] == bars
    assert [(bar.label, str(bar.count), bar.share) for bar in overview.bars] == bars
    assert pd.Series([row[6] for row in whole["rows"]]).value_counts().to_dict() == {
        index: int(count) for index, (_, count, _) in enumerate(bars) if count != "0"
    }
    for name, text in pandas_tiles(scale, grades).items():
        assert dict(tiles)[name] == text, name
