"""axe-core in a page: violations of WCAG 2.1 levels A and AA, and what it could not decide.

    assert faults_of(page) == []
    assert faults_of(page, KNOWN_OF_STREAMLIT) == []     faults that are not ours are listed with a reason

The script comes with axe-playwright-python and is injected through the debugger, so that a page's
Content-Security-Policy stays as it is. Where scripts are switched off, axe cannot run.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

__all__ = ["Fault", "Known", "faults_of", "undecided_of"]

WCAG_2_1_A_AND_AA = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa")


@dataclass(frozen=True, slots=True)
class Fault:
    """`rule` is axe's id; `element` a CSS path (through frames and shadow roots, one after the other)."""

    rule: str
    element: str
    html: str
    advice: str


@dataclass(frozen=True, slots=True)
class Known:
    """A third-party fault: `rule`, at elements whose HTML or path contains `part`. `reason` says whose it
    is and why it stays."""

    rule: str
    part: str
    reason: str

    def covers(self, fault: Fault) -> bool:
        return self.rule == fault.rule and (self.part in fault.html or self.part in fault.element)


def faults_of(page: Page, known: Iterable[Known] = (), *, within: str | None = None) -> list[Fault]:
    """Every fault of the page in its current state, one per element; `within` is a CSS selector."""
    accepted = tuple(known)
    found = _run(page, "violations", within, WCAG_2_1_A_AND_AA)
    return [fault for fault in found if not any(one.covers(fault) for one in accepted)]


def undecided_of(page: Page, rule: str, *, within: str | None = None) -> list[Fault]:
    """Where axe could not decide whether `rule` is met, such as the contrast of text on a gradient."""
    return _run(page, "incomplete", within, [rule])


def _run(
    page: Page, kind: Literal["violations", "incomplete"], within: str | None, only: Iterable[str]
) -> list[Fault]:
    """`only`: tags, or rules."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE_SCRIPT)
    results: list[dict[str, Any]] = page.evaluate(
        "([context, kind, only]) => axe.run(context ?? document, {runOnly: only, resultTypes: [kind]})"
        ".then(found => found[kind])",
        [within, kind, list(only)],
    )
    return [
        Fault(result["id"], _path(node["target"]), node["html"], node.get("failureSummary") or result["help"])
        for result in results
        for node in result["nodes"]
    ]


def _path(target: list[str | list[str]]) -> str:
    return " >>> ".join(part if isinstance(part, str) else " ".join(part) for part in target)
