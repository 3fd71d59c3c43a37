"""My own result on the students' page: found, awaited, chosen among several, and shown wherever it is."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import Page, Route, expect

from shared.model.exam import Audience, NewExam, NewResult, new_id
from shared.model.scales import OUT_OF_20, PERCENT
from tests.browser.axe import faults_of
from tests.browser.mounted_board import mount_board
from tests.browser.people import DEADLINE_MS, PHONE, Person
from tests.browser.student.author import Author
from tests.browser.student.test_board import FIVE, NEWEST, many, open_board, row
from tests.pair_process import PairProcess
from tests.waiting import wait_until

NEW_PERSON = Callable[..., Person]
# Only the browser knows whether the page is visible: here the test decides.
HIDE = """Object.defineProperty(document, 'visibilityState', {configurable: true, get: () => 'hidden'})"""
SHOW = """delete document.visibilityState; document.dispatchEvent(new Event('visibilitychange'))"""
KEEP = "Keep this in the page’s address"
NOTICES = """window.notices = [];
window.Notification = class {
  static permission = "default";
  static async requestPermission() { return this.permission = "granted"; }
  constructor(text) { window.notices.push(text); }
};"""


def ask(page: Page, text: str, label: str = "My name") -> None:
    page.get_by_label(label, exact=True).fill(text)
    page.keyboard.press("Enter")


@pytest.mark.parametrize(
    ("written", "typed"),
    [("Élodie Brûlé", "elodie  brule"), ("Lovelace, Ada", "ada lovelace"), ("Sean O’Brien", "Sean O'Brien")],
    ids=ascii,
)
def test_i_am_found_however_i_write_my_name(
    pair: PairProcess, author: Author, new_person: NEW_PERSON, written: str, typed: str
) -> None:
    exam = author.exam("Names", {written: "13", **FIVE})
    page = new_person().page
    open_board(page, pair.student_url, exam)
    ask(page, typed)
    expect(page.get_by_text(f"{written}: 13")).to_be_visible()
    page.get_by_label("Find a student").fill(typed)
    expect(page.get_by_text("1 of 6")).to_be_visible()
    assert page.request.get(f"{pair.student_url}/?exam={exam.id}&me={typed}").text().count("own-result") > 0


def test_a_name_with_an_entity_stays_itself(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    exam = author.exam("Letters &amp; words", {"Tom &amp; Jerry": "13"})
    page = new_person().page
    open_board(page, pair.student_url, exam)
    ask(page, "tom &amp; jerry")
    expect(page.get_by_text("Tom &amp; Jerry: 13")).to_be_visible()
    expect(row(page, "Tom &amp; Jerry")).to_be_visible()
    expect(page.get_by_role("heading", name=exam.subject)).to_be_visible()


@pytest.mark.parametrize("typed", ["NWX VD2", "nwx-vd2", "nwxud2"])
def test_my_code_is_found_as_the_slip_prints_it_and_as_i_read_it(
    pair: PairProcess, author: Author, new_person: NEW_PERSON, typed: str
) -> None:
    exam = author.exam("Law", {"NWXVD2": "17", "7K4QX2": "12"}, audience=Audience.CODES)
    page = new_person().page
    open_board(page, pair.student_url, exam)
    ask(page, typed, "My code")
    expect(page.get_by_text("NWXVD2: 17")).to_be_visible()


def test_of_several_students_with_my_name_i_choose_one(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    exam = author.exam("Twins", {"Ada": "17", "ADA": "12", "Alan": "9"})
    page = new_person().page
    open_board(page, pair.student_url, exam)
    ask(page, "ada")
    expect(page.get_by_text("2 students have this name. Which one are you?")).to_be_visible()
    expect(page.locator("tr.own")).to_have_count(0)
    page.get_by_role("button", name="ADA: 12").click()
    expect(page.locator("tr.own")).to_have_text("ADA12")
    expect(page.get_by_text("Which one are you?")).to_have_count(0)


def test_whoever_waits_sees_the_result_when_it_comes_and_the_tab_says_so(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    exam = author.exam("Waiting", FIVE)
    page = new_person().page
    page.add_init_script(NOTICES)
    open_board(page, pair.student_url, exam)
    ask(page, "Rosalind")
    expect(page.get_by_text("No result for “Rosalind” yet")).to_be_visible()
    assert page.evaluate("Notification.permission") == "default", "nothing is asked without a press"
    page.get_by_role("button", name="Notify me when it is in").click()
    expect(page.get_by_text("You will be notified. Keep this page open.")).to_be_visible()
    assert faults_of(page) == []
    page.evaluate(HIDE)
    added = author.api.create_result(exam.id, NewResult("Rosalind", "11"))
    expect(page.get_by_text("Rosalind: 11")).to_be_visible(timeout=DEADLINE_MS)
    expect(page).to_have_title(f"● New result · {exam.subject} · Exam results")
    assert page.evaluate("notices")[1:] == [f"{exam.subject}: new result"], "the grade is for nobody else"
    page.evaluate(SHOW)
    expect(page).to_have_title(f"{exam.subject} · Exam results")
    author.api.update_result(exam.id, added.id, added.version, grade="14")
    expect(page.get_by_text("Rosalind: 14")).to_be_visible(timeout=DEADLINE_MS)


def test_a_browser_that_shows_no_notices_says_so(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    """As phones, where only a service worker may."""
    exam = author.exam("Phones", FIVE)
    page = new_person().page
    page.add_init_script(NOTICES.replace("window.notices.push(text)", "throw new TypeError()"))
    open_board(page, pair.student_url, exam)
    ask(page, "Rosalind")
    page.get_by_role("button", name="Notify me when it is in").click()
    expect(page.get_by_text("The title of this tab will say so.")).to_be_visible()


def test_a_name_that_is_not_found_can_be_taken_out_of_the_address(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    exam = author.exam("Addresses", FIVE)
    page = new_person().page
    page.goto(f"{pair.student_url}/?exam={exam.id}&me=Nobody")
    expect(page.locator("#first-paint")).to_have_count(0, timeout=DEADLINE_MS)
    expect(page.get_by_text("No result for “Nobody” yet")).to_be_visible(timeout=DEADLINE_MS)
    page.get_by_label(KEEP).uncheck()
    assert "me=" not in page.url
    page.get_by_label(KEEP).check()
    assert "me=Nobody" in page.url
    ask(page, "")
    assert "me=" not in page.url


def test_my_result_is_scrolled_to_on_request_also_when_the_list_is_narrowed(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    exam = author.exam("Long", many(300))
    page = new_person().page
    open_board(page, pair.student_url, exam)
    ask(page, "student 0250")
    mine = row(page, "Student 0250")
    expect(mine).to_have_count(0)
    page.get_by_label("Find a student").fill("0007")
    page.get_by_role("button", name="Show it in the list").click()
    expect(mine).to_be_in_viewport()
    expect(mine).to_have_class("own")
    assert int(mine.get_attribute("aria-rowindex") or 0) == 252  # the heading is the first one
    expect(page.locator("table.rows")).to_have_attribute("aria-rowcount", "301")


def test_an_edit_of_the_exam_changes_heading_title_and_my_result_at_once(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    exam = author.exam("Editing", {**FIVE, "Rosalind": "15"})
    page = new_person().page
    open_board(page, pair.student_url, exam)
    ask(page, "rosalind")
    expect(page.get_by_text("58 % of the grades are below this one")).to_be_visible()
    changed = author.api.update_exam(
        exam.id, exam.version, subject=f"{exam.subject} II", teacher="E. Noether", scale=PERCENT
    )
    expect(page.get_by_role("heading", name=changed.subject)).to_be_visible(timeout=DEADLINE_MS)
    expect(page.locator(".facts")).to_contain_text("E. Noether\u2069 · percent, passed: 50 % or more")
    expect(page).to_have_title(f"{changed.subject} · Exam results")
    expect(page.locator(".tile").nth(1)).to_contain_text("12.83 %", timeout=DEADLINE_MS)
    withdrawn = author.api.unpublish_exam(exam.id, replace(changed).version)
    wait_until(lambda: exam.subject not in page.title(), what="the title is cleared")
    author.api.publish_exam(exam.id, withdrawn.version)
    expect(page.get_by_text("Rosalind: 15")).to_be_visible(timeout=DEADLINE_MS)


def test_a_withdrawn_exam_leaves_a_page_that_waits_and_says_when_it_is_back(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    draft = author.exam("Early", FIVE, is_published=False)
    page = new_person().page
    page.goto(f"{pair.student_url}/?exam={draft.id}")
    expect(page.locator("#first-paint")).to_have_count(0, timeout=DEADLINE_MS)
    expect(page.get_by_text("Waiting for the results")).to_be_visible(timeout=DEADLINE_MS)
    expect(page.get_by_text("Live", exact=True)).to_have_count(0)
    ask(page, "marie", "My name or code")
    page.evaluate(HIDE)
    author.api.publish_exam(draft.id, draft.version)
    expect(page.get_by_text("Marie: 19")).to_be_visible(timeout=DEADLINE_MS)
    expect(page).to_have_title(f"● New result · {draft.subject} · Exam results")


def test_where_each_sees_the_own_result_only_the_code_shows_grade_and_place(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    """By keyboard; the page has tiles and chart, no list, and the code stays out of its address."""
    new = NewExam(f"Alone {new_id()[:6]}", NEWEST, "M. Curie", OUT_OF_20, Audience.OWN, is_listed=False)
    exam = author.api.create_exam(new)
    codes = [f"7K4QX29M3{last}" for last in "TZABCD"]
    author.api.create_results(exam.id, [NewResult(code, str(10 + n)) for n, code in enumerate(codes)])
    author.api.publish_exam(exam.id, exam.version)
    page = new_person().page
    open_board(page, pair.student_url, exam)
    field = page.get_by_label("My code", exact=True)
    expect(page.get_by_text("Mean", exact=True).first).to_be_visible()
    field.fill("7k4qx 29m3e")
    page.keyboard.press("Enter")
    expect(page.get_by_text("This code finds no result, or none yet")).to_be_visible()
    field.fill("7k4qx 29m3z")
    page.keyboard.press("Enter")
    expect(page.get_by_text("of the grades are below this one")).to_be_visible()
    expect(page.locator(".own-result strong")).to_have_text("11")
    expect(page.get_by_role("img", name="11–12: 1 student, 17 %, my result among them")).to_be_visible()
    (mine,) = (result for result in author.api.list_results(exam.id) if result.student == codes[1])
    author.api.update_result(exam.id, mine.id, mine.version, grade="12.5")
    expect(page.locator(".own-result strong")).to_have_text("12.5")
    expect(page.get_by_role("img", name="12–13: 2 students, 33 %, my result among them")).to_be_visible()
    assert "29m3" not in page.url.lower()
    expect(page.locator(".list:visible")).to_have_count(0)
    assert faults_of(page) == []
    field.fill("7k4qx 29m3e")
    page.keyboard.press("Enter")
    expect(page.get_by_text("This code finds no result, or none yet")).to_be_visible()
    expect(page.get_by_text("▼ my result")).to_have_count(0)
    expect(page.get_by_role("img", name="my result among them")).to_have_count(0)


COMMENTS = {
    "longest": "Your proof is right, but for one step. " * 25 + "x" * 25,
    "right to left": "עבודה טובה!\n\nراجع السؤال ٣.",
    "emoji": "👩‍🚀 " * 100,
    "markup": "<script>window.bad = 1</script><img src=x onerror='window.bad = 1'>\n<b>bold</b> &amp; &lt;",
}


@pytest.mark.parametrize("said", COMMENTS.values(), ids=COMMENTS)
def test_my_teachers_comment_is_shown_as_it_was_written_and_follows_its_changes(
    pair: PairProcess, author: Author, new_person: NEW_PERSON, said: str
) -> None:
    new = NewExam(f"Said {new_id()[:6]}", NEWEST, "M. Curie", OUT_OF_20, Audience.OWN, is_listed=False)
    exam = author.api.create_exam(new)
    rows = [NewResult("7K4QX29M3T", "10", comment=said), NewResult("7K4QX29M3Z", "11", comment="Another’s.")]
    author.api.create_results(exam.id, rows)
    author.api.publish_exam(exam.id, exam.version)
    page = new_person(**PHONE).page
    open_board(page, pair.student_url, exam)
    ask(page, "7k4qx-29m3t", "My code")
    comment = page.locator(".own-comment")
    expect(comment).to_be_visible()
    assert comment.evaluate("one => one.textContent") == said.strip()
    assert comment.evaluate("one => getComputedStyle(one).direction") == ("rtl" if said[0] == "ע" else "ltr")
    assert comment.evaluate("one => one.innerText").count("\n") == said.count("\n")
    assert comment.locator("*").count() == 0
    assert page.evaluate("window.bad") is None
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "nothing sticks out"
    assert faults_of(page) == []
    expect(page.get_by_text("Another’s.")).to_have_count(0)
    page.evaluate(HIDE)
    author.api.update_result(exam.id, rows[0].id, 1, comment="Look again.")
    expect(comment).to_have_text("Look again.")
    expect(page).to_have_title(f"● New result · {exam.subject} · Exam results")
    author.api.update_result(exam.id, rows[0].id, 2, comment="")
    expect(comment).to_have_count(0)
    expect(page.locator(".own-result strong")).to_have_text("10")


def test_the_answer_to_a_code_may_come_after_the_exam_was_withdrawn(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    """Then nothing of it is shown; and the same code finds the result once the exam is back."""
    new = NewExam(f"Late {new_id()[:6]}", NEWEST, "M. Curie", OUT_OF_20, Audience.OWN, is_listed=False)
    exam = author.api.create_exam(new)
    author.api.create_results(exam.id, [NewResult("7K4QX29M3T", "10"), NewResult("7K4QX29M3Z", "11")])
    published = author.api.publish_exam(exam.id, exam.version)
    page = new_person().page
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    open_board(page, pair.student_url, exam)
    under_way: list[Route] = []
    page.route("**/own", lambda route: under_way.append(route))
    field = page.get_by_label("My code", exact=True)
    field.fill("7k4qx-29m3z")
    page.keyboard.press("Enter")
    wait_until(lambda: page.evaluate("1") and under_way, what="the page asks with the code")
    withdrawn = author.api.unpublish_exam(exam.id, published.version)
    expect(page.get_by_text("This exam is not published.")).to_be_visible(timeout=DEADLINE_MS)
    with page.expect_response("**/own"):
        under_way[0].fulfill(json={"row": [new_id(), "", "11", 1, 0, 0.55, 11]})
    expect(page.locator(".own-result")).to_have_count(0)
    page.unroute_all()
    author.api.publish_exam(exam.id, withdrawn.version)
    expect(page.get_by_role("heading", name=exam.subject)).to_be_visible(timeout=DEADLINE_MS)
    page.get_by_label("My code", exact=True).press("Enter")
    expect(page.locator(".own-result strong")).to_have_text("11")
    assert faults == []


@pytest.mark.parametrize(("shown_next", "kept"), [("a", "Zoë"), ("b", "")], ids=["the same exam", "another"])
def test_what_is_typed_outlives_a_board_that_is_mounted_anew(
    new_person: NEW_PERSON, shown_next: str, kept: str
) -> None:
    page = new_person().page
    mount_board(page)
    mount = """(examId) => { window.takeDown = mountBoard({
      parentElement: document.body, data: { exam_id: examId }, setTriggerValue() {} }) }"""
    page.evaluate(mount, "a")
    page.locator(".me").fill("Zoë")
    page.evaluate("() => { takeDown(); document.querySelector('.me').value = '' }")
    page.evaluate(mount, shown_next)
    expect(page.locator(".me")).to_have_value(kept)
