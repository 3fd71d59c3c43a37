"""Builds and pushes container images with the operator's engine: docker, podman or buildah."""

import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.aws.errors import EngineFailed, InputWrong

__all__ = ["ENGINES", "PLATFORMS", "ImageEngine", "architecture_of", "find_engine"]

ENGINES = ("docker", "podman", "buildah")
DOCKERFILE = "deploy/containers/Dockerfile"
PLATFORMS = {"ARM64": "linux/arm64", "X86_64": "linux/amd64"}

Runner = Callable[[Sequence[str], str | None], int]  # arguments, standard input -> exit status


@dataclass(frozen=True, slots=True)
class ImageEngine:
    """`name` is the program; `run` executes it in the project's root."""

    name: str
    run: Runner

    def sign_in(self, registry: str, username: str, password: str) -> None:
        """Signs in, with the password on standard input, hidden from process lists. Raises EngineFailed."""
        self._do("sign in", ["login", "--username", username, "--password-stdin", registry], password)

    def build(self, target: str, image: str, architecture: str, version: str) -> None:
        """Builds one target of the Dockerfile. `architecture` is a key of PLATFORMS. Raises EngineFailed."""
        words = ["build", "--platform", PLATFORMS[architecture], "--target", target, "--tag", image]
        words += ["--build-arg", f"VERSION={version}", "--file", DOCKERFILE]
        if self.name == "buildah":
            words += ["--format", "docker"]  # the OCI format has no health checks
        self._do(f"build {target}", [*words, "."])

    def push(self, image: str) -> None:
        """Pushes the image to its registry. Raises EngineFailed."""
        self._do("push", ["push", image])

    def _do(self, step: str, words: Sequence[str], standard_input: str | None = None) -> None:
        status = self.run([self.name, *words], standard_input)
        if status != 0:
            raise EngineFailed(self.name, step, status)


def architecture_of(machine: str) -> str:
    """The key of PLATFORMS for this machine (`platform.machine()`), which it builds without emulation."""
    return "ARM64" if machine.lower() in ("arm64", "aarch64") else "X86_64"


def find_engine(which: Callable[[str], str | None], folder: Path) -> ImageEngine:
    """The first installed engine of ENGINES. Raises InputWrong when none is installed."""
    for name in ENGINES:
        if which(name):
            return ImageEngine(name, lambda words, standard_input: _run(words, standard_input, folder))
    raise InputWrong("publish-images", f"no engine is installed: one of {', '.join(ENGINES)} is needed.")


def _run(words: Sequence[str], standard_input: str | None, folder: Path) -> int:
    # Docker's builder would push two more manifests for each image, and the registry keeps ten of all.
    environment = {**os.environ, "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
    finished = subprocess.run(  # noqa: S603
        words, input=standard_input, text=True, cwd=folder, env=environment, check=False
    )
    return finished.returncode
