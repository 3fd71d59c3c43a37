"""Raises the limit of open files: each viewer takes about five, and most systems allow 1,024 by default."""

import resource

__all__ = ["OPEN_FILES", "allow_open_files"]

OPEN_FILES = 65_536  # about 13,000 viewers; beyond that, memory runs out first


def allow_open_files(wanted: int = OPEN_FILES) -> int:
    """Raise the limit of this process and its children as far as the system permits; returns it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return wanted
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if allowed > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return max(soft, allowed)
