"""A container's healthcheck without curl: asks a URL, ends with 0 when it answers 200.

python3 -m deploy.containers.healthcheck http://127.0.0.1:8501/healthz
"""

import sys
import urllib.error
import urllib.request

__all__ = ["is_healthy"]

TIMEOUT_S = 4.0  # below the 5 s that the image gives the whole check, so that the reason is printed


def is_healthy(url: str, timeout_s: float = TIMEOUT_S) -> tuple[bool, str]:
    """Whether `url` answers 200, and one line that says what it answered."""
    # No proxy of the environment stands between a container and itself.
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
