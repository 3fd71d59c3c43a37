"""The user pool's password policy, as both the page's script and the server read it.

Both backends enforce it. Checking it here as well saves a round trip and says what is missing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["RULES", "PasswordRule", "missing_rules"]


@dataclass(frozen=True, slots=True)
class PasswordRule:
    """A password must match `pattern`, a regular expression valid in Python and in JavaScript."""

    name: str
    text: str
    pattern: str


RULES: tuple[PasswordRule, ...] = (
    PasswordRule("length", "at least 12 characters", r"^[\s\S]{12,256}$"),
    PasswordRule("lowercase", "a lower-case letter", "[a-z]"),
    PasswordRule("uppercase", "a capital letter", "[A-Z]"),
    PasswordRule("digit", "a digit", "[0-9]"),
    PasswordRule("edges", "no space at the beginning or the end", r"^\S([\s\S]*\S)?$"),
)


def missing_rules(password: str) -> list[PasswordRule]:
    """The rules that `password` breaks, in the order of RULES."""
    return [rule for rule in RULES if not re.search(rule.pattern, password)]
