"""The upgrade's steps and its rollbacks, with a stand-in for docker that records its calls."""

import os
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.deploy.containers.tools import CONTAINERS

# Fails at each `up` whose number is in $UP_FAILS; `run ... backup -` writes what a backup would.
DOCKER = """#!/bin/sh
tag="${IMAGE_TAG:-$(sed -n 's/^IMAGE_TAG=//p' .env)}"
echo "$* [$tag]" >> "$CALLS"
case "$*" in
  *"backup -") [ -z "${BACKUP_FAILS:-}" ] || exit 1; echo "the data" ;;
  *"restore - --replace") cat >> "$CALLS" ;;
  "compose up"*) case " ${UP_FAILS:-} " in *" $(grep -c '^compose up' "$CALLS") "*) exit 1 ;; esac ;;
esac
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    status: int
    steps: list[str]  # each call's key word with the images' tag, NEW for the new one
    env: str
    folder: Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "containers"
    made.mkdir()
    shutil.copy(CONTAINERS / "upgrade.sh", made)
    shutil.copy(CONTAINERS / ".env.example", made / ".env")
    with (made / ".env").open("a") as env:
        env.write("IMAGE_TAG=before\n")
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(DOCKER)
    docker.chmod(0o755)
    return made


def upgraded(folder: Path, **more: str) -> Outcome:
    calls = folder / "calls"
    path = f"{folder.parent / 'bin'}:{os.environ['PATH']}"
    done = subprocess.run(
        [str(folder / "upgrade.sh")],
        env={"PATH": path, "CALLS": str(calls), **more},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    steps = []
    for line in calls.read_text().splitlines():
        words, _, tag = line.removesuffix("]").partition(" [")
        found = [word for word in words.split() if word in {"build", "stop", "up", "backup", "restore"}]
        if found:
            steps.append(f"{found[-1]} {tag if tag == 'before' else 'NEW'}")
    return Outcome(done.returncode, steps, (folder / ".env").read_text(), folder)


def test_the_data_is_backed_up_between_stop_and_start(folder: Path) -> None:
    outcome = upgraded(folder)
    assert outcome.status == 0
    assert outcome.steps == ["build NEW", "stop before", "backup before", "up NEW"]
    (backup,) = folder.glob("backup-before-*.tar")
    assert backup.read_text() == "the data\n"
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert outcome.env.count("IMAGE_TAG=2") == 1
    assert "IMAGE_TAG=before" not in outcome.env
    assert "STUDENT_SITE=https://localhost\n" in outcome.env


def test_unhealthy_images_are_rolled_back_on_the_same_data(folder: Path) -> None:
    outcome = upgraded(folder, UP_FAILS="1")
    assert outcome.status == 1
    assert outcome.steps[3:] == ["up NEW", "stop NEW", "up before"]
    assert outcome.env.splitlines()[-1] == "IMAGE_TAG=before"


def test_data_that_the_previous_images_refuse_is_restored_from_the_backup(folder: Path) -> None:
    outcome = upgraded(folder, UP_FAILS="1 2")
    assert outcome.status == 1
    assert outcome.steps[5:] == ["up before", "stop before", "restore before", "up before"]
    assert "the data\n" in (folder / "calls").read_text()


def test_without_a_backup_nothing_is_upgraded(folder: Path) -> None:
    outcome = upgraded(folder, BACKUP_FAILS="1")
    assert outcome.status == 1
    assert outcome.steps == ["build NEW", "stop before", "backup before", "up before"]
    assert list(folder.glob("*.tar")) == []
    assert outcome.env.splitlines()[-1] == "IMAGE_TAG=before"


def test_with_the_backend_on_aws_nothing_is_backed_up_here(folder: Path) -> None:
    env = folder / ".env"
    env.write_text(env.read_text().replace("COMPOSE_PROFILES=embedded", "COMPOSE_PROFILES="))
    assert upgraded(folder).steps == ["build NEW", "stop before", "up NEW"]
