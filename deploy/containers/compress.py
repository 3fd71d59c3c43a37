"""Copies a folder of static files, with a brotli and a gzip version of each that shrinks.

    python compress.py SOURCE TARGET

The proxy sends these versions, so that it need not compress anything on request. The gzip headers contain no
time and no name, so that two builds produce the same files.
"""

import gzip
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import brotli

__all__ = ["compress_tree"]

WORTHWHILE_SHARE = 0.95  # not kept if it saves less than 5 %: images and fonts are compressed already
_FORMS: Mapping[str, Callable[[bytes], bytes]] = {
    ".br": lambda content: brotli.compress(content, quality=11),
    ".gz": lambda content: gzip.compress(content, compresslevel=9, mtime=0),
}


def compress_tree(source: Path, target: Path) -> tuple[int, int]:
    """Copy `source` to the new folder `target`; returns the bytes before, and after in the best form."""
    before = after = 0
    shutil.copytree(source, target)
    for path in sorted(file for file in target.rglob("*") if file.is_file()):
        content = path.read_bytes()
        sizes = [len(content)]
        for suffix, pack in _FORMS.items():
            packed = pack(content)
            if len(packed) < len(content) * WORTHWHILE_SHARE:
                path.with_name(path.name + suffix).write_bytes(packed)
                sizes.append(len(packed))
        before += len(content)
        after += min(sizes)
    return before, after


if __name__ == "__main__":
    size_before, size_after = compress_tree(Path(sys.argv[1]), Path(sys.argv[2]))
    print(f"static files: {size_before / 1e6:.1f} MB, as sent {size_after / 1e6:.1f} MB")
