"""The fields of an exam: the same for a new one and for one that is edited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from shared.model.exam import TEXT_MAX, Audience
from shared.model.scales import PASS_FAIL, NumberScale, Scale
from shared.model.text import date_text, escape_markdown
from teacher_app.exam.form import FIELD_LABELS, ExamFields
from teacher_app.exam.scale_form import LEVELS_HELP, ScaleFields, scale_choices
from teacher_app.views.form_keys import mark_faults

__all__ = ["DrawnFields", "draw_fields"]

WIDTH_PX = 720  # a longer line is tiring to fill in
# What gives away least comes first; names are a choice of their own.
AUDIENCES = {
    Audience.OWN: (
        "Own result only",
        "Everybody sees only the statistics. With a code, each student finds their own result.",
    ),
    Audience.CODES: (
        "Codes",
        "Everybody sees all grades, each with a short code that only you can match to a student.",
    ),
    Audience.NAMES: ("Names", "Anybody who opens the students’ dashboard sees names and grades."),
}
LISTED = {
    True: (
        "Everybody: it is in the list of exams",
        "Whoever opens the students’ dashboard finds it there, once it is published.",
    ),
    False: (
        "Those who have its link",
        "It is in no list. Give its address or QR code to your students; whoever has it can pass it on.",
    ),
}
_T = TypeVar("_T")


@dataclass(slots=True)
class DrawnFields:
    """The form's current values, and a place under each field for its error."""

    values: ExamFields
    key: str
    places: dict[str, DeltaGenerator] = field(default_factory=dict)

    def show_faults(self, faults: Mapping[str, str]) -> None:
        """Each fault under its own field."""
        for name, reason in faults.items():
            self.places[name].error(escape_markdown(reason), icon=":material/edit:")
        mark_faults([f"{self.key}-{name}" for name in faults])


def draw_fields(
    start: ExamFields,
    *,
    key: str,
    used_scales: Sequence[Scale] = (),
    audience_locked: str | None = None,
    listed_locked: str | None = None,
) -> DrawnFields:
    """Draw the fields, filled with `start` when `key` is new; what is typed stays for the session, also while
    another page is shown. `used_scales` are offered beside the presets.
    `audience_locked` and `listed_locked` say why the audience, and who can find the exam, are fixed."""
    with st.container(width=WIDTH_PX):
        return _draw(start, key, used_scales, audience_locked, listed_locked)


def _draw(
    start: ExamFields,
    key: str,
    used_scales: Sequence[Scale],
    audience_locked: str | None,
    listed_locked: str | None,
) -> DrawnFields:
    places: dict[str, DeltaGenerator] = {}
    subject = st.text_input(
        FIELD_LABELS["subject"],
        start.subject,
        max_chars=TEXT_MAX,
        key=f"{key}-subject",
        persist_state="session",
    )
    places["subject"] = st.container()
    left, right = st.columns([1, 2])
    with left:
        date = st.date_input(
            FIELD_LABELS["date"],
            start.date,
            format="YYYY-MM-DD",
            key=f"{key}-date",
            persist_state="session",
        )
        if date is not None:
            st.caption(date_text(date))  # Streamlit's field cannot show it in words
        places["date"] = st.container()
    with right:
        teacher = st.text_input(
            FIELD_LABELS["teacher"],
            start.teacher,
            max_chars=TEXT_MAX,
            key=f"{key}-teacher",
            placeholder="the name that students see",
            persist_state="session",
        )
        places["teacher"] = st.container()
    scale_fields = _draw_scale(start.scale_fields, key, used_scales)
    places["scale"] = st.container()
    audience = _draw_choice(
        "audience", start.audience, AUDIENCES, locked=audience_locked, key=f"{key}-audience"
    )
    is_listed = _draw_choice("is_listed", start.is_listed, LISTED, locked=listed_locked, key=f"{key}-listed")
    return DrawnFields(ExamFields(subject, date, teacher, scale_fields, audience, is_listed), key, places)


def _draw_choice(
    name: str, start: _T, choices: Mapping[_T, tuple[str, str]], *, locked: str | None, key: str
) -> _T:
    """A choice with a label and a caption each; `locked` says why it is fixed."""
    chosen = st.radio(
        FIELD_LABELS[name],
        list(choices),
        index=list(choices).index(start),
        format_func=lambda choice: choices[choice][0],
        captions=[caption for _label, caption in choices.values()],
        key=key,
        disabled=locked is not None,
        persist_state="session",
    )
    if locked is not None:
        st.caption(locked)
    return chosen


def _draw_scale(start: ScaleFields, key: str, used: Sequence[Scale]) -> ScaleFields:
    """The choice of a scale, and the fields in which it can be changed."""
    started = start.scale()  # a form begins with what is stored
    choices = scale_choices(started, used)
    name = st.selectbox(
        FIELD_LABELS["scale"],
        list(choices),
        index=list(choices.values()).index(started),
        key=f"{key}-scale",
        persist_state="session",
    )
    chosen = choices[name]
    fields = start if chosen == started else ScaleFields.of(chosen)
    key = f"{key}-scale-{name}"
    if isinstance(chosen, NumberScale):
        return _draw_numbers(fields, key)
    if chosen == PASS_FAIL:
        return fields
    levels = st.text_area(
        "Levels", fields.levels, height="content", key=f"{key}-levels", persist_state="session"
    )
    st.caption(LEVELS_HELP)
    return replace(fields, levels=levels)


def _draw_numbers(fields: ScaleFields, key: str) -> ScaleFields:
    """Numbers are typed as text: a field that corrects them on its own would change 22.5 into 22 silently."""

    def text(label: str, value: str, name: str, placeholder: str | None = None) -> str:
        widget = f"{key}-{name}"
        return st.text_input(
            label, value, max_chars=8, key=widget, placeholder=placeholder, persist_state="session"
        )

    is_range = fields.is_lowest_best or fields.lowest != "0"
    highest, lowest, step = fields.highest, fields.lowest, fields.step
    left, middle, right = st.columns(3)
    if is_range:
        with right:
            lowest = text("Lowest grade", lowest, "lowest")
    if not fields.is_percent:
        with left:
            highest = text("Highest grade" if is_range else "Points in all", highest, "highest")
    pass_mark = fields.pass_mark
    with middle:
        if not st.session_state.get(f"{key}-key", fields.key).strip():
            label = "Passed: this or better" if fields.is_lowest_best else "Passed: this or more"
            pass_mark = text(label, pass_mark, "pass", None if is_range else "half")
    with st.expander("More about the scale", key=f"{key}-more"):
        left, middle, right = st.columns(3)
        if not (is_range or fields.is_percent):
            with left:
                lowest = text("Lowest grade", lowest, "lowest")
        with middle:
            step = text("Step", step, "step")
        with right:
            honours = text("Grade above the highest", fields.honours, "honours")
        is_lowest_best = st.checkbox(
            "The lowest number is the best grade",
            fields.is_lowest_best,
            key=f"{key}-low",
            persist_state="session",
        )
        allows_more = st.checkbox(
            "More than the best is possible (extra credit)",
            fields.allows_more,
            key=f"{key}-over",
            persist_state="session",
        )
        has_signs = st.checkbox(
            "2+ and 2- are grades", fields.has_signs, key=f"{key}-signs", persist_state="session"
        )
        levels = st.text_area(
            "Letters for points", fields.key, height="content", key=f"{key}-key", persist_state="session"
        )
        st.caption(f"{LEVELS_HELP} Each with the least points for it. Leave it empty for numbers alone.")
    return replace(
        fields,
        lowest=lowest,
        highest=highest,
        step=step,
        pass_mark=pass_mark,
        is_lowest_best=is_lowest_best,
        allows_more=allows_more,
        has_signs=has_signs,
        honours=honours,
        key=levels,
    )
