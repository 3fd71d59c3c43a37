"""Random documents that a guest can send: queries of every public field, with aliases, fragments, inline
fragments, directives, variables and pages; and subscriptions, with the same selections."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["REQUESTS", "GuestDocument", "guest_queries", "guest_subscription"]

# Generated queries to the embedded backend by one test; GUEST_REQUESTS=10000 for a thorough run.
REQUESTS = int(os.environ.get("GUEST_REQUESTS", "1000"))

_EXAM = [
    "id",
    "subject",
    "date",
    "teacher",
    "scale",
    "status",
    "audience",
    "listed",
    "published",
    "releaseAt",
    "secondsToRelease",
    "version",
    "createdAt",
]
_RESULT = [
    "id",
    "examId",
    "student",
    "grade",
    "readable",
    "published",
    "version",
    "comment",
    "corrected",
    "__typename",
]
_REFUSED = ["name", "number"]  # of a result, by a query: null, with an error; a subscription would not begin
_TOP_FIELDS_MAX = 20  # the API's limit for one document


@dataclass
class GuestDocument:
    """`field_count` is the number of its top fields, each a query of its own; `codes` are those that they
    try, by the key of the answer."""

    text: str
    variables: dict[str, Any] = field(default_factory=dict)
    field_count: int = 0
    codes: dict[str, str] = field(default_factory=dict)


def guest_queries(
    source: random.Random,
    count: int,
    exam_ids: Sequence[str],
    result_ids: Sequence[str],
    codes: Sequence[str] = (),
) -> Iterator[GuestDocument]:
    """Documents with `count` queries in total, of these exams, results and codes, and of all exams."""
    while count > 0:
        width = min(count, source.randint(1, _TOP_FIELDS_MAX))
        count -= width
        yield _document(source, width, exam_ids, result_ids, codes)


def guest_subscription(source: random.Random, name: str, exam_id: str) -> GuestDocument:
    """A subscription of this field, with a selection and an argument by chance."""
    fragments = _Fragments(source)
    named = f'({"examId" if "Results" in name else "id"}: "{exam_id}")'
    argument = source.choice(["", named])
    if name.endswith("Batch"):
        selection = f"{{ examId published items {fragments.selection('Results', _RESULT)} }}"
    elif name.endswith("Exam"):
        selection = fragments.selection("Exam", _EXAM)
    else:
        selection = fragments.selection("Results", _RESULT)
    text = f"subscription {{ {fragments.alias()}{name}{argument} {selection} }} {fragments.text}"
    return GuestDocument(text, field_count=1)


class _Fragments:
    """Selections, and the named fragments that they spread."""

    def __init__(self, source: random.Random) -> None:
        self._source, self._defined = source, list[str]()
        self._aliases = 0

    @property
    def text(self) -> str:
        return " ".join(self._defined)

    def alias(self) -> str:
        self._aliases += 1
        return f"a{self._aliases}: " if self._source.random() < 0.5 else ""

    def selection(self, type_name: str, fields: Sequence[str]) -> str:
        """A non-empty choice of the fields, plain, aliased, in fragments, or twice."""
        chosen = self._source.sample(fields, self._source.randint(1, len(fields)))
        parts = ["id", *(f"{self.alias()}{name}{self._directive()}" for name in chosen)]
        inner = " ".join(parts)
        kind = self._source.randrange(4)
        if kind == 0:
            return f"{{ {inner} }}"
        if kind == 1:
            return f"{{ ... on {type_name} {{ {inner} }} }}"
        if kind == 2:
            return f"{{ ... @include(if: true) {{ {inner} }} }}"
        name = f"F{len(self._defined)}"
        self._defined.append(f"fragment {name} on {type_name} {{ {inner} }}")
        return f"{{ ...{name} id }}"

    def _directive(self) -> str:
        return self._source.choice(
            ["", "", "", " @skip(if: false)", " @include(if: true)", " @skip(if: true)"]
        )


def _document(
    source: random.Random,
    width: int,
    exam_ids: Sequence[str],
    result_ids: Sequence[str],
    codes: Sequence[str],
) -> GuestDocument:
    fragments = _Fragments(source)
    variables: dict[str, Any] = {}
    declared: list[str] = []

    def given(value: str | int, type_name: str) -> str:
        if source.random() < 0.5:
            return f'"{value}"' if isinstance(value, str) else str(value)
        name = f"v{len(variables)}"
        variables[name] = value
        declared.append(f"${name}: {type_name}")
        return f"${name}"

    fields: list[str] = []
    tried: dict[str, str] = {}
    queried = [*_RESULT, *_REFUSED] if source.random() < 0.2 else _RESULT
    for number in range(width):
        exam_id = source.choice(exam_ids)
        match source.randrange(9 if codes else 8):
            case 8:
                code = tried[f"q{number}"] = source.choice(codes)
                arguments = f"examId: {given(exam_id, 'ID!')}, code: {given(code, 'String!')}"
                call = f"findResult({arguments}) {fragments.selection('Results', queried)}"
            case 0:
                call = f"getExam(id: {given(exam_id, 'ID!')}) {fragments.selection('Exam', _EXAM)}"
            case 1:
                limit = given(source.randint(1, 40), "Int")
                call = f"listExams(limit: {limit}) {{ items {fragments.selection('Exam', _EXAM)} nextToken }}"
            case 2 | 3:
                row_id = source.choice(result_ids)
                arguments = f"examId: {given(exam_id, 'ID!')}, id: {given(row_id, 'ID!')}"
                call = f"getResults({arguments}) {fragments.selection('Results', queried)}"
            case _:
                limit = given(source.randint(1, 40), "Int")
                arguments = f"examId: {given(exam_id, 'ID!')}, limit: {limit}"
                if width == 1:
                    token = f"results/{exam_id}/{source.choice(result_ids)}"  # of the form of AWS's
                    arguments += f", nextToken: {given(token, 'String')}"
                rows = fragments.selection("Results", queried)
                call = f"listResults({arguments}) {{ items {rows} nextToken }}"
        fields.append(f"q{number}: {call}")
    head = f"query Q({', '.join(declared)})" if declared else "query Q"
    return GuestDocument(f"{head} {{ {' '.join(fields)} }} {fragments.text}", variables, width, tried)
