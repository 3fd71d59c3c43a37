"""Ports for the servers of tests."""

import contextlib
import random
import socket

__all__ = ["free_port", "free_ports", "quiet_ports"]

QUIET_RANGE = (20_000, 32_000)


def free_port() -> int:
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """Different loopback ports on which nothing is listening."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def quiet_ports(count: int) -> list[int]:
    """Free ports that no outgoing connection will take before they are used: below the kernel's own range."""
    with contextlib.ExitStack() as stack:
        found: list[int] = []
        while len(found) < count:
            probe = stack.enter_context(socket.socket())
            port = random.SystemRandom().randrange(*QUIET_RANGE)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                found.append(port)
        return found
