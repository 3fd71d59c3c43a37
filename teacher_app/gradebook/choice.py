"""Which exams a gradebook shows and what they weigh, as its class list keeps it.

It keeps only what differs from the usual: each exam with students of the list, at the weight 1. So an exam
made later appears by itself. This belongs to the list and not to the exams: an exam of two classes may weigh
more in one of them.

    3f2a90c1b7de~2_9d041be2a6c5~off_77aa01c2d3e4~on~0.5

is the weight 2, an exam that is not shown, and one that is shown whoever is in it, at the weight 0.5. An exam
is named by the first twelve digits of its id: among a million exams of one teacher, two have the same with a
probability of 1 in 500.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from shared.model.errors import FieldInvalid
from shared.model.scales import number_text
from shared.model.text import normalize_spaces

__all__ = [
    "USUAL_WEIGHT",
    "WEIGHT_MAX",
    "Choice",
    "Edits",
    "edited",
    "exam_key",
    "merged_edits",
    "new_edits",
    "parse_choice",
    "parse_weight",
]

Edits = Mapping[str, Mapping[str, object]]  # "weights": texts, "shown": ticks; by the exam's id
USUAL_WEIGHT: Final = Decimal(1)
WEIGHT_MAX: Final = 1000

_KEY = re.compile("[0-9a-f]{12}", re.ASCII)
_WEIGHT = re.compile(r"(?:\d{1,4}(?:\.\d{0,3})?|\.\d{1,3}) ?%?", re.ASCII)
_SHOWN: Final = {"on": True, "off": False}


@dataclass(frozen=True, slots=True)
class Choice:
    """By exam_key(): `weights` that are not the usual one, and what the teacher ticked or unticked."""

    weights: Mapping[str, Decimal] = field(default_factory=dict)
    shown: Mapping[str, bool] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """As parse_choice() reads it; "" where everything is as usual."""
        entries = []
        for key in sorted(self.weights.keys() | self.shown.keys()):
            parts = [key]
            if key in self.shown:
                parts.append("on" if self.shown[key] else "off")
            if self.weight(key) != USUAL_WEIGHT:
                parts.append(number_text(self.weight(key)))
            if len(parts) > 1:
                entries.append("~".join(parts))
        return "_".join(entries)

    def weight(self, key: str) -> Decimal:
        """What the exam with that key weighs."""
        return self.weights.get(key, USUAL_WEIGHT)

    def is_shown(self, key: str, *, has_students: bool) -> bool:
        """Whether the exam with that key is shown; `has_students` of the class list."""
        return self.shown.get(key, has_students)


def exam_key(exam_id: str) -> str:
    """How a choice names an exam."""
    return exam_id.replace("-", "")[:12]


def parse_choice(text: str) -> Choice:
    """The choice that a class list keeps. Parts that are no choice are left out."""
    weights: dict[str, Decimal] = {}
    shown: dict[str, bool] = {}
    for entry in text.split("_"):
        key, *parts = entry.split("~")
        if _KEY.fullmatch(key) is None:
            continue
        for part in parts:
            if part in _SHOWN:
                shown[key] = _SHOWN[part]
            else:
                try:
                    weights[key] = parse_weight(part)
                except FieldInvalid:
                    continue
    return Choice(weights, shown)


def edited(choice: Choice, edits: Edits, exam_ids: Iterable[str]) -> tuple[Choice, dict[str, str]]:
    """The choice with what a teacher changed, and what is wrong with a typed weight, by the exam's id: such a
    weight stays as it was. Exams that are not among `exam_ids` any more are left out."""
    weights, shown, faults = dict(choice.weights), dict(choice.shown), dict[str, str]()
    for exam_id, typed in edits.get("weights", {}).items():
        try:
            weights[exam_key(exam_id)] = parse_weight(str(typed))
        except FieldInvalid as error:
            faults[exam_id] = error.reason
    for exam_id, is_shown in edits.get("shown", {}).items():
        shown[exam_key(exam_id)] = bool(is_shown)
    known = {exam_key(exam_id) for exam_id in exam_ids}
    kept = Choice(
        {key: weight for key, weight in weights.items() if key in known},
        {key: is_shown for key, is_shown in shown.items() if key in known},
    )
    return kept, faults


def new_edits(edits: Edits, applied: Edits) -> Edits:
    """The edits without those that were applied before, which another tab may have changed since."""
    return {
        kind: {
            exam_id: value for exam_id, value in values.items() if applied.get(kind, {}).get(exam_id) != value
        }
        for kind, values in edits.items()
    }


def merged_edits(first: Edits, second: Edits) -> Edits:
    """Both; the second one's where they differ."""
    kinds = first.keys() | second.keys()
    return {kind: {**first.get(kind, {}), **second.get(kind, {})} for kind in kinds}


def parse_weight(typed: str) -> Decimal:
    """The weight that a teacher means: "2", "0,5", "20 %". Raises FieldInvalid."""
    plain = normalize_spaces(typed).replace(",", ".")
    if _WEIGHT.fullmatch(plain) is None or (weight := Decimal(plain.rstrip(" %"))) > WEIGHT_MAX:
        raise FieldInvalid(
            "weight",
            f"“{typed.strip()}” is no weight. Type a number from 0 to {WEIGHT_MAX}, such as 2 or 0.5.",
        )
    return weight
