"""Fewer collections of garbage: a write makes hundreds of objects, and hardly any in cycles.

CPython looks for cycles after every 700 new objects, and at times through all of the schema; that took a
tenth of the processor for writes.
"""

import contextlib
import gc
from collections.abc import Iterator

__all__ = ["few_collections"]

YOUNG_OBJECTS_MAX = 10_000  # a few megabytes


@contextlib.contextmanager
def few_collections() -> Iterator[None]:
    """Within the block, a collection follows YOUNG_OBJECTS_MAX new objects, and none visits what was loaded
    before."""
    thresholds = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS_MAX, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()
