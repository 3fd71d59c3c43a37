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
from shared.model.exam import Audience, Exam, Result
from student_app.context import Serving, set_serving
from student_app.exam.choosing import OFFERED_MAX
from tests.builders import a_published_exam, a_result, results_of
from tests.student_app.world import START_S, FakeFeed, filled_cache

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


def numbers(page: AppTest) -> dict[str, str]:
    """The statistics: text by name."""
    (table,) = page.table
    frame = table.value
    return {str(name): str(frame.loc[name].iloc[0]) for name in frame.index}


def labels(page: AppTest) -> list[str]:
    kinds = (page.text_input, page.selectbox, page.multiselect, page.checkbox)
    return [element.label for kind in kinds for element in kind]


def address(page: AppTest, name: str) -> str | None:
    """AppTest keeps a parameter of the address as a list, or as a text once the page has set it."""
    found = page.query_params.get(name)
    return found[0] if isinstance(found, list) else found


def an_exam_with(grades: list[str], audience: Audience = Audience.NAMES) -> tuple[Exam, list[Result]]:
    exam = a_published_exam(audience=audience)
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
            assert page.title[0].value == exam.subject


def test_changing_the_address_changes_the_choice() -> None:
    """As with the browser's back and forward buttons."""
    one, other = a_published_exam("One"), a_published_exam("Other")
    with page_over(filled_cache((one, []), (other, [])), exam=one.id) as page:
        page.selectbox[0].set_value(other.id).run()
        page.query_params["exam"] = one.id
        page.run()
        assert page.selectbox[0].value == one.id
        assert page.title[0].value == "One"


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
        assert page.selectbox[0].options == ["Überlieferung · 2020-01-01 · M. Curie"]
        assert numbers(page)["Results"] == "6"
        page.selectbox[0].set_value(sought.id).run()
        assert address(page, "exam") == sought.id
        page.text_input(key="exam_search").set_value("no such thing").run()
        assert "No exam has “no such thing”" in texts(page)


def test_exams_with_the_same_label_can_be_distinguished_and_chosen() -> None:
    one, other = an_exam_with(GRADES), an_exam_with(GRADES[:5])
    with page_over(filled_cache(one, other), exam=one[0].id) as page:
        (choice,) = page.selectbox
        assert len(set(choice.options)) == 2
        assert numbers(page)["Results"] == "6"
        choice.set_value(other[0].id).run()
        assert address(page, "exam") == other[0].id
        assert numbers(page)["Results"] == "5"


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
        assert "This link names no exam" in texts(page)
        assert page.selectbox[0].value is None
        page.selectbox[0].set_value(exam.id).run()
        assert address(page, "exam") == exam.id


def test_before_the_first_exam_the_page_waits_and_before_the_list_it_says_that_it_loads() -> None:
    with page_over(filled_cache()) as page:
        assert "No exam is published yet" in texts(page)
    with page_over(ExamCache(lambda: START_S)) as page:
        assert "Loading the exams" in texts(page)


def test_an_exams_words_are_shown_as_they_are() -> None:
    exam = dataclasses.replace(a_published_exam(), teacher="*Curie* <b>:red[x]")
    with page_over(filled_cache((exam, [])), exam=exam.id) as page:
        assert r"\*Curie\*" in texts(page)


# Statistics, and what may be shown.


def test_an_exams_statistics() -> None:
    with page_of(an_exam_with(GRADES)) as page:
        statistics = numbers(page)
        assert statistics["Results"] == "6"
        assert (statistics["Mean"], statistics["Median"]) == ("14", "14")
        assert (statistics["Lower quartile"], statistics["Upper quartile"]) == ("12", "16")
        assert statistics["Spread (standard deviation)"] == "2.83"
        assert (statistics["Lowest"], statistics["Highest"], statistics["Passed"]) == ("10", "18", "100 %")


def test_a_small_group_has_no_statistics_and_the_page_states_the_rule() -> None:
    with page_of(an_exam_with(["10", "12", "14", "16"])) as page:
        assert set(numbers(page)) == {"Results", "Graded"}
        assert "With fewer than 5 grades" in texts(page)


def test_with_codes_no_number_is_one_persons_and_the_page_states_the_rule() -> None:
    with page_of(an_exam_with(GRADES, Audience.CODES)) as page:
        statistics = numbers(page)
        assert "Median" in statistics
        assert statistics.keys().isdisjoint({"Lowest", "Highest", "Passed"})
        assert "no number is shown that belongs to a single person" in texts(page)


def test_an_exam_without_results_has_only_its_board() -> None:
    with page_of(an_exam_with([])) as page:
        assert len(page.table) == 0
        assert "Statistics" not in [expander.label for expander in page.expander]


# My result.


def asked(page: AppTest, text: str) -> AppTest:
    own = next(field for field in page.text_input if field.label in {"My name", "My code"})
    return own.set_value(text).run()


def test_my_result_has_its_grade_and_place_and_is_not_in_the_address() -> None:
    with page_of(an_exam_with(GRADES)) as page:
        asked(page, "  student   004 ")
        assert "Student 004: 18" in texts(page).replace("\\", "")
        assert "90 % of the grades are below it" in texts(page).replace("\\", "")
        assert "me" not in page.query_params


def test_my_result_is_kept_in_the_address_only_while_asked() -> None:
    with page_of(an_exam_with(GRADES)) as page:
        asked(page, "Student 004")
        page.checkbox(key="keep-me").check().run()
        assert address(page, "me") == "Student 004"
        page.checkbox(key="keep-me").uncheck().run()
        assert "me" not in page.query_params


def test_a_kept_address_finds_my_result_at_once() -> None:
    exam, rows = an_exam_with(GRADES)
    with page_over(filled_cache((exam, rows)), exam=exam.id, me="Student 000") as page:
        assert "Student 000: 10" in texts(page).replace("\\", "")


def test_in_a_small_group_my_result_has_no_place() -> None:
    with page_of(an_exam_with(["10", "12", "14", "16"])) as page:
        asked(page, "Student 003")
        assert "Student 003: 16" in texts(page).replace("\\", "")
        assert "below it" not in texts(page)


def test_with_codes_i_am_asked_for_my_code_and_my_place_is_rounded() -> None:
    exam = a_published_exam(audience=Audience.CODES)
    codes = ["7K4QX2", "8K4QX2", "9K4QX2", "AK4QX2", "BK4QX2", "CK4QX2"]
    rows = [
        a_result(code, grade, exam)
        for code, grade in zip(codes, ["5", "9", "11", "12", "17", "19"], strict=True)
    ]
    with page_of((exam, rows)) as page:
        assert "My code" in labels(page)
        asked(page, "bk4qx2")
        assert "About 80 % of the grades" in texts(page).replace("\\", "")


def test_several_students_with_one_name_are_all_shown_and_none_is_marked_as_mine() -> None:
    exam, rows = an_exam_with(GRADES)
    rows.append(a_result("Student 000", "20", exam))
    with page_of((exam, rows)) as page:
        asked(page, "Student 000")
        said = texts(page).replace("\\", "")
        assert "2 students have this name" in said
        assert "Student 000: 10" in said
        assert "Student 000: 20" in said


def test_a_name_that_is_not_found_is_reported_without_a_guess() -> None:
    with page_of(an_exam_with(GRADES)) as page:
        asked(page, "Student")
        assert "No such result yet" in texts(page)
        assert len(page.success) == 0


# Comparison, and what stays loaded meanwhile.


def test_exams_are_compared_in_percent_and_small_groups_are_hidden() -> None:
    one, small = an_exam_with(GRADES), an_exam_with(["20"])
    with page_over(filled_cache(one, small), exam=one[0].id) as page:
        page.multiselect(key="compared").select(small[0].id).run()
        (table,) = page.dataframe
        assert table.value["Mean"].tolist() == ["70 %", "–"]
        assert table.value["Middle half"].tolist() == ["60 % to 80 %", "–"]


def test_compared_exams_are_loaded_and_the_selection_survives_a_search() -> None:
    one, other = an_exam_with(GRADES), a_published_exam("Unloaded")
    many = [(a_published_exam(f"Subject {number}"), list[Result]()) for number in range(OFFERED_MAX + 5)]
    cache = filled_cache(one, *many)
    cache.put_exam(other)
    feed = FakeFeed()
    with page_over(cache, feed, exam=one[0].id) as page:
        page.text_input(key="find_others").set_value("unloaded").run()
        page.multiselect(key="compared").select(other.id).run()
        assert "Loading" in texts(page)
        assert other.id in feed.touched, "it was asked for"
        cache.finish_results(cache.begin_results(other.id), results_of(*GRADES, exam=other))
        page.text_input(key="find_others").set_value("subject").run()
        assert page.multiselect(key="compared").value == [other.id]
        assert "Loading" not in texts(page)
        (table,) = page.dataframe
        assert table.value["Mean"].tolist() == ["70 %", "70 %"]


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
        assert "cannot be had" not in texts(page)
        page.session_state["stream-unreachable"] = True
        page.run()
        assert "this page refreshes itself every 30 s" in texts(page)


def test_an_unpublished_exam_is_not_waited_for() -> None:
    exam, rows = an_exam_with(GRADES)
    cache = filled_cache((exam, rows))
    with page_over(cache, exam=exam.id) as page:
        cache.remove_exam(exam.id, exam.version + 1)
        page.run()
        assert not page.text_input, "the board alone is left"


# The board's data.


def board_data(page: AppTest) -> dict[str, Any]:
    def elements(block: Any) -> Iterator[Any]:
        for child in getattr(block, "children", {}).values():
            yield child
            yield from elements(child)

    (board,) = [one for one in elements(page.main) if getattr(one, "key", None) == "board"]
    data: dict[str, Any] = json.loads(board.proto.json)
    return data


def test_the_board_receives_my_row_only_if_it_is_unique() -> None:
    exam, rows = an_exam_with(GRADES)
    rows.append(a_result("Student 000", "20", exam))
    with page_of((exam, rows)) as page:
        assert board_data(page)["own"] is None
        asked(page, "Student 001")
        assert board_data(page)["own"] == rows[1].id
        asked(page, "Student 000")
        assert board_data(page)["own"] is None


def test_a_page_contains_the_rows_only_if_the_stream_cannot_be_used() -> None:
    with page_of(an_exam_with(GRADES)) as page:
        assert board_data(page)["snapshot"] is None
        page.session_state["stream-unreachable"] = True
        page.run()
        assert len(board_data(page)["snapshot"]["rows"]) == len(GRADES)
