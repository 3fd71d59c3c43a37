"""The board without scripts, requested in memory."""

import asyncio
import dataclasses
import re
import threading
from typing import Any

import httpx
import pytest

from shared.live.status import FeedState
from shared.model.exam import Audience
from shared.model.hours import hour_text
from shared.model.overview import Overview, overview_of
from shared.model.scales import PASS_FAIL
from tests.builders import a_published_exam, a_result, an_announced_exam, new_id, results_of
from tests.student_app.routes_client import browser, get
from tests.student_app.world import START_S, FakeFeed, filled_cache


def test_the_static_board_lists_and_links_published_exams() -> None:
    exam = a_published_exam("Zoölogie & Co <b>")
    page = get(filled_cache((exam, [])), "/board")
    assert page.status_code == 200
    assert f"board/{exam.id}" in page.text
    assert "Zoölogie &amp; Co &lt;b&gt;" in page.text
    assert "<script" not in page.text


def test_the_static_board_has_results_and_statistics_without_a_script() -> None:
    exam = a_published_exam()
    page = get(
        filled_cache((exam, results_of("10", "12", "14", "16", "18", "ABSENT", exam=exam))),
        f"/board/{exam.id}",
    )
    assert "<script" not in page.text
    assert "Student 003" in page.text
    assert re.search(r"<dt>Median</dt><dd>14</dd>", page.text)
    assert "absent" in page.text
    assert re.search(r"As of \d{1,2} [A-Z][a-z]+ 20\d\d, \d\d:\d\d", page.text)


def test_the_static_board_says_which_grades_were_corrected() -> None:
    exam = a_published_exam()
    rows = [a_result("Ada", "9", exam, is_corrected=True), a_result("Grace", "12", exam)]
    page = get(filled_cache((exam, rows)), f"/board/{exam.id}")
    assert "<td>9 (corrected)</td>" in page.text
    assert "<td>12</td>" in page.text


def test_a_small_group_has_no_statistics() -> None:
    exam = a_published_exam()
    page = get(filled_cache((exam, results_of("10", "12", "14", "16", exam=exam))), f"/board/{exam.id}")
    assert "Median" not in page.text
    assert "Distribution" not in page.text


def test_a_pass_or_fail_board_uses_words() -> None:
    exam = a_published_exam(scale=PASS_FAIL, audience=Audience.CODES)
    page = get(filled_cache((exam, [a_result("7K4QX2", "PASS", exam)])), f"/board/{exam.id}")
    assert "7K4QX2" in page.text
    assert "pass" in page.text


def test_the_static_board_says_when_it_is_not_live() -> None:
    exam = a_published_exam()
    feed = FakeFeed()
    feed.become(FeedState.OFFLINE)
    page = get(filled_cache((exam, [])), f"/board/{exam.id}", feed=feed)
    assert "Not live now" in page.text


def test_the_static_board_is_not_resent_to_a_browser_that_has_it() -> None:
    exam = a_published_exam()
    cache = filled_cache((exam, []))

    async def run() -> tuple[httpx.Response, httpx.Response]:
        async with browser(cache, FakeFeed()) as client:
            first = await client.get(f"/board/{exam.id}")
            return first, await client.get(
                f"/board/{exam.id}", headers={"If-None-Match": first.headers["ETag"]}
            )

    first, again = asyncio.run(run())
    assert (first.status_code, again.status_code) == (200, 304)


def test_the_static_board_reloads_by_itself_only_on_request() -> None:
    exam = a_published_exam()
    cache = filled_cache((exam, []))
    assert "http-equiv" not in get(cache, f"/board/{exam.id}").text
    assert '<meta http-equiv="refresh" content="30">' in get(cache, f"/board/{exam.id}?refresh=30").text


def test_a_missing_exam_is_reported_as_such() -> None:
    page = get(filled_cache(), f"/board/{new_id()}")
    assert page.status_code == 404
    assert "not published" in page.text


def test_an_invalid_address_leads_to_the_list() -> None:
    page = get(filled_cache(), "/board/nonsense")
    assert page.status_code == 303
    assert page.headers["Location"] == "../board"


def test_a_board_is_rendered_off_the_event_loop_and_once_for_all_waiting_requests(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exam = a_published_exam()
    cache = filled_cache((exam, results_of(*["10"] * 20, exam=exam)))
    rendering_threads: list[int] = []

    def counted(*exam_and_rows: Any) -> Overview:
        rendering_threads.append(threading.get_ident())
        return overview_of(*exam_and_rows)

    monkeypatch.setattr("student_app.board.pages.overview_of", counted)

    async def run() -> set[bytes]:
        async with browser(cache, FakeFeed()) as client:
            answers = await asyncio.gather(*(client.get(f"/board/{exam.id}") for _ in range(20)))
            assert {answer.status_code for answer in answers} == {200}
            return {answer.content for answer in answers}

    assert len(asyncio.run(run())) == 1
    assert len(rendering_threads) == 1
    assert rendering_threads != [threading.get_ident()]


def test_a_page_that_is_not_live_is_as_old_as_its_data() -> None:
    """Also when it is requested much later."""
    exam, feed = a_published_exam(), FakeFeed()
    feed.become(FeedState.OFFLINE)
    cache = filled_cache((exam, []))

    async def run(now_s: float) -> str:
        async with browser(cache, feed, lambda: now_s) as client:
            return (await client.get(f"/board/{exam.id}")).text

    found = [re.findall(r"as of ([^)]*)", asyncio.run(run(START_S + days * 86400))) for days in (0, 3)]
    assert found[0] == found[1] != []


def test_a_page_without_scripts_can_be_left_for_the_live_one_and_downloaded() -> None:
    exam = a_published_exam("Zoölogie")
    rows = results_of("10", "12", exam=exam)
    cache = filled_cache((exam, rows))
    page = get(cache, f"/board/{exam.id}").text
    assert f'href="../?exam={exam.id}"' in page
    assert f'href="{exam.id}.csv"' in page
    file = get(cache, f"/board/{exam.id}.csv")
    assert file.content.startswith(b"\xef\xbb\xbfStudent,Grade")
    disposition = file.headers["Content-Disposition"]
    assert disposition == "attachment; filename*=UTF-8''Zo%C3%B6logie%202026-06-18%20out%20of%2020.csv"
    cache.remove_exam(exam.id, exam.version + 1)
    assert get(cache, f"/board/{exam.id}.csv").status_code == 404
    assert get(cache, "/board/nonsense.csv").status_code == 404


def test_a_page_may_differ_for_another_language_and_says_so() -> None:
    exam = a_published_exam()
    cache = filled_cache((exam, [a_result(name, "10", exam) for name in ("Åsa", "Zoe")]))
    swedish, other = (
        get(cache, f"/board/{exam.id}", {"Accept-Language": language}) for language in ("sv-SE", "fr")
    )
    assert swedish.text.index("Zoe") < swedish.text.index("Åsa")
    assert other.text.index("Åsa") < other.text.index("Zoe")
    assert swedish.headers["Vary"] == "Accept-Encoding, Accept-Language"


def test_an_announced_exam_says_when_its_results_come_out_and_shows_none() -> None:
    """In the list and on its own page; its file is that page until then."""
    exam = an_announced_exam("Optics", seconds_to_release=7505)
    cache = filled_cache((exam, results_of(*["10"] * 6, exam=exam)))
    assert exam.release_at is not None
    hour = hour_text(exam.release_at)
    assert f"results on {hour}" in get(cache, "/board").text
    page = get(cache, f"/board/{exam.id}").text
    assert f"{hour}</time></strong>, in 2 hours 5 minutes." in page
    for shown in ("Statistics", "<dt>", "No result is in", "<table"):
        assert shown not in page
    file = get(cache, f"/board/{exam.id}.csv")
    assert (file.status_code, file.headers["Location"]) == (303, exam.id)
    cache.put_exam(dataclasses.replace(exam, seconds_to_release=0))
    cache.finish_results(cache.begin_results(exam.id), results_of(*["10"] * 6, exam=exam))
    assert "Student 003" in get(cache, f"/board/{exam.id}").text
    assert "results on" not in get(cache, "/board").text
