"""A browser context that is used again has nothing of the person before."""

from collections.abc import Callable, Iterator
from unittest import mock

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.context_pool import HARMLESS, IDLE_MAX, ContextPool

URL = "http://127.0.0.1/exams"
ELSEWHERE = "http://localhost/exams"  # another site that browsers trust as much
ADA = {"cookies": [{"name": "who", "value": "Ada", "url": URL}]}
STORE = """async () => {
  localStorage.who = sessionStorage.who = window.name = "Ada";
  document.cookie = "former=Ada; max-age=1000";
  await (await caches.open("who")).put("/who", new Response("Ada"));
  await new Promise((done, fail) => Object.assign(indexedDB.open("who"), {onsuccess: done, onerror: fail}));
  await (await navigator.storage.getDirectory()).getFileHandle("who", {create: true});
}"""
STORED = """async () => {
  const files = [];
  for await (const name of (await navigator.storage.getDirectory()).keys()) files.push(name);
  return [
    {...localStorage}, {...sessionStorage}, window.name, document.cookie, await caches.keys(),
    await indexedDB.databases(), files, history.length, navigator.onLine,
    (await navigator.permissions.query({name: "geolocation"})).state,
  ];
}"""
CHANGES: dict[str, Callable[[BrowserContext], object]] = {
    "routes": lambda context: context.route("**/other", lambda route: route.abort()),
    "routes of sockets": lambda context: context.route_web_socket("**", lambda socket: socket.close()),
    "scripts": lambda context: context.add_init_script("window.who = 'Ada'"),
    "functions": lambda context: context.expose_function("who", lambda: "Ada"),
    "permissions": lambda context: context.grant_permissions(["geolocation"]),
    "a place": lambda context: context.set_geolocation({"latitude": 52.5, "longitude": 13.4}),
    "headers": lambda context: context.set_extra_http_headers({"Who": "Ada"}),
    "no network": lambda context: context.set_offline(True),
    "the debugger": lambda context: context.new_cdp_session(context.pages[0]),
    "a clock": lambda context: context.clock.install(),
    "a page's clock": lambda context: context.new_page().clock.install(),
    "a whole state": lambda context: context.set_storage_state({"cookies": []}),
}


@pytest.fixture
def pool(browser: Browser) -> Iterator[ContextPool]:
    with ContextPool(browser) as opened:
        yield opened


def opened(context: BrowserContext, cookies: str = "", url: str = URL) -> Page:
    """A page whose server sets the cookies."""
    page = context.new_page()
    headers = {"Set-Cookie": cookies} if cookies else {}
    page.route(url, lambda route: route.fulfill(body="<p>hello", content_type="text/html", headers=headers))
    page.goto(url)
    return page


@pytest.mark.parametrize("url", [URL, ELSEWHERE])
def test_nothing_of_the_person_before_is_left(pool: ContextPool, url: str) -> None:
    with pool.lent() as first:
        pages = len(first.pages)
        as_new = opened(first, url=url).evaluate(STORED)
        page = opened(first, "secret=Ada; HttpOnly; SameSite=Strict", url)
        page.evaluate(STORE)
        stored = page.evaluate(STORED)
        assert [now == new for now, new in zip(stored[:7], as_new[:7], strict=True)] == [False] * 7
        assert {one["name"] for one in first.cookies()} == {"secret", "former"}
    with pool.lent() as second:
        assert second == first
        assert len(second.pages) == pages
        assert second.cookies() == []
        assert opened(second, url=url).evaluate(STORED) == as_new


def test_a_person_comes_with_the_own_cookies_only(pool: ContextPool) -> None:
    with pool.lent(storage_state=ADA) as first:
        assert opened(first).evaluate("document.cookie") == "who=Ada"
    with pool.lent(storage_state={"cookies": []}) as second:
        assert second == first
        assert opened(second).evaluate("document.cookie") == ""
    with pool.lent(storage_state=ADA) as third:
        assert third == first
        assert opened(third).evaluate("document.cookie") == "who=Ada"


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_changed_context_is_used_by_nobody_else(
    pool: ContextPool, browser: Browser, change: Callable[[BrowserContext], object]
) -> None:
    with pool.lent() as first:
        change(first)
    assert first not in browser.contexts
    with pool.lent() as second:
        assert second != first


def haunt(context: BrowserContext) -> None:
    """What a later playwright may do to a context."""


def test_what_is_not_known_is_a_change(browser: Browser) -> None:
    with mock.patch.object(BrowserContext, "haunt", haunt, create=True), ContextPool(browser) as pool:
        with pool.lent() as first:
            first.haunt()  # type: ignore[attr-defined]
        with pool.lent() as second:
            assert second != first


def test_only_names_that_playwright_has_are_known_as_harmless() -> None:
    assert [name for name in HARMLESS if not hasattr(BrowserContext, name)] == []


def test_people_at_the_same_time_and_other_options_have_contexts_of_their_own(pool: ContextPool) -> None:
    with pool.lent() as one, pool.lent() as other:
        assert one != other
    with pool.lent(locale="de-DE") as german:
        assert german not in (one, other)
        assert opened(german).evaluate("navigator.language") == "de-DE"
    with pool.lent(locale="de-DE") as again:
        assert again == german


@pytest.mark.parametrize(
    "options",
    [
        {"extra_http_headers": {"Who": "Ada"}},
        {"ignore_https_errors": True},
        {"storage_state": {"cookies": [], "origins": [{"origin": URL, "localStorage": []}]}},
    ],
    ids=["headers", "certificates", "more than cookies"],
)
def test_a_context_that_cannot_be_emptied_is_not_kept(
    pool: ContextPool, browser: Browser, options: dict[str, object]
) -> None:
    with pool.lent(**options) as special:
        assert special in browser.contexts
    assert special not in browser.contexts


def test_a_context_is_not_kept_after_a_failure(pool: ContextPool, browser: Browser) -> None:
    with pytest.raises(ValueError, match="a test failed"), pool.lent() as failing:
        raise ValueError("a test failed")
    assert failing not in browser.contexts


def test_few_are_kept(pool: ContextPool, browser: Browser) -> None:
    before = len(browser.contexts)
    for number in range(IDLE_MAX + 2):
        with pool.lent(locale=f"en-{number:03}"):
            pass
    assert len(browser.contexts) == before + IDLE_MAX
