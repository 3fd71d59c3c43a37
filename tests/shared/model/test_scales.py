"""Every scale has one text, from which it can be read back; inconsistent ones are refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.errors import GradeOutsideScale, ScaleUnknown
from shared.model.grades import parse_grade, shown_grade
from shared.model.scale_presets import PRESETS, Preset, preset_of
from shared.model.scales import (
    LETTERS,
    OUT_OF_20,
    PASS_FAIL,
    PERCENT,
    Level,
    LevelScale,
    NumberScale,
    Scale,
    out_of,
    parse_scale,
)

GERMAN = parse_scale("FROM_1_TO_6;STEP=0.1;BEST=LOW;PASS=4;SIGNS")
ITALIAN = parse_scale("OUT_OF_30;STEP=1;PASS=18;HONOURS=30L")
DANISH = parse_scale("LEVELS=12:12,10:10,7:7,4:4,02:2|00:0,-3:-3")
A_LEVEL = parse_scale("LEVELS=A*,A,B,C,D,E|U")
KEYED = parse_scale("OUT_OF_100;KEY=A:90,B:80,C:70,D:60|F:0")

tenths = st.integers(-9990, 9990).map(lambda number: Decimal(number) / 10)
labels = st.text(alphabet="ABCDEF*+-0123456789 é好", min_size=1, max_size=6).filter(
    lambda label: label == label.strip()
)


@st.composite
def number_scales(draw: st.DrawFn) -> NumberScale:
    lowest, highest = sorted(draw(st.lists(tenths, min_size=2, max_size=2, unique=True)))
    return NumberScale(
        lowest=lowest,
        highest=highest,
        pass_mark=draw(st.sampled_from([lowest, highest, (lowest + highest) / 2])),
        step=draw(st.sampled_from([Decimal("0.01"), Decimal("0.1")])),
        is_lowest_best=draw(st.booleans()),
        allows_more=draw(st.booleans()),
        has_signs=draw(st.booleans()),
        honours=draw(st.sampled_from([None, "30L"])),
    )


@st.composite
def level_scales(draw: st.DrawFn) -> LevelScale:
    unlike = st.lists(labels, min_size=2, max_size=8, unique_by=lambda name: "".join(name.split()).casefold())
    names = draw(unlike)
    passing = draw(st.integers(1, len(names)))
    return LevelScale(tuple(Level(name, place < passing) for place, name in enumerate(names)))


@given(st.one_of(number_scales(), level_scales()))
def test_a_scale_is_read_from_its_own_text(scale: Scale) -> None:
    assert parse_scale(scale.text) == scale
    assert scale.label
    assert scale.hint.startswith("Type ")


@pytest.mark.parametrize(
    ("text", "scale"),
    [("OUT_OF_20", OUT_OF_20), ("PERCENT", PERCENT), ("LETTERS", LETTERS), ("PASS_FAIL", PASS_FAIL)],
)
def test_the_short_texts_keep_their_meaning(text: str, scale: Scale) -> None:
    assert parse_scale(text) == scale
    assert scale.text == text


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "write it like"),
        ("OUT_OF_0", "below the highest"),
        ("OUT_OF_1001", "up to 1000"),
        ("OUT_OF_020", "write it like"),
        ("OUT_OF_20.0", "write it like"),
        ("OUT_OF_-5", "below the highest"),
        ("out_of_20", "write it like"),
        ("PERCENT ", "write it like"),
        ("OUT_OF_２０", "write it like"),
        ("OUT_OF_20;PASS=10", "write it as OUT_OF_20"),
        ("FROM_0_TO_20;PASS=10", "write it as OUT_OF_20"),
        ("OUT_OF_20;PASS=21", "the pass mark must be a grade"),
        ("FROM_1_TO_6", "add the pass mark"),
        ("FROM_6_TO_1;PASS=4", "below the highest"),
        ("OUT_OF_20;STEP=30", "the step"),
        ("OUT_OF_20;PASS=9;PASS=8", "write it like"),
        ("OUT_OF_100;KEY=A:90,B:95|F:0", "from the best down"),
        ("OUT_OF_100;KEY=A:90|F:10", "begins at 0"),
        ("OUT_OF_100;KEY=A:90|F", "needs its points"),
        ("OUT_OF_100;KEY=A:190,B:50|F:0", "lie on the scale"),
        ("LEVELS=A", "2 to 30 levels"),
        ("LEVELS=A,B,a", "a label of its own"),
        ("LEVELS=A:4,B", "all levels have points or none"),
        ("LEVELS=A:1,B:4", "no fewer points"),
        ("LEVELS=A,ABSENT", "cannot be a level"),
        ("LEVELS=A,absent", "cannot be a level"),
        ("OUT_OF_20;KEY=A:10|Exempt:0", "cannot be a level"),
        ("OUT_OF_20;HONOURS=19", "“19” cannot be a grade"),
        ("OUT_OF_20;HONOURS=absent", "cannot be a grade"),
        ("LEVELS=A|", "at least one level must pass"),
        ("LEVELS=PASS|FAIL", "write it as PASS_FAIL"),
        ("LEVELS=" + ",".join(f"L{number}" for number in range(200)), "longer than 512"),
    ],
)
def test_an_invalid_scale_is_refused_with_the_reason(text: str, problem: str) -> None:
    with pytest.raises(ScaleUnknown) as refusal:
        parse_scale(text)
    assert problem in str(refusal.value)
    assert refusal.value.field == "scale"


@pytest.mark.parametrize(
    ("scale", "typed", "text", "is_passing"),
    [
        (GERMAN, "2+", "2+", True),
        (GERMAN, "2,3", "2.3", True),
        (GERMAN, "4-", "4-", True),
        (GERMAN, "4.1", "4.1", False),
        (GERMAN, "5", "5", False),
        (ITALIAN, "30L", "30L", True),
        (ITALIAN, "30 l", "30L", True),
        (ITALIAN, "17", "17", False),
        (DANISH, "02", "02", True),
        (DANISH, "2", "02", True),
        (DANISH, "0", "00", False),
        (DANISH, "\u22123", "-3", False),
        (A_LEVEL, "a*", "A*", True),
        (A_LEVEL, "u", "U", False),
        (parse_scale("LEVELS=A:4,AB:3.5,B:3,BC:2.5,C:2,D:1|F:0"), "AB", "AB", True),
        (parse_scale("LEVELS=5:5,4.5:4.5,4:4,3.5:3.5,3:3|2:2"), "4,5", "4.5", True),
        (parse_scale("OUT_OF_100;OVER"), "105", "105", True),
        (out_of("22.5", 9), "22,5", "22.5", True),
        (out_of("22.5", 9), "8.99", "8.99", False),
        (KEYED, "60", "60", True),
        (KEYED, "59.99", "59.99", False),
    ],
)
def test_a_grade_is_read_on_its_own_scale(scale: Scale, typed: str, text: str, is_passing: bool) -> None:
    grade = parse_grade(typed, scale)
    assert (grade.text, grade.is_passing, grade.mark) == (text, is_passing, None)
    assert parse_grade(grade.text, scale) == grade


@pytest.mark.parametrize(
    ("scale", "typed", "reason", "suggestion"),
    [
        (GERMAN, "0.7", "below 1", None),
        (GERMAN, "7", "above 6", None),
        (GERMAN, "2.3+", "both decimals and a sign", None),
        (OUT_OF_20, "2+", "no number", None),
        (ITALIAN, "18.5", "steps of 1", "19"),
        (OUT_OF_20, "13.333333333", "two decimals", "13.33"),
        (A_LEVEL, "F", "not one of this exam's grades", None),
        (DANISH, "3", "not one of this exam's grades", None),
        (LETTERS, "4", "not one of this exam's grades", None),
    ],
)
def test_a_grade_not_on_the_scale_is_refused(
    scale: Scale, typed: str, reason: str, suggestion: str | None
) -> None:
    with pytest.raises(GradeOutsideScale) as refusal:
        parse_grade(typed, scale)
    assert reason in str(refusal.value)
    assert refusal.value.suggestion == suggestion


def test_the_best_grade_has_the_highest_score_whichever_end_it_is() -> None:
    assert [parse_grade(text, GERMAN).score for text in ("1", "6")] == [1.0, 0.0]
    assert parse_grade("2+", GERMAN).score > parse_grade("2", GERMAN).score > parse_grade("2-", GERMAN).score
    assert [parse_grade(text, DANISH).score for text in ("12", "-3")] == [1.0, 0.0]
    assert parse_grade("1+", GERMAN).score == 1.0
    assert parse_grade("110", parse_scale("OUT_OF_100;OVER")).score == 1.1


def test_a_key_shows_points_and_their_level() -> None:
    assert [shown_grade(text, KEYED) for text in ("67", "90", "ABSENT", "junk")] == [
        "67 (D)",
        "90 (A)",
        "absent",
        "junk",
    ]
    assert shown_grade("67", out_of(100)) == "67"


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_every_preset_has_a_source_and_says_what_passes(preset: Preset) -> None:
    assert preset.source
    assert parse_scale(preset.scale.text) == preset.scale
    assert preset.scale.pass_text.startswith("passed: ") or preset.scale == PASS_FAIL


def test_presets_have_different_names_and_are_found_by_their_scale() -> None:
    names = [preset.name for preset in PRESETS]
    assert len(set(names)) == len(names)
    found = preset_of(DANISH)
    assert found is not None
    assert found.name == "Denmark, −3 to 12"
    assert preset_of(out_of(17)) is None


def test_a_pass_mark_between_two_steps_passes_from_the_next_better_number() -> None:
    """Half of 15 on whole points is 7.5."""
    scale = parse_scale("OUT_OF_15;STEP=1")
    assert isinstance(scale, NumberScale)
    assert (scale.passes(Decimal(7)), scale.passes(Decimal(8))) == (False, True)
    lowest_best = parse_scale("FROM_1_TO_6;STEP=1;BEST=LOW;PASS=4.5")
    assert isinstance(lowest_best, NumberScale)
    assert (lowest_best.passes(Decimal(4)), lowest_best.passes(Decimal(5))) == (True, False)
