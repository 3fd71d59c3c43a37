"""The paths that need no session are listed; nobody is redirected to another site."""

from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teacher_app.gate import paths


@pytest.mark.parametrize(
    "path",
    [
        "/sign-in",
        "/new-password",
        "/authenticator-code",
        "/forgotten-password",
        "/forgotten-password/code",
        "/healthz",
        "/readyz",
        "/gate/gate.css",
        "/static/js/index.js",
        "/_stcore/health",
        "/_stcore/host-config",
        "/favicon.png",
    ],
)
def test_these_paths_need_no_session(path: str) -> None:
    assert paths.is_public(path)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/exams",
        "/account",
        "/account/password",
        "/account/authenticator",
        "/sign-out",
        "/sign-out/everywhere",
        "/resume",
        "/resumed",
        "/_stcore/stream",
        "/_stcore/upload_file/a/b",
        "/_stcore/metrics",
        "/media/x.png",
        "/component/x/index.html",
        "/sign-in/",
        "/sign-in/../",
        "/SIGN-IN",
        "/gate",
        "/static",
        "/app/static/x",
        "/_stcore/health/x",
        "/_stcore/agent/interact",
    ],
)
def test_every_other_path_needs_a_session(path: str) -> None:
    assert not paths.is_public(path)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/", "/"),
        ("/review?exam=1&x=2", "/review?exam=1&x=2"),
        (None, "/"),
        ("", "/"),
        ("//evil.example/", "/"),
        ("///evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/ok\r\nSet-Cookie: a=b", "/"),
        ("/sign-in?next=/sign-in", "/"),
        ("/_stcore/stream", "/"),
        ("/[", "/["),
    ],
)
def test_after_signing_in_only_our_own_pages_are_shown(text: str | None, path: str) -> None:
    assert paths.local_path(text) == path


@given(st.text(alphabet="/\\:.@?#[]%\t\n evilhttps", max_size=30))
def test_no_text_leads_to_another_host(text: str) -> None:
    landed = urlsplit(urljoin("https://exams.example/sign-in", paths.local_path(text)))
    assert (landed.scheme, landed.netloc) == ("https", "exams.example")


@given(st.text(max_size=30))
def test_the_requested_page_survives_the_sign_in_address(text: str) -> None:
    wanted = paths.local_path("/" + text)
    query = parse_qs(urlsplit(paths.sign_in_path(wanted)).query)
    assert query.get("next", ["/"]) == [wanted]


def test_the_addresses_of_the_gates_pages_keep_what_they_are_given() -> None:
    assert paths.sign_in_path() == paths.sign_in_path("/") == "/sign-in"
    assert paths.sign_in_path("/exams?a=1&b") == "/sign-in?next=%2Fexams%3Fa%3D1%26b"
    assert paths.sign_in_path("/exams", "page/1&2") == "/sign-in?resume=page%2F1%262"
    assert paths.tab_path("page/1&2") == "/tab?page=page%2F1%262"


def test_the_gate_answers_its_own_pages_and_no_others() -> None:
    assert all(map(paths.is_gate_page, ("/sign-in", "/account", "/sign-out/everywhere", "/tab")))
    assert not any(map(paths.is_gate_page, ("/", "/exams", "/static/js/a.js", "/sign-in/")))
