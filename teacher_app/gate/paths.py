"""The paths of the gate's own pages, and which paths need no session."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

__all__ = [
    "ACCOUNT",
    "ACCOUNT_PASSWORD",
    "ASSETS",
    "AUTHENTICATOR",
    "CODE",
    "FORGOTTEN",
    "FORGOTTEN_CODE",
    "HEALTH",
    "HOME",
    "NEW_PASSWORD",
    "READY",
    "RESUME",
    "RESUMED",
    "SIGN_IN",
    "SIGN_OUT",
    "SIGN_OUT_EVERYWHERE",
    "TAB",
    "WELL_KNOWN_CHANGE_PASSWORD",
    "is_gate_page",
    "is_public",
    "local_path",
    "sign_in_path",
    "tab_path",
]

HOME = "/"
SIGN_IN = "/sign-in"
NEW_PASSWORD = "/new-password"  # noqa: S105 an address
CODE = "/authenticator-code"
FORGOTTEN = "/forgotten-password"
FORGOTTEN_CODE = "/forgotten-password/code"
ACCOUNT = "/account"
ACCOUNT_PASSWORD = "/account/password"  # noqa: S105 an address
AUTHENTICATOR = "/account/authenticator"
SIGN_OUT = "/sign-out"
SIGN_OUT_EVERYWHERE = "/sign-out/everywhere"
RESUME = "/resume"
RESUMED = "/resumed"
TAB = "/tab"
WELL_KNOWN_CHANGE_PASSWORD = "/.well-known/change-password"  # noqa: S105 where password managers look
ASSETS = "/gate/"
HEALTH = "/healthz"
READY = "/readyz"

# What Streamlit's page polls while its connection is down; it contains nothing of a teacher's.
_KEEP_ALIVE = frozenset({"/_stcore/health", "/_stcore/host-config"})
_BEFORE_SIGN_IN = frozenset({SIGN_IN, NEW_PASSWORD, CODE, FORGOTTEN, FORGOTTEN_CODE, HEALTH, READY, TAB})
_PUBLIC = _BEFORE_SIGN_IN | _KEEP_ALIVE | {"/favicon.png"}
_GATE_PAGES = _BEFORE_SIGN_IN | {
    ACCOUNT,
    ACCOUNT_PASSWORD,
    AUTHENTICATOR,
    SIGN_OUT,
    SIGN_OUT_EVERYWHERE,
    RESUME,
    RESUMED,
    WELL_KNOWN_CHANGE_PASSWORD,
}
_PUBLIC_FOLDERS = (ASSETS, "/static/")  # static files of the gate and of Streamlit


def is_public(path: str) -> bool:
    """Whether `path` needs no session."""
    return path in _PUBLIC or path.startswith(_PUBLIC_FOLDERS)


def is_gate_page(path: str) -> bool:
    """Whether the gate itself answers `path` with a page."""
    return path in _GATE_PAGES


def local_path(text: str | None) -> str:
    """`text` if it is a path of the dashboard, else HOME: sign-in must not redirect to other sites."""
    if not text or not text.startswith("/") or text.startswith(("//", "/\\")) or not text.isprintable():
        return HOME
    try:
        parts = urlsplit(text)
    except ValueError:
        return HOME
    # Behind a single slash there is neither a scheme nor a host.
    if is_public(parts.path) or parts.path.startswith("/_stcore/"):
        return HOME
    return text


def tab_path(page_id: str) -> str:
    """Where an open page asks whether its session has ended."""
    return f"{TAB}?{urlencode({'page': page_id})}"


def sign_in_path(next_path: str = HOME, resume: str | None = None) -> str:
    """The sign-in page's address; afterwards `next_path` is opened or the open page `resume` continues."""
    if resume is not None:
        return f"{SIGN_IN}?{urlencode({'resume': resume})}"
    return SIGN_IN if next_path == HOME else f"{SIGN_IN}?{urlencode({'next': next_path})}"
