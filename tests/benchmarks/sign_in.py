"""How long signing in takes, and whether timing reveals if a name is known.

    python -m tests.benchmarks.sign_in [--rounds 200]

Prints, each as median and 95th percentile of many rounds against a backend on this machine:
- a full sign-in with pycognito, including its token checks and arithmetic;
- the server's two responses to a wrong password, for a known and an unknown name, measured alternately;
- the server's response to a forgotten password, for both;
- one verification of an access token, as the API does for each call.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from pycognito.aws_srp import AWSSRP

from tests.wire.cognito_server import PASSWORD, Pool, refused, running_pool

KNOWN, UNKNOWN = "ada", "nobody"


def main() -> None:
    parser = argparse.ArgumentParser(description="How long signing in takes.")
    parser.add_argument("--rounds", type=int, default=200)
    rounds: int = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder, running_pool(Path(folder)) as pool:
        pool.add_user(KNOWN)
        report(
            "full sign-in (pycognito)",
            [seconds(lambda: pool.pycognito(KNOWN).authenticate(PASSWORD)) for _ in range(rounds)],
        )
        compare("challenge", pool, rounds, challenge_s)
        compare("wrong password verified", pool, rounds, verification_s)
        compare("forgotten password", pool, rounds, forgotten_s)
        token, verifier = pool.tokens()["AccessToken"], pool.services.user_pool.verifier
        report(
            "access token verified",
            [seconds(lambda: verifier.verify(token, pool.clock())) for _ in range(rounds)],
        )


def seconds(work: Callable[[], object]) -> float:
    before_s = time.perf_counter()
    work()
    return time.perf_counter() - before_s


def report(name: str, times_s: list[float]) -> None:
    median, high = statistics.median(times_s), statistics.quantiles(times_s, n=20)[-1]
    print(f"{name:40} p50 {median * 1e3:7.2f} ms   p95 {high * 1e3:7.2f} ms")


def compare(name: str, pool: Pool, rounds: int, measure_s: Callable[[Pool, str], float]) -> None:
    """Measured alternately, so that other load on the machine affects both."""
    known, unknown = [], []
    for number in range(rounds):
        pool.clock.advance(1000.0)  # past any lockout
        order = [(KNOWN, known), (UNKNOWN, unknown)]
        for user, times in order if number % 2 else reversed(order):
            times.append(measure_s(pool, user))
    report(f"{name}, known name", known)
    report(f"{name}, unknown name", unknown)


def challenge_s(pool: Pool, user: str) -> float:
    client = pool.anyone()
    parameters = {"USERNAME": user, "SRP_A": "abcdef"}
    return seconds(
        lambda: client.initiate_auth(
            ClientId=pool.client_id, AuthFlow="USER_SRP_AUTH", AuthParameters=parameters
        )
    )


def verification_s(pool: Pool, user: str) -> float:
    client = pool.anyone()
    srp = AWSSRP(user, "a wrong password", pool.pool_id, pool.client_id, client=client)
    asked = client.initiate_auth(
        ClientId=pool.client_id, AuthFlow="USER_SRP_AUTH", AuthParameters=srp.get_auth_params()
    )
    answer = srp.process_challenge(asked["ChallengeParameters"], {"USERNAME": user})

    def send() -> None:
        with refused("NotAuthorizedException", "Incorrect username or password."):
            client.respond_to_auth_challenge(
                ClientId=pool.client_id, ChallengeName="PASSWORD_VERIFIER", ChallengeResponses=answer
            )

    return seconds(send)


def forgotten_s(pool: Pool, user: str) -> float:
    client = pool.anyone()
    return seconds(lambda: client.forgot_password(ClientId=pool.client_id, Username=user))


if __name__ == "__main__":
    main()
