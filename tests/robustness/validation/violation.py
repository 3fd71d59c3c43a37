"""What a history may break."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Rule", "Violation"]


EVIDENCE_MAX = 2000  # characters in a report


class Rule(StrEnum):
    """The promises, as a line of the report names them."""

    LOST = "an answered write is lost"
    DOUBLED = "two answered writes found the same version"
    DISORDERED = "an answered write found a version that was gone before it began"
    STALE = "the API gave what had been replaced before it was asked"
    INVENTED = "something was read that nobody wrote"
    BACKWARDS = "a viewer's version went back"
    AT_REST = "a viewer differs from the API at rest"
    NOT_PUBLIC = "a guest saw what was not public then"
    SECRET = "a guest received a hidden text"  # a rule's name
    SIGNED_OUT = "a token was accepted after its end"
    RECOVERY = "something did not recover, or let a stranger in"


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken promise, with what shows it."""

    rule: Rule
    evidence: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.evidence[:EVIDENCE_MAX]}"
