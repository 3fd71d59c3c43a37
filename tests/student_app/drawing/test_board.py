"""The board's script agrees with the server."""

import re

from student_app.drawing.files import BOARD_SCRIPT
from student_app.stream.hub import BEAT_S


def test_a_board_that_misses_two_heartbeats_says_within_10_seconds_that_it_is_not_live() -> None:
    found = re.search(r"^const STALE_MS = (\d+);", BOARD_SCRIPT, re.MULTILINE)
    assert found is not None
    assert 2 * BEAT_S < int(found[1]) / 1000 < 10
