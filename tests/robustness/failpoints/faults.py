"""Carries out the plan on the pair, and undoes each fault before the next of its kind."""

import contextlib
import resource
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import psutil
from botocore.exceptions import BotoCoreError, ClientError

from deploy.local.data_folder import paths
from tests.robustness.failpoints.plan import PROCESSES, Failpoint, Step
from tests.robustness.failpoints.stepped_clock import step_clock
from tests.robustness.model.history import History, SignOut
from tests.robustness.pair import Pair

__all__ = ["Faults"]

JOIN_DEADLINE_S = 120.0
BALLAST_PIECE = b"\0" * 65536


class Faults:
    """Fires one order of steps in a thread of its own, until end(); `fired` counts failpoints and targets."""

    def __init__(
        self, pair: Pair, steps: Iterable[Step], teachers: list[str], history: History, fired: Counter[str]
    ) -> None:
        self._pair, self._steps, self._teachers, self._history = pair, steps, teachers, history
        self._fired = fired
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="faults")
        self._thread.start()

    def end(self) -> None:
        """Ends after the fault at hand, which is undone at once."""
        self._is_over.set()
        self._thread.join(JOIN_DEADLINE_S)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        for step in self._steps:
            if self._is_over.wait(step.pause_s):
                return
            try:
                with self._broken(step):
                    self._is_over.wait(step.lasts_s)
            except (psutil.Error, OSError, sqlite3.Error, BotoCoreError, ClientError) as error:
                # Between two lives of a process, or while it is stopped, some faults cannot be made.
                self._fired[
                    f"{step.failpoint}, {step.target}: not possible then ({type(error).__name__})"
                ] += 1

    @contextlib.contextmanager
    def _broken(self, step: Step) -> Iterator[None]:
        """The fault of this step while the block runs."""
        pair = self._pair
        if step.failpoint is Failpoint.DISK_FULL and not pair.has_small_disk:
            yield
            return
        with contextlib.ExitStack() as undo:
            if step.target in PROCESSES:
                self._break_process(step, undo)
            elif step.failpoint is Failpoint.SIGN_OUT:
                self._sign_out(self._teachers[int(step.amount) % len(self._teachers)])
            else:
                self._break_network(step, undo)
            self._fired[f"{step.failpoint}, {step.target}"] += 1
            yield

    def _break_process(self, step: Step, undo: contextlib.ExitStack) -> None:
        part = self._pair.parts[step.target]
        match step.failpoint:
            case Failpoint.KILL:
                part.kill()
                undo.callback(part.start, self._pair.is_over)
            case Failpoint.PAUSE:
                process = part.process
                process.suspend()
                undo.callback(process.resume)
            case Failpoint.DISK_FULL:
                undo.callback(self._pair.ballast_path.unlink, missing_ok=True)
                _fill(self._pair.ballast_path)
            case Failpoint.DISK_FAILS:
                process = part.process
                undo.callback(_limit_files, process, resource.RLIM_INFINITY)
                _limit_files(process, 0)
            case Failpoint.LOCK:
                connection = sqlite3.connect(
                    self._pair.data_dir / paths.DATABASE, timeout=5.0, isolation_level=None
                )
                undo.enter_context(contextlib.closing(connection))
                connection.execute("BEGIN IMMEDIATE")
            case Failpoint.CLOCK:
                undo.callback(step_clock, self._pair.clock_path, 0.0)
                step_clock(self._pair.clock_path, step.amount)
            case _:
                raise AssertionError(step)

    def _break_network(self, step: Step, undo: contextlib.ExitStack) -> None:
        network = self._pair.networks[step.target]
        match step.failpoint:
            case Failpoint.CUT:
                network.cut()
            case Failpoint.HALF_OPEN:
                undo.callback(network.resume)
                network.stall()
            case Failpoint.HOLD_ANSWERS:
                undo.callback(network.hold_answers, False)
                network.hold_answers(True)
            case Failpoint.LOSE_ANSWERS:
                undo.callback(network.lose_answers, 0)
                network.lose_answers(int(step.amount))
            case Failpoint.DELAY:
                undo.callback(network.delay, 0.0)
                network.delay(step.amount)
            case Failpoint.REFUSE:
                undo.callback(network.refuse, False)
                network.refuse(True)
                network.cut()
            case _:
                raise AssertionError(step)

    def _sign_out(self, username: str) -> None:
        begun_s = time.monotonic()
        pool_id = self._pair.settings["EXAM_RESULTS_USER_POOL_ID"]
        with self._pair.operator() as operator:
            operator.admin_user_global_sign_out(UserPoolId=pool_id, Username=username)
        self._history.sign_outs.append(SignOut(username, begun_s, time.monotonic()))


def _limit_files(process: psutil.Process, size_bytes: int) -> None:
    """Writes beyond this size fail with EFBIG."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process.rlimit(resource.RLIMIT_FSIZE, (size_bytes, resource.RLIM_INFINITY))


def _fill(path: Path) -> None:
    """Until the file system is full."""
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as ballast:
        while ballast.write(BALLAST_PIECE):
            pass
