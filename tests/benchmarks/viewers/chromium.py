"""A real Chromium among the viewers: when each change is in its page's DOM."""

import contextlib
import time
from collections.abc import Iterator, Sequence

from playwright.sync_api import Page, sync_playwright

from tests.benchmarks.viewers.figures import mark_of
from tests.browser.conftest import CHROMIUM, CHROMIUM_ARGUMENTS

__all__ = ["BoardInChromium", "board_in_chromium"]

DEADLINE_MS = 60_000
CLOCK_TRIES = 30

# Runs in the page. A row counts once it is in the table, whatever rendered it.
OBSERVE = r"""board => {
  window.seenAt = {};
  const look = () => {
    for (const [mark] of board.querySelector(".rows tbody").textContent.matchAll(/chg-\d{6}/g))
      window.seenAt[mark] ??= performance.now();
  };
  new MutationObserver(look).observe(board, { subtree: true, childList: true, characterData: true });
}"""


class BoardInChromium:
    def __init__(self, page: Page) -> None:
        self._page = page
        self.clock_error_ms = 0.0

    def arrived_s(self, changes: int) -> Sequence[float]:
        """By this machine's monotonic clock; 0 for a change that never appeared in the table."""
        seen: dict[str, float] = self._page.evaluate("window.seenAt")
        offset_s = self._clock_offset_s()
        times = [seen.get(mark_of(change)) for change in range(changes)]
        return [0.0 if at_ms is None else at_ms / 1000 + offset_s for at_ms in times]

    def screenshot(self, path: str) -> None:
        self._page.screenshot(path=path, full_page=True)

    def _clock_offset_s(self) -> float:
        """Offset of the page's clock, from the fastest of some queries; wrong by half its time at most."""
        best_s, offset_s = float("inf"), 0.0
        for _ in range(CLOCK_TRIES):
            before_s = time.monotonic()
            page_s = self._page.evaluate("performance.now()") / 1000
            after_s = time.monotonic()
            if after_s - before_s < best_s:
                best_s, offset_s = after_s - before_s, (before_s + after_s) / 2 - page_s
        self.clock_error_ms = best_s * 1000 / 2
        return offset_s


@contextlib.contextmanager
def board_in_chromium(url: str) -> Iterator[BoardInChromium]:
    """Opens the page, newest rows on top, because only the visible part of a long table is in the DOM."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        with contextlib.closing(browser):
            page = browser.new_page()
            page.set_default_timeout(DEADLINE_MS)
            page.goto(url)
            page.locator("#first-paint").wait_for(state="detached")  # the board that stays is Streamlit's
            page.get_by_role("button", name="New", exact=True).click()
            page.locator(".board .rows tbody tr[data-id]").first.wait_for()
            page.locator(".board").evaluate(OBSERVE)
            yield BoardInChromium(page)
