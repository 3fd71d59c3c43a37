"""One Chromium and one running pair for a worker's browser tests, and the people who use them.

Each test uses its own teachers and exams and does not expect an empty backend. Tests that stop processes
start their own pair (tests/pair_process.py).
"""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.backend_process import BackendClient
from tests.browser.context_pool import ONE_PROCESS, ContextPool
from tests.browser.entry_walk import SignedIn
from tests.browser.people import Person, sign_in
from tests.builders import new_id
from tests.dashboard_process import TEACHER_APP, TeacherDashboard
from tests.pair_process import PairProcess

# The engine without a window draws the same pages for half the processor time. Not every system has it.
INSTALLED = ("/usr/bin/chromium-headless-shell", "/usr/bin/chromium")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(os.path.isfile, INSTALLED), INSTALLED[-1])
CHROMIUM_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", ONE_PROCESS]
# Pages are short-lived: optimising their scripts costs more than it gains, and a script that its process has
# compiled before would be compiled again while it is loading.
CHROMIUM_ARGUMENTS += ["--js-flags=--no-script-streaming --no-opt --no-maglev"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the tests of this folder and begins with its own modules. They start most processes of their own:
    at the end, two workers would share a module and start all of its processes twice."""
    folder = Path(__file__).parent
    ours = [number for number, item in enumerate(items) if item.path.is_relative_to(folder)]
    in_order = sorted((items[number] for number in ours), key=lambda item: item.path.parent != folder)
    for number, item in zip(ours, in_order, strict=True):
        items[number] = item
        item.add_marker("browser")


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Limited to this folder, because playwright keeps an event loop running in the main thread."""
    if not Path(CHROMIUM).is_file():
        reason = f"no Chromium at {CHROMIUM}: install one or set CHROMIUM to its path"
        if os.environ.get("REQUIRE_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="package")
def contexts(browser: Browser) -> Iterator[ContextPool]:
    """The people's browser contexts, of which most are used again and again."""
    with ContextPool(browser) as pool:
        yield pool


@pytest.fixture(scope="package")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PairProcess]:
    """The backend and both dashboards, without any exam at first."""
    with PairProcess(tmp_path_factory.mktemp("pair")) as running:
        yield running


@pytest.fixture(scope="module")
def mailing_url(pair: PairProcess) -> Iterator[str]:
    """A second teacher dashboard of the pair, as it is where a mail server is set."""
    settings = BackendClient(pair.backend_url, pair.data_dir).settings
    with TeacherDashboard({**settings, "EXAM_RESULTS_SENDS_MAIL": "true"}, TEACHER_APP) as dashboard:
        yield dashboard.url


@pytest.fixture(scope="module")
def teacher(pair: PairProcess, browser: Browser) -> Iterator[SignedIn]:
    """A new teacher of the pair who has signed in once."""
    signed_in = SignedIn(BackendClient(pair.backend_url, pair.data_dir), pair.teacher_url, browser)
    with contextlib.closing(signed_in.api):
        yield signed_in


@pytest.fixture
def new_person(contexts: ContextPool) -> Iterator[Callable[..., Person]]:
    """Creates people, each with their own browser context; keywords are those of playwright's new_context.

    At the end, none of their pages may have violated its Content-Security-Policy, and none of their
    scripts may have failed.
    """
    people: list[Person] = []
    with contextlib.ExitStack() as lent:

        def make(**options: object) -> Person:
            look = {name: options.pop(name) for name in Person.LOOK if name in options}
            people.append(Person(lent.enter_context(contexts.lent(**options)), **look))
            return people[-1]

        yield make
    for person in people:
        person.leave()
    assert [fault for person in people for fault in person.faults] == []


@pytest.fixture
def teacher_page(pair: PairProcess, new_person: Callable[..., Person]) -> Page:
    """A page of a new teacher who is signed in and sees an empty list of exams."""
    username = f"teacher-{new_id()[:8]}"
    BackendClient(pair.backend_url, pair.data_dir).create_teacher(username)
    page = new_person().page
    sign_in(page, pair.teacher_url, username)
    return page
