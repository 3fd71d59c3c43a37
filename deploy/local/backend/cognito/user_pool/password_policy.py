"""Which passwords the pool accepts, with AWS's messages, and how temporary ones are generated.

The policy is that of the AWS template: length matters more than special characters.
"""

import string
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["DEFAULT_POLICY", "PasswordPolicy", "new_temporary_password"]

SYMBOLS = frozenset("^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+- ")
LENGTH_MAX = 256
TEMPORARY_LENGTH = 14
# Read from a screen or from paper and typed once: no characters that look alike, no awkward symbols.
TEMPORARY_GROUPS = ("ABCDEFGHJKMNPQRSTUVWXYZ", "abcdefghijkmnpqrstuvwxyz", "23456789", "!#%+")


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    length_min: int = 12
    needs_uppercase: bool = True
    needs_lowercase: bool = True
    needs_digit: bool = True
    needs_symbol: bool = False

    def violation_of(self, password: str) -> str | None:
        """AWS's message about this password, or None when it is accepted."""
        if len(password) < self.length_min:
            return "Password did not conform with policy: Password not long enough"
        if len(password) > LENGTH_MAX:
            return f"Password did not conform with policy: Password longer than {LENGTH_MAX} characters"
        if password != password.strip():
            return "Password did not conform with policy: Password must not begin or end with a space"
        rules = (
            (self.needs_lowercase, str.islower, "lowercase"),
            (self.needs_uppercase, str.isupper, "uppercase"),
            (self.needs_digit, string.digits.__contains__, "numeric"),
            (self.needs_symbol, SYMBOLS.__contains__, "symbol"),
        )
        for is_needed, belongs, name in rules:
            if is_needed and not any(belongs(character) for character in password):
                return f"Password did not conform with policy: Password must have {name} characters"
        return None


DEFAULT_POLICY = PasswordPolicy()


def new_temporary_password(random_bytes: Callable[[int], bytes]) -> str:
    """A random password that the default policy accepts."""

    def below(bound: int) -> int:
        return int.from_bytes(random_bytes(16), "big") % bound  # uniform to within 2**-120

    everything = "".join(TEMPORARY_GROUPS)
    groups = [*TEMPORARY_GROUPS, *[everything] * (TEMPORARY_LENGTH - len(TEMPORARY_GROUPS))]
    characters = [group[below(len(group))] for group in groups]
    for last in range(len(characters) - 1, 0, -1):  # Fisher-Yates: no position reveals its group
        other = below(last + 1)
        characters[last], characters[other] = characters[other], characters[last]
    return "".join(characters)
