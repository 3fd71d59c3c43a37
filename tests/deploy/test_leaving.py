"""A teacher leaves: exams and class lists go to a colleague or are deleted, on both backends alike."""

import contextlib
import datetime as dt
import io
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pytest

from deploy.local import __main__ as local
from shared.api.calls import BATCH_MAX, GuestApi, TeacherApi
from shared.identity.guest import GuestCredentials
from shared.model.class_list import ClassStudent, NewClassList
from shared.model.errors import NotAllowed, VersionConflict
from shared.model.exam import Exam, NewExam, NewResult, Result
from shared.model.scales import OUT_OF_20
from shared.settings import BackendSettings
from tests.backend_process import running_backend
from tests.builders import new_id
from tests.deploy.aws.deployed import deployed_backend
from tests.deploy.aws.emulator_process import Emulator
from tests.deploy.aws.stack_operator import Operator
from tests.deploy.aws.tools import require_emulator
from tests.wire.clients import backend_settings

RESULTS = BATCH_MAX + 21
OWNED = f"2 exams with {RESULTS} results, and 1 class list"
MISTAKE = NewResult("Mistaken for somebody else", "2")


@dataclass(frozen=True, slots=True)
class Place:
    """One backend. `run` takes a command's words and what is typed, and returns the exit code and the text;
    `token_of` makes a teacher and signs in."""

    settings: BackendSettings
    run: Callable[..., tuple[int, str]]
    token_of: Callable[[str], str]


class _Keyboard(io.StringIO):
    def isatty(self) -> bool:
        return True


@contextlib.contextmanager
def _embedded(folder: Path) -> Iterator[Place]:
    data_dir = folder / "data"
    with running_backend(data_dir) as backend:

        def run(*words: str, typed: str = "") -> tuple[int, str]:
            said = io.StringIO()
            with (
                contextlib.redirect_stdout(said),
                contextlib.redirect_stderr(said),
                mock.patch("sys.stdin", _Keyboard(f"{typed}\n")),
            ):
                code = local.main([*words, "--data-dir", str(data_dir)])
            return code, said.getvalue()

        def token_of(username: str) -> str:
            backend.create_teacher(username)
            return backend.sign_in(username).access_token

        yield Place(backend_settings(backend), run, token_of)


@contextlib.contextmanager
def _aws(folder: Path) -> Iterator[Place]:
    require_emulator()
    with Emulator(folder) as emulator:
        operator = Operator(emulator.url)
        with deployed_backend(operator, "leaving", folder) as backend:

            def run(*words: str, typed: str = "") -> tuple[int, str]:
                code = operator.run(*words, "--stack-name", "leaving", answers=(typed,))
                return code, operator.text

            def token_of(username: str) -> str:
                return backend.signed_in(username).access_token()

            yield Place(backend.settings, run, token_of)


@pytest.fixture(scope="module", params=[_embedded, _aws], ids=["embedded", "aws"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with request.param(tmp_path_factory.mktemp("place")) as running:
        yield running


class Teacher:
    """A new teacher of the place."""

    def __init__(self, place: Place) -> None:
        self.username = f"teacher-{new_id()[:8]}"
        self._settings, self._token = place.settings, place.token_of(self.username)
        self.api = self._new_api()

    def owned(self) -> tuple[set[str], set[str]]:
        """The ids of the exams and of the class lists, for a page that is opened now."""
        with closing(self._new_api()) as api:
            return {one.id for one in api.list_my_exams()}, {one.id for one in api.list_class_lists()}

    def _new_api(self) -> TeacherApi:
        return TeacherApi(self._settings, lambda: self._token)

    def new_exam(self) -> Exam:
        return self.api.create_exam(NewExam("Optics", dt.date(2026, 6, 18), "A. Berg", OUT_OF_20))

    def with_exams(self) -> tuple[Exam, Exam, str]:
        """A published exam with results, a draft, and a class list's id; one more of each was deleted."""
        draft, published = self.new_exam(), self.new_exam()
        rows = [NewResult(f"Student {number}", "12") for number in range(RESULTS)]
        self.api.create_results(published.id, rows[:BATCH_MAX])
        self.api.create_results(published.id, rows[BATCH_MAX:])
        students = (ClassStudent("Ada", "17", "7KQ2MX"), ClassStudent("Grace"))
        class_list = self.api.create_class_list(NewClassList("7a", students))
        dropped, dropped_list = self.new_exam(), self.api.create_class_list(NewClassList("7b", students))
        mistake = self.api.create_result(published.id, MISTAKE)
        self.api.delete_result(published.id, mistake.id, mistake.version)
        self.api.delete_exam(dropped.id, dropped.version)
        self.api.delete_class_list(dropped_list.id, dropped_list.version)
        return self.api.publish_exam(published.id, published.version), draft, class_list.id


@pytest.fixture
def new_teacher(place: Place) -> Iterator[Callable[[], Teacher]]:
    with ExitStack() as closings:

        def make() -> Teacher:
            teacher = Teacher(place)
            closings.enter_context(closing(teacher.api))
            return teacher

        yield make


@pytest.fixture
def guest(place: Place) -> Iterator[GuestApi]:
    credentials = GuestCredentials(place.settings, time.time)
    with closing(credentials), closing(GuestApi(place.settings, credentials)) as api:
        yield api


def seen_by(guest: GuestApi, exam: Exam) -> tuple[Exam | None, list[Result]]:
    return guest.get_exam(exam.id), list(guest.list_results(exam.id))


def test_a_leavers_exams_are_a_colleagues_and_students_notice_nothing(
    place: Place, new_teacher: Callable[[], Teacher], guest: GuestApi
) -> None:
    leaver, colleague = new_teacher(), new_teacher()
    published, draft, list_id = leaver.with_exams()
    changed = next(leaver.api.list_results(published.id))
    leaver.api.update_result(published.id, changed.id, changed.version, grade="11")
    before = seen_by(guest, published)
    assert len(before[1]) == RESULTS

    code, text = place.run("hand-over-exams", leaver.username, colleague.username)
    assert (code, f"{colleague.username} now has what {leaver.username} had: {OWNED}." in text) == (0, True)

    assert leaver.owned() == (set(), set())
    assert colleague.owned() == ({published.id, draft.id}, {list_id})
    stored = colleague.api.get_class_list(list_id)
    assert stored is not None
    assert [one.name for one in stored.students or ()] == ["Ada", "Grace"]
    assert seen_by(guest, published) == before
    row = before[1][0]
    assert colleague.api.update_result(published.id, row.id, row.version, grade="9").grade == "9"
    with pytest.raises(VersionConflict):
        colleague.api.create_result(published.id, MISTAKE)  # deleted before
    names = [change.by_name for change in colleague.api.all_changes(published.id)]
    # The last two of the leaver's deleted one and published the exam.
    assert names == [colleague.username, *[leaver.username] * 3]
    assert list(leaver.api.all_changes(published.id)) == []
    with pytest.raises(NotAllowed):
        leaver.api.create_result(published.id, NewResult("Too late", "12"))
    code, text = place.run("hand-over-exams", leaver.username, colleague.username)
    assert (code, "0 exams with 0 results, and 0 class lists" in text) == (0, True)


def test_a_teacher_with_exams_is_not_removed_without_a_decision_about_them(
    place: Place, new_teacher: Callable[[], Teacher], guest: GuestApi
) -> None:
    leaver, colleague, other = new_teacher(), new_teacher(), new_teacher()
    published, draft, list_id = leaver.with_exams()
    kept = other.new_exam()

    code, text = place.run("remove-teacher", leaver.username, typed="y")
    assert code != 0
    for words in (f"{leaver.username} has {OWNED}.", "--hand-over-to", "--delete-exams"):
        assert words in text
    assert leaver.owned()[0] == {published.id, draft.id}, "still there, and still able to sign in"

    code, _ = place.run("remove-teacher", leaver.username, "--hand-over-to", colleague.username, typed="y")
    assert code == 0
    assert colleague.owned() == ({published.id, draft.id}, {list_id})

    deleting = ("remove-teacher", colleague.username, "--delete-exams")
    code, text = place.run(*deleting, typed="no")
    assert (code != 0, "Nothing was changed." in text) == (True, True)
    assert colleague.owned()[0] == {published.id, draft.id}

    code, text = place.run(*deleting, typed=colleague.username)
    assert (code, f"Deleted: {OWNED}." in text) == (0, True)
    assert seen_by(guest, published) == (None, [])
    assert other.owned()[0] == {kept.id}
    other.api.create_exam(NewExam.like(published, published.id))
    assert list(other.api.all_changes(published.id)) == [], "nothing of the history is left"
    accounts = place.run("list-teachers")[1]
    assert leaver.username not in accounts
    assert colleague.username not in accounts


def test_nothing_is_handed_to_nobody(place: Place, new_teacher: Callable[[], Teacher]) -> None:
    leaver, colleague = new_teacher(), new_teacher()
    exams = {leaver.new_exam().id}
    assert place.run("disable-teacher", colleague.username)[0] == 0
    for receiver, reason in (
        ("nobody", "there is no account nobody."),
        (leaver.username.upper(), "is the same account."),
        (colleague.username, "is disabled"),
    ):
        for words in (
            ("hand-over-exams", leaver.username, receiver),
            ("remove-teacher", leaver.username, "--hand-over-to", receiver),
        ):
            code, text = place.run(*words, typed="y")
            assert (code != 0, reason in text) == (True, True), text
    assert leaver.owned()[0] == exams
