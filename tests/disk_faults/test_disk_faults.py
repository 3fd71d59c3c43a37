"""A short sweep of failing writes, and proof that a half-done change would be found.

`python -m tests.disk_faults` is the complete one.
"""

import os
import re
import subprocess
import sys

import pytest

from tests.server_process import ROOT

OPERATIONS = 9


def run(*command: str) -> "subprocess.CompletedProcess[str]":
    """In a process of its own, since only one without threads can be forked."""
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == 3:
        if os.environ.get("REQUIRE_ALL") == "1":
            pytest.fail(done.stderr)
        pytest.skip(done.stderr)
    return done


def test_whatever_write_fails_the_data_are_right_afterwards_or_a_message_says_what_to_do() -> None:
    done = run("-m", "tests.disk_faults", "--sample", "2")
    assert (done.stderr, done.returncode) == ("", 0)
    assert len(re.findall(r"^.+: [12] faults", done.stdout, re.MULTILINE)) >= OPERATIONS


def test_a_restore_that_forgets_what_it_was_doing_would_be_found() -> None:
    """Without the marker that it sets before it moves the first file."""
    without_marker = (
        "import sys; sys.argv += ['--only', 'restore over another school', '--sample', '8']\n"
        "from deploy.local.maintenance import restore\n"
        "restore.begin_restore = lambda *_arguments: None\n"
        "from tests.disk_faults.__main__ import main\n"
        "main()"
    )
    assert "assert" in run("-c", without_marker).stderr
