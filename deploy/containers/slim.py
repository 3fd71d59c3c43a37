"""Takes out of a virtual environment what a running dashboard never opens, and compiles the rest.

    python3 slim.py /opt/dashboards

Bytecode carries a hash of its source instead of a time, so that two builds give the same files, and a
read-only container does not compile at every start.
"""

import compileall
import py_compile
import shutil
import sys
from pathlib import Path

__all__ = ["slim"]

# Headers, type stubs of C++ and test suites of the packages: together over 100 MB.
UNUSED = (
    "pip",
    "pip-*.dist-info",
    "setuptools",
    "setuptools-*.dist-info",
    "_distutils_hack",
    "pkg_resources",
    "pandas/tests",
    "pyarrow/include",
    "pyarrow/src",
    "pyarrow/tests",
    "numpy/**/tests",
    "numpy/_core/include",
    "pyarrow/*.a",
)


def slim(environment: Path) -> int:
    """Remove and compile; gives the number of bytes that were removed."""
    (packages,) = environment.glob("lib/python3.*/site-packages")
    removed = 0
    for pattern in UNUSED:
        for path in sorted(packages.glob(pattern)):
            if path.is_dir():
                removed += sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
                shutil.rmtree(path)
            elif path.exists():
                removed += path.stat().st_size
                path.unlink()
    for script in environment.glob("bin/pip*"):
        script.unlink()
    compileall.compile_dir(
        packages, quiet=1, workers=0, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
    )
    return removed


if __name__ == "__main__":
    print(f"removed {slim(Path(sys.argv[1])) / 1e6:.0f} MB")
