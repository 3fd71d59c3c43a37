"""A real student dashboard's streams over sockets: who receives what, limits, resumption and shutdown."""

import contextlib
import datetime as dt
import signal
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from shared.api.calls import TeacherApi
from shared.model.exam import Audience, Exam, NewExam, NewResult
from shared.model.scales import OUT_OF_20
from tests.backend_process import RunningBackend, SignedInTeacher
from tests.builders import new_id
from tests.dashboard_process import StudentDashboard
from tests.ports import free_port
from tests.waiting import wait_until
from tests.wire.clients import backend_settings
from tests.wire.student_streams import LiveStream

NO_SUCH_EXAM = {"error": "There is no such exam, or it is not published."}

WITHOUT_ROWS = {"feed", "numbers"}  # events that may come at any time beside those with rows


@pytest.fixture(scope="module")
def api(backend: RunningBackend, teacher: SignedInTeacher) -> Iterator[TeacherApi]:
    settings = backend_settings(backend)
    with contextlib.closing(TeacherApi(settings, lambda: teacher.access_token)) as api:
        yield api


@pytest.fixture(scope="module")
def dashboard(backend: RunningBackend) -> Iterator[StudentDashboard]:
    with StudentDashboard(backend.settings) as running:
        yield running


def published(api: TeacherApi, *students: str, audience: Audience = Audience.NAMES) -> Exam:
    exam = api.create_exam(NewExam("Algebra", dt.date(2026, 6, 18), "Ms Ada", OUT_OF_20, audience))
    for student in students:
        api.create_result(exam.id, NewResult(student, "14"))
    return api.publish_exam(exam.id, exam.version)


def listed(dashboard: StudentDashboard, exam: Exam) -> Exam:
    """Returns `exam` once the running dashboard lists it."""
    url = f"{dashboard.url}/live/{exam.id}.json"
    wait_until(lambda: httpx.get(url, trust_env=False).status_code == 200, what="the exam")
    return exam


def test_a_saved_result_is_pushed_only_to_the_students_of_its_exam(
    dashboard: StudentDashboard, api: TeacherApi
) -> None:
    algebra, botany = listed(dashboard, published(api, "Ada")), listed(dashboard, published(api, "Rosa"))
    with LiveStream(dashboard.url, algebra.id) as one, LiveStream(dashboard.url, botany.id) as other:
        assert one.next("snapshot").students == ["Ada"]
        assert other.next("snapshot").students == ["Rosa"]
        api.create_result(algebra.id, NewResult("Alan", "17"))
        api.create_result(botany.id, NewResult("Carl", "12"))
        assert one.next("change").students == ["Alan"]
        assert other.next("change").students == ["Carl"]


def test_corrections_and_deletions_are_pushed(dashboard: StudentDashboard, api: TeacherApi) -> None:
    exam = listed(dashboard, published(api, "Ada"))
    (row,) = api.list_results(exam.id)
    with LiveStream(dashboard.url, exam.id) as stream:
        stream.next("snapshot")
        row = api.update_result(exam.id, row.id, row.version, grade="16")
        corrected = stream.next("change").data["rows"][0]
        assert corrected[:4] == [row.id, "Ada", "16", 2]
        api.delete_result(exam.id, row.id, row.version)
        assert stream.next("change").data["gone"] == [row.id]


def test_with_codes_no_byte_reveals_a_name(dashboard: StudentDashboard, api: TeacherApi) -> None:
    exam = listed(dashboard, published(api, audience=Audience.CODES))
    api.create_result(exam.id, NewResult("7K4QX2", "14", "Grace Hopper"))
    with LiveStream(dashboard.url, exam.id) as stream:
        events = [stream.next("snapshot")]
        if not events[0].students:
            events.append(stream.next("change"))
        api.create_result(exam.id, NewResult("9M3TZ4", "12", "Alan Turing"))
        events.append(stream.next("change"))
    texts = [str(event.data) for event in events]
    texts += [
        httpx.get(f"{dashboard.url}{path}", trust_env=False).text
        for path in (f"/live/{exam.id}.json", f"/board/{exam.id}")
    ]
    assert any("9M3TZ4" in text for text in texts)
    for text in texts:
        for secret in ("Grace", "Hopper", "Turing", "owner"):
            assert secret not in text


def test_a_reconnecting_student_receives_only_what_was_missed(
    dashboard: StudentDashboard, api: TeacherApi
) -> None:
    exam = listed(dashboard, published(api, "Ada"))
    with LiveStream(dashboard.url, exam.id) as always_there:
        always_there.next("snapshot")
        with LiveStream(dashboard.url, exam.id) as first:
            first.next("snapshot")
            api.create_result(exam.id, NewResult("Seen", "10"))
            last_seen = first.next("change").event_id
        api.create_result(exam.id, NewResult("Missed", "11"))
        with LiveStream(dashboard.url, exam.id, last_seen) as again:
            back = next(event for event in again.events() if event.kind not in WITHOUT_ROWS)
    assert (back.kind, back.students) == ("change", ["Missed"])


def test_a_draft_looks_like_an_exam_that_never_existed(dashboard: StudentDashboard, api: TeacherApi) -> None:
    draft = api.create_exam(NewExam("Secret", dt.date(2026, 6, 18), "Ms Ada", OUT_OF_20))
    with LiveStream(dashboard.url, draft.id) as of_draft, LiveStream(dashboard.url, new_id()) as of_none:
        for stream in (of_draft, of_none):
            assert [next(stream.events()).kind for _ in range(3)] == ["feed", "gone", "feed"]
    for exam_id in (draft.id, new_id()):
        answer = httpx.get(f"{dashboard.url}/live/{exam_id}.json", trust_env=False)
        assert (answer.status_code, answer.json()) == (404, NO_SUCH_EXAM)


def test_waiting_students_receive_an_exam_as_soon_as_it_is_published(
    dashboard: StudentDashboard, api: TeacherApi
) -> None:
    draft = api.create_exam(NewExam("Early", dt.date(2026, 6, 18), "Ms Ada", OUT_OF_20))
    with LiveStream(dashboard.url, draft.id) as stream:
        stream.next("gone")
        api.create_result(draft.id, NewResult("Ada", "14"))
        api.publish_exam(draft.id, draft.version)
        assert stream.next("snapshot").students == ["Ada"]


def test_unpublishing_an_exam_removes_it_from_every_screen(
    dashboard: StudentDashboard, api: TeacherApi
) -> None:
    exam = listed(dashboard, published(api, "Ada"))
    with LiveStream(dashboard.url, exam.id) as stream:
        stream.next("snapshot")
        exam = api.unpublish_exam(exam.id, exam.version)
        stream.next("gone")
        api.publish_exam(exam.id, exam.version)
        assert stream.next("snapshot").students == ["Ada"]


def test_a_first_event_comes_at_once_and_heartbeats_follow(
    dashboard: StudentDashboard, api: TeacherApi
) -> None:
    exam = listed(dashboard, published(api))
    with LiveStream(dashboard.url, exam.id) as stream:
        assert stream.next("feed").data["state"] == "LIVE"
        stream.next("snapshot")
        stream.next("feed")
    assert stream.headers["Cache-Control"] == "no-store"
    assert stream.headers["X-Accel-Buffering"] == "no"


def test_limits_are_explained_and_slots_are_freed(backend: RunningBackend, api: TeacherApi) -> None:
    exam = published(api)
    limits = {"EXAM_RESULTS_STREAMS_PER_ADDRESS_MAX": "2", "EXAM_RESULTS_STREAMS_MAX": "3"}
    with (
        StudentDashboard({**backend.settings, **limits, "EXAM_RESULTS_TRUSTED_PROXIES": "0"}) as dashboard,
        contextlib.ExitStack() as stack,
    ):
        first = stack.enter_context(LiveStream(dashboard.url, exam.id))
        stack.enter_context(LiveStream(dashboard.url, exam.id)).next("feed")
        first.next("feed")
        with LiveStream(dashboard.url, exam.id) as third:
            assert third.status == 429
            assert third.headers["Retry-After"] == "30"
            assert third.answer == {"error": "Too many streams from this address."}
        first.close()
        wait_until(
            lambda: _status_of_one_more(dashboard.url, exam.id, stack) == 200, what="a place coming free"
        )


def test_it_stops_at_once_with_streams_open(backend: RunningBackend, api: TeacherApi) -> None:
    """Each stream ends as a complete response; its port and the metrics port are free, no process is left."""
    exam = published(api)
    metrics_port = free_port()
    settings = {**backend.settings, "EXAM_RESULTS_METRICS_PORT": str(metrics_port)}
    with StudentDashboard(settings) as dashboard, contextlib.ExitStack() as stack:
        streams = [stack.enter_context(LiveStream(dashboard.url, exam.id)) for _ in range(20)]
        for stream in streams:
            stream.next("snapshot")
        metrics = httpx.get(f"http://127.0.0.1:{metrics_port}/metrics", trust_env=False).text
        assert "exam_results_streams 20.0" in metrics
        assert "exam_results_feed_live 1.0" in metrics
        assert httpx.get(f"{dashboard.url}/metrics", trust_env=False).text != metrics, "not for the public"
        process = psutil.Process(dashboard.process.pid)
        family = [process, *process.children(recursive=True)]
        dashboard.process.send_signal(signal.SIGTERM)
        for stream in streams:
            assert [event.kind for event in stream.events() if event.kind not in WITHOUT_ROWS] == []
        assert dashboard.process.wait(10) == -signal.SIGTERM
        assert psutil.wait_procs(family, timeout=10)[1] == []
        stack.close()
        for port in (urlsplit(dashboard.url).port, metrics_port):
            with socket.create_server(("127.0.0.1", port or 0)):
                pass
    assert "Traceback" not in dashboard.output


def _status_of_one_more(url: str, exam_id: str, stack: contextlib.ExitStack) -> int:
    return stack.enter_context(LiveStream(url, exam_id)).status
