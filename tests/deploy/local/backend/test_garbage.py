"""While the backend serves, garbage is looked for less often, and still found."""

import gc
import weakref

import pytest

from deploy.local.backend.garbage import few_collections

pytestmark = pytest.mark.usefixtures("nothing_frozen")


class Stopped(Exception):
    """The server stops for any reason."""


class Ring:
    """Garbage that only the collector finds."""

    def __init__(self) -> None:
        self.itself = self


def collections_after_making(objects: int) -> int:
    """How often the collector runs while so many are made and kept."""
    runs = 0

    def count(phase: str, _info: dict[str, int]) -> None:
        nonlocal runs
        runs += phase == "start"

    gc.callbacks.append(count)
    try:
        kept = [[] for _ in range(objects)]
        return runs if kept else 0
    finally:
        gc.callbacks.remove(count)


def test_thousands_of_new_objects_do_without_a_collection_and_garbage_goes_all_the_same() -> None:
    assert collections_after_making(5_000) > 0
    with few_collections():
        assert gc.get_freeze_count() > 0
        gc.collect(0)
        assert collections_after_making(5_000) == 0
        gone = weakref.ref(Ring())
        assert collections_after_making(50_000) > 0
        assert gone() is None


def test_the_process_settings_are_restored() -> None:
    before = gc.get_threshold()

    def serve_until_it_stops() -> None:
        with few_collections():
            assert gc.get_threshold()[0] > before[0]
            raise Stopped

    with pytest.raises(Stopped):
        serve_until_it_stops()
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
