"""The Dockerfile: linted, every base an argument, no image runs as root, every package pinned."""

import re
import shutil
from pathlib import Path

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


def test_every_base_from_outside_is_an_argument_with_a_version() -> None:
    text = DOCKERFILE.read_text("utf-8")
    own = {*stages(), "scratch"}
    outside = {base for base in re.findall(r"^FROM (\S+) AS", text, re.MULTILINE) if base not in own}
    assert outside == {"${PYTHON_IMAGE}", "${CADDY_IMAGE}"}
    for name in ("PYTHON_IMAGE", "CADDY_IMAGE"):
        default = re.search(rf"^ARG {name}=(\S+)$", text, re.MULTILINE)
        assert default
        assert re.search(r":\d+\.\d+", default[1])


def test_every_final_image_runs_as_a_numbered_user_by_an_exec_form_command() -> None:
    found = stages()
    assert found.keys() >= FINAL_TARGETS
    for name in FINAL_TARGETS:
        users = re.findall(r"^USER (.+)$", found[name], re.MULTILINE)
        assert users == ["10001:10001"], name
        commands = re.findall(r"^CMD (.+)$", found[name], re.MULTILINE)
        assert commands[-1].startswith('["'), name


def test_the_python_images_ask_the_app_itself_whether_it_is_well() -> None:
    for name in FINAL_TARGETS - {"proxy"}:
        assert re.search(r"HEALTHCHECK .*\\\n +CMD \[.*127\.0\.0\.1:\d+/healthz", stages()[name]), name


def test_what_is_installed_is_pinned_and_the_pins_agree_with_the_requirements() -> None:
    pins = dict(re.findall(r"^([\w.-]+)==(\S+)$", (CONTAINERS / "constraints.txt").read_text(), re.MULTILINE))
    by_name = {name.lower().replace("_", "-"): version for name, version in pins.items()}
    wanted = re.findall(
        r"^([\w.-]+)(?:\[[\w,-]+\])?==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE
    )
    assert len(wanted) > 10
    for name, version in wanted:
        assert by_name[name.lower().replace("_", "-")] == version
    # The backend's own list carries no versions: the constraints give them.
    own = re.search(r"constraints\.txt \\\n +(.+?) && ", stages()["build"].split("/opt/backend/bin/pip")[1])
    assert own
    for word in own[1].split():
        assert word.strip('"').split("[")[0].lower() in by_name, word
