"""Copies a folder of static files and puts a gzip form beside each that shrinks.

    python3 compress.py SOURCE TARGET

The proxy then sends the finished form: no request costs it any compressing. The gzip header carries no time
and no name, so that two builds give the same files.
"""

import gzip
import shutil
import sys
from pathlib import Path

__all__ = ["compress_tree"]

WORTHWHILE_SHARE = 0.95  # below 5 % saved it is not kept: images and fonts are packed already


def compress_tree(source: Path, target: Path) -> tuple[int, int]:
    """Copy `source` to the new folder `target`; gives the bytes before and, of the best forms, after."""
    before = after = 0
    shutil.copytree(source, target)
    for path in sorted(file for file in target.rglob("*") if file.is_file()):
        content = path.read_bytes()
        packed = gzip.compress(content, compresslevel=9, mtime=0)
        before += len(content)
        if len(packed) < len(content) * WORTHWHILE_SHARE:
            path.with_name(path.name + ".gz").write_bytes(packed)
            after += len(packed)
        else:
            after += len(content)
    return before, after


if __name__ == "__main__":
    size_before, size_after = compress_tree(Path(sys.argv[1]), Path(sys.argv[2]))
    print(f"static files: {size_before / 1e6:.1f} MB, as sent {size_after / 1e6:.1f} MB")
