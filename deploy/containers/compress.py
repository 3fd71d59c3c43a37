"""Copies a folder of static files and puts a brotli and a gzip form beside each that shrinks.

    python compress.py SOURCE TARGET

The proxy then sends the finished form: no request costs it any compressing. The gzip header carries no time
and no name, so that two builds give the same files.
"""

import gzip
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import brotli

__all__ = ["compress_tree"]

WORTHWHILE_SHARE = 0.95  # below 5 % saved it is not kept: images and fonts are packed already
_FORMS: Mapping[str, Callable[[bytes], bytes]] = {
    ".br": lambda content: brotli.compress(content, quality=11),
    ".gz": lambda content: gzip.compress(content, compresslevel=9, mtime=0),
}


def compress_tree(source: Path, target: Path) -> tuple[int, int]:
    """Copy `source` to the new folder `target`; gives the bytes before and, of the best forms, after."""
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
