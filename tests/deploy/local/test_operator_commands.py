"""The effect of operator commands on a teacher who is signed in."""

from contextlib import closing
from pathlib import Path

import boto3
import httpx
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from deploy.local.__main__ import main
from tests.backend_process import PASSWORD, running_backend

LIST_EXAMS = {"query": "{ listExams { items { id } } }"}


def test_reset_password_ends_every_sign_in_of_that_teacher(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with running_backend(tmp_path / "data") as backend:
        for name in ("Ada", "Grace"):
            backend.create_teacher(name)
        signed_in = [backend.sign_in("Ada"), backend.sign_in("Ada")]
        other = backend.sign_in("Grace")
        cognito = boto3.client(
            "cognito-idp",
            region_name=backend.region,
            endpoint_url=backend.url,
            config=Config(signature_version=UNSIGNED),
        )
        with closing(cognito):

            def refreshed(refresh_token: str) -> object:
                return cognito.initiate_auth(
                    ClientId=backend.settings["EXAM_RESULTS_USER_POOL_CLIENT_ID"],
                    AuthFlow="REFRESH_TOKEN_AUTH",
                    AuthParameters={"REFRESH_TOKEN": refresh_token},
                )

            def api_status(token: str) -> int:
                answer = httpx.post(backend.api_url, json=LIST_EXAMS, headers={"Authorization": token})
                return answer.status_code

            assert main(["reset-password", "Ada", "--data-dir", str(tmp_path / "data")]) == 0
            assert capsys.readouterr().out.startswith("Ada is signed out everywhere. Temporary password: ")
            for one in signed_in:
                with pytest.raises(ClientError, match="Refresh Token has been revoked"):
                    refreshed(one.refresh_token)
                with pytest.raises(ClientError, match="Access Token has been revoked"):
                    cognito.get_user(AccessToken=one.access_token)
                assert (api_status(one.access_token), api_status(one.id_token)) == (401, 401)
            with pytest.raises(cognito.exceptions.NotAuthorizedException):
                backend.sign_in("Ada", PASSWORD)
            assert refreshed(other.refresh_token)
            assert api_status(other.access_token) == 200


def test_accounts_are_disabled_enabled_signed_out_and_removed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(tmp_path / "data")
    with running_backend(tmp_path / "data") as backend:

        def run(command: str, username: str = "Ada") -> str:
            assert main([command, username, "--data-dir", folder]) == 0
            return capsys.readouterr().out

        def api_status(token: str) -> int:
            answer = httpx.post(backend.api_url, json=LIST_EXAMS, headers={"Authorization": token})
            return answer.status_code

        backend.create_teacher("Ada")
        signed_in = backend.sign_in("Ada")
        assert run("sign-out-teacher") == "Ada is signed out everywhere.\n"
        assert api_status(signed_in.access_token) == 401

        signed_in = backend.sign_in("Ada")
        assert "can no longer sign in" in run("disable-teacher")
        assert api_status(signed_in.access_token) == 401
        with pytest.raises(ClientError, match="User is disabled"):
            backend.sign_in("Ada")
        assert run("enable-teacher") == "Ada can sign in again.\n"
        signed_in = backend.sign_in("Ada")

        assert "signs in by password alone" in run("remove-authenticator")
        assert api_status(signed_in.access_token) == 401
        assert main(["remove-teacher", "Ada", "--data-dir", folder, "--yes"]) == 0
        assert "has no account any more" in capsys.readouterr().out
        assert main(["remove-teacher", "Ada", "--data-dir", folder]) == 2
        assert "there is no account Ada" in capsys.readouterr().err
