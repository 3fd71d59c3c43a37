"""The dashboard's pages by name, and navigation between them within the tab."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import streamlit as st
from streamlit.navigation.page import Page

from teacher_app.views.address_choice import AddressChoice

__all__ = [
    "CLASSES",
    "DETAILS",
    "EXAM",
    "FIND",
    "GRADEBOOK",
    "LIKE",
    "LIST",
    "NEW",
    "PART",
    "PART_CHOICE",
    "SHARE",
    "STUDENT",
    "go_to_classes",
    "go_to_exam",
    "go_to_gradebook",
    "go_to_list",
    "go_to_new",
    "has_arrived",
    "is_other_part_chosen",
    "let_links_wait",
    "link_to",
    "note_arrival",
    "note_pages",
]

LIST = "list"
NEW = "new"
CLASSES = "classes"
EXAM = "exam"
GRADEBOOK = "gradebook"
FIND = "find"
STUDENT = "student"
LIKE = "like"  # in the address of a new exam
PART = "part"  # the key of the selected part, in the session and in the address
PART_CHOICE = AddressChoice(PART, PART)
SHARE = "Share"
DETAILS = "Details"

_links = st.components.v2.component(
    "page_links", js=Path(__file__).with_name("page_links.js").read_text("utf-8")
)
_PAGES = "pages"  # in the session: Streamlit needs its page objects, which each run creates anew
_SHOWN = "page-shown"
_ARRIVED = "page-arrived"


def note_pages(pages: Mapping[str, Page]) -> None:
    """Remember the pages of this run."""
    st.session_state[_PAGES] = pages


def note_arrival(page: Page) -> None:
    """Remember that this run shows that page, and whether the run before showed another."""
    st.session_state[_ARRIVED] = st.session_state.get(_SHOWN) != page.url_path
    st.session_state[_SHOWN] = page.url_path


def has_arrived() -> bool:
    """Whether the teacher has just come to this page."""
    arrived: bool = st.session_state[_ARRIVED]
    return arrived


def is_other_part_chosen() -> bool:
    """Whether the teacher has chosen another part than the one that is shown; for a run of that part alone.

    Streamlit's browser side joins what happens at one moment into one message and may take it for the part's
    alone (`scheduleFlush` of its WidgetStateManager, in 1.67).
    """
    return PART_CHOICE.is_pressed()


def let_links_wait() -> None:
    """On every page: what was typed right before a link was pressed is not lost, nor is the press."""
    _links(key="page-links")


def link_to(
    name: str, label: str, *, icon: str | None = None, query: Mapping[str, str] | None = None
) -> None:
    """Draw a link that opens in the same tab."""
    st.page_link(st.session_state[_PAGES][name], label=label, icon=icon, query_params=dict(query or {}))


def go_to_list() -> NoReturn:
    """Open the list of exams."""
    st.switch_page(st.session_state[_PAGES][LIST])


def go_to_classes() -> NoReturn:
    """Open the page of class lists."""
    st.switch_page(st.session_state[_PAGES][CLASSES])


def go_to_exam(exam_id: str, part: str | None = None) -> NoReturn:
    """Open an exam's page, at that part of the work."""
    query = {"exam": exam_id} | ({} if part is None else {PART: part})
    st.switch_page(st.session_state[_PAGES][EXAM], query_params=query)


def go_to_gradebook(class_list_id: str | None = None) -> NoReturn:
    """Open the gradebook, of that class list."""
    query = {} if class_list_id is None else {"class": class_list_id}
    st.switch_page(st.session_state[_PAGES][GRADEBOOK], query_params=query)


def go_to_new(like: str | None = None) -> NoReturn:
    """Open the form for a new exam, filled in as in the exam with the id `like`."""
    st.switch_page(st.session_state[_PAGES][NEW], query_params={} if like is None else {LIKE: like})
