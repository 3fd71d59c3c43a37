"""The exam's address for students, with a QR code to project in class."""

from __future__ import annotations

import streamlit as st

from shared.model.exam import Exam
from shared.settings import PREFIX
from teacher_app.context import current_settings
from teacher_app.exam.links import is_this_machine_only, qr_png, qr_svg, qr_svg_uri, student_address
from teacher_app.exam.wording import who_sees
from teacher_app.rows.workspace import Workspace
from teacher_app.views.clock import local_now
from teacher_app.views.errors import EXPECTED, explain
from teacher_app.views.exam_parts.announce import local_hour_text
from teacher_app.views.fragments import fragment

__all__ = ["render"]


def render(workspace: Workspace) -> None:
    """The address to copy, and the QR code to project or to download."""
    exam = workspace.exam
    try:
        address = student_address(current_settings().student_url, exam.id)
    except EXPECTED as error:
        explain(error)
        return
    st.subheader("The students’ page", anchor=False)
    if address is None:
        st.info(
            "The address of the students’ dashboard is unknown. Ask whoever runs this dashboard to set "
            f"`{PREFIX}STUDENT_URL`."
        )
        return
    if not exam.is_published:
        st.info(
            "Students see nothing there before you publish. You can give the address out now: pages that are "
            "open then show the results the moment you publish.",
            icon=":material/schedule:",
        )
    elif exam.release_at is not None and exam.is_announced(local_now()):
        st.info(
            f"Until {local_hour_text(exam.release_at)} students see there that the results come out then, "
            "and nothing of them. Pages that are open have them at that moment.",
            icon=":material/schedule:",
        )
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.html(fragment("share.html", size="usual", image=qr_svg_uri(address), address=address, subject=""))
    with right:
        st.markdown(who_sees(exam))
        if is_this_machine_only(address):
            st.warning(
                "This address works on this computer only: other devices cannot open it. "
                f"Ask whoever runs this dashboard to set `{PREFIX}STUDENT_URL`.",
                icon=":material/warning:",
            )
        st.code(address, language=None, wrap_lines=True)
        with st.container(horizontal=True):
            if st.button("Show it large", type="primary", icon=":material/fullscreen:"):
                _project(exam, address)
            st.link_button("Open the students’ page", address, icon=":material/open_in_new:")
        with st.container(horizontal=True):
            name = f"qr-{exam.date.isoformat()}"
            for kind, mime, make in (("PNG", "image/png", qr_png), ("SVG", "image/svg+xml", qr_svg)):
                st.download_button(
                    f"Download the QR code ({kind})",
                    make(address),
                    f"{name}.{kind.lower()}",
                    mime,
                    type="tertiary",
                    icon=":material/download:",
                    on_click="ignore",
                )


@st.dialog("Point your phone’s camera here", width="large")
def _project(exam: Exam, address: str) -> None:
    st.html(
        fragment("share.html", size="huge", image=qr_svg_uri(address), address=address, subject=exam.subject)
    )
