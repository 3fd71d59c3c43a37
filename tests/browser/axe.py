"""axe-core in a page: what breaks WCAG 2.1 at levels A and AA, and what it could not judge.

    assert faults_of(page) == []
    assert faults_of(page, KNOWN_OF_STREAMLIT) == []     a fault that is not ours is named, with its reason

The script comes with axe-playwright-python and is put in over the debugger, so that a page's
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
    """`rule` is axe's word; `element` a CSS path (of frames and shadow roots one after the other)."""

    rule: str
    element: str
    html: str
    advice: str


@dataclass(frozen=True, slots=True)
class Known:
    """A fault that others bring: `rule`, at elements whose HTML or path has `part`. `reason` says whose it
    is and why it stays."""

    rule: str
    part: str
    reason: str

    def covers(self, fault: Fault) -> bool:
        return self.rule == fault.rule and (self.part in fault.html or self.part in fault.element)


def faults_of(page: Page, known: Iterable[Known] = (), *, within: str | None = None) -> list[Fault]:
    """Every fault of the page as it is now, one for each element; `within` is a CSS selector."""
    accepted = tuple(known)
    found = _run(page, "violations", within)
    return [fault for fault in found if not any(one.covers(fault) for one in accepted)]


def undecided_of(page: Page, rule: str, *, within: str | None = None) -> list[Fault]:
    """Where axe could not tell whether `rule` is kept, as with a text's contrast before a gradient."""
    return [fault for fault in _run(page, "incomplete", within) if fault.rule == rule]


def _run(page: Page, kind: Literal["violations", "incomplete"], within: str | None) -> list[Fault]:
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE_SCRIPT)
    results: list[dict[str, Any]] = page.evaluate(
        "([context, kind, tags]) => axe.run(context ?? document, {runOnly: tags, resultTypes: [kind]})"
        ".then(found => found[kind])",
        [within, kind, list(WCAG_2_1_A_AND_AA)],
    )
    return [
        Fault(result["id"], _path(node["target"]), node["html"], node.get("failureSummary") or result["help"])
        for result in results
        for node in result["nodes"]
    ]


def _path(target: list[str | list[str]]) -> str:
    return " >>> ".join(part if isinstance(part, str) else " ".join(part) for part in target)
