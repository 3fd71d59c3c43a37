"""Logs how many viewers a student container has, once a minute, as a JSON line.

A log filter turns these lines into the metric that the service is scaled by: the container itself needs no
permission to write metrics.

python3 -m deploy.containers.viewer_log http://127.0.0.1:9102/metrics
"""

import json
import re
import signal
import sys
import threading
import urllib.request

__all__ = ["read_viewers", "viewers_in"]

INTERVAL_S = 60.0
TIMEOUT_S = 5.0
_VIEWERS = re.compile(r"^exam_results_viewers (\S+)$", re.MULTILINE)


def viewers_in(metrics_text: str) -> int | None:
    """The number in Prometheus text; None if it is missing."""
    found = _VIEWERS.search(metrics_text)
    return None if found is None else int(float(found[1]))


def read_viewers(url: str) -> int | None:
    """The dashboard's number of viewers; None while it does not answer."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=TIMEOUT_S) as answer:
            return viewers_in(answer.read().decode())
    except OSError:
        return None


def main(url: str, ending: threading.Event) -> None:
    """Log until `ending` is set."""
    while not ending.is_set():
        viewers = read_viewers(url)
        if viewers is not None:
            print(json.dumps({"viewers": viewers}), flush=True)
        ending.wait(INTERVAL_S)


if __name__ == "__main__":
    is_ending = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: is_ending.set())
    main(sys.argv[1], is_ending)
