"""The parsers of signatures and tokens: a valid one that is changed is refused, and nothing else happens."""

import base64
import datetime as dt
import random
from pathlib import Path

from deploy.local.backend import sigv4
from deploy.local.backend.tokens import (
    TokenMinter,
    TokenRefused,
    TokenSubject,
    TokenVerifier,
    load_signing_key,
)
from tests.deploy.local.backend.test_sigv4 import Key, signed
from tests.fuzzing.world import Fault, Figures

__all__ = ["changed", "fuzz"]

NOW_S = 1_800_000_000.0
PIECES = (
    "",
    ",",
    "=",
    "/",
    ";",
    " ",
    "\n",
    "\x00",
    "ä",
    "\ud800",
    "AWS4-HMAC-SHA256",
    "host",
    "x" * 500,
    ".",
    "e30",
    "%2F",
)


def fuzz(folder: Path, start: int, count: int) -> Figures:
    """Tries `count` changed signatures and `count` changed tokens. Raises Fault."""
    chance = random.Random(start)
    figures = Figures()
    _fuzz_signatures(chance, count, figures)
    _fuzz_tokens(folder, chance, count, figures)
    return figures


def changed(text: str, chance: random.Random) -> str:
    """`text` with one to three places changed."""
    for _ in range(chance.randint(1, 3)):
        begin = chance.randrange(len(text) + 1)
        end = min(len(text), begin + chance.choice([0, 1, 1, 5, 50]))
        piece = chance.choice([*PIECES, text[begin:end] * 2, text[begin:end].swapcase()])
        text = text[:begin] + piece + text[end:]
    return text


def _fuzz_signatures(chance: random.Random, count: int, figures: Figures) -> None:
    request = signed()
    now_s = dt.datetime.now(dt.UTC).timestamp()
    for _ in range(count):
        headers = dict(request.headers)
        name = chance.choice([*headers, "Authorization", "Authorization"])
        headers[name] = changed(headers[name], chance).replace("\ud800", "\xff")  # headers are bytes
        given = " ".join(headers[name].split()), " ".join(request.headers[name].split())
        try:
            sigv4.verify(
                method="POST",
                path=request.path,
                query=request.query,
                headers=list(headers.items()),
                body=request.body,
                find_credentials=lambda key, _token: Key() if key == "ASIAGUEST" else None,
                service="appsync",
                region="local-1",
                now_s=now_s,
            )
        except sigv4.SignatureRefused as refused:
            figures.count(f"signature: {refused.error_type}")
        except Exception as error:
            raise Fault(f"{error!r} for {name}: {headers[name]!r}") from error
        else:
            if given[0] != given[1] and not _is_same_authorization(
                name, headers[name], request.headers[name]
            ):
                raise Fault(f"accepted with {name}: {headers[name]!r}")
            figures.count("signature: the same, written otherwise")


def _is_same_authorization(name: str, text: str, original: str) -> bool:
    """Whether the parameters that count are the same: spaces, commas and unknown parameters do not."""
    parameters = [dict(sigv4._PARAMETER.findall(one)) for one in (text, original)]
    if name != "Authorization":
        return False
    first, second = (
        [one.get("Credential"), one.get("SignedHeaders", "").lower(), one.get("Signature")]
        for one in parameters
    )
    return first == second


def _fuzz_tokens(folder: Path, chance: random.Random, count: int, figures: Figures) -> None:
    key = load_signing_key(folder / "key.pem")
    minter = TokenMinter(key, issuer="http://issuer", client_id="client")
    verifier = TokenVerifier(
        key, issuer="http://issuer", client_id="client", is_revoked=lambda _origin_jti, _sub: False
    )
    subject = TokenSubject(sub="s", username="ada", origin_jti="o", auth_time_s=1, attributes={})
    token = minter.mint(subject, NOW_S).access_token
    for _ in range(count):
        text = changed(token, chance)
        try:
            verifier.verify(text, NOW_S)
        except TokenRefused as refused:
            figures.count(f"token: {refused.reason}")
        except Exception as error:
            raise Fault(f"{error!r} for {text!r}") from error
        else:
            if _octets(text) != _octets(token):
                raise Fault(f"accepted: {text!r}")
            figures.count("token: the same, written otherwise")


def _octets(token: str) -> list[bytes]:
    """What the parts say: the last character of base64 has bits that mean nothing."""
    return [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.split(".")]
