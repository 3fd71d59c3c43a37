"""Test data as the wire carries it: each call gives fresh rows that can be changed at will."""

import uuid
from collections.abc import Mapping
from typing import Any

__all__ = ["at_version", "exam_input", "new_id", "result_input"]


def new_id() -> str:
    return str(uuid.uuid4())


def exam_input() -> dict[str, Any]:
    """A new exam's fields, with an id of its own."""
    return {
        "id": new_id(),
        "subject": "Mathematics",
        "date": "2026-06-15",
        "teacher": "A. Lovelace",
        "scale": "OUT_OF_20",
        "audience": "NAMES",
    }


def result_input(exam_id: str) -> dict[str, Any]:
    """A new result's fields, with an id of its own."""
    return {"id": new_id(), "examId": exam_id, "student": "Grace Hopper", "grade": "18.5"}


def at_version(row: Mapping[str, Any]) -> dict[str, Any]:
    """The part of an input that says which row, as it was seen."""
    which = {"id": row["id"], "expectedVersion": row["version"]}
    return {**which, "examId": row["examId"]} if "examId" in row else which
