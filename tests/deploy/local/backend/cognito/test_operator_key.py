"""The operator's key: generated once, kept, and never mistaken for anything else."""

import json
import secrets
from pathlib import Path

import pytest

from deploy.local.backend.cognito.operator_key import OperatorKeyInvalid, load_operator_key
from deploy.local.data_folder.private_file import PrivateFileExposed, write_private_file


def test_the_key_is_generated_once_and_readable_only_by_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "operator.json"
    key = load_operator_key(path, secrets.token_bytes)
    assert load_operator_key(path, secrets.token_bytes) == key
    assert json.loads(path.read_text()) == {
        "access_key_id": key.access_key_id,
        "secret_access_key": key.secret_access_key,
    }
    assert path.stat().st_mode & 0o777 == 0o600
    assert (key.session_token, key.expires_at_s) == (None, None)
    assert key.access_key_id.startswith("AKIA")
    assert len(key.access_key_id) == 20
    assert len(key.secret_access_key) == 40


def test_two_folders_have_two_keys(tmp_path: Path) -> None:
    one = load_operator_key(tmp_path / "one", secrets.token_bytes)
    assert one != load_operator_key(tmp_path / "two", secrets.token_bytes)
    assert one.secret_access_key not in repr(one)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"access_key_id": "x"}', b'{"access_key_id": 1, "secret_access_key": 2}']
)
def test_a_damaged_file_is_named_and_not_replaced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "operator.json"
    write_private_file(path, content)
    with pytest.raises(OperatorKeyInvalid, match=r"operator\.json is no operator's key"):
        load_operator_key(path, secrets.token_bytes)
    assert path.read_bytes() == content


def test_a_key_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "operator.json"
    load_operator_key(path, secrets.token_bytes)
    path.chmod(0o644)
    with pytest.raises(PrivateFileExposed):
        load_operator_key(path, secrets.token_bytes)
