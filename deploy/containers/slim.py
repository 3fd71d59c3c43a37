"""Removes from a virtual environment what a running dashboard never opens, and compiles the rest.

    python3 slim.py /opt/dashboards

The bytecode files carry a hash of their source instead of a time, so that two builds produce the same files;
and a read-only container need not compile at every start.
"""

import compileall
import py_compile
import shutil
import sys
from pathlib import Path

__all__ = ["slim"]

# Installers, headers, test suites, a notebook widget, Arrow's network protocols, and descriptions of AWS
# services that are never called: over 200 MB in total.
UNUSED = (
    "pip",
    "pip-*.dist-info",
    "setuptools",
    "setuptools-*.dist-info",
    "_distutils_hack",
    "distutils-precedence.pth",
    "pkg_resources",
    "pandas/tests",
    "pyarrow/include",
    "pyarrow/src",
    "pyarrow/tests",
    "numpy/**/tests",
    "numpy/_core/include",
    "pyarrow/*.a",
    "pyarrow/libarrow_flight.*",
    "pyarrow/libarrow_python_flight.*",
    "pyarrow/_flight.*",
    "pyarrow/libarrow_substrait.*",
    "pyarrow/_substrait.*",
    "pyarrow/libarrow_s3.*",
    "pyarrow/_s3fs.*",
    "pydeck/nbextension",
)
AWS_SERVICES_USED = ("cognito-identity", "cognito-idp", "sts")


def slim(environment: Path) -> int:
    """Remove and compile; returns the number of bytes removed."""
    (packages,) = environment.glob("lib/python3.*/site-packages")
    removed = 0
    unused = [path for pattern in UNUSED for path in sorted(packages.glob(pattern))]
    unused += [
        path
        for path in sorted(packages.glob("botocore/data/*"))
        if path.is_dir() and path.name not in AWS_SERVICES_USED
    ]
    for path in unused:
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
