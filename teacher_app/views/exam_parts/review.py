"""Checking an exam, publishing it at once or at an hour, and unpublishing it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from enum import StrEnum

import streamlit as st

from shared.api.calls import TeacherApi
from shared.model.exam import Audience, Exam
from shared.model.hours import until_text
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
from teacher_app.views.exam_parts.announce import ask_for_hour, local_hour_text
from teacher_app.views.form_keys import move_focus_to
from teacher_app.views.fragments import fragment
from teacher_app.views.unsaved_elsewhere import unsaved_parts

__all__ = ["render", "show_preview"]


class _Change(StrEnum):
    """What the teacher makes of the exam; the words for it when it is done, and when it is not."""

    PUBLISH = "publish"
    ANNOUNCE = "announce"
    UNPUBLISH = "unpublish"


_DONE_WORDS = {
    _Change.PUBLISH: ("Published", "Students see it now."),
    _Change.ANNOUNCE: ("Announced", "Students see when the results come out, and nothing of them."),
    _Change.UNPUBLISH: ("Unpublished", "You alone see it now."),
}
_CHANGED_ELSEWHERE_WORDS = {
    _Change.PUBLISH: "Not published: the details were changed elsewhere. Look again, then publish.",
    _Change.ANNOUNCE: "Not announced: the details were changed elsewhere. Look again, then announce.",
    _Change.UNPUBLISH: "Still published: the details were changed elsewhere. Look again, then unpublish.",
}


def render(workspace: Workspace) -> None:
    """What to check, and publishing; beside it what students see."""
    is_to_come = workspace.exam.is_announced(local_now())
    left, right = st.columns([5, 6], gap="large")
    with left:
        found = _check(workspace)
        if is_to_come:
            _announced(workspace, found)
        elif workspace.exam.is_published:
            _published(workspace)
        else:
            _draft(workspace, found)
    with right:
        is_seen = workspace.exam.is_published and not is_to_come
        st.subheader("What students see" if is_seen else "What students will see", anchor=False)
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
            is_own_only=exam.audience is Audience.OWN,
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
    asked_key = _asked_key(exam, _Change.PUBLISH)
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
        if exam.audience is Audience.OWN:
            first = "From then on, students can look up their own results."
        else:
            order = "code" if exam.audience.has_codes else "name"
            first = f"All at once, sorted by {order}: nobody can tell whom you marked first."
        st.caption(f"{first} What you enter or correct afterwards shows at once.")
    with st.expander("Publish at a set hour"):
        st.markdown(
            "Until then students see that the exam is announced and a countdown, and nothing of its results. "
            "You can go on entering and correcting, move the hour, or withdraw the announcement. What is "
            "stored at that hour comes out by itself: you need not be signed in."
        )
        if faults:
            st.warning("Correct what is marked in red above before that hour.", icon=":material/error:")
        hour = ask_for_hour(exam, "Announce for")
    if hour is not None:
        _change(workspace, _Change.ANNOUNCE, hour)
    if not publish.take():
        return
    if faults and not st.session_state.get(asked_key):
        set_state(asked_key, True)
        st.rerun()
    _change(workspace, _Change.PUBLISH)


def _publish_label(count: int, student_count: int, *, is_complete: bool) -> str:
    if not is_complete:
        return f"Publish only the {count_text(count, 'saved result')}"
    if count < student_count:
        return f"Publish {count:,} of {student_count:,} results"
    return "Publish the result" if count == 1 else f"Publish all {count:,} results"


def _announced(workspace: Workspace, found: list[Finding]) -> None:
    exam = workspace.exam
    if exam.release_at is None:
        return
    st.subheader("Announced", anchor=False)
    _receipt(exam)
    left_s = (exam.release_at - local_now()).total_seconds()
    st.markdown(
        f"The results come out on **{local_hour_text(exam.release_at)}**, {until_text(left_s)}, by "
        "themselves. Until then students see a countdown and nothing of the results: go on entering and "
        "correcting."
    )
    if any(one.severity is Severity.ERROR for one in found):
        st.warning("Correct what is marked in red above before that hour.", icon=":material/error:")
    asked_key = _asked_key(exam, _Change.UNPUBLISH)
    if st.session_state.get(asked_key):
        st.warning(
            "Students will no longer see that the exam is announced.", icon=":material/visibility_off:"
        )
        with st.container(horizontal=True):
            withdraw = storing_button("Withdraw", key=f"danger-unpublish-{exam.id}", type="primary")
            st.button("Leave it announced", on_click=set_state, args=(asked_key, False))
        if withdraw.take():
            _change(workspace, _Change.UNPUBLISH)
        return
    with st.expander("Move the hour"):
        hour = ask_for_hour(exam, "Move to")
    with st.container(horizontal=True):
        _share_button()
        publish = storing_button("Publish now", key=f"publish-{exam.id}", icon=":material/campaign:")
        st.button("Withdraw …", type="tertiary", on_click=set_state, args=(asked_key, True))
    if hour is not None:
        _change(workspace, _Change.ANNOUNCE, hour)
    if publish.take():
        _change(workspace, _Change.PUBLISH)


def _share_button() -> None:
    st.button(
        "Show address and QR code",
        icon=":material/qr_code_2:",
        on_click=set_state,
        args=(navigation.PART, navigation.SHARE),
    )


def _published(workspace: Workspace) -> None:
    exam = workspace.exam
    st.subheader("Published", anchor=False)
    _receipt(exam)
    st.markdown("Students see this exam. What you enter, correct or delete shows at once.")
    asked_key = _asked_key(exam, _Change.UNPUBLISH)
    if not st.session_state.get(asked_key):
        with st.container(horizontal=True):
            _share_button()
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
        _change(workspace, _Change.UNPUBLISH)


def _change(workspace: Workspace, change: _Change, hour: dt.datetime | None = None) -> None:
    """If the exam was changed elsewhere, the teacher looks at it again first. `hour`: of an announcement."""
    exam = workspace.exam

    def act(api: TeacherApi, seen: Exam) -> Exam:
        if change is _Change.UNPUBLISH:
            return api.unpublish_exam(seen.id, seen.version)
        return api.publish_exam(seen.id, seen.version, release_at=hour)

    try:
        is_stored = workspace.change_exam(act)
    except EXPECTED as error:
        explain(error)
        return
    now = workspace.exam
    is_so_already = now.release_at == hour and now.is_published is not (change is _Change.UNPUBLISH)
    if is_stored:
        done = _DONE_WORDS[change]
        _note(exam, f"{done[0]} at {local_now():%H:%M:%S}. {done[1]}")
    elif not is_so_already:
        _note(exam, _CHANGED_ELSEWHERE_WORDS[change])
    st.session_state.pop(_asked_key(exam, change), None)
    st.rerun()


def _parts_text(parts: Iterable[str]) -> str:
    return " and ".join(f"“{part}”" for part in parts)


def _asked_key(exam: Exam, change: _Change) -> str:
    return f"{change}-asked-{exam.id}"


def _note(exam: Exam, text: str) -> None:
    st.session_state[f"review-receipt-{exam.id}"] = text


def _receipt(exam: Exam) -> None:
    text = st.session_state.pop(f"review-receipt-{exam.id}", None)
    if text:
        with st.container(key="review-receipt"):
            st.info(text, icon=":material/check:")
        move_focus_to("review-receipt")  # the button that had it is gone
