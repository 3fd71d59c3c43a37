"""A teacher using the dashboard's script without the gate or a browser, against the embedded backend.

    desk = Desk(backend, "curie")
    with desk.serving():
        page = desk.open(navigation.EXAM, exam=exam_id)      streamlit.testing's AppTest, run once

`desk.is_down` makes the API unreachable, `desk.has_ended` ends the session.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from streamlit.testing.v1 import AppTest

from shared.api.calls import TeacherApi
from shared.model.errors import BackendUnreachable, SessionEnded
from shared.settings import TeacherSettings, load_teacher_settings
from teacher_app import context
from teacher_app.gate.gate import Gate
from teacher_app.gate.open_pages import OpenPages
from tests.backend_process import BackendClient

__all__ = ["STUDENT_URL", "Desk"]

SCRIPT = Path(__file__).with_name("page_script.py")
STUDENT_URL = "https://results.example.org"
RUN_DEADLINE_S = 20.0


class Desk:
    """Stands in for the gate: what the scripts ask it for, for one teacher."""

    def __init__(self, backend: BackendClient, username: str) -> None:
        backend.create_teacher(username)
        signed_in = backend.sign_in(username)
        settings = load_teacher_settings(backend.settings, Path("/nonexistent"))
        self.settings: TeacherSettings = dataclasses.replace(settings, student_url=STUDENT_URL)
        self.sub = signed_in.sub
        self.username = username
        self.real_api = TeacherApi(settings.backend, lambda: signed_in.access_token)
        self.is_down = False
        self.has_ended = False
        self.pages = OpenPages()

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        """Makes the scripts of this process use this desk."""
        with context.serving(cast("Gate", self)):
            yield

    def session_of_page(self, _page_id: str | None) -> Any:
        if self.has_ended:
            raise SessionEnded
        teacher = SimpleNamespace(display_name=self.username, sub=self.sub, username=self.username)
        return SimpleNamespace(teacher=teacher, api=_Connection(self))

    def open(self, name: str, **query: str) -> AppTest:
        """Opens the page of that name (one of teacher_app.views.navigation) by its address."""
        page = AppTest.from_file(str(SCRIPT), default_timeout=RUN_DEADLINE_S)
        page.session_state["first_page"] = name
        for key, value in query.items():
            page.query_params[key] = value
        return page.run()

    def close(self) -> None:
        self.real_api.close()


class _Connection:
    """The API, unless the connection is down."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call: Callable[..., Any] = getattr(self._desk.real_api, name)

        def over_the_connection(*arguments: Any, **named: Any) -> Any:
            if self._desk.is_down:
                raise BackendUnreachable(self._desk.settings.backend.api_url, "no answer")
            return call(*arguments, **named)

        return over_the_connection
