"""Both dashboards through the containers' proxy, over HTTPS: a real Caddy with the shipped configuration."""

import contextlib
import datetime as dt
import json
import re
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import brotli
import pytest
import requests
from playwright.sync_api import expect

from deploy.containers.compress import compress_tree
from shared.api.calls import TeacherApi
from shared.model.exam import Exam, NewExam, NewResult
from shared.model.scales import OUT_OF_20
from shared.settings import load_teacher_settings
from tests.backend_process import BackendClient
from tests.browser.people import DEADLINE_MS, Person, sign_in
from tests.builders import new_id
from tests.pair_process import PairProcess
from tests.ports import free_ports, quiet_ports
from tests.proxy_process import ProxyProcess, streamlit_static_folder
from tests.waiting import wait_until

INTERNAL = (
    "/metrics",
    "/_stcore/metrics",
    "/_stcore/metrics/",
    "/_STCORE/METRICS",
    "/_stcore//metrics",
    "/_stcore/%6detrics",
    "/static/../_stcore/metrics",
    "/readyz",
)


@pytest.fixture(scope="module")
def static_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some of Streamlit's files as in the image; the dashboards serve the rest."""
    folder = tmp_path_factory.mktemp("static")
    source = folder / "source" / "static"
    for kind, pattern in (("js", "index.*.js"), ("css", "*.css")):
        (source / kind).mkdir(parents=True)
        for path in sorted((streamlit_static_folder() / "static" / kind).glob(pattern))[:2]:
            shutil.copy(path, source / kind)
    compress_tree(folder / "source", folder / "served")
    return folder / "served"


@pytest.fixture(scope="module")
def ports() -> list[int]:
    """Three for the pair, two for the proxy: each needs the other's."""
    return quiet_ports(5)


@pytest.fixture(scope="module")
def pair_behind(tmp_path_factory: pytest.TempPathFactory, ports: list[int]) -> Iterator[PairProcess]:
    """With the settings of the compose file."""
    environment = {
        "EXAM_RESULTS_TRUSTED_PROXIES": "1",
        "EXAM_RESULTS_SECURE_COOKIES": "true",
        "EXAM_RESULTS_STUDENT_URL": f"https://localhost:{ports[3]}",
        "EXAM_RESULTS_METRICS_PORT": "0",
    }
    with PairProcess(tmp_path_factory.mktemp("behind"), ports=ports[:3], environment=environment) as running:
        yield running


@pytest.fixture(scope="module")
def proxy(
    tmp_path_factory: pytest.TempPathFactory, pair_behind: PairProcess, ports: list[int], static_root: Path
) -> Iterator[ProxyProcess]:
    with ProxyProcess(
        tmp_path_factory.mktemp("proxy"),
        teacher_port=pair_behind.ports[0],
        student_port=pair_behind.ports[1],
        static_root=static_root,
        ports=(ports[3], ports[4]),
    ) as running:
        yield running


@pytest.fixture(scope="module")
def backend(pair_behind: PairProcess) -> BackendClient:
    return BackendClient(pair_behind.backend_url, pair_behind.data_dir)


@pytest.fixture(scope="module")
def username(backend: BackendClient) -> str:
    name = f"teacher-{new_id()[:8]}"
    backend.create_teacher(name)
    return name


@pytest.fixture(scope="module")
def api(backend: BackendClient, username: str) -> Iterator[TeacherApi]:
    token = backend.sign_in(username).access_token
    with contextlib.closing(
        TeacherApi(load_teacher_settings(dict(backend.settings)).backend, lambda: token)
    ) as opened:
        yield opened


@pytest.fixture(scope="module")
def exam(api: TeacherApi) -> Exam:
    """Published, with one row."""
    made = api.create_exam(NewExam("Chemistry", dt.date(2026, 6, 1), "M. Curie", OUT_OF_20))
    api.create_result(made.id, NewResult("Early Bird", "11"))
    return api.publish_exam(made.id, made.version)


@pytest.fixture
def http(proxy: ProxyProcess) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.verify = str(proxy.certificate)
        session.trust_env = False
        yield session


def sites(proxy: ProxyProcess) -> tuple[str, str]:
    return proxy.student_url, proxy.teacher_url


def test_a_teacher_signs_in_and_students_watch_over_https(
    proxy: ProxyProcess, api: TeacherApi, exam: Exam, username: str, new_person: Callable[..., Person]
) -> None:
    """The WebSockets and the stream pass through; the student's page is never reloaded."""
    teacher = new_person(ignore_https_errors=True)
    sign_in(teacher.page, proxy.teacher_url, username)
    expect(teacher.page.get_by_text("Chemistry").first).to_be_visible(timeout=DEADLINE_MS)
    cookies = [one for one in teacher.context.cookies() if one["httpOnly"]]
    assert cookies
    for cookie in cookies:
        assert cookie["name"].startswith("__Host-")
        assert cookie["secure"] is True
        assert cookie["sameSite"] == "Strict"
    student = new_person(ignore_https_errors=True).page
    student.goto(f"{proxy.student_url}/?exam={exam.id}")
    expect(student.get_by_role("row").filter(has_text="Early Bird")).to_be_visible(timeout=DEADLINE_MS)
    protocol = student.evaluate("performance.getEntriesByType('navigation')[0].nextHopProtocol")
    assert protocol == "h2"  # with HTTP/1.1 a browser's seventh tab would wait forever
    api.create_result(exam.id, NewResult("Marie", "19.5"))
    row = student.get_by_role("row").filter(has_text="Marie")
    expect(row).to_contain_text("19.5", timeout=DEADLINE_MS)


@pytest.mark.parametrize("path", INTERNAL)
def test_internal_paths_are_not_published(proxy: ProxyProcess, http: requests.Session, path: str) -> None:
    for site in sites(proxy):
        # Sent unchanged: the library would normalise the dots.
        request = http.prepare_request(requests.Request("GET", site))
        request.url = f"{site}{path}"
        answer = http.send(request, timeout=10, allow_redirects=False)
        assert answer.status_code == 404, path
        assert answer.content == b""


@pytest.mark.parametrize("operation", ["AdminCreateUser", "ListUsers", "AdminSetUserPassword"])
def test_the_backends_operations_are_unreachable(
    proxy: ProxyProcess, http: requests.Session, operation: str
) -> None:
    headers = {
        "X-Amz-Target": f"AWSCognitoIdentityProviderService.{operation}",
        "Content-Type": "application/x-amz-json-1.1",
    }
    for site in sites(proxy):
        for path in ("/", "/graphql"):
            answer = http.post(f"{site}{path}", data="{}", headers=headers, timeout=10, allow_redirects=False)
            assert answer.status_code >= 300
            assert "x-amzn-requestid" not in answer.headers
            assert b"__type" not in answer.content


def test_every_page_has_the_security_headers(proxy: ProxyProcess, http: requests.Session) -> None:
    for site in sites(proxy):
        headers = http.get(f"{site}/", timeout=10).headers
        assert headers["Strict-Transport-Security"] == "max-age=31536000"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] in {"no-referrer", "same-origin"}
        assert "Server" not in headers
        assert "Via" not in headers
        assert headers.get("Content-Encoding") in {"br", "gzip", "zstd", None}


def test_plain_http_redirects_to_https(proxy: ProxyProcess, http: requests.Session) -> None:
    answer = http.get(f"http://localhost:{proxy.http_port}/board", timeout=10, allow_redirects=False)
    assert answer.status_code == 308
    assert answer.headers["Location"] == "https://localhost/board"  # users always come to port 443


def test_hashed_files_are_served_compressed_by_the_proxy_and_cached_by_the_browser(
    proxy: ProxyProcess, http: requests.Session, static_root: Path
) -> None:
    script = next((static_root / "static" / "js").glob("index.*.js"))
    url = f"{proxy.student_url}/static/js/{script.name}"
    answer = http.get(url, headers={"Accept-Encoding": "br, gzip"}, timeout=10, stream=True)
    packed = answer.raw.read(decode_content=False)
    assert answer.headers["Content-Encoding"] == "br"
    assert brotli.decompress(packed) == script.read_bytes()
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    older = http.get(url, headers={"Accept-Encoding": "gzip"}, timeout=10)
    assert older.headers["Content-Encoding"] == "gzip"
    assert older.content == script.read_bytes()
    oldest = http.get(url, headers={"Accept-Encoding": "identity"}, timeout=10)
    assert "Content-Encoding" not in oldest.headers
    assert oldest.content == script.read_bytes()


def test_a_file_missing_from_the_proxy_is_served_by_the_dashboard(
    proxy: ProxyProcess, http: requests.Session, static_root: Path
) -> None:
    """As after upgrading only a dashboard."""
    own = {path.name for path in (static_root / "static" / "js").iterdir()}
    other = next(
        path
        for path in sorted((streamlit_static_folder() / "static" / "js").iterdir())
        if path.name not in own
    )
    answer = http.get(f"{proxy.student_url}/static/js/{other.name}", timeout=10)
    assert answer.status_code == 200
    assert answer.content == other.read_bytes()


def test_a_stream_is_neither_buffered_nor_compressed(
    proxy: ProxyProcess, http: requests.Session, api: TeacherApi, exam: Exam
) -> None:
    """A change is read while the response is still open, in the form in which it was sent."""
    url = f"{proxy.student_url}/live/{exam.id}"
    with http.get(
        url, headers={"Accept-Encoding": "gzip, br, zstd"}, timeout=DEADLINE_MS / 1000, stream=True
    ) as stream:
        assert "Content-Encoding" not in stream.headers
        assert stream.headers["Cache-Control"] == "no-store"
        lines = stream.iter_lines(chunk_size=1, decode_unicode=True)
        assert any(line == "event: snapshot" for line in lines)
        api.create_result(exam.id, NewResult("Just Now", "17"))
        assert any(line.startswith("data:") and "Just Now" in line for line in lines)


def test_the_log_has_no_names_cookies_or_queries(
    proxy: ProxyProcess, http: requests.Session, exam: Exam
) -> None:
    secret = f"student-{new_id()}"
    http.get(f"{proxy.student_url}/board/{exam.id}?find={secret}", headers={"Cookie": secret}, timeout=10)

    def entries() -> list[dict[str, object]]:
        lines = [json.loads(line) for line in proxy.log_path.read_text().splitlines() if "handled" in line]
        return [one for one in lines if one["request"]["uri"].startswith(f"/board/{exam.id}")]

    wait_until(lambda: len(entries()) > 0, what="a line of the log")
    assert secret not in proxy.log_path.read_text()
    request = entries()[-1]["request"]
    assert isinstance(request, dict)
    assert re.fullmatch(rf"/board/{exam.id}\?", request["uri"])
    assert request["remote_ip"] == "127.0.0.0"
    assert "headers" not in request


def test_an_unreachable_dashboard_is_explained(tmp_path: Path, static_root: Path) -> None:
    student, teacher = free_ports(2)
    with ProxyProcess(tmp_path, student_port=student, teacher_port=teacher, static_root=static_root) as alone:
        answer = requests.get(alone.student_url, verify=str(alone.certificate), timeout=10)
    assert answer.status_code == 502
    assert "Load this page again in a moment" in answer.text
    assert answer.headers["Retry-After"] == "5"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "Strict-Transport-Security" in answer.headers
    assert "Server" not in answer.headers


def test_a_signal_stops_the_proxy_in_time_with_a_stream_open(
    tmp_path: Path, pair_behind: PairProcess, exam: Exam, static_root: Path
) -> None:
    proxy = ProxyProcess(
        tmp_path,
        teacher_port=pair_behind.ports[0],
        student_port=pair_behind.ports[1],
        static_root=static_root,
    )
    with (
        proxy,
        requests.get(
            f"{proxy.student_url}/live/{exam.id}", verify=str(proxy.certificate), timeout=10, stream=True
        ) as stream,
    ):
        assert next(stream.iter_content(16))
        status = proxy.stop(signal.SIGTERM)
    assert status == 0
