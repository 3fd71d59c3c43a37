"""A container's healthcheck without curl: requests a URL and exits with 0 if the status is 200.

python3 -m deploy.containers.healthcheck http://127.0.0.1:8501/healthz
"""

import sys
import urllib.error
import urllib.request

__all__ = ["is_healthy"]

TIMEOUT_S = 4.0  # below the 5 s of the image's HEALTHCHECK, so that the reason is printed


def is_healthy(url: str, timeout_s: float = TIMEOUT_S) -> tuple[bool, str]:
    """Whether `url` answers 200, and one line with its answer."""
    # Ignore any proxy of the environment: the container asks itself.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=timeout_s) as answer:
            return answer.status == 200, f"{url}: {answer.status}"
    except urllib.error.HTTPError as refusal:
        with refusal:
            return False, f"{url}: {refusal.code}"
    except OSError as error:
        return False, f"{url}: {error}"


if __name__ == "__main__":
    healthy, line = is_healthy(sys.argv[1])
    print(line)
    sys.exit(0 if healthy else 1)
