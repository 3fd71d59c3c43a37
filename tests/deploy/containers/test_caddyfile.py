"""The proxy's configuration: accepted, formatted, the same in the image as in the tests."""

import os
import shutil
from pathlib import Path

from tests.deploy.containers.tools import CONTAINERS, run_tool

CADDYFILE = CONTAINERS / "Caddyfile"


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Makes caddy store its files in `folder`."""
    return {**os.environ, "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder), **more}


def test_it_is_valid_as_shipped_with_domains_and_with_an_acme_address(tmp_path: Path) -> None:
    words = ["validate", "--adapter", "caddyfile", "--config", str(CADDYFILE)]
    for given in (
        {},
        {"STUDENT_SITE": "https://192.168.1.5", "CERTIFICATE_HOST": "192.168.1.5"},
        {
            "STUDENT_SITE": "https://results.school.example",
            "TEACHER_SITE": "https://teachers.results.school.example",
            "TLS_ISSUER": "operator@school.example",
        },
    ):
        answer = run_tool("caddy", words, environment(tmp_path, **given))
        assert answer.returncode == 0, answer.stderr


def test_an_unknown_directive_would_be_refused(tmp_path: Path) -> None:
    broken = tmp_path / "Caddyfile"
    broken.write_text(CADDYFILE.read_text().replace("reverse_proxy", "reverse_proxies"))
    words = ["validate", "--adapter", "caddyfile", "--config", str(broken)]
    answer = run_tool("caddy", words, environment(tmp_path))
    assert answer.returncode == 1
    assert "reverse_proxies" in answer.stderr


def test_it_is_formatted_as_caddy_fmt_formats_it(tmp_path: Path) -> None:
    copy = tmp_path / "Caddyfile"
    shutil.copy(CADDYFILE, copy)
    answer = run_tool("caddy", ["fmt", "--overwrite", str(copy)], environment(tmp_path))
    assert answer.returncode == 0, answer.stderr
    assert copy.read_text() == CADDYFILE.read_text()
