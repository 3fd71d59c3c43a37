"""What the images install: pinned, with hashes, as required, and under licences that allow it."""

import importlib.metadata
import re
from dataclasses import dataclass, field

import pytest

from tests.server_process import ROOT

CONTAINERS = ROOT / "deploy" / "containers"
LOCKS = ("dashboards.lock", "backend.lock")
_PINNED = re.compile(r"^([\w.-]+)(?:\[[\w,-]+\])?==(\S+)", re.MULTILINE)

# Licences under which the images may be given away. The LGPL and the MPL ask that the library can be replaced
# and that its source is available: both are installed unchanged, as packages of their own.
ALLOWED = (
    "0BSD",
    "Apache",
    "BSD",
    "CC0",
    "LGPL",
    "MIT",
    "MPL",
    "Mozilla Public License 2.0",
    "PSF",
    "Python Software Foundation",
    "Python-2.0",
    "Permission is hereby granted, free of charge",  # the MIT licence's own words
    "Zlib",
)


@dataclass(slots=True)
class Locked:
    versions: set[str] = field(default_factory=set)
    hashes: int = 0


def locked(name: str) -> dict[str, Locked]:
    """Package -> its versions (one for each Python, at most) and how many files have a hash."""
    found: dict[str, Locked] = {}
    current = Locked()
    for line in (CONTAINERS / name).read_text().splitlines():
        if pinned := _PINNED.match(line):
            current = found.setdefault(normalised(pinned[1]), Locked())
            current.versions.add(pinned[2])
        current.hashes += line.count("--hash=sha256:")
    return found


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_what_is_required_is_locked_in_the_same_version() -> None:
    """requirements.txt is the list that people read; a change of it needs new locks."""
    dashboards = locked("dashboards.lock")
    required = _PINNED.findall((ROOT / "requirements.txt").read_text())
    assert len(required) > 10
    for name, version in required:
        assert dashboards[normalised(name)].versions == {version}, f"{name}: run supply_chain.sh lock"


def test_the_backend_installs_a_part_of_the_same_versions() -> None:
    dashboards, backend = locked("dashboards.lock"), locked("backend.lock")
    assert 10 < len(backend) < len(dashboards)
    for name, entry in backend.items():
        assert entry.versions == dashboards[name].versions
    listed = (CONTAINERS / "backend.in").read_text().splitlines()
    direct = {normalised(line.partition("[")[0]) for line in listed if not line.startswith("#")}
    assert direct <= backend.keys()


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_hashes(name: str) -> None:
    """pip then installs nothing without one, and no file that differs."""
    assert [package for package, entry in locked(name).items() if not entry.hashes] == []


def test_the_images_install_from_the_locks_alone() -> None:
    installs = re.findall(
        r"pip install (.+?) && ", (CONTAINERS / "Dockerfile").read_text().replace("\\\n", " ")
    )
    assert [install.split("/build/")[-1].strip() for install in installs] == list(LOCKS)
    for install in installs:
        assert "--require-hashes" in install
        assert "--only-binary :all:" in install


def licences(name: str) -> list[str]:
    """What a package says of its licence; some say it only in a file."""
    metadata = importlib.metadata.metadata(name)
    expression = metadata.get("License-Expression")
    classifiers = metadata.get_all("Classifier") or ()
    classified = [line.split(" :: ")[-1] for line in classifiers if line.startswith("License ::")]
    short = (metadata.get("License") or "").partition("\n")[0]
    said = [text for text in (expression, *classified, short) if text and text != "UNKNOWN"]
    if said:
        return said
    files = importlib.metadata.files(name) or ()
    return [file.read_text() for file in files if file.name.upper().startswith("LICENSE")]


def test_every_installed_package_has_a_licence_that_allows_it() -> None:
    """A new dependency under another one is looked at before it is added."""
    unclear = {}
    for name in locked("dashboards.lock"):
        try:
            said = licences(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # of another platform or Python
        if not any(word in text for text in said for word in ALLOWED):
            unclear[name] = said
    assert unclear == {}
