"""The contract suite's second target: the template, deployed on the emulator by the operator's own commands.

What can be tested only on the embedded backend (and a real account), and why:

- TOKENS: the emulator trusts any bearer token; it checks no signature, expiry or client.
- LIMITS: it enforces no query depth, size or introspection setting. The template's are tested in
  test_template.

Its subscriptions and directives are ours (emulator/realtime.py, emulator/directives.py), with the resolvers'
own filters, run in node, and the schema as it is sent.

Its DynamoDB is ministack's. Of the 2,947 requests that a run of the contract suite sends it, moto 5.2.5
answers all alike, and again when every write is sent twice, which makes 101 cancelled transactions with their
reasons and 260 failed conditions; but for 15 queries, after which moto says that more may follow, as DynamoDB
does when a page is exactly full. The resolvers do not rely on that: they ask for one item more than needed.
Since deletions leave keys behind, 1,389 requests about such rows were compared again, of which 38 are
refused: all alike.
"""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from botocore.credentials import Credentials

from tests.contract.target import Teacher
from tests.deploy.aws.deployed import DeployedBackend, deployed_backend
from tests.deploy.aws.emulator_process import Emulator
from tests.deploy.aws.stack_operator import Operator
from tests.deploy.aws.tools import require_emulator

__all__ = ["AwsTarget", "aws_target"]


class AwsTarget:
    """A stack with two teachers and a guest."""

    def __init__(self, backend: DeployedBackend) -> None:
        self.api_url, self.realtime_url, self.region = backend.api_url, backend.realtime_url, backend.region
        self.teacher = self._teacher(backend, "contract-teacher")
        self.other_teacher = self._teacher(backend, "contract-other-teacher")
        self.guest: Credentials = backend.guest_credentials()
        self._backend = backend

    def count_guesses(self, exam_id: str, count: int) -> None:
        """In this minute's count and in the next one's, as countGuess.js keeps them."""
        for window in (int(time.time() // 60), int(time.time() // 60) + 1):
            item = {"examId": {"S": f"guesses/exam/{exam_id}"}, "id": {"S": f"{window}"}}
            self._backend.put_item("ResultsTableName", {**item, "guesses": {"N": f"{count}"}})

    @staticmethod
    def _teacher(backend: DeployedBackend, username: str) -> Teacher:
        session = backend.signed_in(username)
        return Teacher(session.sub, session.access_token())


@contextmanager
def aws_target() -> Iterator[AwsTarget]:
    require_emulator()
    with tempfile.TemporaryDirectory() as name, Emulator(Path(name)) as emulator:
        operator = Operator(emulator.url)
        with deployed_backend(operator, f"contract-{os.getpid()}", Path(name)) as backend:
            yield AwsTarget(backend)
