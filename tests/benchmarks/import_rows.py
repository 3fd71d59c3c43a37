"""A file of 1,000 and of 10,000 students: until it is previewed, and until it is saved, on this machine.

    python -m tests.benchmarks.import_rows [--rows 1000 10000] [--repeats 3]

First the work itself beside a backend process: reading a CSV file and a workbook, each in the process that
reads files, with a bare read of the same file by the library for comparison; recognising and checking the
rows; then saving over HTTP in batches, each acknowledged once on disk. Then the same as a teacher sees it, in
Chromium with the dashboards of the one command: from choosing the file until the rows are on the screen, and
until “saved” is; with the number of steps the progress bar showed.
"""

import argparse
import csv
import datetime as dt
import io
import platform
import random
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

import openpyxl
from playwright.sync_api import Page, sync_playwright

from shared.api.calls import TeacherApi
from shared.model.exam import NewExam
from shared.model.scales import OUT_OF_20
from teacher_app.importing.draft import ImportDraft
from teacher_app.reading.reader import FileReader
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


def table(rows: int) -> list[list[str]]:
    """A list as a school keeps it: five columns."""
    heading = ["Student ID", "Last name", "First name", "Email", "Import"]
    return [heading] + [
        [f"{1000 + 7 * n}", f"Last{n:05d}", f"First{n % 97}", f"s{n}@school.example", f"{n % 41 / 2:g}"]
        for n in range(rows)
    ]


def csv_file(rows: int) -> bytes:
    return "".join(";".join(cells) + "\n" for cells in table(rows)).encode()


def workbook_file(rows: int) -> bytes:
    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet()
    for cells in table(rows):
        sheet.append(cells)
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def read_times(rows: int, reader: FileReader) -> dict[str, float]:
    """Seconds to read the file in its process, and by the library alone."""
    text, workbook = csv_file(rows), workbook_file(rows)
    return {
        "CSV, bare csv.reader": seconds(lambda: list(csv.reader(io.StringIO(text.decode()), delimiter=";"))),
        "CSV, in the reading process": seconds(lambda: reader.file(text)),
        "XLSX, bare openpyxl": seconds(
            lambda: list(openpyxl.load_workbook(io.BytesIO(workbook), read_only=True).active.values)
        ),
        "XLSX, in the reading process": seconds(lambda: reader.file(workbook)),
    }


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def work_times(api: TeacherApi, rows: int, reader: FileReader) -> tuple[float, float]:
    """Seconds to read and check, and to save, `rows` rows of a new exam."""
    exam = api.create_exam(NewExam("Import", dt.date(2026, 6, 15), "A. Lovelace", OUT_OF_20))
    workspace = Workspace(lambda: api, exam.id, time.time)
    began = time.perf_counter()
    draft = ImportDraft(reader.file(csv_file(rows)), workspace)
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
    chooser = page.locator("input[type=file]").first
    chooser.wait_for(state="attached")
    began = time.perf_counter()
    chooser.set_input_files({"name": "list.csv", "mimeType": "text/csv", "buffer": csv_file(rows)})
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
    parser.add_argument("--rows", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, the middle one of {options.repeats} times, in seconds")
    figures: dict[str, list[float]] = defaultdict(list)
    with ExitStack() as stack:
        backend = stack.enter_context(
            BackendProcess(Path(stack.enter_context(tempfile.TemporaryDirectory())) / "data")
        )
        reader = stack.enter_context(closing(FileReader()))
        backend.create_teacher("importer")
        token = backend.sign_in("importer").access_token
        api = stack.enter_context(closing(TeacherApi(backend_settings(backend), lambda: token)))
        for rows in options.rows:
            reads = [read_times(rows, reader) for _ in range(options.repeats)]
            for name in reads[0]:
                figures[name].append(statistics.median(one[name] for one in reads))
            works = [work_times(api, rows, reader) for _ in range(options.repeats)]
            figures["CSV, read and checked"].append(statistics.median(work[0] for work in works))
            figures["saved over HTTP"].append(statistics.median(work[1] for work in works))
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
        for rows in options.rows:
            seen = [browser_times(teacher, context.new_page(), rows) for _ in range(options.repeats)]
            for place, name in enumerate(
                ("file to preview on screen", "press to “saved” on screen", "bar steps")
            ):
                figures[name].append(statistics.median(one[place] for one in seen))
    print(f"{'rows':30}" + "".join(f"{rows:>10,}" for rows in options.rows))
    for name, values in figures.items():
        print(f"{name:30}" + "".join(f"{value:10.2f}" for value in values))


if __name__ == "__main__":
    main()
