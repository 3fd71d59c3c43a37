"""The Dockerfile: linted, every base an argument, no image runs as root, every package pinned."""

import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.containers.tools import CONTAINERS, ROOT, run_tool

DOCKERFILE = CONTAINERS / "Dockerfile"
FINAL_TARGETS = {"teacher", "student", "backend", "proxy"}


def stages() -> dict[str, str]:
    """Stage name -> its text, from FROM on."""
    parts = re.split(r"^(?=FROM )", DOCKERFILE.read_text("utf-8"), flags=re.MULTILINE)[1:]
    found = {}
    for part in parts:
        heading = re.match(r"FROM \S+ AS (\S+)\n", part)
        assert heading, f"a stage has no name: {part[:40]}"
        found[heading[1]] = part
    return found


def test_the_linter_finds_nothing() -> None:
    answer = run_tool("hadolint", ["--failure-threshold", "style", str(DOCKERFILE)])
    assert (answer.returncode, answer.stdout) == (0, "")


def test_the_linter_would_find_something(tmp_path: Path) -> None:
    broken = tmp_path / "Dockerfile"
    shutil.copy(DOCKERFILE, broken)
    broken.write_text(broken.read_text() + "CMD python3 shell-form\n")
    assert "DL3025" in run_tool("hadolint", [str(broken)]).stdout


def test_every_external_base_image_is_an_argument_with_a_version() -> None:
    text = DOCKERFILE.read_text("utf-8")
    own = {*stages(), "scratch"}
    outside = {base for base in re.findall(r"^FROM (\S+) AS", text, re.MULTILINE) if base not in own}
    assert outside == {"${PYTHON_IMAGE}", "${CADDY_IMAGE}"}
    for name in ("PYTHON_IMAGE", "CADDY_IMAGE"):
        default = re.search(rf"^ARG {name}=(\S+)$", text, re.MULTILINE)
        assert default
        assert re.search(r":\d+\.\d+", default[1])


def test_every_final_image_runs_an_exec_form_command_as_a_numeric_user() -> None:
    found = stages()
    assert found.keys() >= FINAL_TARGETS
    for name in FINAL_TARGETS:
        users = re.findall(r"^USER (.+)$", found[name], re.MULTILINE)
        assert users == ["10001:10001"], name
        commands = re.findall(r"^CMD (.+)$", found[name], re.MULTILINE)
        assert commands[-1].startswith('["'), name


def test_the_python_images_check_the_health_of_the_app_itself() -> None:
    for name in FINAL_TARGETS - {"proxy"}:
        assert re.search(r"HEALTHCHECK .*\\\n +CMD \[.*127\.0\.0\.1:\d+/healthz", stages()[name]), name


# Runs a module as in an image: imports find only the image's files and the packages it installs.
IN_THE_IMAGE = """
import json, runpy, sys
installed, module, *arguments = json.loads(sys.argv[1])

class NotInstalled:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top in sys.stdlib_module_names or top in installed or top in ("deploy", "shared"):
            return None
        raise ModuleNotFoundError(f"{name} is not in the image", name=name)

sys.meta_path.insert(0, NotInstalled())
sys.argv = [module, *arguments]
runpy.run_module(module, run_name="__main__", alter_sys=True)
"""


def backend_packages() -> set[str]:
    """The import names of what the backend's image installs, including dependencies."""
    listed = (CONTAINERS / "backend.in").read_text().splitlines()
    waiting, found = [line for line in listed if not line.startswith("#")], set()
    while waiting:
        name, _, extra = waiting.pop().partition("[")
        try:
            requirements = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue  # of another platform or Python
        found.add(name.lower().replace("_", "-"))
        for requirement in requirements:
            needed = re.split(r"[^\w.\-\[\]]", requirement)[0]
            is_wanted = "extra ==" not in requirement or (extra and extra.rstrip("]") in requirement)
            if is_wanted and needed.partition("[")[0].lower().replace("_", "-") not in found:
                waiting.append(needed)
    by_import = importlib.metadata.packages_distributions()
    return {
        name
        for name, distributions in by_import.items()
        if found & {distribution.lower().replace("_", "-") for distribution in distributions}
    }


@pytest.fixture(scope="module")
def backend_image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's files in the backend's image, according to its COPY lines."""
    image = tmp_path_factory.mktemp("image")
    lines = re.findall(r"^COPY (?!--)(.+?)$", stages()["backend"].replace("\\\n", ""), re.MULTILINE)
    for line in lines:
        *sources, target = line.split()
        for source in sources:
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, image / target, dirs_exist_ok=True)
            else:
                place = image / target / Path(source).name if target.endswith("/") else image / target
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, place)
    return image


@pytest.mark.parametrize(
    ("module", "arguments", "status"),
    [
        ("deploy.local.backend", ["--help"], 0),
        ("deploy.local.backend", ["--tls-key", "none"], 2),
        ("deploy.local", ["list-teachers", "--data-dir", "nowhere"], 2),
        ("deploy.local", ["backup", "-", "--data-dir", "nowhere"], 2),
        ("deploy.containers.healthcheck", ["http://127.0.0.1:1/"], 1),
    ],
)
def test_the_backends_image_has_what_its_commands_import(
    backend_image: Path, module: str, arguments: list[str], status: int
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", IN_THE_IMAGE, json.dumps([sorted(backend_packages()), module, *arguments])],
        cwd=backend_image,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "is not in the image" not in done.stderr, done.stderr
    assert done.returncode == status, done.stderr
