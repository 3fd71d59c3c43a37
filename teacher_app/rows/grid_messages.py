"""The words between the grid's script and its page. Pure; what a browser sends is not trusted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shared.model.exam import Audience
from teacher_app.rows.grid_changes import COLUMNS, BadCell, GridLine, note_of

__all__ = ["edits_from", "grid_data"]


def edits_from(told: object, generation: str) -> tuple[int, dict[str, Any]] | None:
    """The number of the telling and its edits, in the words of grid_changes.edited().

    None when it is of other lines than those of this generation, or no telling at all.
    """
    if not isinstance(told, Mapping) or told.get("generation") != generation:
        return None
    sequence = _count(told.get("sequence"))
    if sequence is None:
        return None
    rows = told.get("edited_rows")
    typed = {_count(at): _cells(cells) for at, cells in rows.items()} if isinstance(rows, Mapping) else {}
    typed.pop(None, None)
    edits: dict[str, Any] = {
        "edited_rows": typed,
        "added_rows": [_cells(cells) for cells in _items(told.get("added_rows"))],
    }
    for name in ("deleted_rows", "restored_rows"):
        edits[name] = [at for one in _items(told.get(name)) if (at := _count(one)) is not None]
    return sequence, {name: value for name, value in edits.items() if value}


def grid_data(
    lines: Sequence[GridLine],
    shown: Sequence[GridLine],
    bad: Iterable[BadCell],
    audience: Audience,
    *,
    edits: Mapping[str, Any],
    generation: str,
    sequence: int,
    has_unsaved: bool,
) -> dict[str, Any]:
    """What the script draws: `lines`, the `edits` of them that it has told, and notes to the `shown` lines,
    which are both together, that are not saved: {position: [text, columns to be mended, is a fault]}.

    `sequence` numbers the last telling that is in all this: what was typed since, the script keeps."""
    faults: dict[int, list[BadCell]] = {}
    for cell in bad:
        faults.setdefault(cell.position, []).append(cell)
    notes = {}
    for position, line in enumerate(shown):
        cells = faults.get(position, [])
        note = " ".join(cell.reason for cell in cells) or note_of(line, audience)
        if note:
            is_fault = bool(cells) or line.receipt is not None
            notes[str(position)] = [note, [cell.column for cell in cells], is_fault]
    return {
        "edits": edits,
        "generation": generation,
        "sequence": sequence,
        "hasCodes": audience is Audience.CODES,
        "hasUnsaved": has_unsaved,
        "lines": [_wire(line) for line in lines],
        "notes": notes,
    }


def _wire(line: GridLine) -> list[Any]:
    """[id, is stored, person, grade, code, is deleted]; the id is the row's, or names the new line."""
    row = line.stored
    if row is None:
        return [line.key, False, line.person, line.grade, "", line.is_deleted]
    return [row.id, True, line.person, line.grade, row.student, line.is_deleted]


def _cells(told: object) -> dict[str, str]:
    if not isinstance(told, Mapping):
        return {}
    return {name: told[name] for name in COLUMNS if isinstance(told.get(name), str)}


def _items(told: object) -> Sequence[object]:
    return told if isinstance(told, list) else []


def _count(told: object) -> int | None:
    text = str(told)
    return int(text) if text.isascii() and text.isdigit() else None
