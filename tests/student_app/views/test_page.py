"""The page around the board, run without a browser over a cache filled as by a feed."""

import dataclasses
import datetime as dt
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from shared.live.cache import ExamCache
from shared.model.exam import Exam, Result
from student_app.context import Serving, set_serving
from student_app.exam.choosing import OFFERED_MAX
from tests.builders import a_published_exam, results_of
from tests.student_app.world import START_S, FakeFeed, filled_cache

pytestmark = pytest.mark.usefixtures("installed_components_read_once")

SCRIPT = str(Path(__file__).parents[3] / "student_app" / "app.py")
RUN_DEADLINE_S = 30.0
GRADES = ["10", "12", "14", "16", "18", "ABSENT"]


@contextmanager
def page_over(cache: ExamCache, feed: FakeFeed | None = None, **parameters: str) -> Iterator[AppTest]:
    """The page, run once; `parameters` are its query parameters."""
    with set_serving(Serving(cache, feed or FakeFeed())):
        page = AppTest.from_file(SCRIPT, default_timeout=RUN_DEADLINE_S)
        for name, text in parameters.items():
            page.query_params[name] = text
        yield page.run()


@contextmanager
def page_of(exam: tuple[Exam, list[Result]], feed: FakeFeed | None = None) -> Iterator[AppTest]:
    """The page of one exam, by its link."""
    with page_over(filled_cache(exam), feed, exam=exam[0].id) as page:
        yield page


@pytest.fixture(autouse=True)
def no_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ensures that a failed page is never mistaken for an empty one."""
    run = AppTest.run

    def checked(page: AppTest, **options: float) -> AppTest:
        done = run(page, **options)
        assert [fault.message for fault in done.exception] == []
        return done

    monkeypatch.setattr(AppTest, "run", checked)


def texts(page: AppTest) -> str:
    """All texts of the page except its tables."""
    kinds = (page.caption, page.info, page.warning, page.success, page.markdown)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def data_of(page: AppTest, key: str) -> dict[str, Any]:
    """What the component of that key receives."""

    def elements(block: Any) -> Iterator[Any]:
        for child in getattr(block, "children", {}).values():
            yield child
            yield from elements(child)

    (component,) = [one for one in elements(page.main) if getattr(one, "key", None) == key]
    data: dict[str, Any] = json.loads(component.proto.json)
    return data


def address(page: AppTest, name: str) -> str | None:
    """AppTest keeps a parameter of the address as a list, or as a text once the page has set it."""
    found = page.query_params.get(name)
    return found[0] if isinstance(found, list) else found


def an_exam_with(grades: list[str]) -> tuple[Exam, list[Result]]:
    exam = a_published_exam()
    return exam, results_of(*grades, exam=exam)


# Which exam.


def test_without_a_link_no_exam_is_preselected() -> None:
    exams = [a_published_exam(subject) for subject in ("Old", "New")]
    with page_over(filled_cache(*((exam, []) for exam in exams))) as page:
        (choice,) = page.selectbox
        assert choice.value is None
        assert len(choice.options) == 2
        assert address(page, "exam") is None


def test_each_of_several_choices_in_a_row_is_kept() -> None:
    exams = [a_published_exam(f"Subject {number}") for number in range(4)]
    with page_over(filled_cache(*((exam, []) for exam in exams)), exam=exams[0].id) as page:
        for exam in [*exams, *reversed(exams), exams[2], exams[1]]:
            page.selectbox[0].set_value(exam.id).run()
            assert page.selectbox[0].value == exam.id
            assert address(page, "exam") == exam.id
            assert data_of(page, "board")["exam_id"] == exam.id


def test_changing_the_address_changes_the_choice() -> None:
    """As with the browser's back and forward buttons."""
    one, other = a_published_exam("One"), a_published_exam("Other")
    with page_over(filled_cache((one, []), (other, [])), exam=one.id) as page:
        page.selectbox[0].set_value(other.id).run()
        page.query_params["exam"] = one.id
        page.run()
        assert page.selectbox[0].value == one.id
        assert data_of(page, "board")["exam_id"] == one.id


def test_only_a_changed_choice_is_sent_to_the_browser() -> None:
    """A viewer’s choice during a run is lost if that run tells the browser what was chosen before."""
    one, other = a_published_exam("One"), a_published_exam("Other")
    cache = filled_cache((one, []), (other, []))
    with page_over(cache, exam=one.id) as page:
        assert page.selectbox[0].proto.set_value
        page.selectbox[0].set_value(other.id).run()
        assert not page.selectbox[0].proto.set_value
        cache.put_exam(a_published_exam("Newer"))
        page.run()
        assert len(page.selectbox[0].options) == 3
        assert not page.selectbox[0].proto.set_value
        cache.put_exam(dataclasses.replace(other, subject="Renamed", version=other.version + 1))
        page.run()
        assert page.selectbox[0].proto.set_value
        assert page.selectbox[0].proto.raw_value.startswith("Renamed")
        page.run()
        assert not page.selectbox[0].proto.set_value
        assert page.selectbox[0].value == other.id


def test_a_link_opens_its_exam_among_thousands() -> None:
    old = a_published_exam("Old", date=dt.date(2020, 1, 1))
    newer = [(a_published_exam(f"Newer {number}"), list[Result]()) for number in range(2000)]
    with page_over(filled_cache((old, []), *newer), exam=old.id) as page:
        (choice,) = page.selectbox
        assert choice.value == old.id
        assert len(choice.options) <= OFFERED_MAX + 1, "a page does not carry thousands"
        for several in page.multiselect:
            assert len(several.options) <= OFFERED_MAX


def test_many_exams_are_searched_and_the_shown_one_stays_until_another_is_chosen() -> None:
    shown, rows = an_exam_with(GRADES)
    many = [(a_published_exam(f"Subject {number}"), list[Result]()) for number in range(OFFERED_MAX + 10)]
    sought = a_published_exam("Überlieferung", date=dt.date(2020, 1, 1))
    with page_over(filled_cache((shown, rows), *many, (sought, [])), exam=shown.id) as page:
        page.text_input(key="exam_search").set_value("uberl curie").run()
        assert page.selectbox[0].options == ["Überlieferung · 1 January 2020 · M. Curie"]
        assert data_of(page, "board")["exam_id"] == shown.id
        page.selectbox[0].set_value(sought.id).run()
        assert address(page, "exam") == sought.id
        page.text_input(key="exam_search").set_value("no such thing").run()
        assert "No exam has “no such thing”" in texts(page)


def test_exams_with_the_same_label_can_be_distinguished_and_chosen() -> None:
    one, other = an_exam_with(GRADES), an_exam_with(GRADES[:5])
    with page_over(filled_cache(one, other), exam=one[0].id) as page:
        (choice,) = page.selectbox
        assert len(set(choice.options)) == 2
        assert data_of(page, "board")["exam_id"] == one[0].id
        choice.set_value(other[0].id).run()
        assert address(page, "exam") == other[0].id
        assert data_of(page, "board")["exam_id"] == other[0].id


def test_a_link_to_an_unpublished_exam_waits_for_it_and_offers_others() -> None:
    exam = a_published_exam()
    early = a_published_exam("Early")
    cache = filled_cache((exam, []))
    with page_over(cache, exam=early.id) as page:
        assert page.selectbox[0].value is None
        cache.put_exam(early)
        page.run()
        assert page.selectbox[0].value == early.id
    with page_over(filled_cache(), exam=early.id) as page:
        assert "No exam is published yet" not in texts(page), "the board says what it waits for"


def test_a_link_that_names_no_exam_says_so_and_offers_others() -> None:
    exam = a_published_exam()
    with page_over(filled_cache((exam, [])), exam=exam.id[:-1]) as page:
        assert "This link is incomplete" in texts(page)
        assert page.selectbox[0].value is None
        page.selectbox[0].set_value(exam.id).run()
        assert address(page, "exam") == exam.id


def test_before_the_first_exam_the_page_waits_and_before_the_list_it_says_that_it_loads() -> None:
    with page_over(filled_cache()) as page:
        assert "No exam is published yet" in texts(page)
    with page_over(ExamCache(lambda: START_S)) as page:
        assert "Loading the exams" in texts(page)


# Comparison, and what stays loaded meanwhile.


def test_compared_exams_stay_loaded_and_the_selection_survives_a_search() -> None:
    one, other = an_exam_with(GRADES), a_published_exam("Unloaded")
    many = [(a_published_exam(f"Subject {number}"), list[Result]()) for number in range(OFFERED_MAX + 5)]
    cache = filled_cache(one, *many)
    cache.put_exam(other)
    feed = FakeFeed()
    with page_over(cache, feed, exam=one[0].id) as page:
        page.text_input(key="find_others").set_value("unloaded").run()
        page.multiselect(key="compared").select(other.id).run()
        assert other.id in feed.touched, "it was asked for"
        page.text_input(key="find_others").set_value("subject").run()
        assert page.multiselect(key="compared").value == [other.id]
        assert [exam_id for exam_id, _ in data_of(page, "comparison")["exams"]] == [one[0].id, other.id]


def test_a_run_requests_its_exam_and_leaves_nothing_watched() -> None:
    exam, rows = an_exam_with(GRADES)
    feed = FakeFeed()
    with page_of((exam, rows), feed) as page:
        assert exam.id in feed.touched
        page.run()
    assert not feed.watched


# Without the stream.


def test_without_the_stream_the_page_refreshes_itself_and_says_so() -> None:
    with page_of(an_exam_with(GRADES)) as page:
        assert "cannot be reached" not in texts(page)
        page.session_state["stream-unreachable"] = True
        page.run()
        assert "this page refreshes itself every 30 s" in texts(page)


# The board's data.


def test_a_page_contains_the_rows_only_if_the_stream_cannot_be_used() -> None:
    with page_of(an_exam_with(GRADES)) as page:
        assert data_of(page, "board")["snapshot"] is None
        page.session_state["stream-unreachable"] = True
        page.run()
        assert len(data_of(page, "board")["snapshot"]["rows"]) == len(GRADES)
