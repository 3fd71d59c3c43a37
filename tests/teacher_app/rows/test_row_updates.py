"""A page that receives only changes has the same rows as one that receives everything."""

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from shared.model.exam import Result
from teacher_app.rows.row_updates import RowUpdate, RowUpdates


def row(key: str, version: int = 1) -> Result:
    return Result(key, "exam", f"Student {key}", "12", version, False)


class Page:
    """A page's script, which applies updates."""

    def __init__(self) -> None:
        self.rows: dict[str, Result] = {}
        self.seen: list[object] | None = None

    def take(self, news: RowUpdate) -> None:
        if news.base is None:
            self.rows.clear()
        self.rows |= {row.id: row for row in news.rows}
        for key in news.gone:
            self.rows.pop(key, None)
        self.seen = [news.epoch, news.revision]


def test_a_new_page_receives_everything_and_later_only_changes() -> None:
    source = RowUpdates("epoch")
    first = source.since(None, [row("a"), row("b")])
    assert (first.base, {told.id for told in first.rows}, first.gone) == (None, {"a", "b"}, [])
    seen = [first.epoch, first.revision]
    second = source.since(seen, [row("a", 2), row("c")])
    assert second.base == first.revision
    assert {told.id: told.version for told in second.rows} == {"a": 2, "c": 1}
    assert second.gone == ["b"]


def test_without_changes_nothing_is_sent() -> None:
    source = RowUpdates("epoch")
    first = source.since(None, [row("a")])
    again = source.since([first.epoch, first.revision], [row("a")])
    assert (again.revision, again.rows, again.gone) == (first.revision, [], [])


def test_a_page_with_another_epoch_or_invalid_state_receives_everything() -> None:
    source = RowUpdates("epoch")
    source.since(None, [row("a")])
    for seen in (["other", 1], ["epoch", 99], ["epoch", -1], ["epoch", "1"], "epoch", {}, ["epoch"]):
        assert source.since(seen, [row("a")]).base is None


@given(st.integers(0, 2**32), st.integers(1, 30))
def test_pages_that_miss_any_updates_end_with_the_same_rows(seed: int, steps: int) -> None:
    source, pages, present = RowUpdates("epoch"), [Page(), Page()], {"a": row("a")}
    chance = random.Random(seed)
    for _ in range(steps):
        key = chance.choice("abcdef")
        if key in present and chance.random() < 0.4:
            del present[key]
        else:
            known = present.get(key)
            present[key] = row(key) if known is None else replace(known, version=known.version + 1)
        page = chance.choice(pages)
        news = source.since(page.seen, present.values())
        if chance.random() < 0.7:  # otherwise it is lost in transit
            page.take(news)
    for page in pages:
        page.take(source.since(page.seen, present.values()))
        assert page.rows == present
