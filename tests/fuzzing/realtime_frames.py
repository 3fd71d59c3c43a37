"""Frames of the real-time channel: well-formed, spoilt and senseless ones, in any order.

After each burst the connection either still serves a subscription, or was closed with a code that says why.
"""

import contextlib
import json
import random
from typing import Any

from graphql import GraphQLSchema
from websockets.exceptions import ConnectionClosed

from deploy.local.backend.appsync.schema import load_schema
from tests.contract.calls import Caller
from tests.fuzzing.graphql_requests import generated, spoilt, with_known_ids
from tests.fuzzing.world import Fault, Figures, World
from tests.realtime_client import RealtimeClient, protocol_with

__all__ = ["converse", "fuzz"]

FRAMES_A_BURST = 20
WELL_CLOSED = {1000, 1003, 1007, 1008, 1009}
IDS = ("1", "2", "", "x" * 129, "\ud800", "ä", "0", "__proto__", '"')
KINDS = ("connection_init", "start", "stop", "ka", "data", "complete", "", "error", "x" * 100)
JUNK: tuple[str | bytes, ...] = (
    "",
    "{",
    "[]",
    "null",
    '"x"',
    "{}",
    "[" * 5000,
    b"\x00\xff",
    '{"type":' + "1" * 5000 + "}",
)


def fuzz(world: World, start: int, count: int) -> Figures:
    """Sends `count` frames, half as a guest and half as a teacher. Raises Fault."""
    chance = random.Random(start)
    figures = Figures()
    documents = _documents(world, start, max(50, count // 10), chance)
    while figures.tried < count:
        caller, is_guest = (world.guest, True) if chance.random() < 0.5 else (world.stranger, False)
        frames = [_frame(caller, documents, chance) for _ in range(FRAMES_A_BURST)]
        outcome = converse(world, caller, frames, is_guest=is_guest)
        for _ in frames:
            figures.count(outcome)
    world.check_stored()
    return figures


def converse(world: World, caller: Caller, frames: list[str | bytes], *, is_guest: bool) -> str:
    """Sends the frames on a new connection, then subscribes. Raises Fault."""
    with RealtimeClient(world.backend.realtime_url, caller.authorize) as client:
        with contextlib.suppress(EOFError, ConnectionClosed):  # while frames are still being sent, too
            try:
                for frame in frames:
                    client.say(frame)
                client.say(_start(caller, "last", "subscription {onUpdateExam {id}}"))
                while (message := client.next()).get("id") != "last":
                    pass
            except TimeoutError:
                raise Fault(f"no answer after {frames!r}") from None
            except OSError as error:
                raise Fault(f"{error!r} after {frames!r}") from None
            finally:
                for received in client.messages:
                    world.check_answer(json.dumps(received), 200, frames, is_guest=is_guest)
            if message["type"] not in ("start_ack", "error"):
                raise Fault(f"{message} after {frames!r}")
            return f"{'guest' if is_guest else 'teacher'}: still serving"
        code = client.wait_closed()
        if code not in WELL_CLOSED:
            raise Fault(f"closed with {code} after {frames!r}")
        return f"{'guest' if is_guest else 'teacher'}: closed with {code}"


def _start(caller: Caller, subscription_id: str, document: str) -> str:
    return protocol_with(caller.authorize).start(subscription_id, document, {})


def _documents(world: World, start: int, count: int, chance: random.Random) -> list[str]:
    """Subscriptions, and now and then something that none is."""
    documents = generated(GraphQLSchema(query=load_schema().subscription_type), start, count)
    one_field = [
        "subscription {onCreateResults {id student name owner}}",
        "subscription {onCreateResultsBatch {examId items {id name owner}}}",
        "subscription {onUnpublishExam {id published owner}}",
        "subscription ($e: ID) {onUpdateResults(examId: $e) {id}}",
        "{listExams {items {id}}}",
    ]
    return one_field * 10 + [
        f"subscription {spoilt(with_known_ids(document, world.ids, chance), chance)}"
        for document in documents
    ]


def _frame(caller: Caller, documents: list[str], chance: random.Random) -> str | bytes:
    dice = chance.random()
    if dice < 0.5:
        frame = _start(caller, chance.choice(IDS[:2]), chance.choice(documents))
        return spoilt(frame, chance).encode("utf-8", "replace").decode()
    if dice < 0.95:
        message: dict[str, Any] = {"type": chance.choice(KINDS), "id": chance.choice(IDS)}
        if chance.random() < 0.5:
            message["payload"] = chance.choice(
                [None, {}, [], "x", {"data": 5}, {"data": "{}", "extensions": {"authorization": {"host": 5}}}]
            )
        return json.dumps(message)
    return chance.choice(JUNK)
