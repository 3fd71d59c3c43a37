"""A teacher's input becomes one canonical text, or a message that says what to type."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.errors import GradeOutsideScale
from shared.model.grades import GRADE_TEXT_MAX, Mark, parse_grade
from shared.model.scales import LETTERS, OUT_OF_20, PASS_FAIL, PERCENT, Scale, out_of, parse_scale

ITALIAN = parse_scale("OUT_OF_30;STEP=1;PASS=18;HONOURS=30L")
scales = st.one_of(
    st.integers(1, 1000).map(lambda maximum: out_of(maximum)),
    st.sampled_from([PERCENT, LETTERS, PASS_FAIL]),
)
typed_texts = st.one_of(
    st.text(max_size=20),
    st.text(alphabet="0123456789.,/%+- \u00a0ABCDFabsexmptfil", max_size=10),
    st.decimals(0, 1000, places=2).map(str),
    st.sampled_from(["A+", "b-", "pass", "FAIL", "abs", "EX", "absent", "exempt", "14/20", "85 %", "14,5"]),
)


@pytest.mark.parametrize(
    ("typed", "scale", "text", "score"),
    [
        ("14", OUT_OF_20, "14", 0.7),
        ("14.50", OUT_OF_20, "14.5", 0.725),
        ("14,5", OUT_OF_20, "14.5", 0.725),
        (" 14,25 ", OUT_OF_20, "14.25", 0.7125),
        ("\u00a014\u202f", OUT_OF_20, "14", 0.7),
        ("14/20", OUT_OF_20, "14", 0.7),
        ("14 / 20", OUT_OF_20, "14", 0.7),
        ("014", OUT_OF_20, "14", 0.7),
        (".5", OUT_OF_20, "0.5", 0.025),
        ("0", OUT_OF_20, "0", 0.0),
        ("20,0", OUT_OF_20, "20", 1.0),
        ("１４", OUT_OF_20, "14", 0.7),
        ("14½", OUT_OF_20, "14.5", 0.725),
        ("14 1/2", OUT_OF_20, "14.5", 0.725),
        ("½", OUT_OF_20, "0.5", 0.025),
        ("14 ¾", OUT_OF_20, "14.75", 0.7375),
        ("14½/20", OUT_OF_20, "14.5", 0.725),
        ("14⁄20", OUT_OF_20, "14", 0.7),
        ("14 pts / 20", OUT_OF_20, "14", 0.7),
        ("14 points out of 20", OUT_OF_20, "14", 0.7),
        ("\u200e14\u200b", OUT_OF_20, "14", 0.7),
        ("85 percent", PERCENT, "85", 0.85),
        ("85 pct", PERCENT, "85", 0.85),
        ("85,5 Prozent", PERCENT, "85.5", 0.855),
        ("%85", PERCENT, "85", 0.85),
        ("30 e lode", ITALIAN, "30L", 1.0),
        ("30 E LODE", ITALIAN, "30L", 1.0),
        ("30/30 e lode", ITALIAN, "30L", 1.0),
        ("30 cum laude", ITALIAN, "30L", 1.0),
        ("30 l", ITALIAN, "30L", 1.0),
        ("30", ITALIAN, "30", 1.0),
        ("14 out of 20", OUT_OF_20, "14", 0.7),
        ("14 sur 20", OUT_OF_20, "14", 0.7),
        ("14 von 20", OUT_OF_20, "14", 0.7),
        ("14 pts.", OUT_OF_20, "14", 0.7),
        ("14 Punkte", OUT_OF_20, "14", 0.7),
        ("١٤٫٥", OUT_OF_20, "14.5", 0.725),
        ("۱۴", OUT_OF_20, "14", 0.7),
        ("१४", OUT_OF_20, "14", 0.7),
        ("1 000", out_of(1000), "1000", 1.0),
        ("1'000", out_of(1000), "1000", 1.0),
        ("1.000,0", out_of(1000), "1000", 1.0),
        ("85 %", out_of(100), "85", 0.85),
        ("85 %", PERCENT, "85", 0.85),
        ("85%", PERCENT, "85", 0.85),
        ("85/100", PERCENT, "85", 0.85),
        ("85", out_of(100), "85", 0.85),
        ("a+", LETTERS, "A+", 1.0),
        ("b -", LETTERS, "B-", 2.7 / 4.3),
        ("B\u2212", LETTERS, "B-", 2.7 / 4.3),
        ("f", LETTERS, "F", 0.0),
        ("pass", PASS_FAIL, "PASS", 1.0),
        ("Failed", PASS_FAIL, "FAIL", 0.0),
        ("nicht bestanden", PASS_FAIL, "FAIL", 0.0),
        ("Réussi", PASS_FAIL, "PASS", 1.0),
        ("Aprobado", PASS_FAIL, "PASS", 1.0),
    ],
)
def test_input_becomes_canonical(typed: str, scale: Scale, text: str, score: float) -> None:
    grade = parse_grade(typed, scale)
    assert grade.text == text
    assert grade.score == pytest.approx(score)
    assert grade.mark is None
    assert grade.is_scored


@pytest.mark.parametrize(
    ("typed", "mark"),
    [
        ("abs", Mark.ABSENT),
        ("ABS.", Mark.ABSENT),
        ("Absent", Mark.ABSENT),
        ("EX", Mark.EXEMPT),
        ("exempt", Mark.EXEMPT),
        ("excused", Mark.EXEMPT),
        ("absent(e)", Mark.ABSENT),
        ("fehlt", Mark.ABSENT),
        ("N.Rdu", Mark.ABSENT),
        ("Dispensée", Mark.EXEMPT),
        ("entschuldigt", Mark.EXEMPT),
    ],
)
@pytest.mark.parametrize("scale", [OUT_OF_20, PERCENT, LETTERS, PASS_FAIL])
def test_absent_and_exempt_are_marks_on_every_scale_and_not_zeros(
    typed: str, mark: Mark, scale: Scale
) -> None:
    grade = parse_grade(typed, scale)
    assert grade.mark is mark
    assert grade.text == mark.value
    assert math.isnan(grade.score)
    assert not grade.is_scored


@pytest.mark.parametrize(
    ("typed", "scale", "hint"),
    [
        ("", OUT_OF_20, "from 0 to 20"),
        ("   ", PERCENT, "from 0 to 100"),
        ("21", OUT_OF_20, "above 20"),
        ("-1", OUT_OF_20, "below 0"),
        ("14/10", OUT_OF_20, "out of 20, not out of 10"),
        ("14/20", PERCENT, "percent, not out of 20"),
        ("14/", OUT_OF_20, "“14/” is no number"),
        ("14⁄2", OUT_OF_20, "not out of 2"),
        ("14⅓", OUT_OF_20, "“14⅓” has more than two decimals. Type 14.33"),
        ("13.333333333", OUT_OF_20, "Type 13.33"),
        ("ABS (14)", OUT_OF_20, "no number"),
        ("28 e lode", ITALIAN, "no number"),
        ("30 e lode", OUT_OF_20, "no number"),
        ("%85", OUT_OF_20, "not in percent"),
        ("85 %", OUT_OF_20, "out of 20, not in percent"),
        ("14.555", OUT_OF_20, "two decimals"),
        ("1,000.5", OUT_OF_20, "above 20"),
        ("1e1", OUT_OF_20, "no number"),
        ("1²", OUT_OF_20, "“1²” has a raised"),
        ("1 4", OUT_OF_20, "no number"),
        ("14 1 2", OUT_OF_20, "no number"),
        ("1,000", OUT_OF_20, "may be 1 or 1000"),
        ("1.000", out_of(1000), "may be 1 or 1000"),
        ("12-Oct", OUT_OF_20, "made a date"),
        ("10/12/2026", OUT_OF_20, "made a date"),
        ("10.12.2026", OUT_OF_20, "made a date"),
        ("Oct-12", OUT_OF_20, "made a date"),
        ("#DIV/0!", OUT_OF_20, "error in the spreadsheet"),
        ("#N/A", OUT_OF_20, "error in the spreadsheet"),
        ("N/A", OUT_OF_20, "no number"),
        ("AB", LETTERS, "not one of this exam's grades"),
        ("nan", OUT_OF_20, "no number"),
        ("A", OUT_OF_20, "from 0 to 20"),
        ("E", LETTERS, "from A+ to F"),
        ("F+", LETTERS, "from A+ to F"),
        ("14", LETTERS, "from A+ to F"),
        ("maybe", PASS_FAIL, "“pass” or “fail”"),
        ("1", PASS_FAIL, "“pass” or “fail”"),
    ],
)
def test_invalid_input_is_refused_with_a_hint_of_what_to_type(typed: str, scale: Scale, hint: str) -> None:
    with pytest.raises(GradeOutsideScale) as refusal:
        parse_grade(typed, scale)
    assert refusal.value.text == typed
    assert refusal.value.scale == scale.text
    assert refusal.value.field == "grade"
    assert hint in str(refusal.value)


@given(typed_texts, scales)
def test_any_text_is_canonical_after_one_reading_or_refused(typed: str, scale: Scale) -> None:
    try:
        grade = parse_grade(typed, scale)
    except GradeOutsideScale:
        return
    again = parse_grade(grade.text, scale)
    assert again.text == grade.text
    assert again.mark is grade.mark
    assert 1 <= len(grade.text) <= GRADE_TEXT_MAX
    if grade.mark is None:
        assert 0 <= grade.score <= 1
        assert again.score == grade.score
    else:
        assert math.isnan(grade.score)


@given(st.decimals(0, 20, places=2), st.sampled_from([".", ","]))
def test_every_two_decimal_number_within_the_scale_keeps_its_value(value: object, separator: str) -> None:
    grade = parse_grade(str(value).replace(".", separator), OUT_OF_20)
    assert float(grade.text) == float(str(value))
    assert re.fullmatch(r"\d+(\.\d{0,1}[1-9])?", grade.text)


def test_letters_are_worth_the_usual_grade_points() -> None:
    for level in LETTERS.levels:
        grade = parse_grade(level.label, LETTERS)
        assert (grade.text, grade.is_passing) == (level.label, level.label != "F")
        assert grade.score == pytest.approx(float(level.value or 0) / 4.3)
