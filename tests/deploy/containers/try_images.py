"""Builds the four images with buildah and runs each as compose would; requires root.

    python -m tests.deploy.containers.try_images [--no-build] [--python-image NAME] [--caddy-image NAME]

Not part of the test run: it needs root, buildah and the two bases. Every image is started twice on loopback:
by `buildah run` as its own user without capabilities, then on a read-only root under no_new_privs, which
buildah's chroot isolation cannot provide. Each passes its own healthcheck, serves an exam, and is stopped by
SIGTERM while streams are open. Prints the findings; exits with status 1 at the first failure.
"""

import argparse
import contextlib
import datetime as dt
import http.client
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil
import requests

from shared.api.calls import TeacherApi
from shared.model.exam import NewExam, NewResult
from shared.model.scales import OUT_OF_20
from shared.settings import load_teacher_settings
from tests.backend_process import BackendClient
from tests.deploy.containers.compose_file import composed, env_values
from tests.deploy.containers.tools import ROOT
from tests.ports import quiet_ports
from tests.waiting import wait_until

__all__ = ["main"]

TARGETS = ("backend", "teacher", "student", "proxy")
USER = 10001
END_S = 5.0
STREAMS = 50
HEALTHY_DEADLINE_S = 60.0
ENGINE = {
    **os.environ,
    "BUILDAH_ISOLATION": "chroot",
    "STORAGE_DRIVER": os.environ.get("STORAGE_DRIVER", "vfs"),
}
# In its own mount namespace, with $root and $binds set. Changing the user drops every capability.
READ_ONLY_ROOT = """set -e
mount --bind "$root" "$root"; mkdir -p "$root/tmp" "$root/proc" "$root/dev"
eval "$binds"
mount -t tmpfs -o size=64m,mode=1777 tmpfs "$root/tmp"
mount --rbind /proc "$root/proc"; mount --rbind /dev "$root/dev"
mount -o remount,bind,ro "$root"
exec env -i PATH="$PATH" setpriv --no-new-privs chroot --userspec=10001:10001 --groups= "$root" "$@"
"""


class BadFinding(Exception):
    """A check failed; the text says which."""


@dataclass(frozen=True, slots=True)
class Image:
    """An image's own configuration."""

    target: str
    command: Sequence[str]
    healthcheck: Sequence[str]
    user: str
    environment: Sequence[str]

    @classmethod
    def of(cls, target: str) -> "Image":
        found = json.loads(buildah("inspect", "--type", "image", name_of(target)))["Docker"]["config"]
        check = (found.get("Healthcheck") or {}).get("Test") or [""]
        return cls(target, found["Cmd"], check[1:], found["User"], found["Env"])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Builds and runs the images.")
    parser.add_argument("--no-build", action="store_true")
    parser.add_argument("--python-image")
    parser.add_argument("--caddy-image")
    given = parser.parse_args(arguments)
    if os.geteuid() != 0 or shutil.which("buildah") is None:
        print("this needs root and buildah", file=sys.stderr)
        return 2
    bases = {"PYTHON_IMAGE": given.python_image, "CADDY_IMAGE": given.caddy_image}
    try:
        for target in TARGETS:
            if not given.no_build:
                build(target, {name: image for name, image in bases.items() if image})
        for is_read_only in (False, True):
            try_together(is_read_only=is_read_only)
    except BadFinding as bad:
        print(f"BAD: {bad}", file=sys.stderr)
        return 1
    return 0


def name_of(target: str) -> str:
    return f"localhost/exam-results-{target}"


def buildah(*words: str) -> str:
    """Runs buildah; returns its standard output. Raises BadFinding."""
    done = subprocess.run(
        ["buildah", *words], env=ENGINE, cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise BadFinding(f"buildah {words[0]}: {(done.stderr + done.stdout)[-2000:]}")
    return done.stdout


def build(target: str, bases: Mapping[str, str]) -> None:
    begun_s = time.monotonic()
    given = [word for name, image in bases.items() for word in ("--build-arg", f"{name}={image}")]
    options = ["--layers", "--format", "docker", "--isolation", "chroot", "--target", target, *given]
    buildah("bud", *options, "--tag", name_of(target), "--file", "deploy/containers/Dockerfile", ".")
    print(f"{target}: built in {time.monotonic() - begun_s:.0f} s", flush=True)


class Container:
    """One running container; leaving the context removes it, whatever the state of its process."""

    def __init__(
        self,
        image: Image,
        command: Sequence[str],
        environment: Mapping[str, str],
        volumes: Mapping[Path, str],
        *,
        is_read_only: bool,
    ) -> None:
        self.image = image
        self.name = buildah("from", name_of(image.target)).strip()
        self.root = Path(buildah("mount", self.name).strip())
        self._log = tempfile.TemporaryFile("w+")  # noqa: SIM115  # closed when the context ends
        words, variables = (
            self._read_only(command, environment, volumes)
            if is_read_only
            else self._by_buildah(command, environment, volumes)
        )
        self._runner = subprocess.Popen(
            words, env=variables, stdout=self._log, stderr=subprocess.STDOUT, cwd=ROOT
        )

    def _by_buildah(
        self, command: Sequence[str], environment: Mapping[str, str], volumes: Mapping[Path, str]
    ) -> tuple[list[str], Mapping[str, str]]:
        options = ["--isolation", "chroot", "--user", f"{USER}:{USER}", "--cap-drop", "ALL"]
        options += [word for name, text in environment.items() for word in ("--env", f"{name}={text}")]
        options += [word for here, there in volumes.items() for word in ("--volume", f"{here}:{there}")]
        return ["buildah", "run", *options, self.name, "--", *command], ENGINE

    def _read_only(
        self, command: Sequence[str], environment: Mapping[str, str], volumes: Mapping[Path, str]
    ) -> tuple[list[str], Mapping[str, str]]:
        variables = [*self.image.environment, *(f"{name}={text}" for name, text in environment.items())]
        binds = "; ".join(
            f'mkdir -p "$root{there}"; mount --bind {shlex.quote(str(here))} "$root{there}"'
            for here, there in volumes.items()
        )
        # The proxy's image has neither a shell nor env, so its settings go into this shell's environment.
        inside = (
            list(command)
            if self.image.target == "proxy"
            else ["/usr/bin/env", "-i", *variables, "sh", "-c", 'cd /app && exec "$@"', "sh", *command]
        )
        script = READ_ONLY_ROOT
        if self.image.target == "proxy":
            script = script.replace("env -i ", f"env -i {shlex.join(variables)} ")
        return ["unshare", "--mount", "sh", "-c", script, "sh", *inside], {
            "PATH": os.environ["PATH"],
            "root": str(self.root),
            "binds": binds or ":",
        }

    def process(self) -> psutil.Process:
        """The process in the container that the engine would signal."""
        own = psutil.Process(self._runner.pid)
        for one in (own, *own.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                if one.uids().real == USER and not one.cmdline()[0].startswith("buildah"):
                    return one
        raise BadFinding(f"{self.image.target}: no process of user {USER} runs\n{self.log()}")

    def check_rights(self, *, is_read_only: bool) -> str:
        """Checks user, capabilities and root as the kernel reports them. Raises BadFinding."""
        process = self.process()
        status = dict(
            line.split(":\t", 1) for line in Path(f"/proc/{process.pid}/status").read_text().splitlines()
        )
        rights = {name: int(status[name], 16) for name in ("CapEff", "CapPrm", "CapInh")}
        if any(rights.values()) or process.uids().effective != USER:
            raise BadFinding(f"{self.image.target}: has rights: {rights}, {process.uids()}")
        if not is_read_only:
            return f"user {USER}, no capability"
        roots = [
            line.split()[5]
            for line in Path(f"/proc/{process.pid}/mountinfo").read_text().splitlines()
            if line.split()[4] == "/"
        ]
        if "ro" not in roots[-1].split(",") or status["NoNewPrivs"] != "1":
            raise BadFinding(f"{self.image.target}: its root is {roots}, NoNewPrivs {status['NoNewPrivs']}")
        return f"user {USER}, no capability, no_new_privs, read-only root"

    def wait_healthy(self, ports: Mapping[str, str]) -> float:
        """Waits until the image's own healthcheck passes; returns the seconds."""
        words = [with_ports(word, ports) for word in self.image.healthcheck]
        begun_s = time.monotonic()

        def is_healthy() -> bool:
            if self._runner.poll() is not None:
                raise BadFinding(f"{self.image.target}: ended with {self._runner.returncode}\n{self.log()}")
            options = ["--isolation", "chroot", "--user", f"{USER}:{USER}", "--cap-drop", "ALL"]
            done = subprocess.run(
                ["buildah", "run", *options, self.name, "--", *words],
                env=ENGINE,
                capture_output=True,
                check=False,
            )
            return done.returncode == 0

        wait_until(is_healthy, deadline_s=HEALTHY_DEADLINE_S, what=f"health of {self.image.target}")
        return time.monotonic() - begun_s

    def wait_answering(self, is_answering: Callable[[], bool]) -> None:
        """For an image without a healthcheck. Raises BadFinding."""
        try:
            wait_until(is_answering, deadline_s=HEALTHY_DEADLINE_S, what="an answer")
        except TimeoutError:
            raise BadFinding(f"{self.image.target}: does not answer\n{self.log()}") from None

    def end(self) -> float:
        """Sends SIGTERM as the engine does; returns the seconds until all has ended. Raises BadFinding."""
        process = self.process()
        begun_s = time.monotonic()
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(END_S)
        except psutil.TimeoutExpired:
            raise BadFinding(
                f"{self.image.target}: not ended {END_S} s after SIGTERM\n{self.log()}"
            ) from None
        took_s = time.monotonic() - begun_s
        status, told = self._runner.wait(END_S), self.log()
        # uvicorn re-raises the signal once everything is closed, which buildah reports as 1.
        is_clean = status in {0, -signal.SIGTERM} or (status == 1 and "Finished server process" in told)
        if not is_clean:
            raise BadFinding(f"{self.image.target}: ended with status {status}\n{told}")
        return took_s

    def log(self) -> str:
        self._log.seek(0)
        return self._log.read()[-3000:]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._runner.poll() is None:
            for one in psutil.Process(self._runner.pid).children(recursive=True):
                one.kill()
            self._runner.kill()
            self._runner.wait(END_S)
        self._log.close()
        buildah("umount", self.name)
        buildah("rm", self.name)


def with_ports(word: str, ports: Mapping[str, str]) -> str:
    """`word` with the image's ports and address replaced by free ones on loopback."""
    word = re.sub(r"\b(85\d\d)\b", lambda found: ports.get(found[1], found[1]), word)
    return "127.0.0.1" if word == "0.0.0.0" else word.replace("//backend:", "//127.0.0.1:")


def try_together(*, is_read_only: bool) -> None:
    """Starts all four as compose does and publishes an exam through them. Raises BadFinding."""
    print("on a read-only root:" if is_read_only else "by buildah run:", flush=True)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        volumes = {name: folder / name for name in ("data", "settings", "certificates")}
        for path in volumes.values():
            path.mkdir(mode=0o700)
            os.chown(path, USER, USER)
        numbers = [str(number) for number in quiet_ports(6)]
        ports = dict(zip(("8500", "8501", "8502", "8443"), numbers, strict=False))
        services = composed(env_values())["services"]
        running: dict[str, Container] = {}

        def start(target: str, environment: Mapping[str, str], mounts: Mapping[Path, str]) -> None:
            image = Image.of(target)
            if image.user != f"{USER}:{USER}":
                raise BadFinding(f"{target}: its user is {image.user!r}")
            words = services[target].get("command") or image.command
            container = Container(
                image,
                [with_ports(str(word), ports) for word in words],
                environment,
                mounts,
                is_read_only=is_read_only,
            )
            running[target] = stack.enter_context(container)
            size_mb = size_bytes(container.root) / 1e6
            told = f"{size_mb:.0f} MB"
            if image.healthcheck:
                told += f", healthy after {container.wait_healthy(ports):.1f} s"
            else:
                container.wait_answering(lambda: answers(certificate, site))
            print(f"  {target}: {told}; {container.check_rights(is_read_only=is_read_only)}", flush=True)

        certificate = volumes["certificates"] / "caddy" / "pki" / "authorities" / "local" / "root.crt"
        site = f"https://localhost:{numbers[4]}"
        start("backend", {}, {volumes["data"]: "/data", volumes["settings"]: "/settings"})
        for target in ("teacher", "student"):
            given = {"EXAM_RESULTS_ENV_FILE": "/settings/backend.env", "EXAM_RESULTS_TRUSTED_PROXIES": "1"}
            start(target, given, {volumes["settings"]: "/settings"})
        start(
            "proxy",
            {
                "STUDENT_SITE": site,
                "TEACHER_SITE": f"https://localhost:{numbers[3]}",
                "HTTPS_PORT": numbers[4],
                "HTTP_PORT": numbers[5],
                "STUDENT_UPSTREAM": f"127.0.0.1:{ports['8502']}",
                "TEACHER_UPSTREAM": f"127.0.0.1:{ports['8501']}",
            },
            {volumes["certificates"]: "/data"},
        )
        add_teacher(running["backend"], volumes["data"])
        exam_id = publish_exam(BackendClient(f"http://127.0.0.1:{ports['8500']}", volumes["data"]))
        board = f"{site}/board/{exam_id}"
        wait_until(
            lambda: "Emmy Noether" in requests.get(board, verify=str(certificate), timeout=5).text,
            deadline_s=30,
            what="the exam's row at the proxy",
        )
        streams = [open_stream(int(ports["8502"]), exam_id) for _ in range(STREAMS)]
        through = requests.get(f"{site}/live/{exam_id}", verify=str(certificate), stream=True, timeout=10)
        print(f"  an exam's row is shown through the proxy; {STREAMS + 1} streams are open", flush=True)
        for target in ("backend", "student", "proxy", "teacher"):
            print(f"  {target}: ended {running[target].end():.1f} s after SIGTERM", flush=True)
        through.close()
        for stream in streams:
            stream.close()


def size_bytes(root: Path) -> int:
    return sum((Path(folder) / name).lstat().st_size for folder, _, files in os.walk(root) for name in files)


def answers(certificate: Path, url: str) -> bool:
    try:
        return requests.get(f"{url}/healthz", verify=str(certificate), timeout=2).status_code == 200
    except (requests.RequestException, OSError):
        return False


def add_teacher(backend: Container, data: Path) -> None:
    """As `docker compose exec backend` does; the command finds its data itself."""
    options = ["--isolation", "chroot", "--user", f"{USER}:{USER}", "--volume", f"{data}:/data"]
    command = ["python3", "-m", "deploy.local", "add-teacher", "Ada"]
    told = buildah("run", *options, backend.name, "--", *command)
    if "Temporary password: " not in told:
        raise BadFinding(f"add-teacher says {told!r}")
    print(f"  {shlex.join(command)}: done", flush=True)


def publish_exam(backend: BackendClient) -> str:
    backend.create_teacher("Grace")
    token = backend.sign_in("Grace").access_token
    settings = load_teacher_settings(dict(backend.settings)).backend
    with contextlib.closing(TeacherApi(settings, lambda: token)) as api:
        exam = api.create_exam(NewExam("Algebra", dt.date(2026, 6, 1), "G. Hopper", OUT_OF_20))
        api.create_result(exam.id, NewResult("Emmy Noether", "20"))
        return api.publish_exam(exam.id, exam.version).id


def open_stream(port: int, exam_id: str) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", f"/live/{exam_id}")
    answer = connection.getresponse()
    if answer.status != 200 or not answer.read(16):
        raise BadFinding(f"a stream is answered {answer.status}")
    return connection


if __name__ == "__main__":
    sys.exit(main())
