"""A planned operation has the library's answer to the letter, and its resolver is called once."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.backend.appsync.authorization import AuthMode, Caller, guard_fields
from deploy.local.backend.appsync.errors import conflict
from deploy.local.backend.appsync.execution import GraphqlExecutor
from deploy.local.backend.appsync.schema import load_schema
from shared.api import operations

TEACHER, GUEST = Caller(AuthMode.USER_POOL, sub="ada"), Caller(AuthMode.IAM)
ROW = {"id": "1", "examId": "e", "student": "Zoë", "grade": "14", "readable": True, "published": False}
ROW |= {"version": 1, "createdAt": "2026-11-28T10:00:00.000Z", "owner": "ada", "corrected": None}
INPUT = {"id": "1", "examId": "e", "student": "Zoë", "grade": "14"}
CREATE = "mutation($input: CreateResultsInput!) {createResults(input: $input) {%s}}"
PLANNED = [
    *(CREATE % fields for fields in ("id", "a: id b: id", "id name owner", "...{id ...{grade}}", "comment")),
    'mutation {createResults(input: {id: 1, examId: 2, student: "3", grade: "4"}) {id}}',
    CREATE % "...F" + " fragment F on Results {id version ...G} fragment G on Results {createdAt}",
    'query {found: listResults(examId: "e") {nextToken items {id student name version}}}',
    "query($n: Int = 5) {listResults(examId: 1, limit: $n) {items {id}}}",
]
UNUSUAL = [
    *(CREATE % fields for fields in ("id @skip(if: true)", "id id", "id ...{id}", "__typename")),
    '{a: listResults(examId: "e") {items {id}} b: listResults(examId: "f") {items {id}}}',
    "{listExams {items {resultsCount}}}",  # it has a resolver
    "{__typename}",
]


ROOT = {"the root": "of the operation"}
NOT_FOR_RESOLVERS = {"is_awaitable", "abort_signal", "async_helpers"}


class Api:
    """An executor whose resolvers all have the same `outcome`; their calls are noted."""

    def __init__(self) -> None:
        self.outcome: object = None
        self.calls: list[dict[str, Any]] = []
        schema = load_schema()
        resolvers = {("Query", "listResults"): self._resolve, ("Exam", "resultsCount"): self._resolve}
        guard_fields(schema, {**resolvers, ("Mutation", "createResults"): self._resolve_later})
        self.executor = GraphqlExecutor(schema)

    def answers(self, query: str, variables: dict[str, Any], caller: Caller) -> list[str]:
        """With the plan, and by the library alone."""
        operation = self.executor.operation(query, None, variables)
        texts = []
        for one in (operation, replace(operation, plan=None)):
            if query.startswith("mutation"):
                answer = asyncio.run(self.executor.execute_mutation(one, variables, caller))
            else:
                answer = self.executor.execute(one, variables, caller, ROOT)
            texts.append(json.dumps(answer))
        return texts

    def _resolve(self, source: object, info: Any, **given: Any) -> Any:
        told = {name: value for name, value in info._asdict().items() if name not in NOT_FOR_RESOLVERS}
        told["variable_values"] = info.variable_values.coerced
        self.calls.append({"given": given, "source": source, **told})
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    async def _resolve_later(self, source: object, info: Any, **given: Any) -> Any:
        return self._resolve(source, info, **given)


API = Api()  # building its schema takes longer than all its answers
# Also what no resolver of ours should ever give.
values: st.SearchStrategy[object] = (
    st.none() | st.booleans() | st.integers() | st.just(2**40) | st.text(max_size=2) | st.just([])
)
rows = st.fixed_dictionaries({}, optional=dict.fromkeys(ROW, values)).map(lambda wrong: {**ROW, **wrong})
partial_rows = st.sets(st.sampled_from(sorted(ROW))).map(lambda names: {name: ROW[name] for name in names})
pages = st.builds(
    lambda items: {"items": items, "nextToken": None}, st.lists(rows | partial_rows | values, max_size=3)
)
errors = st.sampled_from([conflict("it was changed", ROW), RuntimeError("secret"), KeyError("x")])


@given(
    query=st.sampled_from(PLANNED + UNUSUAL),
    caller=st.sampled_from([TEACHER, GUEST]),
    given_input=st.sampled_from([INPUT, {**INPUT, "grade": None}, {**INPUT, "more": 1}, None, "text", []]),
    outcome=st.just(ROW) | rows | partial_rows | pages | values | errors,
)
def test_the_answer_is_the_librarys(query: str, caller: Caller, given_input: object, outcome: object) -> None:
    """Whatever the resolver gives, whoever asks, and whatever the variables are."""
    API.outcome = outcome
    API.calls.clear()
    planned, by_library = API.answers(query, {"input": given_input}, caller)
    assert planned == by_library
    assert API.calls[: len(API.calls) // 2] == API.calls[len(API.calls) // 2 :]


@pytest.mark.parametrize("outcome", [ROW, {**ROW, "id": None}, RuntimeError("broken"), None])
def test_a_mutation_is_called_once_whatever_comes_of_it(outcome: object) -> None:
    """A second call could store a second row."""
    API.outcome = outcome
    API.calls.clear()
    operation = API.executor.operation(CREATE % "id grade", None, {})
    assert operation.plan is not None
    asyncio.run(API.executor.execute_mutation(operation, {"input": INPUT}, TEACHER))
    (call,) = API.calls
    assert (call["given"], call["context"], call["field_name"]) == (
        {"input": INPUT},
        TEACHER,
        "createResults",
    )


@pytest.mark.parametrize("query", PLANNED)
def test_the_usual_shapes_have_a_plan(query: str) -> None:
    assert API.executor.operation(query, None, {}).plan is not None


@pytest.mark.parametrize("field", ["name", "owner grade", "... on Results {owner}", "...F", "secret: name"])
def test_what_a_guest_may_not_see_is_never_answered_by_the_plan(field: str) -> None:
    """The library answers it with its refusal, beside what the guest may see."""
    fragment = " fragment F on Results {name}" if field == "...F" else ""
    query = f"query {{listResults(examId: 1) {{items {{id {field}}}}}}}" + fragment
    API.outcome = {"items": [{**ROW, "name": "a secret", "owner": "a secret"}]}
    plan = API.executor.operation(query, None, {}).plan
    assert plan is not None
    assert plan.call({}, GUEST, None) is None
    assert plan.call({}, TEACHER, None) is not None
    planned, by_library = API.answers(query, {}, GUEST)
    assert planned == by_library
    assert "Not Authorized" in planned
    assert "a secret" not in planned
    assert "a secret" in API.answers(query, {}, TEACHER)[0]


def test_what_a_guest_may_see_is_answered_by_the_plan() -> None:
    plan = API.executor.operation("{listResults(examId: 1) {nextToken items {id grade}}}", None, {}).plan
    assert plan is not None
    assert plan.call({}, GUEST, None) is not None


@pytest.mark.parametrize("query", PLANNED)
def test_a_right_value_is_answered_by_the_plan_as_by_the_library(query: str) -> None:
    page = {"items": [ROW, {**ROW, "id": 2}], "nextToken": None}
    API.outcome = ROW if query.startswith("mutation") else page
    plan = API.executor.operation(query, None, {}).plan
    assert plan is not None
    _, by_library = API.answers(query, {"input": INPUT}, TEACHER)
    assert {"data": {plan.key: plan.complete(API.outcome)}} == json.loads(by_library)


@pytest.mark.parametrize("query", UNUSUAL)
def test_every_other_shape_is_left_to_the_library(query: str) -> None:
    assert API.executor.operation(query, None, {}).plan is None


@pytest.mark.parametrize("document", [*operations.MUTATIONS, *operations.GUEST_SUBSCRIPTIONS.values()])
def test_what_the_dashboards_send_most_has_a_plan(document: str) -> None:
    """Writes, and what is executed for each of their events."""
    assert API.executor.operation(document, None, {}).plan is not None
