"""The password proof: the server's arithmetic matches pycognito's for any password, salt and number."""

import base64
from unittest.mock import sentinel

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pycognito.aws_srp import AWSSRP

from deploy.local.backend.cognito import srp
from deploy.local.backend.storage.users import PasswordRecord

POOL_ID = "local-1_Abc123xyz"
POOL_NAME = "Abc123xyz"
USER_ID = "11111111-2222-4333-8444-555555555555"
TIMESTAMP = "Mon Nov 2 03:04:05 UTC 2026"
SECRET_BLOCK = b"a handle\x00\xff"
PASSWORD = "Correct-Horse-1"

passwords = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
salts = st.binary(min_size=15, max_size=15).flatmap(
    lambda rest: st.integers(1, 255).map(lambda first: bytes([first]) + rest)
)
secret_exponents = st.binary(min_size=32, max_size=32).filter(any)


class Client(AWSSRP):  # type: ignore[misc]
    """pycognito's side with a chosen random number, and no network."""

    def __init__(self, password: str, small_a: int | None = None) -> None:
        super().__init__(
            username="ada",
            password=password,
            pool_id=POOL_ID,
            client_id="client",
            client=sentinel.no_network,
        )
        if small_a is not None:
            self.small_a_value = small_a
            self.large_a_value = self.calculate_a()

    def public(self) -> str:
        return str(self.get_auth_params()["SRP_A"])

    def answer(self, challenge: srp.Challenge) -> dict[str, str]:
        answer: dict[str, str] = self.process_challenge(
            {
                "USER_ID_FOR_SRP": USER_ID,
                "USERNAME": USER_ID,
                "SALT": challenge.record.salt.hex(),
                "SRP_B": f"{challenge.server_public:x}",
                "SECRET_BLOCK": base64.b64encode(SECRET_BLOCK).decode(),
            },
            {"USERNAME": "ada"},
        )
        return answer


def record_of(password: str, salt: bytes = b"\x01" * 16) -> PasswordRecord:
    return srp.new_password_record(POOL_NAME, USER_ID, password, salt)


def is_accepted(challenge: srp.Challenge, answer: dict[str, str], **changes: object) -> bool:
    return srp.is_proof_valid(
        challenge,
        pool_name=str(changes.get("pool_name", POOL_NAME)),
        user_id=str(changes.get("user_id", USER_ID)),
        secret_block=bytes(changes.get("secret_block", SECRET_BLOCK)),  # type: ignore[call-overload]
        timestamp=str(changes.get("timestamp", answer["TIMESTAMP"])),
        signature=str(changes.get("signature", answer["PASSWORD_CLAIM_SIGNATURE"])),
    )


@settings(max_examples=25, deadline=None)
@given(passwords, salts, st.integers(1, srp.N - 1), secret_exponents)
@example("pässwörd 🎓", b"\x00\x01"[::-1] + bytes(14), 1, bytes(31) + b"\x01")  # salt 01 00 00...
@example("x", b"\x7f" + b"\xff" * 15, 2, b"\xff" * 32)
@example("x", b"\x80" + bytes(15), 2, b"\x80" + bytes(31))
@example("x", b"\x0a" + bytes(15), 3, bytes(30) + b"\x01\x00")
def test_the_right_password_is_proven_for_any_salt_and_any_random_number(
    password: str, salt: bytes, small_a: int, secret_exponent: bytes
) -> None:
    client = Client(password, small_a)
    challenge = srp.new_challenge(
        record_of(password, salt), srp.parse_client_public(client.public()), lambda count: secret_exponent
    )
    answer = client.answer(challenge)
    assert is_accepted(challenge, answer)


@settings(max_examples=15, deadline=None)
@given(passwords, passwords, salts)
def test_another_password_is_never_proven(password: str, other: str, salt: bytes) -> None:
    client = Client(other, 12345)
    challenge = srp.new_challenge(
        record_of(password, salt), srp.parse_client_public(client.public()), lambda count: b"\x05" * count
    )
    assert is_accepted(challenge, client.answer(challenge)) == (password == other)


@pytest.mark.parametrize("missing_digits", [1, 2])
def test_client_and_server_agree_on_numbers_shorter_than_the_group(missing_digits: int) -> None:
    """Hexadecimal texts lose leading zeros, but both sides must hash the same octets."""
    short_a = 3 * missing_digits
    record = record_of(PASSWORD)
    exponents = (number.to_bytes(32, "big") for number in range(10_000, 13_000))
    challenges = (
        srp.new_challenge(record, pow(2, short_a, srp.N), lambda count, exponent=exponent: exponent)
        for exponent in exponents
    )
    short = next(one for one in challenges if one.server_public.bit_length() == 3072 - 4 * missing_digits)
    client = Client(PASSWORD, short_a)
    assert is_accepted(short, client.answer(short))


@pytest.mark.parametrize(
    "change",
    [
        {"pool_name": "Another"},
        {"user_id": "22222222-2222-4333-8444-555555555555"},
        {"secret_block": b"another handle"},
        {"timestamp": TIMESTAMP},
        {"signature": ""},
        {"signature": "no base64!"},
        {"signature": "ä"},
        {"signature": base64.b64encode(bytes(32)).decode()},
    ],
)
def test_a_proof_is_valid_only_for_what_it_signs(change: dict[str, object]) -> None:
    client = Client(PASSWORD)
    challenge = srp.new_challenge(
        record_of(PASSWORD), srp.parse_client_public(client.public()), lambda count: b"\x07" * count
    )
    answer = client.answer(challenge)
    assert is_accepted(challenge, answer)
    assert not is_accepted(challenge, answer, **change)


def test_a_part_of_a_proof_or_more_than_it_proves_nothing() -> None:
    """It is compared as a whole."""
    client = Client(PASSWORD)
    challenge = srp.new_challenge(
        record_of(PASSWORD), srp.parse_client_public(client.public()), lambda count: b"\x07" * count
    )
    answer = client.answer(challenge)
    proof = base64.b64decode(answer["PASSWORD_CLAIM_SIGNATURE"])
    for other in (proof[:1], proof[:16], proof[:-1], proof[1:], proof + b"\x00", proof + proof):
        assert not is_accepted(challenge, answer, signature=base64.b64encode(other).decode())


def test_a_proof_is_base64_and_nothing_beside() -> None:
    client = Client(PASSWORD)
    challenge = srp.new_challenge(
        record_of(PASSWORD), srp.parse_client_public(client.public()), lambda count: b"\x07" * count
    )
    answer = client.answer(challenge)
    proof = answer["PASSWORD_CLAIM_SIGNATURE"]
    for other in (f"!{proof}", f"{proof[:8]}\n{proof[8:]}", f"{proof} "):
        assert not is_accepted(challenge, answer, signature=other)


def test_half_characters_prove_nothing_and_break_nothing() -> None:
    """A JSON text may contain them, and UTF-8 has none."""
    client = Client(PASSWORD)
    challenge = srp.new_challenge(
        record_of(PASSWORD), srp.parse_client_public(client.public()), lambda count: b"\x07" * count
    )
    assert not is_accepted(challenge, client.answer(challenge), timestamp="\ud800")
    assert not srp.is_password_right(record_of(PASSWORD), POOL_NAME, USER_ID, "\ud800")
    assert srp.is_password_right(record_of("\ud800"), POOL_NAME, USER_ID, "\ud800")


def test_a_proof_does_not_fit_another_challenge_of_the_same_password() -> None:
    """A recorded answer is useless later."""
    client = Client(PASSWORD)
    public = srp.parse_client_public(client.public())
    first = srp.new_challenge(record_of(PASSWORD), public, lambda count: b"\x07" * count)
    second = srp.new_challenge(record_of(PASSWORD), public, lambda count: b"\x08" * count)
    answer = client.answer(first)
    assert is_accepted(first, answer)
    assert not is_accepted(second, answer)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "00",
        f"{srp.N:x}",
        f"{2 * srp.N:x}",
        f"{srp.N + 1:x}",
        "f" * 800,
        "xyz",
        "-5",
        "+5",
        " 5",
        "1_0",
        "٣",
    ],
)
def test_a_client_number_that_reveals_the_key_is_refused(text: str) -> None:
    """A multiple of N makes the session key known without the password."""
    with pytest.raises(srp.SrpInputRefused):
        srp.parse_client_public(text)


@pytest.mark.parametrize("number", [1, 255, srp.N - 1])
def test_any_other_client_number_is_read(number: int) -> None:
    assert srp.parse_client_public(f"{number:X}") == number


def test_a_client_number_has_as_many_digits_as_the_group_and_two_zeros_at_most() -> None:
    """As the clients pad it; a longer text is not even read."""
    assert srp.parse_client_public("5".zfill(770)) == 5
    with pytest.raises(srp.SrpInputRefused):
        srp.parse_client_public("5".zfill(771))


def test_a_salt_never_begins_with_a_zero_octet() -> None:
    """Clients read it as a number and would lose that octet."""
    draws = iter([bytes(16), b"\x00" + b"\xff" * 15, b"\x01" + bytes(15)])
    counts: list[int] = []

    def drawn(count: int) -> bytes:
        counts.append(count)
        return next(draws)

    assert srp.new_salt(drawn) == b"\x01" + bytes(15)
    assert counts == [16] * 3


def test_a_useless_random_exponent_is_drawn_again() -> None:
    draws = iter([bytes(32), b"\x03" * 32])
    challenge = srp.new_challenge(record_of(PASSWORD), 5, lambda count: next(draws))
    assert challenge.secret_exponent == int.from_bytes(b"\x03" * 32, "big")


def test_a_password_sent_in_clear_text_is_compared_with_the_record() -> None:
    record = record_of(PASSWORD)
    assert srp.is_password_right(record, POOL_NAME, USER_ID, PASSWORD)
    assert not srp.is_password_right(record, POOL_NAME, USER_ID, PASSWORD + " ")
    assert not srp.is_password_right(record, "Another", USER_ID, PASSWORD)


def test_a_record_contains_no_password_and_prints_no_secret() -> None:
    record = record_of(PASSWORD)
    assert PASSWORD.encode() not in record.salt + record.verifier
    assert len(record.verifier) == 384
    challenge = srp.new_challenge(record, 5, lambda count: b"\x07" * count)
    assert "verifier" not in repr(record)
    assert "secret" not in repr(challenge)
    assert "record" not in repr(challenge)
