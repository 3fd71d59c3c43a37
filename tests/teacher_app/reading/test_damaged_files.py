"""Damaged files are refused or read, and nothing else comes out of them."""

import contextlib
import io
import random
import zipfile
from collections.abc import Callable

import pytest

from teacher_app.reading.files import source_from_file
from teacher_app.reading.limits import FileNotReadable
from tests.teacher_app.importing.test_dialects import ONEROSTER, bytes_of, workbook_of, zip_of

ROWS = [["Name", "Handed in", "Grade"], ["Ada", None, 14.5], ["Grace", "late", "abs"], ["Alan", None, 0.5]]
WORKBOOK = bytes_of(workbook_of(("A", ROWS), ("B", ROWS)))
ENCRYPTED = 0x1


def parts_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def damage_bytes(data: bytes, source: random.Random) -> bytes:
    damaged = bytearray(data)
    for _ in range(source.randint(1, 8)):
        damaged[source.randrange(len(damaged))] = source.randrange(256)
    return bytes(damaged)


def damage_a_part(data: bytes, source: random.Random) -> bytes:
    """The zip stays whole: the reader of workbooks meets the damage."""
    parts = parts_of(data)
    name = source.choice(sorted(parts))
    parts[name] = damage_bytes(parts[name], source)
    return zipped(parts)


def damage_a_number(data: bytes, source: random.Random) -> bytes:
    """References that point nowhere."""
    parts = parts_of(data)
    name = source.choice([one for one in sorted(parts) if b"1" in parts[one]])
    digits = [place for place, byte in enumerate(parts[name]) if chr(byte).isdigit()]
    changed = bytearray(parts[name])
    changed[source.choice(digits)] = ord(source.choice("0123456789-x"))
    parts[name] = bytes(changed)
    return zipped(parts)


def drop_a_part(data: bytes, source: random.Random) -> bytes:
    parts = parts_of(data)
    del parts[source.choice(sorted(parts))]
    return zipped(parts)


def cut(data: bytes, source: random.Random) -> bytes:
    return data[: source.randrange(len(data))]


def encrypt(data: bytes, source: random.Random) -> bytes:
    """Flags in the directory that say so."""
    damaged = bytearray(data)
    place = damaged.find(b"PK\x01\x02")
    damaged[place + 8] |= ENCRYPTED
    return bytes(damaged)


def zipped(parts: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return packed.getvalue()


@pytest.mark.parametrize("data", [WORKBOOK, zip_of(ONEROSTER)], ids=["workbook", "OneRoster"])
@pytest.mark.parametrize(
    "damage",
    [damage_bytes, damage_a_part, damage_a_number, drop_a_part, cut, encrypt],
    ids=lambda damage: damage.__name__,
)
def test_a_damaged_file(data: bytes, damage: Callable[[bytes, random.Random], bytes]) -> None:
    for seed in range(60):
        with contextlib.suppress(FileNotReadable):
            source_from_file(damage(data, random.Random(seed)))


def test_a_file_with_a_password_is_called_one() -> None:
    with pytest.raises(FileNotReadable, match="has a password"):
        source_from_file(encrypt(WORKBOOK, random.Random(0)))
