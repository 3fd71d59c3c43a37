"""The dashboards' settings for a stack, as a `.env` file and as BackendSettings. Pure."""

import os
from collections.abc import Mapping
from pathlib import Path

from shared.settings import BackendSettings, load_teacher_settings

__all__ = ["backend_settings", "settings_file"]

FILE_HEAD = "# Settings of both dashboards for the stack {stack_name}, written by `python -m deploy.aws env`."


def settings_file(stack_name: str, outputs: Mapping[str, str], endpoint_url: str | None) -> str:
    """The text of the `.env` file. `outputs`: the stack's; `endpoint_url`: an emulator's, None on AWS."""
    settings = _settings(outputs, endpoint_url)
    lines = [
        FILE_HEAD.format(stack_name=stack_name),
        *(f"{name}={value}" for name, value in settings.items()),
    ]
    return "\n".join(lines) + "\n"


def backend_settings(outputs: Mapping[str, str], endpoint_url: str | None) -> BackendSettings:
    """The same settings for this process, without reading the environment."""
    return load_teacher_settings(_settings(outputs, endpoint_url), Path(os.devnull)).backend


def _settings(outputs: Mapping[str, str], endpoint_url: str | None) -> dict[str, str]:
    api_url = outputs["ApiUrl"]
    if endpoint_url is not None:
        api_url = f"{endpoint_url}/v1/apis/{outputs['ApiId']}/graphql"
    settings = {
        "EXAM_RESULTS_REGION": outputs["Region"],
        "EXAM_RESULTS_API_URL": api_url,
        "EXAM_RESULTS_USER_POOL_ID": outputs["UserPoolId"],
        "EXAM_RESULTS_USER_POOL_CLIENT_ID": outputs["UserPoolClientId"],
        "EXAM_RESULTS_IDENTITY_POOL_ID": outputs["IdentityPoolId"],
    }
    if endpoint_url is not None:
        settings["EXAM_RESULTS_COGNITO_ENDPOINT_URL"] = endpoint_url
    return settings
