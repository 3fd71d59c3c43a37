"""Student codes: what the public sees instead of a name when an exam's audience is CODES, and what finds a
student's own result when it is OWN.

All have an alphabet without look-alikes (no 0, O, 1, I, L, U). With 30 characters there are 729 million codes
of six, which anybody may see: who has one still does not know whose it is. There are 30^10 = 5.9 * 10^14
codes of ten. At an exam of 1,000 results, the API lets 1,200 wrong ones a minute through; kept up for a year,
they find one result with a probability of 1 in 900, in a class of 30 with 1 in 31,000.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Protocol

__all__ = [
    "CODE_ALPHABET",
    "CODE_LENGTH",
    "OWN_CODE_LENGTH",
    "RandomSource",
    "is_any_code",
    "is_code",
    "new_codes",
]

CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 6
OWN_CODE_LENGTH = 10

_CODE = re.compile("[2-9A-HJKMNP-TV-Z]+", re.ASCII)  # the API checks the same characters and lengths


class RandomSource(Protocol):
    """The source of the codes: `secrets.SystemRandom()` in the dashboards, a seeded Random in tests."""

    def choice(self, seq: str, /) -> str:
        """One character of `seq`, uniformly at random."""
        ...


def new_codes(
    count: int, taken: Collection[str], random: RandomSource, length: int = CODE_LENGTH
) -> list[str]:
    """`count` codes, distinct from each other and from `taken`."""
    used = set(taken)
    codes: list[str] = []
    while len(codes) < count:
        code = "".join(random.choice(CODE_ALPHABET) for _ in range(length))
        if code not in used:
            used.add(code)
            codes.append(code)
    return codes


def is_code(text: str, length: int = CODE_LENGTH) -> bool:
    """Whether `text` has the form of a code of this length, in upper case."""
    return len(text) == length and _CODE.fullmatch(text) is not None


def is_any_code(text: str) -> bool:
    """Whether `text` has the form of a code of any exam."""
    return is_code(text, CODE_LENGTH) or is_code(text, OWN_CODE_LENGTH)
