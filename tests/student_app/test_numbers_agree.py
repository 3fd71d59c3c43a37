"""The numbers of an exam are the same on every page, and those that pandas computes."""

import csv
import html
import io
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
from shared.model.text import escape_formula
from student_app.stream.messages import numbers_object, to_json
from teacher_app.exam.preview import preview_of
from tests.builders import a_published_exam, results_of
from tests.student_app.routes_client import get
from tests.student_app.world import filled_cache

TILE = re.compile(r"<dt>(.*?)</dt><dd>(.*?)</dd>")
FIRST_PAINT_ROW = re.compile(r'<th scope="row">(.*?)</th><td>(\d+)</td><td>(.*?)</td><td>(.*?)</td></tr>')
BOARD_ROW = re.compile(
    r'<th scope="row">([^<]*)</th><td>(?:<span[^>]*></span>)?</td><td>(.*?)</td><td>(.*?)</td><td>(\d+)</td>'
)
STATISTIC = re.compile(r'<th scope="row">([^<]*)</th><td>([^<]*)</td></tr>')
CELLS = re.compile(r'<td dir="auto">(.*?)</td><td>(.*?)</td>')


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


def pandas_statistics(scale: Scale, grades: list[str]) -> dict[str, str]:
    """What a scale of numbers has besides: quartiles, ends and the standard deviation."""
    if not isinstance(scale, NumberScale):
        return {}
    numbers = pd.Series([float(grade) for grade in grades])
    unit = " %" if scale.is_percent else ""
    quartiles = numbers.quantile(0.25), numbers.quantile(0.75)
    values = (numbers.min(), numbers.max(), *quartiles, numbers.std(ddof=0))
    texts = [f"{float(_hundredths(value)) / 100:g}{unit}" for value in values]
    lowest, highest, lower, upper, deviation = texts
    if scale.is_lowest_best:
        lower, upper = upper, lower
        ends = {"Weakest": highest, "Best": lowest}
    else:
        ends = {"Lowest": lowest, "Highest": highest}
    return {"Lower quartile": lower, "Upper quartile": upper, "Standard deviation": deviation, **ends}


def _hundredths(value: float) -> Decimal:
    return Decimal(f"{100 * value:.6f}").quantize(Decimal(1), ROUND_HALF_UP)


def pandas_place(scores: pd.Series, score: float) -> str:
    """The share of the grades below `score`, equal ones half."""
    share = scores.rank(method="average")[scores == score].iloc[0] - 0.5
    percent = int(Decimal(100 * float(share)) / len(scores) + Decimal("0.5"))
    return {0: "Under 1 %", 100: "Over 99 %"}.get(percent, f"{percent} %")


@settings(max_examples=60, deadline=None)
@given(exams())
def test_every_page_shows_the_numbers_that_pandas_computes(drawn: tuple[Scale, list[str]]) -> None:
    scale, grades = drawn
    exam = a_published_exam(scale=scale)
    rows: list[Result] = results_of(*grades, exam=exam)
    message = json.loads(to_json(numbers_object(exam, rows)))
    tiles = [tuple(tile) for tile in message["tiles"]]
    cache = filled_cache((exam, rows))
    first = html.unescape(get(cache, f"/?exam={exam.id}&me=student 000").text.partition("<script>")[0])
    board = html.unescape(get(cache, f"/board/{exam.id}").text)
    whole = get(cache, f"/live/{exam.id}.json").json()
    compared = get(cache, f"/live/{exam.id}/numbers.json").json()
    file = get(cache, f"/board/{exam.id}.csv").content.decode("utf-8-sig")
    overview = preview_of(exam, rows).overview

    assert TILE.findall(first) == tiles
    assert TILE.findall(board) == tiles
    assert list(overview.tiles) == tiles
    assert whole["numbers"] == compared["numbers"] == message

    labels = [label for label, _ in whole["exam"]["axis"]["bars"]]
    bars = [
        (label, str(count), share, total)
        for label, (count, _, share, _, total) in zip(labels, message["bars"], strict=True)
    ]
    assert FIRST_PAINT_ROW.findall(first) == bars
    assert [(label, count, share, total) for label, total, share, count in BOARD_ROW.findall(board)] == bars
    assert [(bar.label, str(bar.count), bar.share, bar.total_share) for bar in overview.bars] == bars
    assert pd.Series([row[6] for row in whole["rows"]]).value_counts().to_dict() == {
        index: int(bar[1]) for index, bar in enumerate(bars) if bar[1] != "0"
    }
    statistics = [tuple(line) for line in message["statistics"]]
    for page in (first, board):
        assert set(STATISTIC.findall(page)) >= set(statistics)
    for name, text in {**pandas_tiles(scale, grades), **pandas_statistics(scale, grades)}.items():
        assert dict([*tiles, *statistics])[name] == text, name

    scores = pd.Series([row[5] for row in whole["rows"]])
    for score in scores:
        places = [text for least, text in message["places"] if least <= score]
        assert places[-1] == pandas_place(scores, score)
    (mine,) = [row for row in whole["rows"] if row[1] == "Student 000"]
    assert f"<span>{pandas_place(scores, mine[5])} of the grades" in first

    shown = {row[1]: row[2] for row in whole["rows"]}
    assert {line["Student"]: line["Grade"] for line in csv.DictReader(io.StringIO(file))} == {
        student: escape_formula(grade) for student, grade in shown.items()
    }
    assert dict(CELLS.findall(board)) == shown
