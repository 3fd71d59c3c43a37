"""The embedded backend passes its ids to other containers in a separate file, without its keys."""

import subprocess
import sys
from pathlib import Path

from dotenv import dotenv_values

from shared.settings import load_student_settings
from tests.backend_process import BackendProcess
from tests.server_process import ROOT


def test_the_settings_are_written_outside_the_data_folder_for_the_dashboards_only(tmp_path: Path) -> None:
    told = tmp_path / "settings" / "backend.env"
    told.parent.mkdir()
    arguments = ["--settings-file", str(told), "--public-url", "http://backend:8500"]
    with BackendProcess(tmp_path / "data", arguments) as backend:
        settings = load_student_settings({}, told)
        assert dotenv_values(told) == dict(backend.settings)
    assert settings.backend.api_url == "http://backend:8500/graphql"
    assert settings.backend.cognito_endpoint_url == "http://backend:8500"
    assert [file.name for file in told.parent.iterdir()] == ["backend.env"]


def test_a_settings_file_that_cannot_be_written_is_refused_in_one_line(tmp_path: Path) -> None:
    answer = subprocess.run(
        [
            *(sys.executable, "-m", "deploy.local.backend", "--data-dir", str(tmp_path / "data")),
            *("--port", "0", "--settings-file", str(tmp_path / "nowhere" / "backend.env")),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert answer.returncode == 2
    assert answer.stderr.splitlines()[-1].startswith("deploy.local.backend: the settings cannot be written")
