"""The first answer to a student: a page that is complete before a script runs, and live by one small script.

Streamlit's page needs several megabytes and many seconds on a slow phone. So `/` brings the board itself,
drawn here; its script follows the stream; and Streamlit's page, which loads beneath, takes its place when it
has drawn the same. Browsers that ask to save data (the Save-Data header) get Streamlit only on request.
"""

from __future__ import annotations

import asyncio
import hashlib
from base64 import b64encode
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from shared.live.cache import ExamCache, ExamsSnapshot, ResultsSnapshot
from shared.live.status import FeedState
from shared.model.exam import Audience, Exam, is_id
from shared.model.names import language_of
from shared.model.overview import overview_of
from shared.model.scales import describe
from shared.model.students import find_students, sorted_by_student
from shared.web.templates import html_templates
from student_app.drawing.files import BOARD_SCRIPT, BOARD_STYLE, board_html
from student_app.exam.choosing import OFFERED_MAX, exam_labels, matching_exams
from student_app.exam.own_result import own_texts
from student_app.first_paint.streamlit_page import streamlit_tags
from student_app.stream.hub import LiveHub, WatchedFeed
from student_app.stream.renderings import Renderings
from student_app.stream.run_gate import run_gate

__all__ = ["SCRIPT_HASH", "first_paint_routes"]

PAGES_KEPT_MAX: Final = 64
ROWS_MAX: Final = 60  # drawn by the server; the script brings the others, and /board has them without one
LISTED_EXAMS_MAX: Final = 200
NAME_LENGTH_MAX: Final = 120

_HERE = Path(__file__).parent
_templates = html_templates(_HERE / "templates")

# The board's own module, whose export becomes an ordinary function, and what hands over to Streamlit.
_SCRIPT: Final = BOARD_SCRIPT.replace("export default function (", "function mountBoard(", 1) + (
    _HERE / "first_paint.js"
).read_text("utf-8")
_STYLE: Final = BOARD_STYLE + (_HERE / "first_paint.css").read_text("utf-8")
SCRIPT_HASH: Final = f"'sha256-{b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()}'"


def first_paint_routes(cache: ExamCache, hub: LiveHub, feed: WatchedFeed) -> list[Route]:
    """GET /: the exam that `?exam=` names, or the list of exams; and GET /robots.txt."""
    renderings = Renderings(PAGES_KEPT_MAX)

    async def page(request: Request) -> Response:
        query = request.query_params
        is_light = request.headers.get("save-data", "").lower() == "on" and "full" not in query
        wanted = query.get("exam", "")
        exams = cache.exams()
        if not is_id(wanted):
            search = query.get("find", "").strip()[:NAME_LENGTH_MAX]
            rendering = await renderings.get(
                ("exams", search, bool(wanted)),
                (exams.version, exams.is_loaded),
                lambda: _render(
                    "exams.html", is_light=True, is_link_broken=bool(wanted), **_list(exams, search)
                ),
            )
            return rendering.answer(request, "text/html")
        results = await hub.loaded(wanted)
        exam = cache.exam(wanted)
        if exam is None or results is None:
            is_absent = cache.is_absent(wanted)
            board = board_html(exam_id=wanted, is_absent=is_absent)
            body = _render("waiting.html", is_light=is_light, exam_id=wanted, board=board)
            return HTMLResponse(body, headers={"Cache-Control": "no-store"})
        language = language_of(request.headers.get("accept-language"))
        asked = query.get("me", "").strip()[:NAME_LENGTH_MAX]
        is_live = feed.status.state is FeedState.LIVE

        def render() -> bytes:
            return _render(
                "exam.html",
                is_light=is_light,
                offered=_offered(exams.exams, exam),
                **_board(exam, results, asked, language=language, is_live=is_live),
            )

        if asked:
            body = await asyncio.to_thread(_in_turn, render)
            return HTMLResponse(body, headers={"Cache-Control": "no-store"})
        version = (exams.version, exam.version, results.version, is_live)
        rendering = await renderings.get((wanted, is_light, language), version, render)
        return rendering.answer(request, "text/html")

    async def robots(_request: Request) -> Response:
        return PlainTextResponse("User-agent: *\nDisallow: /\n")

    return [Route("/", page, methods=["GET"]), Route("/robots.txt", robots, methods=["GET"])]


def _in_turn(render: Callable[[], bytes]) -> bytes:
    with run_gate:
        return render()


def _list(snapshot: ExamsSnapshot, search: str) -> dict[str, object]:
    count = len(snapshot.exams)
    return {
        "exams": matching_exams(snapshot.exams, search, LISTED_EXAMS_MAX),
        "held_back": snapshot.held_back,
        "count": count,
        "is_loaded": snapshot.is_loaded,
        "search": search,
        "has_search": count > OFFERED_MAX,
    }


def _offered(exams: Sequence[Exam], shown: Exam) -> dict[str, str]:
    """The exams to choose from, by id, as Streamlit's page offers them."""
    offered = matching_exams(exams, "")
    return exam_labels(offered if shown in offered else [shown, *offered])


def _board(
    exam: Exam, results: ResultsSnapshot, asked: str, *, language: str, is_live: bool
) -> dict[str, object]:
    """What the template of an exam needs: plain values, and the drawn board."""
    is_own_only = exam.audience is Audience.OWN  # of which this process knows no student
    own = [] if is_own_only else find_students(results.rows, asked, exam.audience)
    overview = overview_of(exam, results.rows)
    numbers: dict[str, object] = {"hour": exam.release_at} if results.is_held_back else {"overview": overview}
    rows = () if is_own_only else results.rows
    shown = sorted_by_student(rows, exam.audience, language)[:ROWS_MAX]
    board = board_html(
        exam=exam,
        exam_id=exam.id,
        scale=describe(exam.scale),
        is_live=is_live,
        own_label="My code" if exam.audience.has_codes else "My name",
        asked="" if is_own_only else asked,
        is_own_only=is_own_only,
        own=[own_texts(exam, overview, row) for row in own],
        own_id=own[0].id if len(own) == 1 else "",
        rows=shown,
        **numbers,
    )
    return {"exam": exam, "board": board, "count": len(rows), "shown": len(shown)}


def _render(template: str, *, is_light: bool, **values: object) -> bytes:
    page = _templates.get_template(template)
    return page.render(
        **values,
        is_light=is_light,
        style=_STYLE,
        script=_SCRIPT,
        streamlit="" if is_light else streamlit_tags(),
    ).encode()
