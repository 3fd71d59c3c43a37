"""The typed API against the embedded backend: every call, every refusal, and lost answers."""

import contextlib
import datetime as dt
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from botocore.credentials import Credentials

from shared.api.calls import BATCH_MAX, GuestApi, TeacherApi
from shared.api.http import GraphQLEndpoint, Patience, TeacherToken
from shared.api.operations import LIST_EXAMS
from shared.identity.guest import GuestCredentials
from shared.model.class_list import ClassStudent, NewClassList
from shared.model.errors import (
    BackendUnreachable,
    FieldInvalid,
    InputRefused,
    NotAllowed,
    NotFound,
    SessionEnded,
    StateRefused,
    VersionConflict,
)
from shared.model.exam import Audience, Exam, ExamStatus, NewExam, NewResult, Result, new_id
from shared.model.scales import LETTERS, OUT_OF_20
from shared.settings import BackendSettings
from tests.backend_process import RunningBackend, SignedInTeacher
from tests.wire.clients import port_of, through
from tests.wire.rewritten_graphql import Answer, RewrittenGraphQL, error_of
from tests.wire.tcp_proxy import TcpProxy

DATE = dt.date(2026, 6, 18)


@pytest.fixture(scope="module")
def stranger(settings: BackendSettings, other_teacher: SignedInTeacher) -> Iterator[TeacherApi]:
    with contextlib.closing(TeacherApi(settings, lambda: other_teacher.access_token)) as api:
        yield api


@pytest.fixture(scope="module")
def guest_api(settings: BackendSettings) -> Iterator[GuestApi]:
    with (
        contextlib.closing(GuestCredentials(settings, time.time)) as guest,
        contextlib.closing(GuestApi(settings, guest)) as api,
    ):
        yield api


@pytest.fixture
def exam(api: TeacherApi) -> Exam:
    return api.create_exam(NewExam("Algebra", DATE, "Ms Ada", OUT_OF_20))


def test_an_exam_is_created_published_unpublished_and_deleted(
    api: TeacherApi, teacher: SignedInTeacher
) -> None:
    new = NewExam(" Algebra ", DATE, "Ms Ada", OUT_OF_20)
    exam = api.create_exam(new)
    assert (exam.id, exam.subject, exam.status, exam.version) == (new.id, "Algebra", ExamStatus.DRAFT, 1)
    assert exam.owner == teacher.sub
    assert abs(exam.created_at - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)
    exam = api.update_exam(exam.id, 1, subject="Geometry", scale=LETTERS, date=dt.date(2026, 6, 19))
    assert (exam.subject, exam.scale, exam.date.day, exam.version) == ("Geometry", LETTERS, 19, 2)
    exam = api.publish_exam(exam.id, 2)
    assert exam.is_published
    exam = api.unpublish_exam(exam.id, 3)
    assert not exam.is_published
    read = api.get_exam(exam.id)
    assert read is not None
    assert read.results_count == 0
    api.delete_exam(exam.id, 4)
    assert api.get_exam(exam.id) is None


def test_a_results_name_number_and_comment_are_returned_by_queries_only(api: TeacherApi) -> None:
    exam = api.create_exam(NewExam("Coded", DATE, "T", OUT_OF_20, Audience.CODES))
    new = NewResult("ABC234", "14", name="Élodie", number="17", comment="Well\ndone.")
    row = api.create_result(exam.id, new)
    assert (row.student, row.version) == ("ABC234", 1)
    assert (row.name, row.number, row.comment) == (None, None, None)
    row = api.update_result(exam.id, row.id, 1, grade="15")
    assert (row.grade, row.version) == ("15", 2)
    read = api.get_result(exam.id, row.id)
    assert read is not None
    assert (read.name, read.number, read.comment, read.grade) == ("Élodie", "17", "Well\ndone.", "15")
    row = api.update_result(exam.id, row.id, 2, name="", number="", comment="")
    read = api.get_result(exam.id, row.id)
    assert read is not None
    assert (read.name, read.number, read.comment) == (None, None, None)
    api.delete_result(exam.id, row.id, 3)
    assert api.get_result(exam.id, row.id) is None


def test_batches_are_stored_and_deleted_atomically(api: TeacherApi, exam: Exam) -> None:
    rows = [NewResult(f"Student {number}", "10") for number in range(BATCH_MAX)]
    made = api.create_results(exam.id, rows)
    assert {row.id for row in made} == {row.id for row in rows}
    assert {row.id for row in api.list_results(exam.id)} == {row.id for row in rows}
    with pytest.raises(VersionConflict):
        api.delete_results(exam.id, [(made[0].id, 1), (made[1].id, 7)])
    assert len(list(api.list_results(exam.id))) == BATCH_MAX
    api.delete_results(exam.id, [(row.id, row.version) for row in made])
    assert list(api.list_results(exam.id)) == []


@pytest.mark.parametrize("count", [0, BATCH_MAX + 1])
def test_a_batch_of_a_wrong_size_is_refused_before_it_is_sent(
    api: TeacherApi, exam: Exam, count: int
) -> None:
    with pytest.raises(FieldInvalid):
        api.create_results(exam.id, [NewResult("S", "10") for _ in range(count)])
    with pytest.raises(FieldInvalid):
        api.delete_results(exam.id, [(new_id(), 1) for _ in range(count)])


def test_lists_are_read_lazily_page_by_page(api: TeacherApi, exam: Exam) -> None:
    made = api.create_results(exam.id, [NewResult(f"Student {number}", "10") for number in range(10)])
    assert [row.id for row in api.list_results(exam.id, page_size=3)] == sorted(row.id for row in made)
    first_two = [row for row, _ in zip(api.list_results(exam.id, page_size=1), range(2), strict=False)]
    assert len(first_two) == 2
    mine = list(api.list_my_exams(page_size=2))
    assert exam.id in {one.id for one in mine}
    assert [one.date for one in mine] == sorted((one.date for one in mine), reverse=True)
    assert len({one.id for one in mine}) == len(mine)


def test_a_conflict_carries_the_current_row(api: TeacherApi, exam: Exam) -> None:
    api.update_exam(exam.id, 1, subject="Geometry")
    with pytest.raises(VersionConflict) as conflict:
        api.update_exam(exam.id, 1, subject="Topology")
    current = conflict.value.current
    assert isinstance(current, Exam)
    assert (current.subject, current.version) == ("Geometry", 2)
    assert (conflict.value.field, conflict.value.lost_tries) == ("updateExam", 0)
    row = api.create_result(exam.id, NewResult("Bob", "14"))
    api.update_result(exam.id, row.id, 1, grade="15")
    with pytest.raises(VersionConflict) as conflict:
        api.delete_result(exam.id, row.id, 1)
    current_row = conflict.value.current
    assert isinstance(current_row, Result)
    assert (current_row.grade, current_row.version) == ("15", 2)


def test_repeating_a_change_without_a_lost_answer_is_a_conflict(api: TeacherApi, exam: Exam) -> None:
    """Somebody else may have made it: only a retry after a lost answer may claim it."""
    api.update_exam(exam.id, 1, subject="Geometry")
    with pytest.raises(VersionConflict):
        api.update_exam(exam.id, 1, subject="Geometry")


def test_creating_again_is_idempotent_and_conflicts_with_other_content(api: TeacherApi) -> None:
    new = NewExam("Algebra", DATE, "T", OUT_OF_20)
    assert api.create_exam(new) == api.create_exam(new)
    with pytest.raises(VersionConflict):
        api.create_exam(NewExam("Other", DATE, "T", OUT_OF_20, id=new.id))
    row = NewResult("Bob", "14")
    assert api.create_result(new.id, row) == api.create_result(new.id, row)
    with pytest.raises(VersionConflict):
        api.create_result(new.id, NewResult("Bob", "15", id=row.id))


def test_another_teacher_is_refused_and_sees_no_draft(
    api: TeacherApi, stranger: TeacherApi, exam: Exam
) -> None:
    row = api.create_result(exam.id, NewResult("Bob", "14", name="Robert"))
    assert stranger.get_exam(exam.id) is None
    assert list(stranger.list_results(exam.id)) == []
    assert stranger.get_result(exam.id, row.id) is None
    for attempt in (
        lambda: stranger.update_exam(exam.id, 1, subject="Mine"),
        lambda: stranger.create_result(exam.id, NewResult("Eve", "20")),
        lambda: stranger.delete_result(exam.id, row.id, 1),
        lambda: stranger.publish_exam(exam.id, 1),
    ):
        with pytest.raises(NotAllowed) as refusal:
            attempt()
        assert refusal.value.is_about_the_row
    api.publish_exam(exam.id, 1)
    seen = stranger.get_result(exam.id, row.id)
    assert seen is not None
    assert seen.name is None


def test_each_refusal_has_its_error_type(api: TeacherApi, exam: Exam) -> None:
    with pytest.raises(NotFound):
        api.update_exam(new_id(), 1, subject="Nothing")
    with pytest.raises(NotFound):
        api.delete_result(exam.id, new_id(), 1)
    with pytest.raises(StateRefused):
        api.unpublish_exam(exam.id, 1)
    api.create_result(exam.id, NewResult("Bob", "14"))
    with pytest.raises(StateRefused):
        api.delete_exam(exam.id, 1)
    coded = api.create_exam(NewExam("Coded", DATE, "T", OUT_OF_20, Audience.CODES))
    with pytest.raises(InputRefused) as refusal:
        api.create_result(coded.id, NewResult("Bob", "14"))
    assert refusal.value.field == "student"
    assert refusal.value.reason


def test_a_guest_reads_only_what_is_published(api: TeacherApi, guest_api: GuestApi, exam: Exam) -> None:
    row = api.create_result(exam.id, NewResult("Bob", "14", name="Robert"))
    assert guest_api.get_exam(exam.id) is None
    assert list(guest_api.list_results(exam.id)) == []
    assert guest_api.get_result(exam.id, row.id) is None
    api.publish_exam(exam.id, 1)
    seen = guest_api.get_exam(exam.id)
    assert seen is not None
    assert (seen.owner, seen.results_count) == (None, None)
    assert exam.id in {one.id for one in guest_api.list_exams(page_size=5)}
    (listed,) = guest_api.list_results(exam.id)
    assert listed == guest_api.get_result(exam.id, row.id)
    assert (listed.student, listed.name, listed.owner, listed.created_at) == ("Bob", None, None, None)


class _OldCredentials(GuestCredentials):
    """Credentials that the API does not accept until they are renewed."""

    renewals = 0

    def current(self) -> Credentials:
        return super().current() if self.renewals else Credentials("ASIAOLDOLDOLDOLDOLDO", "secret", "token")

    def renew(self, refused: Credentials) -> Credentials:
        self.renewals += 1
        return super().renew(refused)


def test_a_guests_refused_credentials_are_renewed_once(settings: BackendSettings) -> None:
    with (
        contextlib.closing(_OldCredentials(settings, time.time)) as guest,
        contextlib.closing(GuestApi(settings, guest)) as api,
    ):
        list(api.list_exams())
        list(api.list_exams())
        assert guest.renewals == 1


def test_an_ended_session_is_reported_as_such_and_not_as_a_network_error(
    settings: BackendSettings,
) -> None:
    def ended() -> str:
        raise SessionEnded

    with contextlib.closing(TeacherApi(settings, ended)) as api, pytest.raises(SessionEnded):
        list(api.list_my_exams())


def test_eight_threads_share_one_api(api: TeacherApi, exam: Exam) -> None:
    faults: list[BaseException] = []

    def write(number: int) -> None:
        try:
            for _ in range(10):
                row = api.create_result(exam.id, NewResult(f"Student {number}", "10"))
                api.update_result(exam.id, row.id, 1, grade=str(number))
        except BaseException as fault:  # noqa: BLE001  # asserted below
            faults.append(fault)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert faults == []
    rows = list(api.list_results(exam.id))
    assert len(rows) == 80
    assert all(row.grade == row.student.removeprefix("Student ") and row.version == 2 for row in rows)


class LossyApi:
    """A teacher's API through a proxy that can lose answers."""

    def __init__(self, api: TeacherApi, proxy: TcpProxy, pauses_s: list[float]) -> None:
        self.api, self.proxy, self.pauses_s = api, proxy, pauses_s


@pytest.fixture
def lossy(backend: RunningBackend, settings: BackendSettings, teacher: SignedInTeacher) -> Iterator[LossyApi]:
    pauses_s: list[float] = []
    with (
        TcpProxy(port_of(backend)) as proxy,
        contextlib.closing(
            TeacherApi(
                through(settings, proxy),
                lambda: teacher.access_token,
                patience=Patience(deadline_s=5.0),
                sleep=pauses_s.append,
            )
        ) as api,
    ):
        yield LossyApi(api, proxy, pauses_s)


def test_writes_with_lost_answers_are_made_once_and_answered(lossy: LossyApi, api: TeacherApi) -> None:
    def losing() -> TeacherApi:
        lossy.proxy.lose_answers(2)
        return lossy.api

    exam = losing().create_exam(NewExam("Algebra", DATE, "T", OUT_OF_20))
    assert exam.version == 1
    exam = losing().update_exam(exam.id, 1, subject="Geometry", audience=Audience.NAMES)
    assert (exam.subject, exam.version) == ("Geometry", 2)
    exam = losing().publish_exam(exam.id, 2)
    assert (exam.status, exam.version) == (ExamStatus.PUBLISHED, 3)
    hour = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(days=3)
    exam = losing().publish_exam(exam.id, 3, release_at=hour)
    assert (exam.release_at, exam.seconds_to_release > 250_000) == (hour, True)
    exam = losing().publish_exam(exam.id, 4)
    assert (exam.release_at, exam.seconds_to_release) == (None, 0)
    exam = losing().unpublish_exam(exam.id, 5)
    assert (exam.status, exam.version) == (ExamStatus.DRAFT, 6)
    row = losing().create_result(exam.id, NewResult("Bob", "14"))
    row = losing().update_result(exam.id, row.id, 1, grade="15", name="Robert")
    assert (row.grade, row.version) == ("15", 2)
    row = losing().update_result(exam.id, row.id, 2, name="", comment="Well\ndone.")
    row = losing().update_result(exam.id, row.id, 3, number="17", comment="")
    assert row.version == 4
    row = losing().retract_result(exam.id, row.id, 4)
    assert (row.is_awaited, row.is_published, row.version) == (True, False, 5)
    batch = losing().create_results(exam.id, [NewResult("S", "10"), NewResult("T", "11")])
    losing().delete_results(exam.id, [(one.id, one.version) for one in batch])
    losing().delete_result(exam.id, row.id, 5)
    losing().delete_exam(exam.id, 6)
    made = losing().create_class_list(NewClassList("7a", (ClassStudent("Ada", "17", "ABC234"),)))
    made = losing().update_class_list(made.id, 1, title="8a", students=[ClassStudent("Bob")])
    assert (made.title, made.students, made.version) == ("8a", (ClassStudent("Bob"),), 2)
    made = losing().update_class_list(made.id, 2, gradebook="3f2a90c1b7de~2")
    assert (made.title, made.gradebook, made.version) == ("8a", "3f2a90c1b7de~2", 3)
    made = losing().update_class_list(made.id, 3, gradebook="")
    assert (made.gradebook, made.version) == ("", 4)
    assert api.get_class_list(made.id) == made
    assert [one.student_count for one in api.list_class_lists() if one.id == made.id] == [1]
    losing().delete_class_list(made.id, 4)
    assert api.get_class_list(made.id) is None
    assert api.get_exam(exam.id) is None
    assert len(lossy.pauses_s) == 40  # two lost answers of each of twenty writes


def test_after_a_lost_answer_another_persons_change_is_still_a_conflict(
    lossy: LossyApi, api: TeacherApi, exam: Exam
) -> None:
    row = api.create_result(exam.id, NewResult("Bob", "14", name="Robert"))
    api.update_result(exam.id, row.id, 1, grade="9")
    lossy.proxy.lose_answers(1)
    with pytest.raises(VersionConflict) as conflict:
        lossy.api.update_result(exam.id, row.id, 1, grade="15")
    assert conflict.value.lost_tries == 1
    lossy.proxy.lose_answers(1)
    with pytest.raises(VersionConflict):
        lossy.api.update_result(exam.id, row.id, 1, grade="9", name="Somebody else")
    lossy.proxy.lose_answers(1)
    with pytest.raises(NotFound):
        lossy.api.update_result(exam.id, new_id(), 1, grade="9")
    tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    api.publish_exam(exam.id, 1, release_at=tomorrow.replace(microsecond=0))
    lossy.proxy.lose_answers(1)
    with pytest.raises(VersionConflict):
        lossy.api.publish_exam(exam.id, 1)  # at once: not what the other one did


def test_a_partly_existing_batch_is_not_mistaken_for_deleted(
    lossy: LossyApi, api: TeacherApi, exam: Exam
) -> None:
    made = api.create_results(exam.id, [NewResult("S", "10"), NewResult("T", "11")])
    api.delete_result(exam.id, made[0].id, 1)
    lossy.proxy.lose_answers(1)
    with pytest.raises(NotFound):
        lossy.api.delete_results(exam.id, [(row.id, 1) for row in made])
    assert [row.id for row in api.list_results(exam.id)] == [made[1].id]


def test_queries_are_retried_with_growing_random_pauses_until_the_deadline(
    settings: BackendSettings, backend: RunningBackend, teacher: SignedInTeacher
) -> None:
    now_s = 0.0
    pauses_s: list[float] = []

    def sleep(pause_s: float) -> None:
        nonlocal now_s
        pauses_s.append(pause_s)
        now_s += pause_s

    with TcpProxy(port_of(backend)) as proxy:
        proxy.refuse(True)
        patience = Patience(deadline_s=30, first_pause_s=0.2, longest_pause_s=3)
        with contextlib.closing(
            GraphQLEndpoint(
                through(settings, proxy).api_url,
                TeacherToken(lambda: teacher.access_token),
                patience=patience,
                sleep=sleep,
                monotonic_s=lambda: now_s,
            )
        ) as endpoint:
            with pytest.raises(BackendUnreachable) as error:
                endpoint.ask(LIST_EXAMS, {}, is_repeatable=True)
            assert error.value.endpoint == through(settings, proxy).api_url
            assert proxy.accepted == len(pauses_s) + 1
            assert 27 < sum(pauses_s) < 30
            for number, pause_s in enumerate(pauses_s):
                assert 0 <= pause_s <= min(3, 0.2 * 2**number)
            assert len(set(pauses_s)) == len(pauses_s)
            asked = proxy.accepted
            with pytest.raises(BackendUnreachable):
                endpoint.ask(LIST_EXAMS, {}, is_repeatable=False)
            assert proxy.accepted == asked + 1


@pytest.mark.parametrize("page", [None, {"items": None, "nextToken": None}, {"items": []}])
def test_an_unreadable_page_is_an_error_of_the_backend(
    settings: BackendSettings, teacher: SignedInTeacher, page: object
) -> None:
    with (
        RewrittenGraphQL(settings.api_url, lambda _request, _answer: {"data": {"listExams": page}}) as server,
        contextlib.closing(
            TeacherApi(replace(settings, api_url=server.url), lambda: teacher.access_token)
        ) as api,
        pytest.raises(BackendUnreachable, match="page cannot be read"),
    ):
        list(api.list_exams())


def test_a_create_is_retried_after_a_transient_error(
    settings: BackendSettings, teacher: SignedInTeacher
) -> None:
    """With the same id, so it is stored once."""
    faults = iter(["DynamoDB:TransactionConflictException", "ExecutionTimeout", "InternalFailure"])

    def fail_first(request: Answer, answer: Answer) -> Answer:
        error_type = next(faults, None)
        return answer if error_type is None else error_of(request, error_type)

    new = NewExam("Algebra", DATE, "Ms Ada", OUT_OF_20)
    with (
        RewrittenGraphQL(settings.api_url, fail_first) as server,
        contextlib.closing(
            TeacherApi(
                replace(settings, api_url=server.url),
                lambda: teacher.access_token,
                sleep=lambda _pause_s: None,
            )
        ) as api,
    ):
        assert api.create_exam(new).id == new.id
    assert len(server.requests) == 4
