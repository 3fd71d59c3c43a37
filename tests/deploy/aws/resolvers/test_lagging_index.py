"""Listings on AWS come from indexes that are never consistent: nobody loses an exam by that."""

import asyncio
import datetime as dt
import time
from collections.abc import Iterator

import pytest

from shared.api.calls import GuestApi, TeacherApi
from shared.identity.guest import GuestCredentials
from shared.live.cache import ExamCache
from shared.live.loader import Loader
from shared.live.status import FeedMonitor
from shared.live.timings import FeedTimings
from shared.live.workers import Workers
from shared.model.exam import Exam, NewExam
from shared.model.scales import OUT_OF_20
from tests.deploy.aws.deployed import DeployedBackend, deployed_backend
from tests.deploy.aws.emulator_process import Emulator
from tests.deploy.aws.stack_operator import Operator


@pytest.fixture(scope="module")
def backend(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedBackend]:
    with deployed_backend(Operator(emulator.url), "lagging", tmp_path_factory.mktemp("env")) as running:
        yield running


@pytest.fixture(scope="module")
def teacher(backend: DeployedBackend) -> Iterator[TeacherApi]:
    api = TeacherApi(backend.settings, backend.signed_in("anna").access_token)
    yield api
    api.close()


@pytest.fixture(scope="module")
def guest(backend: DeployedBackend) -> Iterator[GuestApi]:
    credentials = GuestCredentials(backend.settings, time.time)
    api = GuestApi(backend.settings, credentials)
    yield api
    api.close()
    credentials.close()


def new_exam(subject: str) -> NewExam:
    return NewExam(subject, dt.date(2026, 6, 1), "A. Berg", OUT_OF_20)


def subjects(teacher: TeacherApi) -> dict[str, tuple[str, bool]]:
    return {exam.id: (exam.subject, exam.is_published) for exam in teacher.list_my_exams()}


def test_a_teacher_finds_every_own_change_in_the_list_while_the_index_lags(
    emulator: Emulator, teacher: TeacherApi
) -> None:
    others = subjects(teacher)
    kept, renamed, deleted = (teacher.create_exam(new_exam(name)) for name in ("Kept", "Old", "Deleted"))
    with emulator.lagging_indexes():
        made = teacher.create_exam(new_exam("Made"))
        renamed = teacher.update_exam(renamed.id, 1, subject="New", date=dt.date(2026, 6, 9))
        teacher.publish_exam(renamed.id, renamed.version)
        teacher.delete_exam(deleted.id, 1)
        assert subjects(teacher) == {
            **others,
            kept.id: ("Kept", False),
            made.id: ("Made", False),
            renamed.id: ("New", True),
        }
        assert next(teacher.list_my_exams()).id == renamed.id
    assert set(subjects(teacher)) == {*others, kept.id, made.id, renamed.id}


def test_the_index_of_the_emulator_really_lags(
    emulator: Emulator, guest: GuestApi, teacher: TeacherApi
) -> None:
    exam = teacher.create_exam(new_exam("Unseen"))
    with emulator.lagging_indexes():
        teacher.publish_exam(exam.id, exam.version)
        assert exam.id not in {one.id for one in guest.list_exams()}
        assert guest.get_exam(exam.id) is not None
    assert exam.id in {one.id for one in guest.list_exams()}


async def listed(guest: GuestApi, cache: ExamCache, times: int) -> None:
    """Takes so many listings into the cache, as the feed does."""
    workers = Workers()
    loader = Loader(guest, cache, workers, FeedMonitor(time.time), FeedTimings(), exams_loaded_max=10)
    for _ in range(times):
        await loader.list_exams()
    await loader.close()
    await workers.close()


def published(teacher: TeacherApi, subject: str) -> Exam:
    exam = teacher.create_exam(new_exam(subject))
    return teacher.publish_exam(exam.id, exam.version)


def test_students_keep_an_exam_that_the_index_does_not_have_yet(
    emulator: Emulator, teacher: TeacherApi, guest: GuestApi
) -> None:
    cache = ExamCache(time.time)
    with emulator.lagging_indexes():
        exam = published(teacher, "Just published")
        cache.put_exam(exam)  # its event
        asyncio.run(listed(guest, cache, times=3))
        assert cache.exam(exam.id) is not None
    asyncio.run(listed(guest, cache, times=1))
    assert cache.exam(exam.id) is not None


def test_students_do_not_get_a_withdrawn_exam_back_from_an_index_that_still_has_it(
    emulator: Emulator, teacher: TeacherApi, guest: GuestApi
) -> None:
    exam, cache = published(teacher, "Withdrawn"), ExamCache(time.time)
    cache.put_exam(exam)
    with emulator.lagging_indexes():
        draft = teacher.unpublish_exam(exam.id, exam.version)
        cache.remove_exam(exam.id, draft.version)  # its event
        asyncio.run(listed(guest, cache, times=2))
        assert cache.exam(exam.id) is None
        assert list(guest.list_results(exam.id)) == []
