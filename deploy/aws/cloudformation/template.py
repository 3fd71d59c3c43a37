"""The CloudFormation templates, with the files they refer to inserted.

A line such as `Code: ../resolvers/x.js` or `Definition: ../../../shared/api/schema.graphql` refers to a file,
relative to the template; CloudFormation needs its text.
"""

import hashlib
import re
from collections.abc import Callable, Iterable
from pathlib import Path

__all__ = [
    "BACKEND_TEMPLATE",
    "HOSTING_TEMPLATE",
    "IMAGES_TEMPLATE",
    "fingerprint",
    "indexes_of",
    "only_resources",
    "read_template",
    "retained_resources",
    "with_files",
]

_TEMPLATES = Path(__file__).parents[1] / "templates"
BACKEND_TEMPLATE = _TEMPLATES / "backend.yaml"
HOSTING_TEMPLATE = _TEMPLATES / "hosting.yaml"
IMAGES_TEMPLATE = _TEMPLATES / "images.yaml"
INLINE_BYTES_MAX = 51_200  # CloudFormation reads a longer template only from a bucket

_RESOURCES_HEAD = "\nResources:\n"
_NEXT_SECTION = re.compile(r"^(?=[A-Z])", re.MULTILINE)
_RESOURCE = re.compile(r"^  (?P<name>\w+):\n(?:    .*\n|\n)+", re.MULTILINE)
_RETAINED = re.compile(r"^    Type: (?P<type>\S+)\n    DeletionPolicy: RetainExceptOnCreate$", re.MULTILINE)
_INDEX = re.compile(r"IndexName: (\w+)")
_NAMED_FILE = re.compile(r"^(?P<indent> *)(?P<key>Code|Definition): (?P<path>\.\./\S+)$", re.MULTILINE)


def read_template(path: Path) -> str:
    """The template with its files inserted. Raises FileNotFoundError for a missing one."""
    return with_files(
        path.read_text(encoding="utf-8"),
        lambda name: (path.parent / name).resolve(strict=True).read_text(encoding="utf-8"),
    )


def with_files(template: str, read: Callable[[str], str]) -> str:
    """`template` with every file's text, unchanged, as a YAML block instead of its path."""

    def block(match: re.Match[str]) -> str:
        indent = match["indent"] + "  "
        text = read(match["path"])
        if text.startswith(" ") or not text.endswith("\n") or text.endswith("\n\n"):
            # A YAML block takes its indentation from its first line and keeps one final newline.
            raise ValueError(f"{match['path']} must start in the first column and end with one newline")
        lines = "\n".join(indent + line if line else "" for line in text.removesuffix("\n").split("\n"))
        return f"{match['indent']}{match['key']}: |\n{lines}"

    return _NAMED_FILE.sub(block, template)


def retained_resources(template: str) -> dict[str, str]:
    """The types, by logical id, of the resources that stay when their stack is deleted."""
    return {
        name: match["type"]
        for name, text in _resources(template)
        if (match := _RETAINED.search(text)) is not None
    }


def only_resources(template: str, names: Iterable[str]) -> str:
    """`template` with these resources alone and without outputs, as an import into a new stack needs it."""
    wanted = set(names)
    kept = "".join(text for name, text in _resources(template) if name in wanted)
    return f"{template.partition(_RESOURCES_HEAD)[0]}{_RESOURCES_HEAD}{kept}"


def indexes_of(template: str, name: str) -> frozenset[str]:
    """The names of a table's global secondary indexes. `name`: its logical id."""
    (text,) = (text for resource, text in _resources(template) if resource == name)
    return frozenset(_INDEX.findall(text))


def _resources(template: str) -> list[tuple[str, str]]:
    """Each resource's logical id and text."""
    section = _NEXT_SECTION.split(template.partition(_RESOURCES_HEAD)[2], maxsplit=1)[0]
    return [(match["name"], match[0]) for match in _RESOURCE.finditer(section)]


def fingerprint(template: str) -> str:
    """Sixteen hex digits that change with the text."""
    return hashlib.sha256(template.encode()).hexdigest()[:16]
