"""The log line that the scaling of student containers is based on."""

import http.server
import json
import socket
import threading
from collections.abc import Iterator

import pytest

from deploy.containers.viewer_log import main, read_viewers, viewers_in

METRICS = "# TYPE exam_results_viewers gauge\nexam_results_viewers 412.0\nexam_results_streams 410.0\n"


class Metrics(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(METRICS.encode())

    def log_message(self, *_: object) -> None:
        """Keeps the tests' output clean."""


@pytest.fixture
def metrics_url() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Metrics) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/metrics"
        server.shutdown()
        thread.join(5.0)


def test_the_number_of_viewers_is_read_from_the_metrics(metrics_url: str) -> None:
    assert read_viewers(metrics_url) == 412


def test_metrics_without_viewers_give_no_number() -> None:
    assert viewers_in("# HELP exam_results_viewers Streamlit sessions\nother 3\n") is None


def test_an_unresponsive_dashboard_gives_no_number() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        assert read_viewers(f"http://127.0.0.1:{nobody.getsockname()[1]}/metrics") is None


def test_a_line_is_json_as_the_metric_filter_reads_it(
    metrics_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    class EndsAfterOneLine(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            self.set()
            return True

    main(metrics_url, EndsAfterOneLine())
    assert json.loads(capsys.readouterr().out) == {"viewers": 412}
