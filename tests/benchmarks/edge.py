"""Both dashboards behind CloudFront and the load balancer as tests/edge.py models them, at their real times.

    python -m tests.benchmarks.edge --minutes 10 --viewers 200

Viewers hold streams at two containers; a teacher saves a result a second; visitors come back after pauses
between a second and a minute and a half, so that they meet idle connections of every age; the origin key
changes in the middle. Prints what they were answered, and which changes a viewer missed.
"""

import argparse
import contextlib
import datetime as dt
import random
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import requests

from deploy.aws.hosting import key_change
from shared.api.calls import TeacherApi
from shared.model.exam import NewExam, NewResult
from shared.model.scales import OUT_OF_20
from tests.backend_process import BackendProcess
from tests.dashboard_process import TEACHER_APP, StudentDashboard, TeacherDashboard
from tests.edge import Edge
from tests.edge_viewers import Viewers
from tests.waiting import wait_until
from tests.wire.clients import backend_settings

VISITORS = 40
PAUSES_S = (1.0, 90.0)
KEYS = {"OriginKeyA": "first", "OriginKeyB": "second", "OriginKeySent": "A"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--viewers", type=int, default=100)
    given = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        backend = stack.enter_context(BackendProcess(folder / "data"))
        proxied = {"EXAM_RESULTS_TRUSTED_PROXIES": "2", "EXAM_RESULTS_SECURE_COOKIES": "true"}
        settings = {**backend.settings, **proxied}
        students = [stack.enter_context(StudentDashboard(settings)) for _ in range(2)]
        teacher = stack.enter_context(TeacherDashboard(settings, TEACHER_APP))
        containers = {"student": [one.port for one in students], "teacher": [teacher.port]}
        edge = stack.enter_context(Edge(folder, containers, KEYS))
        backend.create_teacher("ada")
        token = backend.sign_in("ada").access_token
        api = stack.enter_context(contextlib.closing(TeacherApi(backend_settings(backend), lambda: token)))
        exam = api.create_exam(NewExam("Optics", dt.date(2026, 6, 1), "Ada", OUT_OF_20))
        api.publish_exam(exam.id, exam.version)
        ends_at = time.monotonic() + 60 * given.minutes
        statuses: Counter[str] = Counter()
        urls = [f"{edge.urls['student']}/board/{exam.id}", f"{edge.urls['teacher']}/"]
        visitors = [
            threading.Thread(target=visit, args=(urls, str(edge.certificate), ends_at, statuses))
            for _ in range(VISITORS)
        ]
        with Viewers(edge, exam.id, given.viewers) as viewers:
            for visitor in visitors:
                visitor.start()
            saved = 0
            key_changes_at = time.monotonic() + 30 * given.minutes
            while time.monotonic() < ends_at:
                api.create_result(exam.id, NewResult(f"Student {saved:05}", "12"))
                saved += 1
                if key_changes_at is not None and time.monotonic() > key_changes_at:
                    change_key(edge)
                    key_changes_at = float("inf")
                time.sleep(1.0)
            last = f"Student {saved - 1:05}"
            wait_until(lambda: viewers.all_have(last), what="the last change at every viewer")
            missed = sum(not viewers.all_have(f"Student {number:05}") for number in range(saved))
            split = {port: edge.balancer.outstanding[port] for port in containers["student"]}
        for visitor in visitors:
            visitor.join()
        hops = (edge.balancer, *edge.cloudfronts.values())
        print(f"answers: {dict(statuses)}; the hops' own errors: {[dict(hop.own_errors) for hop in hops]}")
        print(f"{saved} changes, {missed} missed by a viewer; streams per container: {split}")


def visit(urls: list[str], certificate: str, ends_at: float, statuses: Counter[str]) -> None:
    """Asks for the pages again and again, after pauses of any length."""
    with requests.Session() as session:
        session.verify, session.trust_env = certificate, False
        while (left_s := ends_at - time.monotonic()) > 0:
            for url in urls:
                try:
                    statuses[str(session.get(url, timeout=20).status_code)] += 1
                except requests.RequestException as error:
                    statuses[type(error).__name__] += 1
            time.sleep(min(left_s, random.uniform(*PAUSES_S)))


def change_key(edge: Edge) -> None:
    """As `host --new-origin-key` does, CloudFront a second after the balancer."""
    parameters = dict(KEYS)
    numbers = iter(range(10))
    for step in key_change("A", lambda: f"new {next(numbers)}"):
        parameters |= step
        edge.deploy_balancer(parameters)
        time.sleep(1.0)
        edge.deploy_cloudfront(parameters)


if __name__ == "__main__":
    main()
