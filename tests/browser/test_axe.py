"""The accessibility helper finds what is wrong with a page, and what it cannot decide."""

from collections.abc import Callable

import pytest

from tests.browser.axe import Known, faults_of, undecided_of
from tests.browser.people import Person

GOOD = "<html lang=en><title>t</title><body style='background:#fff'><main><h1>Hello</h1></main></body>"
BAD = GOOD.replace("</main>", "<img id=plot src='data:,'><p style='color:#ccc'>pale</p></main>")


@pytest.fixture
def person(new_person: Callable[..., Person]) -> Person:
    return new_person()


def test_a_sound_page_has_no_faults(person: Person) -> None:
    person.page.set_content(GOOD)
    assert faults_of(person.page) == []


def test_a_fault_names_its_rule_and_its_element(person: Person) -> None:
    person.page.set_content(BAD)
    found = {fault.rule: fault for fault in faults_of(person.page)}
    assert sorted(found) == ["color-contrast", "image-alt"]
    assert found["image-alt"].element == "#plot"
    assert "alt" in found["image-alt"].advice
    assert [fault.rule for fault in faults_of(person.page, within="p")] == ["color-contrast"]


def test_a_known_fault_covers_its_rule_at_its_element_only(person: Person) -> None:
    person.page.set_content(BAD)
    known = Known("image-alt", 'id="plot"', "made by a library")
    assert [fault.rule for fault in faults_of(person.page, [known])] == ["color-contrast"]
    elsewhere = Known("image-alt", 'id="other"', "made by a library")
    assert len(faults_of(person.page, [elsewhere])) == 2


def test_what_cannot_be_decided_is_reported_separately(person: Person) -> None:
    person.page.set_content(GOOD.replace("#fff", "linear-gradient(#fff, #ccc)"))
    assert faults_of(person.page) == []
    assert [fault.element for fault in undecided_of(person.page, "color-contrast")] == ["h1"]
    assert undecided_of(person.page, "image-alt") == []
