"""GraphQL over HTTP, generated from the schema: as a guest, and as a teacher who owns nothing stored."""

import json
import random
import re

from graphql import GraphQLSchema
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis_graphql import mutations, nodes, queries

from deploy.local.backend.appsync.schema import load_schema
from tests.fuzzing.world import Fault, Figures, World
from tests.signing import signed_headers

__all__ = ["ask", "fuzz", "generated", "spoilt", "with_known_ids"]

DATES = st.sampled_from(
    ["2026-06-18", "0000-01-01", "9999-12-31Z", "2026-06-18T10:00:00.123Z", "", "\u0000", "1e9"]
)
_ID = re.compile(r'\b(id|examId): (?:"(?:[^"\\]|\\.)*"|-?\d+)')
_VERSION = re.compile(r"\bexpectedVersion: -?\d+")
_PRIVATE_FIELD = re.compile(
    r"^(\s+)(owner|name|number|comment|createdAt|updatedAt|resultsCount|by|byName)$", re.MULTILINE
)
_PUBLIC_NAMES = ("student", "grade", "subject", "teacher", "id")


def fuzz(world: World, start: int, count: int) -> Figures:
    """Sends `count` documents as each of the two callers. Raises Fault."""
    figures = Figures()
    chance = random.Random(start)
    schema = load_schema()
    mutations_count = count // 3
    documents = [
        *generated(schema, start, count - mutations_count),
        *generated(schema, start, mutations_count, is_mutation=True),
    ]
    for document in documents:
        text = spoilt(with_known_ids(document, world.ids, chance), chance)
        for is_guest in (True, False):
            figures.count(ask(world, text, is_guest=is_guest))
    world.check_stored()
    return figures


def generated(schema: GraphQLSchema, start: int, count: int, *, is_mutation: bool = False) -> list[str]:
    """`count` documents, the same for the same `start`."""
    documents: list[str] = []
    scalars = {name: DATES.map(nodes.String) for name in ("AWSDate", "AWSDateTime")}

    @seed(start)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        derandomize=False,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given((mutations if is_mutation else queries)(schema, custom_scalars=scalars))
    def each(document: str) -> None:
        documents.append(document)

    each()
    return documents


def with_known_ids(document: str, ids: tuple[str, ...], chance: random.Random) -> str:
    """The document about what is stored: its ids, its versions, and private fields under public names."""

    def known(match: re.Match[str]) -> str:
        return f'{match[1]}: "{chance.choice(ids)}"' if chance.random() < 0.7 else match[0]

    def version(match: re.Match[str]) -> str:
        return f"expectedVersion: {chance.randint(1, 3)}" if chance.random() < 0.7 else match[0]

    def alias(match: re.Match[str]) -> str:
        name = f"{chance.choice(_PUBLIC_NAMES)}{chance.choice(['', '2'])}"
        return f"{match[1]}{name}: {match[2]}" if chance.random() < 0.3 else match[0]

    text = _PRIVATE_FIELD.sub(alias, _VERSION.sub(version, _ID.sub(known, document)))
    return re.sub(r"\blimit: -?\d+", lambda _: f"limit: {chance.choice([0, 1, 2, 1000, 1001])}", text)


def spoilt(document: str, chance: random.Random) -> str:
    """One document in eight with a part removed, doubled or replaced."""
    if chance.random() > 0.125 or not document:
        return document
    begin = chance.randrange(len(document))
    end = min(len(document), begin + chance.randint(1, 30))
    part = document[begin:end]
    other = chance.choice(
        ["", part * 2, part * 50, "{", "}" * 20, '"""', "...", "\ud800", "$a", "@skip(if: 1)"]
    )
    return document[:begin] + other + document[end:]


def ask(world: World, document: str, *, is_guest: bool) -> str:
    """Sends one document and checks the answer; returns what kind of answer it was. Raises Fault."""
    body = json.dumps({"query": document, "variables": {}})
    url, region = world.backend.api_url, world.backend.region
    if is_guest:
        headers = signed_headers(url, body, world.guest_credentials, region)
    else:
        headers = {"Authorization": world.stranger_account.access_token, "Content-Type": "application/json"}
    answer = world.http.post(url, data=body.encode(), headers=headers, timeout=30)
    world.check_answer(answer.text, answer.status_code, document, is_guest=is_guest)
    try:
        parsed = answer.json()
    except ValueError:
        raise Fault(f"no JSON: {answer.text[:300]} for {document!r}") from None
    if not isinstance(parsed, dict) or not parsed.keys() <= {"data", "errors"}:
        raise Fault(f"not an answer's shape: {answer.text[:300]} for {document!r}")
    errors = parsed.get("errors", [])
    if any(not error.get("errorType") or not error.get("message") for error in errors):
        raise Fault(f"an error without type or message: {answer.text[:300]} for {document!r}")
    if answer.status_code != 200 and not errors:
        raise Fault(f"{answer.status_code} without a reason for {document!r}")
    return f"{'guest' if is_guest else 'teacher'}: {errors[0]['errorType'] if errors else 'answered'}"
