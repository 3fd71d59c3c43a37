"""What a run did and found, as text."""

from collections import Counter
from dataclasses import dataclass, field

from tests.robustness.failpoints.plan import Failpoint
from tests.robustness.model.history import History
from tests.robustness.validation.violation import Rule, Violation

__all__ = ["Figures"]


@dataclass(slots=True)
class Figures:
    """Counts of all rounds so far."""

    seed: int
    commit: str
    rounds: int = 0
    duration_s: float = 0.0
    longest_rest_s: float = 0.0
    fired: Counter[str] = field(default_factory=Counter)
    operations: Counter[str] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    violations: list[Violation] = field(default_factory=list)

    def count(self, history: History, found: list[Violation]) -> None:
        """Adds one round."""
        self.rounds += 1
        self.violations += found
        for operation in history.operations:
            self.operations[f"{operation.kind}: {operation.outcome}"] += 1
            self.checks["writes"] += len(operation.writes)
        for read in history.reads:
            who = "guests" if read.is_guest else "teachers"
            self.operations[f"read by {who}: answered"] += 1
            self.checks["results read from the API"] += len(read.rows)
        self.checks["results seen by viewers"] += len(history.sights)
        self.checks["texts searched for what is hidden"] += history.texts_searched
        self.checks["ends of a teacher's tokens"] += len(history.sign_outs)

    def kills(self) -> int:
        """SIGKILLs of all processes."""
        return sum(count for name, count in self.fired.items() if name.startswith(Failpoint.KILL))

    def text(self) -> str:
        """The report."""
        broken = Counter(violation.rule for violation in self.violations)
        lines = [
            f"seed {self.seed}, commit {self.commit}: {self.rounds} rounds in {self.duration_s:.0f} s, "
            f"{self.kills()} kills; the longest way back to rest took {self.longest_rest_s:.0f} s",
            *_table("failpoints fired", self.fired),
            *_table("operations", self.operations),
            *_table("checked", self.checks),
            *_table("violations", Counter({rule.value: broken[rule] for rule in Rule})),
            *(str(violation) for violation in self.violations[:20]),
        ]
        return "\n".join(lines)


def _table(title: str, counts: Counter[str]) -> list[str]:
    return ["", title, *(f"  {count:>8}  {name}" for name, count in sorted(counts.items()))]
