"""Checks of both dashboards through CloudFront, which no emulator runs.

They use the API's checks (api.py) to make exams. Every check deletes what it made.
"""

import re
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from deploy.aws.smoke.api import CheckResult, Smoke, expect, results_of
from shared.model.exam import Exam, new_id

__all__ = ["PAGE_CHECKS", "Pages", "PagesSmoke"]

REQUEST_S = 20.0
SHOWN_WITHIN_S = 30.0
SHOWN_INTERVAL_S = 0.5
QUIET_S = 70.0  # longer than CloudFront and the balancer wait for a silent stream
INTERNAL = ("/metrics", "/_stcore/metrics", "/readyz")


@dataclass(frozen=True, slots=True)
class Pages:
    """Both addresses, without a slash at the end. `authority`: a certificate's file to trust, for tests."""

    student_url: str
    teacher_url: str
    authority: str | None = None

    def visitor(self) -> requests.Session:
        """A visitor with cookies of their own; close it."""
        session = requests.Session()
        session.headers["Accept"] = "text/html,*/*;q=0.8"  # as browsers say
        if self.authority is not None:
            session.verify, session.trust_env = self.authority, False  # the environment's would win
        return session


class PagesSmoke:
    """The checks over the pages of one stack, with a teacher's name and password. close() it at the end."""

    def __init__(
        self, pages: Pages, smoke: Smoke, username: str, password: str, *, quiet_s: float = QUIET_S
    ) -> None:
        self.pages, self.smoke = pages, smoke
        self.username, self.password, self.quiet_s = username, password, quiet_s
        self.http = pages.visitor()

    def close(self) -> None:
        """Closes every connection."""
        self.http.close()

    def run(self) -> Iterator[CheckResult]:
        """Each check's result, as results_of() yields it."""
        return results_of(PAGE_CHECKS, self)

    def status(self, path: str) -> int:
        """Of the students' dashboard."""
        return self.http.get(f"{self.pages.student_url}{path}", timeout=REQUEST_S).status_code

    def until_shown(self, path: str) -> None:
        """Returns once the path answers 200."""
        deadline = time.monotonic() + SHOWN_WITHIN_S
        while (status := self.status(path)) != 200:
            expect(time.monotonic() < deadline, f"{path} still answers {status}")
            time.sleep(SHOWN_INTERVAL_S)

    def published(self, exam: Exam) -> None:
        self.smoke.teacher.publish_exam(exam.id, exam.version)
        self.until_shown(f"/live/{exam.id}.json")


def _pages_answer(smoke: PagesSmoke) -> None:
    page = smoke.http.get(f"{smoke.pages.student_url}/", timeout=REQUEST_S)
    expect(page.status_code == 200, page.status_code)
    expect("max-age" in page.headers.get("Strict-Transport-Security", ""), dict(page.headers))
    gate = smoke.http.get(f"{smoke.pages.teacher_url}/", timeout=REQUEST_S)
    expect('name="password"' in gate.text, gate.text[:200])


def _files_are_cached(smoke: PagesSmoke) -> None:
    page = smoke.http.get(f"{smoke.pages.student_url}/?exam={new_id()}", timeout=REQUEST_S)
    found = re.search(r'(?:src|href)="([^"]*static/[^"]+)"', page.text)
    if found is None:
        expect(False, "the page names no file under static/")
        return
    url = urljoin(page.url, found[1])
    answers = [smoke.http.get(url, timeout=REQUEST_S) for _ in range(2)]
    for answer in answers:
        expect(answer.status_code == 200, answer.status_code)
        expect("Set-Cookie" not in answer.headers, answer.headers.get("Set-Cookie"))
    expect(answers[1].headers.get("X-Cache", "").startswith("Hit"), answers[1].headers.get("X-Cache"))


def _internal_paths_are_closed(smoke: PagesSmoke) -> None:
    for site in (smoke.pages.student_url, smoke.pages.teacher_url):
        for path in INTERNAL:
            status = smoke.http.get(f"{site}{path}", timeout=REQUEST_S).status_code
            expect(status == 404, (site, path, status))


def _errors_are_not_kept(smoke: PagesSmoke) -> None:
    with smoke.smoke.exam() as exam:
        paths = [f"/board/{exam.id}", f"/live/{exam.id}.json"]
        for path in paths:
            expect(smoke.status(path) == 404, (path, smoke.status(path)))
        smoke.published(exam)
        for path in paths:
            expect(smoke.status(path) == 200, (path, smoke.status(path)))


def _streams_stay(smoke: PagesSmoke) -> None:
    with smoke.smoke.exam() as exam:
        smoke.published(exam)
        url = f"{smoke.pages.student_url}/live/{exam.id}"
        with smoke.http.get(url, stream=True, timeout=REQUEST_S) as stream:
            lines = stream.iter_lines(chunk_size=1, decode_unicode=True)
            ends_at = time.monotonic() + smoke.quiet_s
            while time.monotonic() < ends_at:
                expect(next(lines, None) is not None, "the stream ended")
            smoke.smoke.new_row(exam)
            expect(any("Ada" in line for line in lines), "the change did not come")


def _websockets_pass(smoke: PagesSmoke) -> None:
    url = f"{smoke.pages.student_url.replace('http', 'ws', 1)}/_stcore/stream"
    tls = ssl.create_default_context(cafile=smoke.pages.authority) if url.startswith("wss") else None
    with connect(
        url,
        ssl=tls,
        origin=Origin(smoke.pages.student_url),
        subprotocols=[Subprotocol("streamlit")],
        open_timeout=REQUEST_S,
    ) as socket:
        expect(socket.subprotocol == "streamlit", socket.subprotocol)


class _Form(HTMLParser):
    """The first form of a page, with what it has filled in."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        if tag == "form" and not self.action:
            self.action = found.get("action") or ""
        elif tag == "input" and found.get("name"):
            self.fields[str(found["name"])] = found.get("value") or ""


def _a_teacher_signs_in(smoke: PagesSmoke) -> None:
    with smoke.pages.visitor() as teacher:
        page = teacher.get(f"{smoke.pages.teacher_url}/", timeout=REQUEST_S)
        form = _Form(page.text)
        answer = teacher.post(
            urljoin(page.url, form.action),
            data={**form.fields, "username": smoke.username, "password": smoke.password},
            headers={"Origin": smoke.pages.teacher_url},
            timeout=REQUEST_S,
        )
        expect(answer.status_code == 200, (answer.status_code, answer.text[:300]))
        expect('name="password"' not in answer.text, "the sign-in page came again")
        own = [cookie for cookie in teacher.cookies if cookie.name.startswith("__Host-")]
        expect(bool(own) and all(cookie.secure for cookie in own), [cookie.name for cookie in own])


PAGE_CHECKS: dict[str, Callable[[PagesSmoke], None]] = {
    "both dashboards answer through CloudFront, over HTTPS alone": _pages_answer,
    "Streamlit's files come from CloudFront's cache, without a cookie": _files_are_cached,
    "internal pages are closed": _internal_paths_are_closed,
    "an exam that was missing is there once it is published": _errors_are_not_kept,
    "streams stay for longer than a minute and then carry a change": _streams_stay,
    "WebSockets pass": _websockets_pass,
    "a teacher signs in, with cookies for HTTPS alone": _a_teacher_signs_in,
}
