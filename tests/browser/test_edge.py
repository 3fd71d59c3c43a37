"""Both dashboards behind CloudFront and the load balancer, as tests/edge.py models them."""

import contextlib
import datetime as dt
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
from playwright.sync_api import expect

from deploy.aws.hosting import key_change
from deploy.aws.smoke.api import Smoke
from deploy.aws.smoke.pages import PAGE_CHECKS, Pages, PagesSmoke
from deploy.aws.visitors import visits, watch
from shared.api.calls import TeacherApi
from shared.model.exam import Exam, NewExam, NewResult
from shared.model.scales import OUT_OF_20
from shared.web.serving import KEEP_ALIVE_S
from tests.backend_process import PASSWORD, RunningBackend
from tests.browser.people import DEADLINE_MS, Person, sign_in
from tests.builders import new_id
from tests.clocks import ShiftedClock
from tests.dashboard_process import TEACHER_APP, StudentDashboard, TeacherDashboard
from tests.edge import Edge
from tests.edge_viewers import Viewers
from tests.ports import quiet_ports
from tests.waiting import wait_until
from tests.wire.clients import backend_settings

KEYS = {"OriginKeyA": "first" * 7, "OriginKeyB": "second" * 7, "OriginKeySent": "A"}
SPEED = 30.0  # of a clock by which the idle times of balancer and dashboards pass
UVICORN_KEEP_ALIVE_S = 5.0  # its own default
VIEWERS = 40


@pytest.fixture(scope="module")
def settings(backend: RunningBackend) -> dict[str, str]:
    """Those of the template's tasks."""
    return {
        **backend.settings,
        "EXAM_RESULTS_TRUSTED_PROXIES": "2",
        "EXAM_RESULTS_SECURE_COOKIES": "true",
    }


@pytest.fixture(scope="module")
def students(settings: dict[str, str]) -> Iterator[list[StudentDashboard]]:
    """Two containers."""
    with StudentDashboard(settings) as one, StudentDashboard(settings) as other:
        yield [one, other]


@pytest.fixture(scope="module")
def clock() -> ShiftedClock:
    return ShiftedClock()


@pytest.fixture(scope="module")
def edge(
    settings: dict[str, str],
    students: list[StudentDashboard],
    clock: ShiftedClock,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Edge]:
    ports = dict(zip(("student", "teacher"), quiet_ports(2), strict=True))
    student_url = f"https://127.0.0.1:{ports['student']}"
    with TeacherDashboard({**settings, "EXAM_RESULTS_STUDENT_URL": student_url}, TEACHER_APP) as teacher:
        containers = {"student": [one.port for one in students], "teacher": [teacher.port]}
        with Edge(tmp_path_factory.mktemp("edge"), containers, KEYS, now_s=clock, ports=ports) as running:
            yield running


@pytest.fixture(scope="module")
def username(backend: RunningBackend) -> str:
    name = f"teacher-{new_id()[:8]}"
    backend.create_teacher(name)
    return name


@pytest.fixture(scope="module")
def api(backend: RunningBackend, username: str) -> Iterator[TeacherApi]:
    token = backend.sign_in(username).access_token
    with contextlib.closing(TeacherApi(backend_settings(backend), lambda: token)) as opened:
        yield opened


@pytest.fixture
def exam(api: TeacherApi) -> Exam:
    """Published, with one row."""
    made = api.create_exam(NewExam("Optics", dt.date(2026, 6, 1), "M. Curie", OUT_OF_20))
    api.create_result(made.id, NewResult("Early Bird", "11"))
    return api.publish_exam(made.id, made.version)


@contextlib.contextmanager
def visitor(edge: Edge) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.verify = str(edge.certificate)
        session.trust_env = False
        yield session


def test_a_teacher_enters_a_result_and_students_at_both_containers_see_it_under_load(
    edge: Edge, api: TeacherApi, exam: Exam, username: str, new_person: Callable[..., Person]
) -> None:
    teacher = new_person(ignore_https_errors=True)
    sign_in(teacher.page, edge.urls["teacher"], username)
    own = [one for one in teacher.context.cookies() if one["httpOnly"]]
    assert own
    assert all(one["secure"] and one["name"].startswith("__Host-") for one in own)
    first, second = new_person(ignore_https_errors=True), new_person(ignore_https_errors=True)
    for person in (first, second):
        person.page.goto(f"{edge.urls['student']}/?exam={exam.id}")
        row = person.page.get_by_role("row").filter(has_text="Early Bird")
        expect(row).to_be_visible(timeout=DEADLINE_MS)
    containers = {
        one["value"].partition("-")[0]
        for person in (first, second)
        for one in person.context.cookies()
        if one["name"] == "AWSALB"
    }
    assert len(containers) == 2
    with Viewers(edge, exam.id, VIEWERS) as viewers:
        teacher.page.goto(f"{edge.urls['teacher']}/exam?exam={exam.id}")
        teacher.page.locator("form.new").get_by_label("Student").click()
        for text in ("Marie", "19.5"):
            teacher.page.keyboard.type(text)
            teacher.page.keyboard.press("Enter")
        wait_until(lambda: viewers.all_have("Marie"), what="the change at every viewer")
    for person in (first, second):
        row = person.page.get_by_role("row").filter(has_text="Marie")
        expect(row).to_contain_text("19.5", timeout=DEADLINE_MS)
    assert not edge.balancer.own_errors


@contextlib.contextmanager
def student_kept_alive_for(
    settings: dict[str, str], keep_alive_s: float, folder: Path
) -> Iterator[tuple[Edge, int]]:
    """A container with this keep-alive behind an edge; all idle times pass SPEED times as fast."""
    environment = {**settings, "KEEP_ALIVE_S": str(keep_alive_s / SPEED)}
    module = "tests.student_app_of_another_time"
    with (
        StudentDashboard(environment, module) as container,
        Edge(folder, {"student": [container.port], "teacher": []}, KEYS, speed=SPEED) as edge,
    ):
        yield edge, container.port


def test_an_idle_connection_never_costs_a_502_unlike_with_uvicorns_own_keep_alive(
    settings: dict[str, str], tmp_path: Path
) -> None:
    with (
        student_kept_alive_for(settings, UVICORN_KEEP_ALIVE_S, tmp_path) as (edge, port),
        visitor(edge) as student,
    ):
        url = f"{edge.urls['student']}/board"
        assert student.get(url, timeout=10).status_code == 200
        wait_until(lambda: edge.balancer.ended_by_the_other_side(port) > 0, what="uvicorn's FIN")
        assert student.get(url, timeout=10).status_code == 502
    with (
        student_kept_alive_for(settings, KEEP_ALIVE_S, tmp_path) as (edge, port),
        visitor(edge) as student,
    ):
        url = f"{edge.urls['student']}/board"
        for _ in range(2):
            assert student.get(url, timeout=10).status_code == 200
            wait_until(lambda: not edge.balancer.idle[port], what="the balancer's own end")
            assert not edge.balancer.ended_by_the_other_side(port)
        assert not edge.balancer.own_errors


def without_error_times(resources: dict[str, Any]) -> None:
    for site in ("Student", "Teacher"):
        del resources[f"{site}Distribution"]["Properties"]["DistributionConfig"]["CustomErrorResponses"]


def test_an_exam_that_was_missing_is_there_for_everybody_the_moment_it_is_published(
    edge: Edge, students: list[StudentDashboard], api: TeacherApi, tmp_path: Path
) -> None:
    """By its path, with whatever query. With CloudFront's own ten seconds the error would be shown on."""
    containers = {"student": [one.port for one in students], "teacher": []}
    exam = api.create_exam(NewExam("Waves", dt.date(2026, 6, 1), "M. Curie", OUT_OF_20))
    pages = [f"/board/{exam.id}", f"/live/{exam.id}.json", f"/live/{exam.id}/numbers.json"]
    with Edge(tmp_path, containers, KEYS, change=without_error_times) as faulty, visitor(edge) as student:

        def statuses(site: str, verify: Path) -> list[int]:
            asked = f"?at={new_id()}"
            return [
                student.get(f"{site}{page}{asked}", verify=str(verify), timeout=10).status_code
                for page in pages
            ]

        for one in (edge, faulty):
            assert statuses(one.urls["student"], one.certificate) == [404, 404, 404]
        api.publish_exam(exam.id, exam.version)
        for container in students:
            live = f"{container.url}/live/{exam.id}.json"
            wait_until(lambda url=live: httpx.get(url, trust_env=False).status_code == 200, what=live)
        assert statuses(edge.urls["student"], edge.certificate) == [200, 200, 200]
        assert statuses(faulty.urls["student"], faulty.certificate) == [404, 404, 404]


def test_an_outage_is_shown_to_nobody_after_its_end(
    edge: Edge, students: list[StudentDashboard], settings: dict[str, str], tmp_path: Path
) -> None:
    (port,) = quiet_ports(1)
    nobody = {"student": [port], "teacher": []}
    with (
        Edge(tmp_path, nobody, KEYS) as alone,
        Edge(tmp_path, nobody, KEYS, change=without_error_times) as faulty,
        visitor(alone) as student,
    ):
        urls = [f"{one.urls['student']}/board" for one in (alone, faulty)]
        certificates = [str(alone.certificate), str(faulty.certificate)]

        def statuses() -> list[int]:
            return [
                student.get(url, verify=certificate, timeout=10).status_code
                for url, certificate in zip(urls, certificates, strict=True)
            ]

        assert statuses() == [502, 502]
        nobody["student"] = [students[0].port]
        assert statuses() == [200, 502]


def test_while_the_key_changes_no_visitor_is_refused(edge: Edge) -> None:
    """Within each step either side may change first; meanwhile CloudFront's places change one by one."""
    new_keys = (f"new key {number} ".replace(" ", "-") * 4 for number in itertools.count())
    parameters = dict(KEYS)
    with visitor(edge) as person:
        sites = [f"{edge.urls['student']}/board", f"{edge.urls['teacher']}/"]

        def statuses() -> set[int]:
            return {person.get(site, timeout=10, allow_redirects=False).status_code for site in sites}

        allowed = statuses()
        assert 403 not in allowed
        for is_balancer_first in (True, False):
            for step in key_change(parameters["OriginKeySent"], lambda: next(new_keys)):
                parameters = {**parameters, **step}
                deployments = [edge.deploy_balancer, edge.deploy_cloudfront]
                for deploy in deployments if is_balancer_first else reversed(deployments):
                    deploy(parameters)
                    assert statuses() == allowed
        only_one_key = {**parameters, "OriginKeyA": "another" * 5, "OriginKeyB": "another" * 5}
        edge.deploy_cloudfront(only_one_key)
        assert statuses() == {403}
        edge.deploy_balancer(only_one_key)
        assert statuses() == allowed


def test_new_viewers_go_to_the_emptier_container_and_teachers_stay_with_theirs(
    edge: Edge, students: list[StudentDashboard], clock: ShiftedClock, exam: Exam
) -> None:
    one, other = (student.port for student in students)
    student_url, teacher_url = f"{edge.urls['student']}/board", f"{edge.urls['teacher']}/"

    def container(of: requests.Session, url: str) -> int:
        of.get(url, timeout=10)
        return int(of.cookies["AWSALB"].partition("-")[0])

    # A stream that its viewer has left ends with the next heartbeat.
    wait_until(lambda: not edge.balancer.outstanding.total(), what="an idle balancer")
    with Viewers(edge, exam.id, VIEWERS), visitor(edge) as early, visitor(edge) as teacher:
        assert edge.balancer.outstanding[one] == edge.balancer.outstanding[other] == VIEWERS / 2
        edge.balancer.containers["student"].remove(one)
        first = container(early, student_url)
        assert first == other
        with Viewers(edge, exam.id, VIEWERS):
            edge.balancer.containers["student"].append(one)  # a new one, nearly empty
            assert container(early, student_url) == other  # a page is loaded from one container
            with visitor(edge) as late:
                assert container(late, student_url) == one
            first_teacher = container(teacher, teacher_url)
            clock.shift_s += 61
            assert container(early, student_url) == one
        edge.balancer.containers["teacher"].insert(0, one)
        assert container(teacher, teacher_url) == first_teacher
        edge.balancer.containers["teacher"].remove(one)


def test_a_silent_stream_would_be_cut_and_heartbeats_keep_it(
    students: list[StudentDashboard], exam: Exam, tmp_path: Path
) -> None:
    """Sped up so that the times of CloudFront and the balancer are shorter than the pause between beats."""
    containers = {"student": [students[0].port], "teacher": []}
    with (
        Edge(tmp_path, containers, KEYS, speed=60.0) as hasty,
        visitor(hasty) as student,
        student.get(f"{hasty.urls['student']}/live/{exam.id}", stream=True, timeout=10) as stream,
        pytest.raises(requests.exceptions.ChunkedEncodingError),
    ):
        for _part in stream.iter_content(None):
            pass


def test_students_go_on_at_another_container_when_theirs_stops(
    edge: Edge,
    students: list[StudentDashboard],
    settings: dict[str, str],
    api: TeacherApi,
    exam: Exam,
    new_person: Callable[..., Person],
) -> None:
    with StudentDashboard(settings) as leaving:
        before = list(edge.balancer.containers["student"])
        edge.balancer.containers["student"][:] = [leaving.port]
        student = new_person(ignore_https_errors=True).page
        student.goto(f"{edge.urls['student']}/?exam={exam.id}")
        row = student.get_by_role("row")
        expect(row.filter(has_text="Early Bird")).to_be_visible(timeout=DEADLINE_MS)
        edge.balancer.containers["student"][:] = before
    api.create_result(exam.id, NewResult("Later Bird", "17"))
    expect(row.filter(has_text="Later Bird")).to_be_visible(timeout=2 * DEADLINE_MS)


@pytest.fixture(scope="module")
def pages_smoke(edge: Edge, backend: RunningBackend, username: str) -> Iterator[PagesSmoke]:
    token = backend.sign_in(username).access_token
    pages = Pages(edge.urls["student"], edge.urls["teacher"], str(edge.certificate))
    smoke = Smoke(backend_settings(backend), lambda: token, lambda: token)
    with (
        contextlib.closing(smoke),
        contextlib.closing(PagesSmoke(pages, smoke, username, PASSWORD, quiet_s=0)) as opened,
    ):
        yield opened


@pytest.mark.parametrize("name", PAGE_CHECKS)
def test_a_check_of_the_operators_smoke_test_passes_through_the_edge(
    pages_smoke: PagesSmoke, name: str
) -> None:
    PAGE_CHECKS[name](pages_smoke)


def test_the_rehearsals_viewers_receive_every_change_and_its_visitor_notices_an_outage(
    edge: Edge, pages_smoke: PagesSmoke, api: TeacherApi, exam: Exam
) -> None:
    def save(name: str) -> None:
        api.create_result(exam.id, NewResult(name, "12"))

    names = [f"Student {number}" for number in range(5)]
    with visits(pages_smoke.pages) as undisturbed:
        audience = watch(
            pages_smoke.pages,
            exam.id,
            VIEWERS,
            names,
            save,
        )
    assert audience.complete == VIEWERS
    assert not undisturbed.refused
    present = list(edge.balancer.containers["student"])
    with visits(pages_smoke.pages) as disturbed:
        edge.balancer.containers["student"][:] = quiet_ports(1)
        wait_until(lambda: bool(disturbed.refused), what="a refused visit")
        edge.balancer.containers["student"][:] = present
    assert set(disturbed.refused) == {"502"}
