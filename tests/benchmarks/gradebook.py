"""How long a gradebook takes: 60 students and 20 exams, from the press of the button to the drawn table.

    python -m tests.benchmarks.gradebook [--students 60] [--exams 20] [--rounds 5]

Prints the median and the longest of the rounds, in Chromium on this machine, with the backend and both
dashboards: opening the gradebook, a weight in the averages, a sorted column, a student found in all exams.
"""

import argparse
import datetime as dt
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from shared.api.calls import BATCH_MAX, TeacherApi
from shared.model.class_list import ClassStudent, NewClassList
from shared.model.exam import NewExam, NewResult
from shared.model.scales import LETTERS, OUT_OF_20, PASS_FAIL, PERCENT
from tests.backend_process import BackendClient
from tests.browser.conftest import CHROMIUM, CHROMIUM_ARGUMENTS
from tests.browser.entry_walk import SignedIn
from tests.pair_process import PairProcess

GRADES = {OUT_OF_20: ("8", "12.5", "17"), PERCENT: ("40", "77", "ABSENT"), LETTERS: ("A", "B+", "F")}
GRADES |= {PASS_FAIL: ("PASS", "PASS", "FAIL")}


def main() -> None:
    parser = argparse.ArgumentParser(description="How long a gradebook takes.")
    for name, usual in (("students", 60), ("exams", 20), ("rounds", 5)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        PairProcess(Path(folder)) as pair,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        teacher = SignedIn(BackendClient(pair.backend_url, pair.data_dir), pair.teacher_url, browser)
        fill(teacher.api, given.students, given.exams)
        page = browser.new_context(storage_state=teacher.storage_state).new_page()
        page.goto(pair.teacher_url)
        times: dict[str, list[float]] = {}
        for round_ in range(given.rounds):
            measure(page, times, given.students, round_)
        for name, seconds in times.items():
            print(f"{name:32} median {statistics.median(seconds):5.2f} s   longest {max(seconds):5.2f} s")
        browser.close()


def fill(api: TeacherApi, student_count: int, exam_count: int) -> None:
    names = [f"Student {number:03}" for number in range(student_count)]
    api.create_class_list(NewClassList("7a", tuple(ClassStudent(name) for name in names)))
    randomly = random.Random(1)
    for number in range(exam_count):
        scale = list(GRADES)[number % len(GRADES)]
        date = dt.date(2026, 9, 1) + dt.timedelta(days=number)
        exam = api.create_exam(NewExam(f"Exam {number}", date, "M. Curie", scale))
        rows = [NewResult(name, randomly.choice(GRADES[scale])) for name in names]
        for start in range(0, len(rows), BATCH_MAX):
            api.create_results(exam.id, rows[start : start + BATCH_MAX])


def measure(page: Page, times: dict[str, list[float]], student_count: int, round_: int) -> None:
    """One round, which begins and ends at the list of exams."""

    def timed(name: str, act: Callable[[], None], is_done: Callable[[], None]) -> None:
        begun_s = time.perf_counter()
        act()
        is_done()
        times.setdefault(name, []).append(time.perf_counter() - begun_s)

    lines = page.locator(".gradebook tbody tr")
    weight = page.get_by_label("Weight of Exam 0,")
    share = page.locator("[data-share]").first
    timed(
        "gradebook opened",
        page.get_by_role("button", name="Gradebook").click,
        lambda: expect(lines).to_have_count(student_count),
    )
    before = share.inner_text()
    weight.fill(str(round_ + 2))
    timed(
        "weight in the averages",
        lambda: weight.press("Enter"),
        lambda: expect(share).not_to_have_text(before),
    )
    timed(
        "sorted by the average",
        page.get_by_role("button", name="Average").click,
        page.locator("th.average[aria-sort]").wait_for,
    )
    page.get_by_role("button", name="Student", exact=True).click()
    found = page.locator(".people tbody tr").first
    timed("student found in all exams", lambda: find(page, "dent 007"), found.wait_for)
    page.get_by_role("link", name="My exams").click()
    page.get_by_role("button", name="Gradebook").wait_for()


def find(page: Page, name: str) -> None:
    page.get_by_role("link", name="Find a student").click()
    page.get_by_label("Name, number or code").fill(name)


if __name__ == "__main__":
    main()
