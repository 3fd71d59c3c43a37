"""People using a browser: the faults that they see, and how a teacher signs in."""

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, WebError, expect

from tests.backend_process import PASSWORD
from tests.teacher_app.gate.gate_client import Page as GatePage

__all__ = [
    "DEADLINE_MS",
    "PHONE",
    "Person",
    "await_answers",
    "await_stillness",
    "choose_part",
    "in_every_look",
    "reload_but_stay",
    "reload_unasked",
    "sign_in",
    "sign_in_unseen",
    "tab_to",
]

DEADLINE_MS = 40_000  # the API client retries for 15 s before it gives up, and other work keeps machines busy
PHONE = {"viewport": {"width": 360, "height": 780}, "has_touch": True}
in_every_look = pytest.mark.parametrize(  # `options` of playwright's new_context
    "options",
    [
        pytest.param({"color_scheme": "light"}, id="light"),
        pytest.param({"color_scheme": "dark"}, id="dark"),
        pytest.param({"color_scheme": "light", **PHONE}, id="phone"),
    ],
)
_NOTHING_MOVES = """() => document.getAnimations().every(
  one => one.playState !== "running" || one.effect.getComputedTiming().endTime === Infinity
)"""
_ASKS = """asks => asks !== window.dispatchEvent(new Event("beforeunload", {cancelable: true}))"""


class Person:
    """A separate browser context with one page. `faults` has what should never appear in a console.

    `look` has those keywords of playwright's new_context that are named in LOOK. They are the page's, because
    contexts without them can be used again by more people: a second page would be a fault.
    """

    LOOK = ("viewport", "color_scheme", "forced_colors", "reduced_motion")

    def __init__(self, context: BrowserContext, **look: Any) -> None:
        self.context = context
        self.faults: list[str] = []
        context.set_default_timeout(DEADLINE_MS)
        context.on("console", self._note)
        context.on("weberror", self._note_error)
        self.page: Page = context.new_page()
        self._look = look
        context.on("page", self._note_page)
        media = dict(look)
        if size := media.pop("viewport", None):
            self.page.set_viewport_size(size)
        if media:
            self.page.emulate_media(**media)

    def leave(self) -> None:
        """From now on the context is somebody else's."""
        self.context.remove_listener("console", self._note)
        self.context.remove_listener("weberror", self._note_error)
        self.context.remove_listener("page", self._note_page)

    def _note(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            self.faults.append(message.text)

    def _note_page(self, _page: Page) -> None:
        if self._look:
            self.faults.append(f"a second page, without {self._look}")

    def _note_error(self, fault: WebError) -> None:
        self.faults.append(str(fault.error))


def sign_in(page: Page, teacher_url: str, username: str, password: str = PASSWORD) -> None:
    """Signs in at the gate with the keyboard; the password must be permanent."""
    page.goto(teacher_url)
    page.get_by_label("Name").fill(username)
    page.get_by_label("Password", exact=True).fill(password)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="My exams").wait_for()


def sign_in_unseen(context: BrowserContext, teacher_url: str, username: str) -> None:
    """Signs the browser in as its form does, without drawing a page: for tests of what comes after."""
    url = f"{teacher_url}/sign-in"
    empty = GatePage(context.request.get(url).text()).forms[0]["fields"]
    filled = {**empty, "username": username, "password": PASSWORD}
    answer = context.request.post(url, form=filled, headers={"Origin": teacher_url}, max_redirects=0)
    assert answer.status == 303, answer.text()


def await_answers(page: Page, timeout_ms: float = DEADLINE_MS) -> None:
    """Waits until Streamlit has answered everything that the page has sent."""
    expect(page.locator("[data-test-script-state=notRunning]")).to_be_attached(timeout=timeout_ms)


def await_stillness(page: Page) -> None:
    """Waits until all animations have ended; a list attached to something that moves is closed again."""
    page.wait_for_function(_NOTHING_MOVES)


def reload_but_stay(page: Page) -> None:
    """Reloads the page, is asked whether to leave unsaved input, and stays."""
    page.wait_for_function(_ASKS, arg=True)
    with page.expect_event("dialog") as asking:
        page.evaluate("setTimeout(() => location.reload())")
    assert asking.value.type == "beforeunload"
    asking.value.dismiss()


def reload_unasked(page: Page) -> None:
    """Reloads the page once it has no unsaved input; a question would still block the reload."""
    page.wait_for_function(_ASKS, arg=False)
    page.reload()


def tab_to(page: Page, wanted: Locator, presses_max: int = 80) -> None:
    """Presses Tab until `wanted` has the focus, as somebody without a mouse does."""
    _press_until(page, "Tab", wanted, presses_max)


def choose_part(page: Page, part: str) -> None:
    """Goes to a part of an exam's page: Tab to the choice, then arrow keys within it."""
    choice = page.get_by_role("radiogroup", name="Part of the work")
    tab_to(page, choice.get_by_role("radio", checked=True))
    wanted = choice.get_by_role("radio", name=part, exact=True)
    names = choice.get_by_role("radio").all_text_contents()
    here = choice.get_by_role("radio", checked=True).text_content() or ""
    key = "ArrowRight" if names.index(part) >= names.index(here) else "ArrowLeft"
    _press_until(page, key, wanted, presses_max=len(names))
    page.keyboard.press("Enter")
    expect(wanted).to_be_checked()


def _press_until(page: Page, key: str, wanted: Locator, presses_max: int) -> None:
    """A table passes the focus on to the cell inside it, at any moment after receiving it."""
    wanted.wait_for()
    for _ in range(presses_max):
        if wanted.evaluate("element => element.contains(element.getRootNode().activeElement)"):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{presses_max} presses of {key} do not lead to {wanted}")
