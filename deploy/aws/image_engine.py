"""Building and pushing container images with whichever engine the operator has: docker, podman or buildah."""

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.aws.errors import EngineFailed, InputWrong

__all__ = ["ENGINES", "PLATFORMS", "ImageEngine", "architecture_of", "find_engine"]

ENGINES = ("docker", "podman", "buildah")
DOCKERFILE = "deploy/containers/Dockerfile"
PLATFORMS = {"ARM64": "linux/arm64", "X86_64": "linux/amd64"}

Runner = Callable[[Sequence[str], str | None], int]  # words, text for standard input -> exit status


@dataclass(frozen=True, slots=True)
class ImageEngine:
    """`name` is the program; `run` runs it in the project's root."""

    name: str
    run: Runner

    def sign_in(self, registry: str, username: str, password: str) -> None:
        """The password goes by standard input: it stands in no list of processes. Raises EngineFailed."""
        self._do("sign in", ["login", "--username", username, "--password-stdin", registry], password)

    def build(self, target: str, image: str, architecture: str, version: str) -> None:
        """Builds one target of the Dockerfile. `architecture` is a key of PLATFORMS. Raises EngineFailed."""
        words = ["build", "--platform", PLATFORMS[architecture], "--target", target, "--tag", image]
        words += ["--build-arg", f"VERSION={version}", "--file", DOCKERFILE]
        if self.name == "buildah":
            words += ["--format", "docker"]  # the other format has no healthchecks
        self._do(f"build {target}", [*words, "."])

    def push(self, image: str) -> None:
        """Raises EngineFailed."""
        self._do("push", ["push", image])

    def _do(self, step: str, words: Sequence[str], typed: str | None = None) -> None:
        status = self.run([self.name, *words], typed)
        if status != 0:
            raise EngineFailed(self.name, step, status)


def architecture_of(machine: str) -> str:
    """The key of PLATFORMS for what the operating system calls this machine: it builds that without help."""
    return "ARM64" if machine.lower() in ("arm64", "aarch64") else "X86_64"


def find_engine(which: Callable[[str], str | None], folder: Path) -> ImageEngine:
    """The first engine that is installed. Raises InputWrong when none is."""
    for name in ENGINES:
        if which(name):
            return ImageEngine(name, lambda words, typed: _run(words, typed, folder))
    raise InputWrong("publish-images", f"no engine is installed: one of {', '.join(ENGINES)} is needed.")


def _run(words: Sequence[str], typed: str | None, folder: Path) -> int:
    return subprocess.run(words, input=typed, text=True, cwd=folder, check=False).returncode  # noqa: S603
