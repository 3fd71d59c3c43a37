"""The dashboards' data module against the deployed template: sign-in, entry, publishing, reading."""

import datetime as dt
import time
from collections.abc import Iterator

import pytest

from shared.api.calls import BATCH_MAX, GuestApi, TeacherApi
from shared.identity.guest import GuestCredentials
from shared.identity.user_pool import UserPool
from shared.model.errors import NotAllowed, SignInRejected, StateRefused, VersionConflict
from shared.model.exam import Audience, NewExam, NewResult, new_id
from shared.model.scales import parse_scale
from tests.deploy.aws.deployed import NEW_PASSWORD, DeployedBackend, deployed_backend
from tests.deploy.aws.emulator_process import Emulator
from tests.deploy.aws.stack_operator import Operator


@pytest.fixture(scope="module")
def backend(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedBackend]:
    with deployed_backend(Operator(emulator.url), "data-module", tmp_path_factory.mktemp("env")) as running:
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


def new_exam() -> NewExam:
    return NewExam(
        id=new_id(),
        subject="Mathematics",
        date=dt.date(2026, 6, 1),
        teacher="A. Berg",
        scale=parse_scale("OUT_OF_20"),
        audience=Audience.NAMES,
    )


def test_a_teacher_signs_in_only_with_the_chosen_password(backend: DeployedBackend) -> None:
    backend.signed_in("ben")
    pool = UserPool(backend.settings)
    try:
        assert pool.sign_in("ben", NEW_PASSWORD).username == "ben"
        with pytest.raises(SignInRejected):
            pool.sign_in("ben", "Wrong-Horse-9-Battery")
    finally:
        pool.close()


def test_a_guest_reads_what_a_teacher_publishes(teacher: TeacherApi, guest: GuestApi) -> None:
    exam = teacher.create_exam(new_exam())
    rows = [NewResult(id=new_id(), student=f"Student {n}", grade="14.5", name=None) for n in range(BATCH_MAX)]
    teacher.create_results(exam.id, rows)
    assert guest.get_exam(exam.id) is None
    assert list(guest.list_results(exam.id)) == []

    published = teacher.publish_exam(exam.id, exam.version)

    assert published.is_published
    assert exam.id in [listed.id for listed in guest.list_exams()]
    seen = list(guest.list_results(exam.id))
    assert {row.id for row in seen} == {row.id for row in rows}
    assert {row.owner for row in seen} == {None}


def test_refusals_arrive_as_the_data_modules_errors(backend: DeployedBackend, teacher: TeacherApi) -> None:
    exam = teacher.create_exam(new_exam())
    row = teacher.create_result(exam.id, NewResult(id=new_id(), student="Ada", grade="12", name="Ada Byron"))
    stranger = TeacherApi(backend.settings, backend.signed_in("carl").access_token)
    try:
        with pytest.raises(NotAllowed):
            stranger.publish_exam(exam.id, exam.version)
    finally:
        stranger.close()
    with pytest.raises(StateRefused):
        teacher.delete_exam(exam.id, exam.version)
    changed = teacher.update_result(exam.id, row.id, row.version, grade="13")
    with pytest.raises(VersionConflict) as conflict:
        teacher.update_result(exam.id, row.id, row.version, grade="14")
    assert conflict.value.current is not None
    assert conflict.value.current.version == changed.version
    assert teacher.get_result(exam.id, row.id).name == "Ada Byron"
