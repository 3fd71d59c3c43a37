"""The format of a backup: a tar that starts with a manifest, followed by the database and the keys.

The manifest lists each file's length and SHA-256, so that a truncated or altered backup is refused before
anything is changed. The tar contains the keys: it must be kept as safe as the data folder itself.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from deploy.local.backend.storage.database import MIGRATIONS_FOLDER
from deploy.local.data_folder import paths

__all__ = [
    "KEY_FILES",
    "MANIFEST_FILE",
    "OPTIONAL_FILES",
    "BackupRefused",
    "FileFacts",
    "Manifest",
    "file_facts",
    "known_data_version",
]

FORMAT: Final = 1
MANIFEST_FILE: Final = "manifest.json"
KEY_FILES: Final = (paths.SIGNING_KEY, paths.POOL_SECRET, paths.OPERATOR_KEY)
# A key rotation that was interrupted is finished where the backup is restored.
OPTIONAL_FILES: Final = (paths.DEMO_LOADED, paths.NEXT_POOL_SECRET)
CHUNK_BYTES: Final = 1 << 20


class BackupRefused(Exception):
    """A backup, restore or key rotation is impossible; the text is one clear line."""


@dataclass(frozen=True, slots=True)
class FileFacts:
    length: int  # octets
    sha256: str  # hexadecimal


@dataclass(frozen=True, slots=True)
class Manifest:
    """`data_version` is the database's; a program that knows only older ones cannot use the backup."""

    made_at: str  # UTC, ISO 8601
    data_version: int
    files: Mapping[str, FileFacts]

    def to_json(self) -> bytes:
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=2).encode() + b"\n"

    @classmethod
    def from_json(cls, text: bytes) -> "Manifest":
        """Raises BackupRefused when it is not a manifest, or one of another format."""
        try:
            fields = json.loads(text)
            if fields["format"] != FORMAT:
                raise BackupRefused(f"this backup has format {fields['format']}; known here is {FORMAT}")
            files = {
                str(name): FileFacts(int(facts["length"]), str(facts["sha256"]))
                for name, facts in fields["files"].items()
            }
            manifest = cls(str(fields["made_at"]), int(fields["data_version"]), files)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise BackupRefused("this is no backup: its manifest cannot be read") from None
        wanted = {paths.DATABASE, *KEY_FILES}
        if not wanted <= files.keys() <= wanted | set(OPTIONAL_FILES):
            raise BackupRefused("this is no backup: its manifest names other files than a data folder's")
        return manifest


def file_facts(path: Path) -> FileFacts:
    """Raises OSError."""
    digest, length = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
            length += len(chunk)
    return FileFacts(length, digest.hexdigest())


def known_data_version() -> int:
    """The newest data version that this program can use."""
    return len(list(MIGRATIONS_FOLDER.glob("[0-9][0-9][0-9][0-9]_*.sql")))
