"""The first answer to a student is complete without a script, and small."""

import base64
import hashlib
import re

import pytest

from shared.live.status import FeedState
from shared.model.exam import Audience
from shared.model.hours import hour_text
from shared.model.scales import parse_scale
from shared.web.compression import compress
from student_app.exam.choosing import OFFERED_MAX
from student_app.first_paint.pages import ROWS_MAX
from student_app.first_paint.streamlit_page import streamlit_tags
from tests.builders import a_published_exam, a_result, an_announced_exam, new_id, results_of
from tests.student_app.routes_client import get
from tests.student_app.world import FakeFeed, filled_cache

USEFUL_BYTES_MAX = 60_000


def test_the_first_page_has_the_board_before_any_script_runs() -> None:
    exam = a_published_exam("Zoölogie & Co <b>")
    rows = results_of("10", "12", "14", "16", "18", "ABSENT", exam=exam)
    page = get(filled_cache((exam, rows)), f"/?exam={exam.id}")
    html = page.text.partition("<script>")[0]
    assert "<title>Zoölogie &amp; Co &lt;b&gt; · Exam results</title>" in html
    assert "<dt>Median</dt><dd>14</dd>" in html
    assert '<td dir="auto">Student 003</td><td>16</td>' in html
    assert "<td>absent</td>" in html
    assert "passed: 10 or more" in html
    assert html.count('class="bin"') == 20
    assert "as this page was loaded" in html


def test_with_own_results_only_the_first_page_has_no_empty_list_and_keeps_the_code_private() -> None:
    exam = a_published_exam(audience=Audience.OWN)
    rows = [a_result("", grade, exam=exam) for grade in ("10", "12", "14", "16", "18")]
    html = get(filled_cache((exam, rows)), f"/?exam={exam.id}").text.partition("<script>")[0]
    assert "<dt>Median</dt><dd>14</dd>" in html
    assert '<p class="empty" hidden>' in html
    assert 'name="me"' not in html  # a form without scripts would put the code into the address
    assert "runs scripts" in html


def test_a_page_that_is_not_live_says_so_before_any_script_runs() -> None:
    exam, feed = a_published_exam(), FakeFeed()
    feed.become(FeedState.OFFLINE)
    page = get(filled_cache((exam, results_of(*["10"], exam=exam))), f"/?exam={exam.id}", feed=feed)
    assert "may be out of date" in page.text.partition("<script>")[0]


def test_the_useful_part_is_small_and_streamlit_comes_after_it() -> None:
    exam = a_published_exam()
    page = get(filled_cache((exam, results_of(*["10"] * 300, exam=exam))), f"/?exam={exam.id}")
    useful, _, rest = page.text.partition('<div id="root"></div>')
    assert len(compress(useful.encode()).brotli) < USEFUL_BYTES_MAX
    assert '<script type="module"' in rest
    assert '<script type="module"' not in useful
    assert useful.count("<tr data-id=") == ROWS_MAX
    assert f'href="board/{exam.id}"' in useful  # all of them, without a script


def test_the_page_is_compressed_if_accepted_and_has_an_etag_per_encoding() -> None:
    exam = a_published_exam()
    cache = filled_cache((exam, results_of(*["10"] * 50, exam=exam)))
    plain, brotli = (
        get(cache, f"/?exam={exam.id}", {"Accept-Encoding": coding}) for coding in ("identity", "br")
    )
    assert brotli.headers["Content-Encoding"] == "br"
    assert brotli.text == plain.text
    assert int(brotli.headers["Content-Length"]) < int(plain.headers["Content-Length"]) / 2
    assert brotli.headers["ETag"] != plain.headers["ETag"]
    again = get(
        cache, f"/?exam={exam.id}", {"Accept-Encoding": "br", "If-None-Match": brotli.headers["ETag"]}
    )
    assert again.status_code == 304


def test_the_policy_allows_exactly_the_scripts_of_the_page() -> None:
    exam = a_published_exam()
    page = get(filled_cache((exam, [])), f"/?exam={exam.id}")
    policy = page.headers["Content-Security-Policy"]
    scripts = re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
    assert len(scripts) == 2
    for script in scripts:
        assert base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() in policy


def test_with_save_data_streamlit_comes_only_on_request() -> None:
    exam = a_published_exam()
    cache = filled_cache((exam, results_of(*["10"], exam=exam)))
    light = get(cache, f"/?exam={exam.id}", {"Save-Data": "on"}).text
    assert streamlit_tags() not in light
    assert f'href="?exam={exam.id}&amp;full=1"' in light
    assert streamlit_tags() in get(cache, f"/?exam={exam.id}&full=1", {"Save-Data": "on"}).text
    assert streamlit_tags() in get(cache, f"/?exam={exam.id}").text


def test_my_result_is_found_without_a_script() -> None:
    exam = a_published_exam()
    rows = [a_result(name, grade, exam) for name, grade in (("José", "12"), ("Ada", "18"))]
    cache = filled_cache((exam, rows))
    found = get(cache, f"/?exam={exam.id}&me=jose%CC%81")
    assert '<strong dir="auto">José: 12</strong>' in found.text
    assert f'data-id="{rows[0].id}" class="own"' in found.text
    assert found.headers["Cache-Control"] == "no-store"
    missed = get(cache, f"/?exam={exam.id}&me=%3Cb%3E")
    assert "No result for “<bdi>&lt;b&gt;</bdi>” yet" in missed.text


def test_two_students_with_one_name_are_both_shown_and_none_is_marked() -> None:
    exam = a_published_exam()
    rows = [a_result("Ada", grade, exam) for grade in ("12", "18")]
    page = get(filled_cache((exam, rows)), f"/?exam={exam.id}&me=ada").text
    assert '<strong dir="auto">Ada: 12</strong>' in page
    assert '<strong dir="auto">Ada: 18</strong>' in page
    assert 'class="own"' not in page


def test_a_small_group_has_no_statistics_and_codes_ask_for_a_code() -> None:
    exam = a_published_exam(
        audience=Audience.CODES, scale=parse_scale("FROM_1_TO_6;STEP=0.1;BEST=LOW;PASS=4")
    )
    page = get(filled_cache((exam, [a_result("7K4QX2", "2.3", exam)])), f"/?exam={exam.id}").text
    html = page.partition("<script>")[0]
    assert "Median" not in html
    assert "My code" in html
    assert '<figure class="chart" hidden>' in html


@pytest.mark.parametrize("query", ["", "?exam=", "?exam=nonsense"])
def test_without_an_exam_the_page_lists_all_of_them_the_newest_first(query: str) -> None:
    older, newer = a_published_exam("Older"), a_published_exam("Newer <i>")
    page = get(filled_cache((older, []), (newer, [])), f"/{query}").text
    assert "2 exams" in page
    for exam in (older, newer):
        assert f'href="?exam={exam.id}"' in page
    assert "Newer &lt;i&gt;" in page
    assert ("This link is incomplete" in page) is ("nonsense" in query)
    assert streamlit_tags() not in page, "a list needs no megabytes"


def test_many_exams_are_searched_without_a_script() -> None:
    exams = [(a_published_exam(f"Subject {number}"), []) for number in range(OFFERED_MAX + 1)]
    cache = filled_cache(*exams, (a_published_exam("Überlieferung"), []))
    assert "Find an exam" in get(cache, "/").text
    found = get(cache, "/?find=uberl").text
    assert found.count("<li>") == 1
    assert "Überlieferung" in found
    assert "No exam has “<bdi>zzz</bdi>”" in get(cache, "/?find=zzz").text


def test_an_unpublished_exam_is_awaited_and_never_cached() -> None:
    page = get(filled_cache(), f"/?exam={new_id()}")
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert "not published" in page.text.partition("<script>")[0]


def test_robots_are_told_not_to_index_the_pages() -> None:
    assert get(filled_cache(), "/robots.txt").text == "User-agent: *\nDisallow: /\n"
    assert '<meta name="robots" content="noindex">' in get(filled_cache(), "/").text


def test_an_announced_exam_says_when_before_any_script_runs() -> None:
    """In the list and on its own page, which shows no number and no name, whoever asks for theirs."""
    exam = an_announced_exam("Optics")
    cache = filled_cache((exam, results_of(*["10"] * 6, exam=exam)))
    assert exam.release_at is not None
    time = f'<time class="hour" datetime="{exam.release_at.isoformat()}">{hour_text(exam.release_at)}</time>'
    assert f"Results come out on {time}" in get(cache, "/").text
    page = get(cache, f"/?exam={exam.id}&me=Student 003").text.partition("<script>")[0]
    assert f"The results come out on {time}" in page
    assert "The result for “<bdi>Student 003</bdi>” appears here when the results come out." in page
    assert '<div class="release">' in page
    assert "<dt>" not in page
    assert "<tr data-id" not in page
    out = a_published_exam("Optics")
    page = get(filled_cache((out, [])), f"/?exam={out.id}").text.partition("<script>")[0]
    assert '<div class="release" hidden>' in page
