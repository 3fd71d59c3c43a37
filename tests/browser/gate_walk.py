"""A tour of every page of the gate, for tests that check each page's appearance."""

from collections.abc import Iterator
from pathlib import Path

import pyotp
from playwright.sync_api import Page

from tests.backend_process import PASSWORD
from tests.wire.gate_dashboard import TEMPORARY, Operator, new_name, reset_code

__all__ = ["walk"]


def walk(page: Page, teacher_url: str, operator: Operator, data_dir: Path) -> Iterator[str]:
    """Shows each page of the gate in turn, with and without an alert; yields the name of each."""
    name = new_name()
    operator.invite(name)
    press = page.get_by_role("button", exact=False)
    page.goto(teacher_url)
    yield "sign-in"
    _sign_in(page, name, "Wrong-password-1")
    page.get_by_role("alert").wait_for()
    yield "sign-in-refused"
    _sign_in(page, name, TEMPORARY)
    page.get_by_label("New password", exact=True).wait_for()
    yield "new-password"
    page.get_by_label("New password", exact=True).press_sequentially("Half-done")
    yield "new-password-half-met"
    page.get_by_label("Repeat the password", exact=True).fill("Another")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    yield "new-password-refused"
    for label in ("New password", "Repeat the password"):
        page.get_by_label(label, exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_test_id("stApp").wait_for()

    page.goto(f"{teacher_url}/account")
    yield "account"
    page.goto(f"{teacher_url}/account/password")
    yield "change-password"
    page.goto(f"{teacher_url}/account/authenticator")
    yield "authenticator"
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_label("Code").wait_for()
    yield "authenticator-picture"
    app = pyotp.TOTP(page.locator(".secret-key").inner_text().replace(" ", ""))
    page.get_by_label("Code").fill("12345x")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    yield "authenticator-refused"
    page.get_by_label("Code").fill(app.now())
    page.keyboard.press("Enter")
    page.get_by_role("status").filter(has_text="authenticator app is on").wait_for()
    yield "account-with-notice"
    page.goto(f"{teacher_url}/account/authenticator")
    yield "authenticator-off"
    page.goto(f"{teacher_url}/sign-out")
    yield "sign-out"
    press.filter(has_text="Sign out").click()
    page.get_by_role("status").wait_for()
    yield "signed-out"

    _sign_in(page, name, PASSWORD)
    page.get_by_label("Code").wait_for()
    yield "code"
    page.goto(f"{teacher_url}/forgotten-password")
    yield "forgotten"
    page.get_by_label("Name").fill(name)
    page.keyboard.press("Enter")
    page.get_by_label("Code").wait_for()
    reset_code(data_dir, name)
    yield "forgotten-code"


def _sign_in(page: Page, name: str, password: str) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    page.keyboard.press("Enter")
