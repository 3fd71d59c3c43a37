"""Every operation of the embedded Cognito services, with inputs generated from botocore's own service models.

Each answer is checked against the operation's output shape or its declared errors.
"""

import json
import random
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

from deploy.local.backend.cognito.http import (
    IDENTITY_POOL_OPERATIONS,
    IDENTITY_POOL_SERVICE,
    OPEN_OPERATIONS,
    OPERATOR_OPERATIONS,
    USER_POOL_SERVICE,
)
from tests.fuzzing.world import Fault, Figures, World
from tests.signing import signed_headers

__all__ = ["OPERATIONS", "call", "check_shape", "fuzz", "operation_model"]

OPERATIONS = (
    *((USER_POOL_SERVICE, name) for name in (*OPEN_OPERATIONS, *OPERATOR_OPERATIONS)),
    *((IDENTITY_POOL_SERVICE, name) for name in IDENTITY_POOL_OPERATIONS),
)
# Errors that every operation may answer with, which the models do not repeat for each.
COMMON_ERRORS = {
    "SerializationException",
    "AccessDeniedException",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "TooManyRequestsException",
    "InvalidParameterException",
    "ResourceNotFoundException",
}
CALLS_AN_ACCOUNT = 10 * len(OPERATIONS)  # by then it is signed out, disabled or deleted: a new one follows
NASTY = (
    "",
    " ",
    "x" * 3000,
    "\x00",
    "ä🎓\u202e",
    "\ud800",
    "../../etc/passwd",
    "%s{0}",
    "-1",
    "null",
    "' OR 1=1",
)
_SERVICES = {USER_POOL_SERVICE: "cognito-idp", IDENTITY_POOL_SERVICE: "cognito-identity"}


def fuzz(world: World, start: int, count: int) -> Figures:
    """Calls the operations `count` times in all. Raises Fault."""
    chance = random.Random(start)
    figures = Figures()
    models = {key: operation_model(*key) for key in OPERATIONS}
    known: Mapping[str, tuple[Any, ...]] = {}
    for number in range(count):
        if number % CALLS_AN_ACCOUNT == 0:
            known = _known_values(world, f"fuzzed-{start}-{number}")
        service, name = OPERATIONS[number % len(OPERATIONS)]
        model = models[service, name]
        fields = _value(model.input_shape, "", known, chance) if model.input_shape else {}
        if chance.random() < 0.05:
            fields = chance.choice([[], "text", 5, None, {"": {}}])
        is_signed = name in OPERATOR_OPERATIONS and chance.random() < 0.9
        figures.count(call(world, model, service, fields, is_signed=is_signed))
    return figures


def operation_model(service: str, operation: str) -> OperationModel:
    client = boto3.client(
        _SERVICES[service], region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    try:
        return client.meta.service_model.operation_model(operation)
    finally:
        client.close()


def call(world: World, model: OperationModel, service: str, fields: object, *, is_signed: bool) -> str:
    """Calls one operation and checks the answer; returns what kind of answer it was. Raises Fault."""
    body = json.dumps(fields)
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"{service}.{model.name}"}
    if is_signed:
        headers = signed_headers(
            f"{world.backend.url}/",
            body,
            world.operator,
            world.backend.region,
            headers=headers,
            service="cognito-idp",
        )
    answer = world.http.post(f"{world.backend.url}/", data=body.encode(), headers=headers, timeout=30)
    request = (model.name, fields)
    world.check_answer(answer.text, answer.status_code, request, is_guest=False, is_operator=is_signed)
    parsed = answer.json()
    if answer.status_code == 200:
        check_shape(parsed, model.output_shape, request)
        return f"{model.name}: answered"
    error_type = parsed.get("__type")
    declared = {shape.error_code for shape in model.error_shapes} | {s.name for s in model.error_shapes}
    if answer.status_code != 400 or error_type not in declared | COMMON_ERRORS:
        raise Fault(f"{answer.status_code} {error_type} is not declared for {request!r}")
    if not parsed.keys() <= {"__type", "message"}:
        raise Fault(f"not an error's shape: {answer.text[:300]} for {request!r}")
    return f"{model.name}: {error_type}"


def check_shape(value: Any, shape: Shape | None, request: object) -> None:
    """Raises Fault when the value is not what a client would read with this shape."""
    if shape is None:
        is_right = value == {}
    elif isinstance(shape, StructureShape):
        is_right = isinstance(value, dict) and value.keys() <= shape.members.keys()
        is_right = is_right and set(shape.required_members) <= value.keys()
        if is_right:
            for name, part in value.items():
                check_shape(part, shape.members[name], request)
    elif isinstance(shape, ListShape):
        is_right = isinstance(value, list)
        for part in value if is_right else ():
            check_shape(part, shape.member, request)
    elif isinstance(shape, MapShape):
        is_right = isinstance(value, dict)
        for part in value.values() if is_right else ():
            check_shape(part, shape.value, request)
    else:
        kinds: Mapping[str, tuple[type, ...]] = {
            "string": (str,),
            "boolean": (bool,),
            "integer": (int,),
            "long": (int,),
            "timestamp": (int, float),
        }
        is_right = isinstance(value, kinds[shape.type_name])
        is_right = (
            is_right and (not shape.enum or value in shape.enum) if shape.type_name == "string" else is_right
        )
    if not is_right:
        raise Fault(f"{value!r} is no {shape.name if shape else 'empty answer'} in the answer to {request!r}")


def _value(shape: Shape, name: str, known: Mapping[str, tuple[Any, ...]], chance: random.Random) -> Any:
    """A value for a member of this name: often a sensible one, sometimes of the wrong type."""
    dice = chance.random()
    if dice < 0.03:
        return chance.choice([None, True, -1, 1.5, [], {}, "x" * 5000, [[]], 2**70])
    if name in known and dice < 0.75:
        return chance.choice(known[name])
    if isinstance(shape, StructureShape):
        return {
            member: _value(part, member, known, chance)
            for member, part in shape.members.items()
            if (member in shape.required_members and chance.random() < 0.97) or chance.random() < 0.2
        }
    if isinstance(shape, ListShape):
        return [_value(shape.member, name, known, chance) for _ in range(chance.randint(0, 3))]
    if isinstance(shape, MapShape):
        keys = chance.sample(known["keys"], chance.randint(0, 4))
        return {key: _value(shape.value, key, known, chance) for key in keys}
    if shape.type_name == "string":
        enum = getattr(shape, "enum", None)
        return chance.choice(enum if enum and dice < 0.95 else NASTY)
    if shape.type_name == "boolean":
        return chance.random() < 0.5
    return chance.choice([0, 1, 5, 60, -1, 2**31, 2**63])


def _known_values(world: World, username: str) -> Mapping[str, tuple[Any, ...]]:
    """Values that the backend knows, by the member's name; `username` is a new account's."""
    world.backend.create_teacher(username)
    settings, account = world.backend.settings, world.backend.sign_in(username)
    usernames = (username, f"{username}-new", "nobody", account.sub, username.upper())
    tokens = (account.access_token, account.id_token, account.access_token[:-4], "a.b.c")
    passwords = ("Another-horse-8-battery", "short", "Correct-horse-8-batterie")
    return {
        "UserPoolId": (settings["EXAM_RESULTS_USER_POOL_ID"],),
        "ClientId": (settings["EXAM_RESULTS_USER_POOL_CLIENT_ID"],),
        "IdentityPoolId": (settings["EXAM_RESULTS_IDENTITY_POOL_ID"],),
        "IdentityId": ("local-1:00000000-0000-4000-8000-000000000000", "x"),
        "Username": usernames,
        "USERNAME": usernames,
        "AccessToken": tokens,
        "Token": (account.refresh_token, "x"),
        "RefreshToken": (account.refresh_token, "x"),
        "REFRESH_TOKEN": (account.refresh_token, "x"),
        "Password": passwords,
        "PASSWORD": passwords,
        "NEW_PASSWORD": passwords,
        "PreviousPassword": passwords,
        "ProposedPassword": passwords,
        "TemporaryPassword": passwords,
        "ConfirmationCode": ("123456", "000000"),
        "UserCode": ("123456",),
        "SMS_MFA_CODE": ("123456",),
        "SOFTWARE_TOKEN_MFA_CODE": ("123456", "٣٣٣٣٣٣"),
        "SRP_A": ("a" * 700, "0", "f" * 5000, "-1", "g"),
        "PASSWORD_CLAIM_SECRET_BLOCK": ("AAAA", "!", "a" * 4000),
        "PASSWORD_CLAIM_SIGNATURE": ("AAAA", "!"),
        "TIMESTAMP": ("Mon Nov 2 03:04:05 UTC 2026", "now"),
        "Name": ("email", "name", "sub", "custom:x", "email_verified"),
        "Value": ("a@school.example", "true", "x"),
        "Limit": (1, 60, 0, 61),
        "Filter": ('username = "a"', 'email ^= "a"', "(", 'sub = "'),
        "PaginationToken": ("x", "eyJ9"),
        "keys": (
            "USERNAME",
            "PASSWORD",
            "SRP_A",
            "REFRESH_TOKEN",
            "NEW_PASSWORD",
            "PASSWORD_CLAIM_SECRET_BLOCK",
            "PASSWORD_CLAIM_SIGNATURE",
            "TIMESTAMP",
            "SOFTWARE_TOKEN_MFA_CODE",
            "userAttributes.email",
            "cognito-idp.local-1.amazonaws.com/x",
        ),
    }
