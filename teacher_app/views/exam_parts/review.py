"""Checking an exam, publishing it, and unpublishing it."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from shared.model.exam import Exam
from shared.model.names import language_of
from shared.model.text import date_text
from teacher_app.exam.preview import preview_of
from teacher_app.exam.review import Finding, Severity, awaited_finding, findings
from teacher_app.exam.wording import count_text
from teacher_app.rows.workspace import Workspace
from teacher_app.views import navigation
from teacher_app.views.buttons import set_state, storing_button
from teacher_app.views.clock import local_now
from teacher_app.views.errors import EXPECTED, explain
from teacher_app.views.form_keys import move_focus_to
from teacher_app.views.fragments import fragment
from teacher_app.views.unsaved_elsewhere import unsaved_parts

__all__ = ["render", "show_preview"]

# By whether the exam is published.
_DONE_WORDS = {
    True: ("Published", "Students see it now."),
    False: ("Unpublished", "You alone see it now."),
}
_CHANGED_ELSEWHERE_WORDS = {
    True: "Not published: the details were changed elsewhere. Look again, then publish.",
    False: "Still published: the details were changed elsewhere. Look again, then unpublish.",
}


def render(workspace: Workspace) -> None:
    """What to check, and publishing; beside it what students see."""
    left, right = st.columns([5, 6], gap="large")
    with left:
        found = _check(workspace)
        if workspace.exam.is_published:
            _published(workspace)
        else:
            _draft(workspace, found)
    with right:
        heading = "What students see" if workspace.exam.is_published else "What students will see"
        st.subheader(heading, anchor=False)
        show_preview(workspace)


def show_preview(workspace: Workspace) -> None:
    """The students' board as it would look now."""
    exam = workspace.exam
    st.html(
        fragment(
            "preview.html",
            exam=exam,
            date=date_text(exam.date),
            has_codes=exam.audience.has_codes,
            preview=preview_of(exam, workspace.results, language_of(st.context.locale)),
        )
    )


def _check(workspace: Workspace) -> list[Finding]:
    st.subheader("Look again", anchor=False)
    rows = workspace.results
    if not rows:
        st.markdown("There are no results yet, so there is nothing to check.")
        return []
    found = findings(workspace.exam, rows)
    awaited = awaited_finding(workspace.exam, rows)
    if awaited:
        found = [*found, awaited]
    st.html(fragment("findings.html", findings=found))
    return found


def _draft(workspace: Workspace, found: list[Finding]) -> None:
    exam = workspace.exam
    rows = [row for row in workspace.results if not row.is_awaited]
    st.subheader("Publish", anchor=False)
    _receipt(exam)
    asked_key = _asked_key(exam, is_published=True)
    faults = [one for one in found if one.severity is Severity.ERROR]
    unsaved = unsaved_parts(exam.id)
    if unsaved:
        st.warning(
            f"{count_text(sum(unsaved.values()), 'result')} that you typed under {_parts_text(unsaved)} "
            "will be missing: save first, then publish.",
            icon=":material/save:",
        )
    if not rows:
        st.markdown(
            "**All at once:** enter the results first, then come back here. Nobody can tell whom you marked "
            "first.\n\n**Live:** publish the empty exam now, and each result shows the moment you save it."
        )
        publish = storing_button(
            "Publish now and enter live", key=f"publish-live-{exam.id}", icon=":material/sensors:"
        )
    elif faults and st.session_state.get(asked_key):
        st.warning("Students would see what is marked in red above.", icon=":material/error:")
        with st.container(horizontal=True):
            publish = storing_button("Publish anyway", key=f"publish-anyway-{exam.id}", type="primary")
            st.button("Not yet", on_click=set_state, args=(asked_key, False))
    else:
        publish = storing_button(
            _publish_label(len(rows), len(workspace.results), is_complete=not unsaved),
            key=f"publish-{exam.id}",
            type="secondary" if unsaved else "primary",
            icon=":material/campaign:",
        )
        order = "code" if exam.audience.has_codes else "name"
        st.caption(
            f"All at once, sorted by {order}: nobody can tell whom you marked first. "
            "What you enter or correct afterwards shows at once."
        )
    with st.expander("Publish at a set hour?"):
        st.markdown(
            "Not by itself. That would need a clock which acts in your name while you are signed out, and "
            "a laptop that may be closed at that hour has none. Review now; when the hour comes, one press "
            "here, also on a phone, publishes everything."
        )
    if not publish.take():
        return
    if faults and not st.session_state.get(asked_key):
        set_state(asked_key, True)
        st.rerun()
    _set_published(workspace, is_published=True)


def _publish_label(count: int, student_count: int, *, is_complete: bool) -> str:
    if not is_complete:
        return f"Publish only the {count_text(count, 'saved result')}"
    if count < student_count:
        return f"Publish {count:,} of {student_count:,} results"
    return "Publish the result" if count == 1 else f"Publish all {count:,} results"


def _published(workspace: Workspace) -> None:
    exam = workspace.exam
    st.subheader("Published", anchor=False)
    _receipt(exam)
    st.markdown("Students see this exam. What you enter, correct or delete shows at once.")
    asked_key = _asked_key(exam, is_published=False)
    if not st.session_state.get(asked_key):
        with st.container(horizontal=True):
            st.button(
                "Show address and QR code",
                icon=":material/qr_code_2:",
                on_click=set_state,
                args=(navigation.PART, navigation.SHARE),
            )
            st.button("Unpublish …", type="tertiary", on_click=set_state, args=(asked_key, True))
        return
    st.warning(
        f"Students will no longer see the exam and its {count_text(len(workspace.results), 'result')}. "
        "What somebody has already seen or downloaded cannot be taken back.",
        icon=":material/visibility_off:",
    )
    with st.container(horizontal=True):
        unpublish = storing_button("Unpublish", key=f"danger-unpublish-{exam.id}", type="primary")
        st.button("Leave it published", on_click=set_state, args=(asked_key, False))
    if unpublish.take():
        _set_published(workspace, is_published=False)


def _set_published(workspace: Workspace, *, is_published: bool) -> None:
    """Publish or unpublish. If the exam was changed elsewhere, the teacher looks at it again first."""
    exam = workspace.exam
    try:
        is_stored = workspace.change_exam(
            lambda api, seen: (api.publish_exam if is_published else api.unpublish_exam)(
                seen.id, seen.version
            )
        )
    except EXPECTED as error:
        explain(error)
        return
    if is_stored:
        done = _DONE_WORDS[is_published]
        _note(exam, f"{done[0]} at {local_now():%H:%M:%S}. {done[1]}")
    elif workspace.exam.is_published is not is_published:
        _note(exam, _CHANGED_ELSEWHERE_WORDS[is_published])
    st.session_state.pop(_asked_key(exam, is_published=is_published), None)
    st.rerun()


def _parts_text(parts: Iterable[str]) -> str:
    return " and ".join(f"“{part}”" for part in parts)


def _asked_key(exam: Exam, *, is_published: bool) -> str:
    return f"{'publish' if is_published else 'unpublish'}-asked-{exam.id}"


def _note(exam: Exam, text: str) -> None:
    st.session_state[f"review-receipt-{exam.id}"] = text


def _receipt(exam: Exam) -> None:
    text = st.session_state.pop(f"review-receipt-{exam.id}", None)
    if text:
        with st.container(key="review-receipt"):
            st.info(text, icon=":material/check:")
        move_focus_to("review-receipt")  # the button that had it is gone
