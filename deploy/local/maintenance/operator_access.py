"""The operator's access to a running embedded backend, with the key from its data folder."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from deploy.local.data_folder import paths
from deploy.teacher_accounts import TeacherAccounts

__all__ = ["OperatorRefused", "read_settings", "teacher_accounts"]


class OperatorRefused(Exception):
    """The backend refused, or cannot be reached. The text is one line for the operator."""


def read_settings(data_dir: Path) -> dict[str, str]:
    """The settings that the backend wrote at its start, name to text. Raises OperatorRefused."""
    try:
        lines = (data_dir / paths.SETTINGS).read_text("utf-8").splitlines()
    except OSError as error:
        raise OperatorRefused(
            f"there is no backend in {data_dir}: start it once, or give its --data-dir"
        ) from error
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: text for name, _, text in pairs}


@contextlib.contextmanager
def teacher_accounts(data_dir: Path) -> Iterator[TeacherAccounts]:
    """The teachers' accounts. Within the block, botocore's errors are raised as OperatorRefused."""
    settings = read_settings(data_dir)
    try:
        key: dict[str, str] = json.loads((data_dir / paths.OPERATOR_KEY).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise OperatorRefused(f"the operator's key in {data_dir} cannot be read: {error}") from error
    client = boto3.client(
        "cognito-idp",
        region_name=settings["EXAM_RESULTS_REGION"],
        endpoint_url=settings["EXAM_RESULTS_COGNITO_ENDPOINT_URL"],
        aws_access_key_id=key["access_key_id"],
        aws_secret_access_key=key["secret_access_key"],
    )
    with contextlib.closing(client):
        try:
            yield TeacherAccounts(client, settings["EXAM_RESULTS_USER_POOL_ID"])
        except ClientError as error:
            raise OperatorRefused(error.response["Error"].get("Message", str(error))) from error
        except BotoCoreError as error:
            raise OperatorRefused(f"the backend cannot be reached: {error}") from error
