"""The dashboards record nothing about the people who use them."""

import httpx

from tests.pair_process import PairProcess


def test_a_dashboards_log_contains_no_requests_and_no_addresses(running_pair: PairProcess) -> None:
    """Students and teachers are not tracked, and a logged address could give access to a page."""
    for url in (running_pair.teacher_url, running_pair.student_url):
        for path in ("/?exam=looked-at", "/nothing-here"):
            answer = httpx.get(url + path, headers={"Accept": "text/html"}, trust_env=False)
            assert answer.status_code in {200, 303}
    for role in ("teacher", "student"):
        log = (running_pair.data_dir / "logs" / f"{role}.log").read_text()
        assert "Application startup complete" in log
        for trace in ("looked-at", "nothing-here", "GET /"):
            assert trace not in log
