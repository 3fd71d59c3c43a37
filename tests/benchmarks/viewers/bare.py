"""The least that delivery can cost: a loop that writes recorded messages to as many sockets, nothing else.

`python -m tests.benchmarks.viewers.bare PORT` is that loop's process. Its standard input has one JSON line
{"viewers", "first", "messages": [[seconds, text], ...]}; it prints a line once it listens, and sends `first`
to every connection. After an empty line it sends each message when its second has come; then it prints
{"begun_s", "used_s"}, when it began by the monotonic clock and the processor's seconds, and ends.
"""

import contextlib
import json
import resource
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.viewers.arrivals import read_arrivals
from tests.benchmarks.viewers.load import LoadOrder, raise_file_limit
from tests.benchmarks.viewers.processes import Load
from tests.ports import free_port
from tests.server_process import ROOT

__all__ = ["Recorder", "Replay", "replayed"]

ADMISSION_S = 120.0
PATIENCE_S = 60.0
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"


@dataclass
class Recorder:
    """One more viewer of the dashboard, which records its messages. Owns a thread; close() ends it."""

    port: int
    exam_id: str
    messages: list[tuple[float, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self.port))
        self._socket.sendall(f"GET /live/{self.exam_id} HTTP/1.1\r\nHost: bare\r\n\r\n".encode())
        self._thread = threading.Thread(target=self._record, name="recorder")
        self._thread.start()

    def between(self, begun_s: float, ended_s: float) -> Sequence[tuple[float, bytes]]:
        """What came within this time of the monotonic clock, with the seconds since its begin."""
        return [(at_s - begun_s, data) for at_s, data in list(self.messages) if begun_s <= at_s <= ended_s]

    def first(self) -> bytes:
        """The messages with which the stream began."""
        return self.messages[0][1].partition(b"\r\n\r\n")[2]

    def _record(self) -> None:
        while data := self._socket.recv(1024 * 1024):
            self.messages.append((time.monotonic(), data))

    def close(self) -> None:
        with contextlib.suppress(OSError):  # the server may have ended it
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()


@dataclass(frozen=True, slots=True)
class Replay:
    """Microseconds of processor for one message to one viewer; when it began; and each viewer's arrivals of
    the first `changes` marks, both by the monotonic clock."""

    us_per_delivery: float
    begun_s: float
    arrived_s: Sequence[float]


def replayed(
    viewers: int, first: bytes, messages: Sequence[tuple[float, bytes]], folder: Path, *, changes: int
) -> Replay:
    """What the bare loop needs for these messages, to viewers simulated as for the dashboard."""
    port = free_port()
    command = [sys.executable, "-m", "tests.benchmarks.viewers.bare", str(port)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        given = {
            "viewers": viewers,
            "first": first.decode(),
            "messages": [[at_s, data.decode()] for at_s, data in messages],
        }
        process.stdin.write(json.dumps(given) + "\n")
        process.stdin.flush()
        process.stdout.readline()
        order = LoadOrder(
            viewers=viewers,
            kind="streams",
            host="127.0.0.1",
            port=port,
            exam_id="bare",
            changes_max=changes,
            arrivals=str(folder / "bare"),
            at_once=50,
            admission_s=ADMISSION_S,
            keys={},
            certificate="",
        )
        with Load(order.to_json()) as load:
            load.wait_for("ready", ADMISSION_S)
            process.stdin.write("\n")
            process.stdin.flush()
            loop = json.loads(process.stdout.readline())
            load.finish(changes, PATIENCE_S)
    return Replay(
        us_per_delivery=1e6 * loop["used_s"] / (viewers * len(messages)),
        begun_s=loop["begun_s"],
        arrived_s=read_arrivals(folder / "bare"),
    )


def _used_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    raise_file_limit()
    given = json.loads(sys.stdin.readline())
    first = HEAD + given["first"].encode()
    messages = [(at_s, text.encode()) for at_s, text in given["messages"]]
    with socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=1024) as listening:
        print("listening", flush=True)
        sockets = []
        for _ in range(given["viewers"]):
            connection, _address = listening.accept()
            connection.recv(65_536)
            connection.sendall(first)
            sockets.append(connection)
        sys.stdin.readline()
        begun_s, used_s = time.monotonic(), _used_s()
        for at_s, message in messages:
            time.sleep(max(0.0, begun_s + at_s - time.monotonic()))
            for connection in sockets:
                connection.sendall(message)
        print(json.dumps({"begun_s": begun_s, "used_s": _used_s() - used_s}), flush=True)
        sys.stdin.readline()  # until the viewers have seen everything


if __name__ == "__main__":
    main()
