"""Every page of the gate, in light, dark and on a phone: WCAG 2.1 A and AA, sizes, and what password managers
read."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page

from tests.backend_process import BackendClient
from tests.browser.axe import faults_of, undecided_of
from tests.browser.gate_walk import walk
from tests.browser.people import Person
from tests.pair_process import PairProcess
from tests.wire.gate_dashboard import Operator

# What each page asks for: the names of its inputs with type and autocomplete, in page order.
NAME = ("username", "text", "username")
PASSWORD = ("password", "password", "current-password")
NEW_PASSWORDS = (
    ("new_password", "password", "new-password"),
    ("new_password_again", "password", "new-password"),
)
CODE = ("code", "text", "one-time-code")
ASKED = {
    "sign-in": (NAME, PASSWORD),
    "sign-in-refused": (NAME, PASSWORD),
    "new-password": (NAME, *NEW_PASSWORDS),
    "new-password-half-met": (NAME, *NEW_PASSWORDS),
    "new-password-refused": (NAME, *NEW_PASSWORDS),
    "account": (),
    "change-password": (NAME, PASSWORD, *NEW_PASSWORDS),
    "authenticator": (NAME, PASSWORD),
    "authenticator-picture": (CODE,),
    "authenticator-refused": (CODE,),
    "account-with-notice": (),
    "authenticator-off": (NAME, PASSWORD),
    "sign-out": (),
    "signed-out": (NAME, PASSWORD),
    "code": (CODE,),
    "forgotten": (NAME,),
    "forgotten-code": (NAME, CODE, *NEW_PASSWORDS),
}
LEAST_TARGET_PX = 24


@pytest.fixture
def operator(pair: PairProcess) -> Iterator[Operator]:
    calls = Operator(BackendClient(pair.backend_url, pair.data_dir))
    yield calls
    calls.close()


@pytest.mark.parametrize(
    "browser_of_theirs",
    [
        pytest.param({"color_scheme": "light"}, id="light"),
        pytest.param({"color_scheme": "dark"}, id="dark"),
        pytest.param({"color_scheme": "light", "viewport": {"width": 320, "height": 640}}, id="phone"),
    ],
)
def test_every_page_is_accessible(
    pair: PairProcess,
    mailing_url: str,
    new_person: Callable[..., Person],
    operator: Operator,
    browser_of_theirs: dict[str, object],
) -> None:
    page = new_person(**browser_of_theirs).page
    seen = []
    for name in walk(page, mailing_url, operator, pair.data_dir):
        seen.append(name)
        without_margin_line(page)
        assert faults_of(page) == [], name
        assert undecided_of(page, "color-contrast") == [], name
        assert page.get_by_role("heading", level=1).count() == 1, name
        assert inputs_of(page) == ASKED[name], name
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name
        assert small_targets(page) == [], name
    assert seen == list(ASKED)


def test_a_page_is_dark_in_dark_mode(pair: PairProcess, new_person: Callable[..., Person]) -> None:
    """A light page in dark mode would pass every other check."""

    def lightness_of_paper(scheme: str) -> float:
        page = new_person(color_scheme=scheme).page
        page.goto(pair.teacher_url)
        colour: str = page.evaluate("getComputedStyle(document.body).backgroundColor")
        red, green, blue = (int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(","))
        return (red + green + blue) / (3 * 255)

    assert lightness_of_paper("light") > 0.9
    assert lightness_of_paper("dark") < 0.15


def test_a_password_can_be_shown_and_is_hidden_again_on_submit(
    pair: PairProcess, new_person: Callable[..., Person]
) -> None:
    """Password managers need a password field; the button says what it does."""
    page = new_person().page
    page.goto(pair.teacher_url)
    field = page.locator("#password")
    field.fill("secret words")
    page.get_by_role("button", name="Show password").press("Enter")
    assert (field.get_attribute("type"), field.input_value()) == ("text", "secret words")
    page.get_by_role("button", name="Hide password").press("Enter")
    assert field.get_attribute("type") == "password"
    page.get_by_role("button", name="Show password").press("Enter")
    page.evaluate(
        "addEventListener('submit', event => {"
        " event.preventDefault(); window.left = document.getElementById('password').type })"
    )
    page.get_by_label("Name").fill("somebody")
    page.get_by_label("Name").press("Enter")
    assert page.evaluate("window.left") == "password"


def without_margin_line(page: Page) -> None:
    """The exercise book's margin line is a gradient, on which axe cannot check contrast."""
    page.evaluate("document.querySelector('main').style.backgroundImage = 'none'")


def inputs_of(page: Page) -> tuple[tuple[str, str, str], ...]:
    found: list[list[str]] = page.evaluate(
        "[...document.querySelectorAll('input:not([type=hidden])')]"
        ".map(input => [input.name, input.type, input.autocomplete])"
    )
    return tuple((name, kind, autocomplete) for name, kind, autocomplete in found)


def small_targets(page: Page) -> list[str]:
    """Buttons and inputs that are too small for a finger. Links within text may be smaller."""
    found: list[str] = page.evaluate(
        "least => [...document.querySelectorAll('button, input:not([type=hidden])')]"
        ".filter(one => Math.min(one.offsetWidth, one.offsetHeight) < least).map(one => one.outerHTML)",
        LEAST_TARGET_PX,
    )
    return found
