"""Browser contexts that are used again, emptied of the person before.

A new context has a new process that compiles all of Streamlit's scripts anew: a third of the processor
time of opening a page. A used one keeps its process, with what is compiled, and its HTTP cache, in which
the dashboards keep nothing but files named by their content.

What is kept for the next person is only what is proven empty: a context is used again with equal options, if
these are among REUSED and if nobody used anything of it but HARMLESS. All others are closed.
"""

import contextlib
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from unittest import mock
from weakref import WeakSet

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page

__all__ = ["HARMLESS", "IDLE_MAX", "ONE_PROCESS", "ContextPool"]

IDLE_MAX = 4  # each keeps a process of 100 to 200 MB
REUSED = {"has_touch", "is_mobile", "locale", "storage_state", "timezone_id"}
# What reads, what belongs to one page and ends with it, and what is emptied. Routes, scripts, clocks,
# permissions and connections to the debugger are not among them, nor is whatever a later playwright may add.
HARMLESS = {
    "add_cookies",
    "browser",
    "clear_cookies",
    "close",
    "cookies",
    "expect_event",
    "expect_page",
    "is_closed",
    "new_page",
    "on",  # the listeners of a Person are removed by it
    "pages",
    "remove_listener",
    "request",
    "set_default_timeout",
    "storage_state",
    "wait_for_event",
}
# A new page joins the process of those that its context has open. Chromium with a window starts one for each
# page nevertheless, and gains less.
ONE_PROCESS = "--renderer-process-limit=1"


@dataclass(frozen=True, slots=True)
class _Kept:
    """`keeper` is a page that stays open between two people: the process ends with its last page."""

    options: str
    context: BrowserContext
    keeper: Page
    debugger: CDPSession


class ContextPool:
    """Lends contexts of `browser`, which must have been started with ONE_PROCESS. A context manager.

    While it is open, it notices what any context of playwright is used for.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._idle: list[_Kept] = []  # the one returned last is the last
        self._changed: WeakSet[BrowserContext] = WeakSet()
        self._noticing = contextlib.ExitStack()

    def __enter__(self) -> "ContextPool":
        for name, member in vars(BrowserContext).items():
            if not name.startswith("_") and name not in HARMLESS:
                self._notice(BrowserContext, name, member, lambda context: context)
        self._notice(Page, "clock", Page.clock, lambda page: page.context)
        return self

    def __exit__(self, *_exception: object) -> None:
        self._noticing.close()
        for kept in self._idle:
            kept.context.close()

    @contextlib.contextmanager
    def lent(self, **options: Any) -> Iterator[BrowserContext]:
        """A context without pages but the keeper's, if it has one; `options` are those of new_context."""
        state = options.get("storage_state", {})
        if not options.keys() <= REUSED or state.get("origins"):
            with self._browser.new_context(**options) as context:
                yield context
            return
        kept = self._taken({name: value for name, value in options.items() if name != "storage_state"})
        with contextlib.ExitStack() as at_the_end:
            at_the_end.callback(kept.context.close)
            kept.context.add_cookies(state.get("cookies", []))
            yield kept.context
            if kept.context in self._changed:
                return
            _empty(kept)
            at_the_end.pop_all()
        self._idle.append(kept)
        if len(self._idle) > IDLE_MAX:
            self._idle.pop(0).context.close()

    def _taken(self, options: dict[str, Any]) -> _Kept:
        name = repr(sorted(options.items()))
        for kept in reversed(self._idle):
            if kept.options == name:
                self._idle.remove(kept)
                return kept
        context = self._browser.new_context(**options)
        keeper = context.new_page()
        debugger = context.new_cdp_session(keeper)
        self._changed.discard(context)
        return _Kept(name, context, keeper, debugger)

    def _notice(
        self, kind: type, name: str, member: Any, context_of: Callable[[Any], BrowserContext]
    ) -> None:
        """From now on a use of this member is a change of the context."""
        changed = self._changed

        def used(self: Any) -> Any:
            changed.add(context_of(self))
            return member.fget(self)

        @functools.wraps(member)
        def called(self: Any, *arguments: Any, **keywords: Any) -> Any:
            changed.add(context_of(self))
            return member(self, *arguments, **keywords)

        self._noticing.enter_context(
            mock.patch.object(kind, name, property(used) if isinstance(member, property) else called)
        )


def _empty(kept: _Kept) -> None:
    """Like new, but for what is cached and compiled."""
    for page in kept.context.pages:
        if page != kept.keeper:
            page.close()
    # Of every site, and with its cookies.
    kept.debugger.send("Storage.clearDataForOrigin", {"origin": "*", "storageTypes": "all"})
