"""An open page continues only for its own teacher, and only if it asked to."""

from teacher_app.gate.open_pages import OpenPage, OpenPages

ADA_OLD = OpenPage("old session", "sub-of-ada", "ada")
ADA_NEW = OpenPage("new session", "sub-of-ada", "ada")
GRACE = OpenPage("grace's session", "sub-of-grace", "grace")


def test_a_page_is_registered_from_its_handshake_to_its_close() -> None:
    pages = OpenPages()
    page_id = pages.open(ADA_OLD)
    assert pages.get(page_id) == ADA_OLD
    pages.close(page_id)
    pages.close(page_id)
    assert pages.get(page_id) is None
    assert pages.get(None) is None


def test_page_ids_differ_and_cannot_be_guessed() -> None:
    pages = OpenPages()
    first, second = pages.open(ADA_OLD), pages.open(ADA_OLD)
    assert first != second
    assert len(first) == 32  # 192 bits


def test_only_the_page_that_asked_continues_with_the_new_session() -> None:
    """A page opened with a stolen old cookie gains nothing when the owner signs in again."""
    pages = OpenPages()
    own, stolen = pages.open(ADA_OLD), pages.open(ADA_OLD)
    assert pages.bind(own, ADA_NEW)
    assert pages.get(own) == ADA_NEW
    assert pages.get(stolen) == ADA_OLD


def test_a_page_never_continues_as_another_teacher() -> None:
    pages = OpenPages()
    page_id = pages.open(ADA_OLD)
    assert not pages.bind(page_id, GRACE)
    assert pages.get(page_id) == ADA_OLD


def test_a_closed_page_cannot_continue() -> None:
    pages = OpenPages()
    page_id = pages.open(ADA_OLD)
    pages.close(page_id)
    assert not pages.bind(page_id, ADA_NEW)
    assert pages.get(page_id) is None


def test_pages_of_an_active_session_move_to_its_successor() -> None:
    pages = OpenPages()
    page_id, other = pages.open(ADA_OLD), pages.open(GRACE)
    pages.move(GRACE.session_key, ADA_NEW)
    assert pages.get(other) == GRACE
    assert pages.get(page_id) == ADA_OLD
    pages.move(ADA_OLD.session_key, ADA_NEW)
    assert pages.get(page_id) == ADA_NEW


def test_a_streamlit_session_is_returned_to_its_own_teacher_only() -> None:
    pages = OpenPages(streamlit_sessions_max=2)
    pages.note_streamlit_session("s1", "sub-of-ada")
    assert pages.may_resume("s1", "sub-of-ada")
    assert not pages.may_resume("s1", "sub-of-grace")
    assert not pages.may_resume("unknown", "sub-of-ada")
    pages.note_streamlit_session("s2", "sub-of-ada")
    pages.note_streamlit_session("s3", "sub-of-ada")
    assert not pages.may_resume("s1", "sub-of-ada")
