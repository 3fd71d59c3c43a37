"""The board alone, without its style, on an empty page, with a stream that brings what the test says."""

from typing import Any

from playwright.sync_api import Page

from student_app.drawing.files import BOARD_SCRIPT, board_html

__all__ = ["mount_board", "say"]

_STREAM = """window.EventSource = class {
  static CLOSED = 2;
  constructor() { this.acts = {}; window.stream = this; }
  addEventListener(kind, act) { this.acts[kind] = act; }
  close() {}
};
window.say = (kind, data) => stream.acts[kind]({data: JSON.stringify(data)});"""
_MOUNT = BOARD_SCRIPT.replace("export default function (", "window.mountBoard = function (", 1)


def mount_board(page: Page) -> None:
    """The page then has `mountBoard`, and `say` once a board is mounted."""
    page.route(
        "http://exams.example/", lambda route: route.fulfill(body=board_html(), content_type="text/html")
    )
    page.goto("http://exams.example/")
    page.evaluate(f"(() => {{ {_STREAM} }})()")
    page.evaluate(f"(() => {{ {_MOUNT} }})()")


def say(page: Page, kind: str, data: Any) -> None:
    """The stream brings this message."""
    page.evaluate("([kind, data]) => say(kind, data)", [kind, data])
