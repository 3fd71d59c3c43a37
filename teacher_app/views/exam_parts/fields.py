"""The fields of an exam: the same for a new one and for one that is edited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from shared.model.exam import TEXT_MAX, Audience
from shared.model.grades import MAXIMUM_LIMIT, ScaleKind
from shared.model.text import escape_markdown
from teacher_app.exam.form import FIELD_LABELS, SCALE_WORDS, ExamFields

__all__ = ["DrawnFields", "draw_fields"]

WIDTH_PX = 720  # a longer line is tiring to fill in
AUDIENCE_LABELS = {Audience.NAMES: "Names", Audience.CODES: "Codes"}
AUDIENCE_CAPTIONS = {
    Audience.NAMES: "Whoever has the address sees names and grades.",
    Audience.CODES: "Each student gets a short code that only you can match.",
}


@dataclass(slots=True)
class DrawnFields:
    """What the form holds now, and a place under each field for what is wrong with it."""

    values: ExamFields
    places: dict[str, DeltaGenerator] = field(default_factory=dict)

    def show_faults(self, faults: Mapping[str, str]) -> None:
        """Each fault under its own field."""
        for name, reason in faults.items():
            self.places[name].error(escape_markdown(reason), icon=":material/edit:")


def draw_fields(start: ExamFields, *, key: str, audience_locked: str | None = None) -> DrawnFields:
    """Draw the fields, filled with `start` when `key` is new. `audience_locked` says why that is fixed."""
    with st.container(width=WIDTH_PX):
        return _draw(start, key, audience_locked)


def _draw(start: ExamFields, key: str, audience_locked: str | None) -> DrawnFields:
    places: dict[str, DeltaGenerator] = {}
    subject = st.text_input(FIELD_LABELS["subject"], start.subject, max_chars=TEXT_MAX, key=f"{key}-subject")
    places["subject"] = st.container()
    left, right = st.columns([1, 2])
    with left:
        date = st.date_input(FIELD_LABELS["date"], start.date, format="YYYY-MM-DD", key=f"{key}-date")
        places["date"] = st.container()
    with right:
        teacher = st.text_input(
            FIELD_LABELS["teacher"],
            start.teacher,
            max_chars=TEXT_MAX,
            key=f"{key}-teacher",
            placeholder="the name that students see",
        )
        places["teacher"] = st.container()
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    with left:
        kind = st.segmented_control(
            FIELD_LABELS["scale"],
            list(SCALE_WORDS),
            default=start.kind,
            required=True,
            format_func=SCALE_WORDS.__getitem__,
            key=f"{key}-kind",
        )
    maximum = start.maximum or 20
    if kind is ScaleKind.OUT_OF:
        maximum = right.number_input(
            "Points in all", 1, MAXIMUM_LIMIT, maximum, step=1, key=f"{key}-maximum", persist_state="page"
        )
    places["scale"] = st.container()
    audience = st.radio(
        FIELD_LABELS["audience"],
        list(AUDIENCE_LABELS),
        index=list(AUDIENCE_LABELS).index(start.audience),
        format_func=AUDIENCE_LABELS.__getitem__,
        captions=list(AUDIENCE_CAPTIONS.values()),
        key=f"{key}-audience",
        disabled=audience_locked is not None,
    )
    if audience_locked is not None:
        st.caption(audience_locked)
    return DrawnFields(ExamFields(subject, date, teacher, kind, maximum, audience), places)
