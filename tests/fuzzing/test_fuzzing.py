"""A short fuzzing run, the inputs that once found a fault, and proof that a fault would be found.

`python -m tests.fuzzing` is the long run.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.backend.cognito.http import IDENTITY_POOL_SERVICE, USER_POOL_SERVICE
from tests.fuzzing.__main__ import PARTS
from tests.fuzzing.cognito_calls import OPERATIONS, call, check_shape, operation_model
from tests.fuzzing.graphql_requests import ask
from tests.fuzzing.realtime_frames import converse
from tests.fuzzing.world import HIDDEN, OWNER, Fault, World, planted_world


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with planted_world(tmp_path_factory.mktemp("fuzzed") / "data") as planted:
        yield planted


@pytest.mark.parametrize(
    ("part", "count"), [("graphql", 150), ("cognito", 200), ("realtime", 200), ("parsers", 1000)]
)
def test_nothing_that_is_sent_breaks_the_backend_or_reveals_a_secret(
    world: World, part: str, count: int
) -> None:
    figures = PARTS[part](world, 20_261_128, count)
    assert figures.tried >= count


def test_every_operation_is_called_and_the_calls_reach_behind_their_first_check(world: World) -> None:
    """Fuzzing that is always refused at the door finds nothing."""
    figures = PARTS["cognito"](world, 7, 3 * len(OPERATIONS))
    called = {outcome.partition(":")[0] for outcome in figures.outcomes}
    assert called == {name for _, name in OPERATIONS}
    answered = [outcome for outcome in figures.outcomes if outcome.endswith(": answered")]
    assert len(answered) >= 8


SURROGATE = '{"type": "%s", "id": "%s", "payload": {"data": "{}", "extensions": {"authorization": {%s}}}}'


@pytest.mark.parametrize(
    "frame",
    [
        SURROGATE % ("start", r"\ud800", '"host": "x"'),
        SURROGATE % ("stop", r"\ud800", ""),
        SURROGATE % (r"\ud800", "1", ""),
        SURROGATE % ("start", "1", r'"authorization": "AWS4-HMAC-SHA256 \ud800", "host": "\ud800"'),
        SURROGATE % ("start", "1", r'"\ud800": "x"'),
    ],
)
def test_half_of_a_surrogate_pair_does_not_drop_the_connection(world: World, frame: str) -> None:
    """Found by these runs: the answer that repeated it could not be sent, and the socket was closed without a
    code."""
    assert converse(world, world.guest, [frame], is_guest=True) == "guest: still serving"


def test_a_revealed_secret_and_a_failure_would_be_noticed(world: World) -> None:
    for text in (f"{HIDDEN} person 1", OWNER, world.operator.secret_key):
        with pytest.raises(Fault):
            world.check_answer(f"… {text} …", 200, "a request", is_guest=False)
    with pytest.raises(Fault):
        world.check_answer("{}", 500, "a request", is_guest=True)
    with pytest.raises(Fault):
        world.check_answer(world.stranger_account.sub, 200, "a request", is_guest=True)
    world.check_answer(world.stranger_account.sub, 200, "a request", is_guest=False)
    world.check_answer(OWNER, 200, "a request", is_guest=False, is_operator=True)


def test_what_is_planted_is_readable_for_its_owner_and_asked_for_by_the_others(world: World) -> None:
    """Otherwise its absence from the answers would prove nothing."""
    assert HIDDEN in world.stored
    published = world.ids[0]
    document = f'{{listResults(examId: "{published}") {{items {{student grade: name}}}}}}'
    assert ask(world, document, is_guest=True) == "guest: Unauthorized"
    assert ask(world, document, is_guest=False) == "teacher: answered"


def test_a_change_of_what_somebody_else_stored_would_be_noticed(tmp_path: Path) -> None:
    with planted_world(tmp_path / "data") as changed:
        published = changed.owner.exam(changed.ids[0])
        renamed = {"id": published["id"], "expectedVersion": published["version"], "subject": "Geometry"}
        changed.owner.mutate("updateExam", "id", renamed).only()
        with pytest.raises(Fault):
            changed.check_stored()


@pytest.mark.parametrize(
    ("service", "operation", "answer"),
    [
        (IDENTITY_POOL_SERVICE, "GetId", {"IdentityId": 5}),
        (IDENTITY_POOL_SERVICE, "GetId", {"Identity": "x"}),
        (USER_POOL_SERVICE, "GetTokensFromRefreshToken", {"ChallengeParameters": {}}),  # found by these runs
        (USER_POOL_SERVICE, "GetUser", {"Username": "ada"}),
        (USER_POOL_SERVICE, "GetUser", {"Username": "ada", "UserAttributes": [{"Value": "x"}]}),
        (USER_POOL_SERVICE, "ListUsers", {"Users": [{"UserStatus": "SLEEPING"}]}),
        (USER_POOL_SERVICE, "AdminSetUserPassword", {"Password": "x"}),
    ],
)
def test_an_answer_of_another_shape_would_be_noticed(service: str, operation: str, answer: object) -> None:
    with pytest.raises(Fault):
        check_shape(answer, operation_model(service, operation).output_shape, "a request")


def test_an_undeclared_error_would_be_noticed(world: World) -> None:
    """Here of an operation that the backend does not have."""
    model = operation_model(USER_POOL_SERVICE, "DescribeUserPool")
    with pytest.raises(Fault, match="UnknownOperationException is not declared"):
        call(world, model, USER_POOL_SERVICE, {}, is_signed=False)
