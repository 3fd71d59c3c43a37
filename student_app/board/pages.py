"""The board without Streamlit and without scripts: for very old phones, and for the rush of results day.

Plain pages, rendered once for each version of an exam and sent to everybody; a browser that already has the
current one gets a 304. They refresh themselves only on request: a page that reloads by itself loses the place
of people who use a screen reader (WCAG 2.1, 2.2.1).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from shared.live.cache import ExamCache
from shared.live.status import FeedState
from shared.model.exam import Audience, Exam, Result, is_id
from shared.model.hours import until_text
from shared.model.names import language_of
from shared.model.overview import overview_of
from shared.model.scales import describe
from shared.model.students import sorted_by_student
from shared.model.text import date_text
from shared.web.templates import html_templates
from student_app.exam.download import results_csv, results_file_name
from student_app.stream.hub import LiveHub, WatchedFeed
from student_app.stream.renderings import Renderings

__all__ = ["board_routes"]

PAGES_KEPT_MAX = 64
LISTED_EXAMS_MAX = 500  # an old phone shows no more; other exams are reached by their own addresses
REFRESH_S = 30

_templates = html_templates(Path(__file__).with_name("templates"))


def board_routes(
    cache: ExamCache, hub: LiveHub, feed: WatchedFeed, now_s: Callable[[], float]
) -> list[Route]:
    """GET /board: the exams. GET /board/<exam id>: one exam's results, with .csv as a file.

    `now_s` is the wall clock.
    """
    renderings = Renderings(PAGES_KEPT_MAX)

    async def exams(request: Request) -> Response:
        snapshot = cache.exams()
        page = await renderings.get(
            "exams",
            (snapshot.version, snapshot.is_loaded),
            lambda: _rendered(
                "exams.html",
                exams=snapshot.exams[:LISTED_EXAMS_MAX],
                found=len(snapshot.exams),
                held_back=snapshot.held_back,
            ),
        )
        return page.answer(request, "text/html")

    async def exam(request: Request) -> Response:
        exam_id = request.path_params["exam_id"]
        if not is_id(exam_id):
            return RedirectResponse("../board", 303)
        results = await hub.loaded(exam_id)
        found = cache.exam(exam_id)
        if found is None or results is None:
            return _missing(is_absent=cache.is_absent(exam_id))
        live, refreshes = feed.status.state is FeedState.LIVE, "refresh" in request.query_params
        as_of_s = now_s() if live else feed.status.as_of_s
        language = language_of(request.headers.get("accept-language"))
        as_of = "" if as_of_s is None else _minute(as_of_s)
        page = await renderings.get(
            (exam_id, refreshes, language),
            (found.version, results.version, live, as_of),
            lambda: _board(
                found,
                results.rows,
                as_of,
                left_s=cache.seconds_to_release(exam_id) if results.is_held_back else None,
                language=language,
                is_live=live,
                refreshes=refreshes,
            ),
        )
        return page.answer(request, "text/html")

    async def file(request: Request) -> Response:
        exam_id = request.path_params["exam_id"]
        results = await hub.loaded(exam_id) if is_id(exam_id) else None
        found = cache.exam(exam_id)
        if found is None or results is None:
            return _missing(is_absent=not is_id(exam_id) or cache.is_absent(exam_id))
        if results.is_held_back or found.audience is Audience.OWN:
            return RedirectResponse(exam_id, 303)  # which says when, or why there is no list
        language = language_of(request.headers.get("accept-language"))
        made = await renderings.get(
            (exam_id, "csv", language),
            (found.version, results.version),
            lambda: results_csv(found, results.rows, language),
        )
        answer = made.answer(request, "text/csv")
        name = quote(results_file_name(found))
        answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"  # RFC 6266
        return answer

    return [
        Route("/board/{exam_id}.csv", file, methods=["GET"]),
        Route("/board", exams, methods=["GET"]),
        Route("/board/{exam_id}", exam, methods=["GET"]),
    ]


def _board(
    exam: Exam,
    rows: tuple[Result, ...],
    as_of: str,
    *,
    left_s: float | None,
    language: str,
    is_live: bool,
    refreshes: bool,
) -> bytes:
    """`left_s`: how far off the exam's hour is, if its results are not out yet."""
    return _rendered(
        "exam.html",
        exam=exam,
        scale=describe(exam.scale),
        rows=[] if exam.audience is Audience.OWN else sorted_by_student(rows, exam.audience, language),
        is_own_only=exam.audience is Audience.OWN,
        overview=overview_of(exam, rows),
        until="" if left_s is None else until_text(left_s),
        is_live=is_live,
        as_of=as_of,
        refreshes=refreshes,
        refresh_s=REFRESH_S,
    )


def _missing(*, is_absent: bool) -> Response:
    text = _rendered("no_exam.html", is_absent=is_absent)
    return HTMLResponse(text, 404 if is_absent else 503, headers={"Retry-After": "5"})


def _minute(time_s: float) -> str:
    """In the server's zone, which is named: a page without scripts cannot ask for the reader's."""
    time = dt.datetime.fromtimestamp(time_s).astimezone()
    return f"{date_text(time)}, {time:%H:%M %Z}"


def _rendered(template: str, **values: object) -> bytes:
    return _templates.get_template(template).render(**values).encode()
