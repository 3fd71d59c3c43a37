"""Values derived from the data folder's secret: stable, distinct by purpose, useless without it."""

import secrets
import uuid
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.backend.cognito import srp
from deploy.local.backend.cognito.pool_secret import PoolSecret, SecretInvalid, load_pool_secret

SECRET = PoolSecret(bytes(range(32)))
OTHER = PoolSecret(bytes(32))


@given(st.text(), st.text())
def test_hashes_differ_by_use_by_text_and_by_secret(left: str, right: str) -> None:
    assert (SECRET.keyed_hash("use", left) == SECRET.keyed_hash("use", right)) == (left == right)
    assert SECRET.keyed_hash("use", left) != SECRET.keyed_hash("another use", left)
    assert SECRET.keyed_hash("use", left) != OTHER.keyed_hash("use", left)


@given(st.lists(st.text(max_size=4), max_size=3), st.lists(st.text(max_size=4), max_size=3))
def test_the_boundary_between_texts_matters(left: list[str], right: list[str]) -> None:
    assert (SECRET.keyed_hash("use", *left) == SECRET.keyed_hash("use", *right)) == (left == right)


@given(st.text(max_size=30))
def test_a_decoy_looks_like_a_real_account_and_is_stable(name: str) -> None:
    user_id, record = SECRET.decoy_user_id(name), SECRET.decoy_record(name)
    assert uuid.UUID(user_id).version == 4
    assert (user_id, record) == (SECRET.decoy_user_id(name), SECRET.decoy_record(name))
    assert record.salt[0] != 0
    assert len(record.salt) == srp.SALT_BYTES
    assert len(record.verifier) == srp.VERIFIER_BYTES
    assert 0 < int.from_bytes(record.verifier, "big") < srp.N
    assert OTHER.decoy_record(name) != record


def test_a_sealed_text_is_opened_only_with_the_same_secret_and_use() -> None:
    sealed = SECRET.seal("use", "a text", secrets.token_bytes)
    assert SECRET.unseal("use", sealed) == "a text"
    assert b"a text" not in sealed
    assert SECRET.seal("use", "a text", secrets.token_bytes) != sealed
    for attempt in (
        lambda: OTHER.unseal("use", sealed),
        lambda: SECRET.unseal("another use", sealed),
        lambda: SECRET.unseal("use", sealed[:-1] + bytes([sealed[-1] ^ 1])),
        lambda: SECRET.unseal("use", b""),
        lambda: SECRET.unseal("use", b"short"),
    ):
        with pytest.raises(SecretInvalid):
            attempt()


def test_the_secret_is_generated_once_and_kept(tmp_path: Path) -> None:
    first = load_pool_secret(tmp_path / "secret", secrets.token_bytes)
    again = load_pool_secret(tmp_path / "secret", secrets.token_bytes)
    assert first.keyed_hash("x") == again.keyed_hash("x")
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600


def test_a_secret_of_another_length_is_refused() -> None:
    with pytest.raises(SecretInvalid, match="32 octets, not 5"):
        PoolSecret(b"short")
