"""Zip files, which workbooks are too: unpacked once to nothing, to see whether they are safe to read."""

from __future__ import annotations

import io
import zipfile

from teacher_app.reading.limits import MARKUP_MAX, UNPACKED_BYTES_MAX, FileNotReadable

__all__ = ["check_archive"]

_CHUNK_BYTES = 1 << 16
_DEPTH_MAX = 1_000  # elements within elements; a workbook has ten
_IS_ENCRYPTED = 0x1  # in an entry's flags
_TOO_MUCH = "This file unpacks to too much. Copy the rows that you need into a new one."


def check_archive(data: bytes) -> None:
    """Raises FileNotReadable for an archive that is damaged, has a password, or unpacks to more than a class
    list can have. What its directory says about sizes is not believed."""
    bytes_left, markup_left = UNPACKED_BYTES_MAX, MARKUP_MAX
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for entry in archive.infolist():
                if entry.flag_bits & _IS_ENCRYPTED:
                    raise FileNotReadable("This file has a password. Save it without one.")
                is_xml = entry.filename.endswith((".xml", ".rels"))
                depth = 0
                with archive.open(entry) as part:
                    while chunk := part.read(_CHUNK_BYTES):
                        bytes_left -= len(chunk)
                        if is_xml:
                            tags, ends = chunk.count(b"<"), chunk.count(b"</")
                            markup_left -= tags
                            depth += tags - 2 * ends - chunk.count(b"/>")
                        if bytes_left < 0 or markup_left < 0 or depth > _DEPTH_MAX:
                            raise FileNotReadable(_TOO_MUCH)
    except (FileNotReadable, MemoryError):
        raise
    except Exception as error:  # damaged archives raise anything: zlib.error, EOFError, struct.error
        raise FileNotReadable("This file is damaged. Save or export it again.") from error
