"""Runs `python -m deploy.aws` against an emulator, isolated from the user's own AWS files."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from deploy.aws.__main__ import main
from deploy.console import Console

__all__ = ["REGION", "Operator", "account_of_emulator"]

REGION = "eu-west-1"
POLL_INTERVAL_S = 0.1
_FOREIGN = ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL")


class Operator:
    """`run` returns the exit code; `said` has the last command's lines, `asked` its questions.

    `answers` are typed in turn when the deployer asks; without any, it runs with --yes.
    """

    def __init__(self, endpoint_url: str) -> None:
        self.endpoint_url = endpoint_url
        self.said: list[str] = []
        self.asked: list[str] = []

    def run(self, *words: str, answers: tuple[str, ...] | None = None) -> int:
        self.said = []
        self.asked = []
        left = list(answers or ())

        def read(prompt: str) -> str:
            self.asked.append(prompt)
            return left.pop(0)

        console = Console(self.said.append, read if answers is not None else None, answers is None)
        # An emulator is done in a second or two, so it is polled more often than AWS.
        with (
            account_of_emulator(),
            mock.patch("deploy.aws.cloudformation.stack.POLL_INTERVAL_S", POLL_INTERVAL_S),
        ):
            return main([*words, "--endpoint-url", self.endpoint_url, "--region", REGION], console)

    @property
    def text(self) -> str:
        return "\n".join(self.said)


@contextmanager
def account_of_emulator() -> Iterator[None]:
    """Sets the environment for boto3: the emulator's keys and no files."""
    ours = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    with mock.patch.dict(os.environ, ours):
        for name in _FOREIGN:
            os.environ.pop(name, None)
        yield
