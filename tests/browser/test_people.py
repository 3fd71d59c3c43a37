"""People have the look that they were made with, on their page alone."""

from collections.abc import Callable

from tests.browser.people import Person

LOOKS = """[innerWidth].concat(
  ["prefers-color-scheme: dark", "forced-colors: active", "prefers-reduced-motion"].map(
    (one) => matchMedia(`(${one})`).matches))"""
STRANGE = {
    "viewport": {"width": 400, "height": 500},
    "color_scheme": "dark",
    "forced_colors": "active",
    "reduced_motion": "reduce",
}


def test_the_look_of_one_person_is_not_the_next_ones(new_person: Callable[..., Person]) -> None:
    assert new_person().page.evaluate(LOOKS) == [1280, False, False, False]
    assert new_person(**STRANGE).page.evaluate(LOOKS) == [400, True, True, True]
    assert new_person().page.evaluate(LOOKS) == [1280, False, False, False]


def test_a_second_page_without_the_look_is_a_fault(new_person: Callable[..., Person]) -> None:
    plain, strange = new_person(), new_person(**STRANGE)
    for person in (plain, strange):
        with person.context.expect_page():
            person.context.new_page()
    assert plain.faults == []
    assert strange.faults == [f"a second page, without {STRANGE}"]
    strange.faults.clear()
