"""1,000 pasted rows: until they are previewed, and until they are saved, on this machine.

    python -m tests.benchmarks.import_rows [--rows 1000] [--repeats 3]

First the work itself, in its own process beside a backend process: reading, recognising and checking the
text; then saving over HTTP in batches, each acknowledged once on disk. Then the same as a teacher sees it,
in Chromium with the dashboards of the one command: from the click until the rows are on the screen, and
until “saved” is; with the number of steps the progress bar showed.
"""

import argparse
import datetime as dt
import platform
import random
import statistics
import tempfile
import time
from contextlib import ExitStack, closing
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from shared.api.calls import TeacherApi
from shared.model.exam import NewExam
from shared.model.scales import OUT_OF_20
from teacher_app.importing.draft import ImportDraft
from teacher_app.importing.files import source_from_text
from teacher_app.rows.workspace import Workspace
from tests.backend_process import BackendClient, BackendProcess
from tests.browser.conftest import CHROMIUM, CHROMIUM_ARGUMENTS
from tests.browser.entry_walk import SignedIn, open_exam
from tests.browser.people import choose_part
from tests.pair_process import PairProcess
from tests.wire.clients import backend_settings

__all__ = ["browser_times", "work_times"]

DEADLINE_MS = 60_000
_WATCH_BAR = """() => {
  window.barSteps = new Set();
  new MutationObserver(() => document.querySelectorAll('[role=progressbar]').forEach(
    bar => window.barSteps.add(bar.getAttribute('aria-valuenow')))
  ).observe(document.body, {subtree: true, childList: true, attributes: true});
}"""


def pasted(rows: int) -> str:
    return "".join(f"Student {number:04d}\t{number % 21}\n" for number in range(rows))


def work_times(api: TeacherApi, rows: int) -> tuple[float, float]:
    """Seconds to read and check, and to save, `rows` rows of a new exam."""
    exam = api.create_exam(NewExam("Import", dt.date(2026, 6, 15), "A. Lovelace", OUT_OF_20))
    workspace = Workspace(lambda: api, exam.id, time.time)
    began = time.perf_counter()
    draft = ImportDraft(source_from_text(pasted(rows)), workspace)
    checked = draft.checked()
    read_s = time.perf_counter() - began
    assert len(checked) == rows
    began = time.perf_counter()
    draft.begin(random.Random(1))
    for _ in draft.run(lambda: dt.datetime.now(dt.UTC)):
        pass
    saved_s = time.perf_counter() - began
    assert len(list(api.list_results(exam.id))) == rows
    return read_s, saved_s


def browser_times(teacher: SignedIn, page: Page, rows: int) -> tuple[float, float, int]:
    """Seconds until the preview and until “saved”, and how many positions of the progress bar were seen."""
    exam = teacher.api.create_exam(NewExam("Import", dt.date(2026, 6, 15), "A. Lovelace", OUT_OF_20))
    open_exam(page, f"{teacher.teacher_url}/exam?exam={exam.id}")
    choose_part(page, "Import")
    page.get_by_label("Paste rows").fill(pasted(rows))
    read = page.get_by_role("button", name="Read the rows")
    began = time.perf_counter()
    read.click()
    page.get_by_text(f"{rows:,} new").wait_for()
    page.get_by_test_id("stDataFrame").locator("canvas").first.wait_for()
    previewed_s = time.perf_counter() - began
    page.evaluate(_WATCH_BAR)
    save = page.get_by_role("button", name="Save ")
    began = time.perf_counter()
    save.click()
    page.get_by_text("saved at").wait_for()
    saved_s = time.perf_counter() - began
    assert len(list(teacher.api.list_results(exam.id))) == rows
    steps: int = page.evaluate("window.barSteps.size")
    return previewed_s, saved_s, steps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    rows, repeats = options.rows, options.repeats
    print(f"Python {platform.python_version()}, {rows:,} rows, the middle one of {repeats} times")
    with tempfile.TemporaryDirectory() as name, BackendProcess(Path(name) / "data") as backend:
        backend.create_teacher("importer")
        token = backend.sign_in("importer").access_token
        with closing(TeacherApi(backend_settings(backend), lambda: token)) as api:
            works = [work_times(api, rows) for _ in range(repeats)]
    print(f"read and checked             {statistics.median(work[0] for work in works):6.2f} s")
    print(f"saved over HTTP              {statistics.median(work[1] for work in works):6.2f} s")
    with ExitStack() as stack:
        data_dir = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        pair = stack.enter_context(PairProcess(data_dir))
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        stack.callback(browser.close)
        client = BackendClient(pair.backend_url, data_dir)
        teacher = SignedIn(client, pair.teacher_url, browser)
        stack.enter_context(closing(teacher.api))
        context = browser.new_context(storage_state=teacher.storage_state)
        context.set_default_timeout(DEADLINE_MS)
        page = context.new_page()
        seen = [browser_times(teacher, page, rows) for _ in range(repeats)]
    print(f"press to preview on screen   {statistics.median(one[0] for one in seen):6.2f} s   (2 s allowed)")
    print(f"press to “saved” on screen   {statistics.median(one[1] for one in seen):6.2f} s   (5 s allowed)")
    print(f"places the bar was seen at   {statistics.median(one[2] for one in seen):6.0f}")


if __name__ == "__main__":
    main()
