"""Student codes: what the public sees instead of a name when an exam's audience is CODES.

Six characters of an alphabet without look-alikes (no 0, O, 1, I, L, U). With 30 characters there are 729
million codes, so guessing finds no student of an exam in any reasonable time.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Protocol

__all__ = ["CODE_ALPHABET", "CODE_LENGTH", "CODE_PATTERN", "RandomSource", "is_code", "new_codes"]

CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 6
CODE_PATTERN = "^[2-9A-HJKMNP-TV-Z]{6}$"  # the API checks the same pattern

_CODE = re.compile(CODE_PATTERN, re.ASCII)


class RandomSource(Protocol):
    """The source of the codes: `secrets.SystemRandom()` in the dashboards, a seeded Random in tests."""

    def choice(self, seq: str, /) -> str:
        """One character of `seq`, uniformly at random."""
        ...


def new_codes(count: int, taken: Collection[str], random: RandomSource) -> list[str]:
    """`count` codes, distinct from each other and from `taken`."""
    used = set(taken)
    codes: list[str] = []
    while len(codes) < count:
        code = "".join(random.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
        if code not in used:
            used.add(code)
            codes.append(code)
    return codes


def is_code(text: str) -> bool:
    """Whether `text` has the form of a code (upper case, exactly six characters)."""
    return _CODE.fullmatch(text) is not None
