"""The dashboards' command: its log, and one line for wrong settings."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.backend_process import BackendProcess, RunningBackend
from tests.server_process import ROOT, ServerProcess

LOGGING_PROGRAM = """
import logging, sys
import streamlit.logger
from streamlit import config
from shared.web.serving import serve

async def app(scope, receive, send):
    while (message := await receive())["type"] != "lifespan.shutdown":
        config.get_config_options(force_reparse=True)
        streamlit.logger.get_logger("streamlit.anything").warning("its own")
        logging.getLogger("student_app.server").warning("ours")
        await send({"type": "lifespan.startup.complete"})
        signal.raise_signal(signal.SIGINT)
    await send({"type": "lifespan.shutdown.complete"})

import signal
from types import SimpleNamespace
serve("probe", lambda: SimpleNamespace(trusted_proxies=0), lambda _settings: app, port=0,
      streamlit_logger=streamlit.logger, compresses_websockets=False, websocket_message_bytes_max=1024,
      arguments=["--log-format", "json"])
"""


def test_each_record_is_written_once_as_json_whatever_streamlit_does_to_the_loggers() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOGGING_PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True
    )
    records = [json.loads(line) for line in (done.stdout + done.stderr).splitlines()]
    messages = [record["message"] for record in records]
    assert messages[1:5] == [
        "Waiting for application startup.",
        "its own",
        "ours",
        "Application startup complete.",
    ]
    assert [record["level"] for record in records[1:5]] == ["info", "warning", "warning", "info"]
    assert len(messages) == len(set(messages))


def test_the_backend_and_the_dashboards_log_the_same_fields(backend: RunningBackend, tmp_path: Path) -> None:
    """So that one query in a log collector finds the records of all of them."""
    command = [sys.executable, "-m", "student_app", "--port", "0", "--log-format", "json"]
    with ServerProcess(command, "Uvicorn running on", environment=backend.settings) as dashboard:
        from_dashboard = json.loads(dashboard.ready.string)
    with BackendProcess(tmp_path, ["--log-format", "json"]) as other:
        lines = other.output.splitlines()
    from_backend = json.loads(next(line for line in lines if line != other.ready.string.rstrip()))
    assert from_dashboard.keys() == from_backend.keys()
    assert from_dashboard["level"] == from_backend["level"] == "info"
    for record in (from_dashboard, from_backend):
        assert record["time"].endswith("Z")


@pytest.mark.parametrize("module", ["teacher_app", "student_app"])
def test_wrong_settings_are_one_line_and_status_2(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module],
        cwd=ROOT,
        env={**os.environ, "EXAM_RESULTS_REGIO": "eu-west-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "EXAM_RESULTS_REGIO: " in done.stderr
