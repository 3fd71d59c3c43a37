"""The student dashboard as a process of its own, started by the same command as in production."""

from collections.abc import Mapping

import httpx

from tests.teacher_app.dashboard_process import TeacherDashboard
from tests.waiting import wait_until

__all__ = ["StudentDashboard"]

MODULE = "student_app"
READY_DEADLINE_S = 20.0


class StudentDashboard(TeacherDashboard):
    """As the teacher's; the constructor returns once its feed is live."""

    def __init__(self, settings: Mapping[str, str], *, port: int = 0) -> None:
        super().__init__(settings, MODULE, port=port)
        try:
            wait_until(
                lambda: self.ready_status() == 200, deadline_s=READY_DEADLINE_S, what="the feed being live"
            )
        except BaseException:
            self.stop()
            raise

    def ready_status(self) -> int:
        return httpx.get(f"{self.url}/readyz", trust_env=False).status_code
