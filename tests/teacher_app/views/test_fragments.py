"""HTML fragments never contain a teacher's input as markup."""

from teacher_app.exam.preview import preview_of
from teacher_app.exam.review import findings
from teacher_app.views.fragments import STYLE_SHEET, fragment
from tests.builders import a_result, an_exam

NASTY = "<img src=x onerror=alert(1)>"


def test_subjects_and_names_are_escaped_everywhere() -> None:
    evil = an_exam(subject=NASTY, teacher=NASTY)
    rows = [a_result(NASTY, "99"), a_result(NASTY, "<b>")]
    pieces = [
        fragment("preview.html", exam=evil, date="", has_codes=False, preview=preview_of(evil, rows)),
        fragment("findings.html", findings=findings(evil, rows)),
        fragment("exam_title.html", exam=evil, status="Draft", date="", scale=NASTY, audience="", results=""),
        fragment("students.html", columns=["Name"], rows=[[NASTY]], is_for_print=True),
        fragment("share.html", size="huge", image="", address=NASTY, subject=NASTY),
        fragment("account.html", name=NASTY, account="/account", sign_out="/sign-out"),
    ]
    for piece in pieces:
        assert "<img src=x" not in piece
        assert "<b>" not in piece
        assert "&lt;img src=x" in piece


def test_the_style_sheet_is_included() -> None:
    assert STYLE_SHEET.is_file()
