"""What the dashboards write down of the people who look at them: nothing."""

import httpx

from tests.pair_process import PairProcess


def test_no_request_and_no_address_stands_in_a_dashboards_log(running_pair: PairProcess) -> None:
    """Students and teachers are nobody's statistics, and an address may open a page."""
    for url in (running_pair.teacher_url, running_pair.student_url):
        for path in ("/?exam=looked-at", "/nothing-here"):
            answer = httpx.get(url + path, headers={"Accept": "text/html"}, trust_env=False)
            assert answer.status_code in {200, 303}
    for role in ("teacher", "student"):
        log = (running_pair.data_dir / "logs" / f"{role}.log").read_text()
        assert "Application startup complete" in log
        for trace in ("looked-at", "nothing-here", "GET /"):
            assert trace not in log
