"""The dashboards in their own processes, started by the same command as in production."""

import sys
from collections.abc import Mapping

import httpx

from tests.server_process import ServerProcess
from tests.waiting import wait_until

__all__ = ["PROBE", "STUDENT_APP", "TEACHER_APP", "StudentDashboard", "TeacherDashboard"]

TEACHER_APP = "teacher_app"
STUDENT_APP = "student_app"
PROBE = "tests.teacher_app.probe_app"
FEED_DEADLINE_S = 20.0


class _Dashboard(ServerProcess):
    """`url` has no slash at its end."""

    def __init__(self, module: str, settings: Mapping[str, str], port: int) -> None:
        command = [sys.executable, "-m", module, "--port", str(port)]
        super().__init__(command, r"Uvicorn running on (http://127\.0\.0\.1:\d+)", environment=settings)
        self.url = self.ready[1]

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")

    @property
    def port(self) -> int:
        return int(self.host.partition(":")[2])


class TeacherDashboard(_Dashboard):
    """The gate around a small script, or the real thing: `module` is PROBE or TEACHER_APP."""

    def __init__(self, settings: Mapping[str, str], module: str = PROBE, *, port: int = 0) -> None:
        super().__init__(module, settings, port)


class StudentDashboard(_Dashboard):
    """The constructor returns once its feed is live. `module`: STUDENT_APP, or one that changes it."""

    def __init__(self, settings: Mapping[str, str], module: str = STUDENT_APP, *, port: int = 0) -> None:
        super().__init__(module, settings, port)
        try:
            wait_until(
                lambda: self.ready_status() == 200, deadline_s=FEED_DEADLINE_S, what="the feed being live"
            )
        except BaseException:
            self.stop()
            raise

    def ready_status(self) -> int:
        return httpx.get(f"{self.url}/readyz", trust_env=False).status_code
