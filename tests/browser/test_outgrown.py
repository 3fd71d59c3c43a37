"""A school outgrows its machine: it moves to AWS, both dashboards run there, and it comes home again."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from dotenv import dotenv_values
from playwright.sync_api import expect

from deploy.local.maintenance.school import School, read_school
from tests.backend_process import PASSWORD
from tests.browser.people import DEADLINE_MS, Person
from tests.dashboard_process import TEACHER_APP, StudentDashboard, TeacherDashboard
from tests.deploy.aws.data.test_moving import comparable
from tests.deploy.aws.emulator_process import Emulator
from tests.deploy.aws.stack_operator import Operator
from tests.deploy.aws.tools import require_emulator
from tests.pair_process import PairProcess
from tests.server_process import ROOT

pytestmark = pytest.mark.timeout(180)
NEW_STUDENT = "Aaron Aal"  # the first of every list


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    require_emulator()
    with Emulator(tmp_path_factory.mktemp("emulator")) as running:
        yield Operator(running.url)


def at_home(*words: str) -> None:
    """Runs a command of the embedded backend, which is stopped."""
    command = [sys.executable, "-m", "deploy.local", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def school_in(backup: Path) -> School:
    with backup.open("rb") as file:
        return read_school(file)


def without(school: School, student: str) -> School:
    kept = tuple(row for row in school.results if row.student != student)
    return School(school.teachers, school.exams, kept, school.class_lists, school.changes)


def test_the_demo_moves_to_a_stack_is_used_there_and_comes_home_equal_row_by_row(
    operator: Operator, tmp_path: Path, new_person: Callable[..., Person]
) -> None:
    with PairProcess(tmp_path / "home", "--demo"):
        pass
    at_home("backup", str(tmp_path / "school.tar"), "--data-dir", str(tmp_path / "home"))
    before = school_in(tmp_path / "school.tar")
    assert len(before.results) > 100

    stack = ("--stack-name", "outgrown")
    assert operator.run("up", *stack) == 0, operator.text
    assert operator.run("import-backup", str(tmp_path / "school.tar"), *stack) == 0, operator.text
    found = re.search(r"demo: temporary password (\S+)", operator.text)
    assert found
    assert operator.run("env", "--write", str(tmp_path / "stack.env"), *stack) == 0, operator.text
    settings = {name: str(value) for name, value in dotenv_values(tmp_path / "stack.env").items()}
    exam = next(one for one in before.exams if one.is_published and one.audience == "NAMES")
    of_exam = (row for row in before.results if row.exam_id == exam.id)
    first = min(of_exam, key=lambda row: row.student)

    with StudentDashboard(settings) as students, TeacherDashboard(settings, TEACHER_APP) as teachers:
        student = new_person().page
        student.goto(f"{students.url}/?exam={exam.id}")
        expect(student.get_by_role("row").filter(has_text=first.student)).to_be_visible(timeout=DEADLINE_MS)
        teacher = new_person().page
        teacher.goto(teachers.url)
        teacher.get_by_label("Name").fill("demo")
        teacher.get_by_label("Password", exact=True).fill(found[1])
        teacher.keyboard.press("Enter")
        teacher.get_by_label("New password", exact=True).fill(PASSWORD)
        teacher.get_by_label("Repeat the password", exact=True).fill(PASSWORD)
        teacher.keyboard.press("Enter")
        teacher.get_by_role("heading", name="My exams").wait_for()
        expect(teacher.get_by_text(exam.subject).first).to_be_visible(timeout=DEADLINE_MS)
        teacher.goto(f"{teachers.url}/exam?exam={exam.id}")
        teacher.locator("form.new").get_by_label("Student").click()
        for text in (NEW_STUDENT, first.grade):
            teacher.keyboard.type(text)
            teacher.keyboard.press("Enter")
        expect(student.get_by_role("row").filter(has_text=NEW_STUDENT)).to_be_visible(timeout=DEADLINE_MS)

    assert operator.run("export-backup", str(tmp_path / "back.tar"), *stack) == 0, operator.text
    again = tmp_path / "again"
    at_home("restore", str(tmp_path / "back.tar"), "--data-dir", str(again))
    with PairProcess(again):
        pass
    at_home("backup", str(tmp_path / "after.tar"), "--data-dir", str(again))
    after = school_in(tmp_path / "after.tar")
    assert len(after.results) == len(before.results) + 1
    assert comparable(without(after, NEW_STUDENT)) == comparable(before)
    assert operator.run("down", "--delete-data", *stack) == 0, operator.text
