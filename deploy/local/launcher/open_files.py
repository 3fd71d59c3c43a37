"""Room for many viewers: each takes about five file descriptors, and most systems begin with 1,024."""

import resource

__all__ = ["OPEN_FILES", "allow_open_files"]

OPEN_FILES = 65_536  # some 13,000 viewers; more memory than files are wanting then


def allow_open_files(wanted: int = OPEN_FILES) -> int:
    """Raise this process's limit, and its children's, as far as the system lets it; gives it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return wanted
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if allowed > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return max(soft, allowed)
