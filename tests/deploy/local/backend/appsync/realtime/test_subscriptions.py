"""Who receives which event, and with which fields: the hub alone, without sockets."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from deploy.local.backend.appsync.authorization import AuthMode, Caller, guard_fields
from deploy.local.backend.appsync.execution import DocumentRefused, GraphqlExecutor
from deploy.local.backend.appsync.realtime.subscriptions import (
    DELIVERY_VALUES_MAX,
    MutationEvent,
    Subscription,
    SubscriptionHub,
    subscription_resolvers,
)
from deploy.local.backend.appsync.schema import load_schema
from deploy.local.backend.appsync.validation import BATCH_ROWS_MAX

GUEST = Caller(AuthMode.IAM)
OWNER = Caller(AuthMode.USER_POOL, sub="owner")
OTHER = Caller(AuthMode.USER_POOL, sub="other")

RESULT = {"id": "r", "examId": "e", "student": "Ada", "grade": "18", "version": 1}
Payloads = list[dict[str, Any]]


@pytest.fixture
def hub() -> SubscriptionHub:
    schema = load_schema()
    guard_fields(schema, subscription_resolvers(schema))
    return SubscriptionHub(GraphqlExecutor(schema), schema)


@pytest.fixture
def listen(hub: SubscriptionHub) -> Callable[..., Payloads]:
    """listen(caller, document, **variables) → the list to which payloads are appended."""

    def listening(caller: Caller, document: str, **variables: object) -> Payloads:
        received: Payloads = []
        hub.add(
            hub.prepare(document, variables, None, caller, lambda text: received.append(json.loads(text)))
        )
        return received

    return listening


ON_CREATE = "subscription ($examId: ID) {onCreateResults(examId: $examId) {id examId student}}"


def created(**payload: object) -> MutationEvent:
    return MutationEvent("createResults", {**RESULT, **payload})


def publish(hub: SubscriptionHub, event: MutationEvent) -> None:
    delivery = hub.delivery(event)
    if delivery is not None:
        delivery.execute()
        delivery.deliver()


def test_draft_events_reach_only_their_owner(hub: SubscriptionHub, listen: Callable[..., Payloads]) -> None:
    """Those of a published exam reach everybody."""
    guest, owner, other = (listen(caller, ON_CREATE) for caller in (GUEST, OWNER, OTHER))
    publish(hub, created(published=False, owner="owner"))
    assert (len(guest), len(owner), len(other)) == (0, 1, 0)
    publish(hub, created(published=True, owner="owner"))
    assert (len(guest), len(owner), len(other)) == (1, 2, 1)
    assert guest == [{"data": {"onCreateResults": {"id": "r", "examId": "e", "student": "Ada"}}}]


def test_no_guest_hears_of_a_draft_whatever_they_are_called(
    hub: SubscriptionHub, listen: Callable[..., Payloads]
) -> None:
    """Only a teacher's own sub lets drafts through."""
    guest = listen(Caller(AuthMode.IAM, sub="owner"), ON_CREATE)
    publish(hub, created(published=False, owner="owner"))
    assert guest == []


def test_an_event_that_nobody_hears_is_not_on_its_way(
    hub: SubscriptionHub, listen: Callable[..., Payloads]
) -> None:
    """Nor is one of a mutation to which no subscription belongs."""
    assert hub.delivery(created(published=True)) is None
    listen(GUEST, ON_CREATE)
    assert hub.delivery(created(published=True)) is not None
    assert hub.delivery(created(published=False)) is None
    assert hub.delivery(MutationEvent("createClassList", {"id": "c"})) is None


def test_an_event_is_not_lost_in_silence(hub: SubscriptionHub, listen: Callable[..., Payloads]) -> None:
    """It is executed before it is delivered."""
    listen(GUEST, ON_CREATE)
    delivery = hub.delivery(created(published=True))
    assert delivery is not None
    with pytest.raises(ValueError, match="longer"):
        delivery.deliver()


def test_a_filtered_field_that_the_mutation_did_not_select_matches_nothing(
    hub: SubscriptionHub, listen: Callable[..., Payloads]
) -> None:
    """Better undelivered than delivered to the wrong person."""
    guest, owner = listen(GUEST, ON_CREATE), listen(OWNER, ON_CREATE)
    publish(hub, created())
    publish(hub, created(owner="owner"))
    assert guest == []
    assert len(owner) == 1


def test_an_argument_filters_a_missing_one_does_not_and_null_matches_null(
    hub: SubscriptionHub, listen: Callable[..., Payloads]
) -> None:
    """These are AppSync's three cases."""
    this, that = listen(GUEST, ON_CREATE, examId="e"), listen(GUEST, ON_CREATE, examId="x")
    missing, null = listen(GUEST, ON_CREATE), listen(GUEST, ON_CREATE, examId=None)
    publish(hub, created(published=True))
    assert (len(this), len(that), len(missing), len(null)) == (1, 0, 1, 0)
    publish(hub, MutationEvent("createResults", {"id": "r", "published": True}))
    assert null == []  # what was not selected is not null


def test_an_unpublished_exam_is_announced_to_everybody(
    hub: SubscriptionHub, listen: Callable[..., Payloads]
) -> None:
    """The only event with published = false that a guest receives: the guest must drop the exam."""
    guest = listen(GUEST, "subscription {onUnpublishExam {id published}}")
    publish(hub, MutationEvent("unpublishExam", {"id": "e", "published": False, "owner": "owner"}))
    assert guest == [{"data": {"onUnpublishExam": {"id": "e", "published": False}}}]


RESULTS = ("updateResults", "onUpdateResults")
CHANGED = ("updateExam", "onUpdateExam")
WITHDRAWN = ("unpublishExam", "onUnpublishExam")


@pytest.mark.parametrize(
    ("kind", "argument", "payload", "hears"),
    [
        # Of every exam: what is listed and public.
        (RESULTS, "", {"published": True, "readable": True}, True),
        (RESULTS, "", {"published": False, "readable": True}, False),
        (RESULTS, "", {"published": False, "readable": False}, False),
        (RESULTS, "", {"readable": True}, False),
        (RESULTS, "", {}, False),
        (CHANGED, "", {"published": True, "status": "PUBLISHED"}, True),
        (CHANGED, "", {"published": False, "status": "PUBLISHED"}, False),
        (CHANGED, "", {"status": "PUBLISHED"}, False),
        # Of one exam, by link too: what is public.
        (RESULTS, 'examId: "e"', {"published": False, "readable": True}, True),
        (RESULTS, 'examId: "e"', {"published": True, "readable": False}, True),
        (RESULTS, 'examId: "e"', {"published": True}, True),
        (RESULTS, 'examId: "e"', {"published": False, "readable": False}, False),
        (RESULTS, 'examId: "e"', {}, False),
        (RESULTS, 'examId: "x"', {"published": True, "readable": True}, False),
        (CHANGED, 'id: "r"', {"published": False, "status": "PUBLISHED"}, True),
        (CHANGED, 'id: "r"', {"published": True, "status": "DRAFT"}, False),
        (CHANGED, 'id: "r"', {"published": True}, False),
        (CHANGED, 'id: "x"', {"published": True, "status": "PUBLISHED"}, False),
        # A withdrawal: whoever may have seen the exam.
        (WITHDRAWN, "", {"published": False, "listed": True}, True),
        (WITHDRAWN, "", {"published": False}, True),
        (WITHDRAWN, "", {"published": False, "listed": False}, False),
        (WITHDRAWN, 'id: "r"', {"published": False, "listed": False}, True),
        (WITHDRAWN, 'id: "x"', {"published": False, "listed": False}, False),
    ],
)
def test_a_guest_hears_what_is_public_and_of_exams_by_link_only_by_their_id(
    hub: SubscriptionHub,
    listen: Callable[..., Payloads],
    kind: tuple[str, str],
    argument: str,
    payload: dict[str, object],
    *,
    hears: bool,
) -> None:
    """Another teacher hears the same; the owner also hears of the own drafts, within the same arguments."""
    mutation, field = kind
    document = f"subscription {{{field}{f'({argument})' if argument else ''} {{id}}}}"
    guest, other, owner = (listen(caller, document) for caller in (GUEST, OTHER, OWNER))
    publish(hub, MutationEvent(mutation, {**RESULT, **payload, "owner": "owner"}))
    assert (bool(guest), bool(other)) == (hears, hears)
    assert bool(owner) is (hears or '"x"' not in argument)


def test_fields_that_the_mutation_did_not_select_are_null(
    hub: SubscriptionHub, listen: Callable[..., Payloads]
) -> None:
    """A nullable field is null; a non-null one makes the whole null, with an error, as on AppSync."""
    nullable = listen(OWNER, "subscription {onCreateResults {id createdAt}}")
    required = listen(OWNER, "subscription {onCreateResults {id student}}")
    publish(hub, MutationEvent("createResults", {"id": "r", "published": True}))
    assert nullable == [{"data": {"onCreateResults": {"id": "r", "createdAt": None}}}]
    assert required[0]["data"] == {"onCreateResults": None}
    assert required[0]["errors"][0]["path"] == ["onCreateResults", "student"]


@pytest.mark.parametrize(
    "document",
    [
        "subscription {onCreateResults {id owner name}}",
        "subscription {onCreateResults {id ...F}} fragment F on Results {owner name}",
        "subscription {onCreateResults {id owner: owner name: name}}",
    ],
)
def test_a_guest_never_receives_owner_or_name(
    hub: SubscriptionHub, listen: Callable[..., Payloads], document: str
) -> None:
    """They are null with an error, even if an event carries them."""
    guest = listen(GUEST, document)
    publish(hub, created(published=True, owner="owner", name="Ada Lovelace"))
    (payload,) = guest
    assert payload["data"] == {"onCreateResults": {"id": "r", "owner": None, "name": None}}
    assert {error["errorType"] for error in payload["errors"]} == {"Unauthorized"}


def test_a_guest_never_receives_the_owner_of_a_batch_or_of_its_rows(
    hub: SubscriptionHub, listen: Callable[..., Payloads]
) -> None:
    """Each type is guarded, not only those that guests query."""
    guest = listen(GUEST, "subscription {onCreateResultsBatch {examId owner items {id owner name}}}")
    rows = [{**RESULT, "owner": "owner", "name": "Ada Lovelace"}]
    batch = {"examId": "e", "published": True, "owner": "owner", "items": rows}
    publish(hub, MutationEvent("createResultsBatch", batch))
    (payload,) = guest
    assert payload["data"]["onCreateResultsBatch"] == {
        "examId": "e",
        "owner": None,
        "items": [{"id": "r", "owner": None, "name": None}],
    }
    assert {error["message"] for error in payload["errors"]} == {
        "Not Authorized to access owner on type ResultsBatch",
        "Not Authorized to access owner on type Results",
        "Not Authorized to access name on type Results",
    }


def test_an_alias_of_the_subscription_is_kept(hub: SubscriptionHub, listen: Callable[..., Payloads]) -> None:
    """The event is found under its field, answered under the alias."""
    guest = listen(GUEST, "subscription {it: onCreateResults {key: id}}")
    publish(hub, created(published=True))
    assert guest == [{"data": {"it": {"key": "r"}}}]


def test_subscribers_with_different_variables_get_their_own_text(
    hub: SubscriptionHub, listen: Callable[..., Payloads]
) -> None:
    """The text is shared only among subscribers for whom it is identical."""
    document = "subscription ($with: Boolean!) {onCreateResults {id grade @include(if: $with)}}"
    with_grade, without = (
        listen(GUEST, document, **{"with": True}),
        listen(GUEST, document, **{"with": False}),
    )
    publish(hub, created(published=True))
    assert with_grade == [{"data": {"onCreateResults": {"id": "r", "grade": "18"}}}]
    assert without == [{"data": {"onCreateResults": {"id": "r"}}}]


def test_teachers_and_guests_with_the_same_document_get_their_own_text(
    hub: SubscriptionHub, listen: Callable[..., Payloads]
) -> None:
    """What a teacher may see does not reach a guest through the shared text."""
    document = "subscription {onCreateResults {id owner}}"
    teacher, guest = listen(OTHER, document), listen(GUEST, document)
    publish(hub, created(published=True, owner="owner"))
    assert teacher[0]["data"]["onCreateResults"]["owner"] == "owner"
    assert guest[0]["data"]["onCreateResults"]["owner"] is None


def test_a_removed_subscription_receives_nothing(hub: SubscriptionHub) -> None:
    """And is no longer counted; removing it twice is harmless."""
    received: list[str] = []
    subscription: Subscription = hub.prepare(ON_CREATE, {}, None, GUEST, received.append)
    hub.add(subscription)
    assert hub.subscription_count == 1
    hub.remove(subscription)
    hub.remove(subscription)
    publish(hub, created(published=True))
    assert received == []
    assert hub.subscription_count == 0


@pytest.mark.parametrize(
    ("caller", "document", "error_type"),
    [
        (GUEST, "subscription {onCreateExam {id}}", "Unauthorized"),
        (GUEST, "{listExams {nextToken}}", "UnsupportedOperation"),
        (OWNER, "mutation {deleteExam(input: {id: 1, expectedVersion: 1}) {id}}", "UnsupportedOperation"),
        (GUEST, "subscription {onNothing {id}}", "ValidationError"),
        (GUEST, "subscription {a: onUpdateExam {id} b: onDeleteExam {id}}", "ValidationError"),
        (GUEST, "subscription {onUpdateExam {id} @skip(if: true)}", "MalformedHttpRequestException"),
        (GUEST, "subscription {onUpdateExam @skip(if: true) {id}}", "ValidationError"),
        (GUEST, "subscription {__typename}", "ValidationError"),
        (GUEST, "subscription ($x: ID!) {onCreateResults(examId: $x) {id}}", "ValidationError"),
    ],
)
def test_a_document_that_is_not_a_permitted_subscription_is_refused(
    hub: SubscriptionHub, caller: Caller, document: str, error_type: str
) -> None:
    """Before anything is registered."""
    with pytest.raises(DocumentRefused) as caught:
        hub.prepare(document, {}, None, caller, lambda _text: None)
    assert caught.value.errors[0]["errorType"] == error_type
    assert hub.subscription_count == 0


def test_a_query_is_refused_with_its_kind(hub: SubscriptionHub) -> None:
    with pytest.raises(DocumentRefused) as caught:
        hub.prepare("{listExams {nextToken}}", {}, None, GUEST, lambda _text: None)
    assert caught.value.errors[0]["message"] == "query not supported through the realtime channel"


def test_of_a_document_with_several_operations_the_named_one_is_subscribed_to(hub: SubscriptionHub) -> None:
    document = "subscription A {onUpdateExam {id}} subscription B {onDeleteExam {id}}"
    assert hub.prepare(document, {}, "B", GUEST, lambda _text: None).field_name == "onDeleteExam"
    with pytest.raises(DocumentRefused):
        hub.prepare(document, {}, None, GUEST, lambda _text: None)


def test_variables_in_another_order_share_the_text(hub: SubscriptionHub) -> None:
    document = (
        "subscription ($a: ID, $b: Boolean!) {onCreateResults(examId: $a) {id student @include(if: $b)}}"
    )
    one, other = (
        hub.prepare(document, variables, None, GUEST, lambda _text: None)
        for variables in ({"a": "e", "b": True}, {"b": True, "a": "e"})
    )
    assert one.sharing_key() == other.sharing_key()


def test_an_event_is_sent_in_few_bytes(hub: SubscriptionHub) -> None:
    """Every viewer gets it: no spaces, and letters as they are rather than escaped."""
    texts: list[str] = []
    hub.add(hub.prepare("subscription {onCreateResults {id student}}", {}, None, GUEST, texts.append))
    publish(hub, created(published=True, student="Zoë"))
    assert texts == ['{"data":{"onCreateResults":{"id":"r","student":"Zoë"}}}']


def test_a_subscription_whose_events_would_cost_too_much_is_refused(hub: SubscriptionHub) -> None:
    """Otherwise every write would pay for it."""
    aliases = " ".join(f"a{number}: owner" for number in range(190))
    with pytest.raises(DocumentRefused) as caught:
        hub.prepare(
            f"subscription {{onCreateResultsBatch {{items {{{aliases}}}}}}}", {}, None, GUEST, lambda _: None
        )
    assert caught.value.errors[0]["errorType"] == "QueryComplexityLimitReached"


def test_variables_that_the_document_does_not_declare_change_nothing(hub: SubscriptionHub) -> None:
    """Subscribers who differ in them alone are executed once."""
    document = "subscription ($examId: ID) {onCreateResults(examId: $examId) {id}}"
    keys = {
        hub.prepare(document, variables, None, GUEST, lambda _: None).sharing_key()
        for variables in ({"examId": "e"}, {"examId": "e", "junk": 1}, {"examId": "e", "junk": 2})
    }
    assert len(keys) == 1


def test_too_many_different_documents_are_not_executed_but_told_to_load_again(
    hub: SubscriptionHub, listen: Callable[..., Payloads]
) -> None:
    """The first to subscribe are served, and with them all who sent the same document."""
    document = "subscription {{onCreateResultsBatch {{items {{id a{}: grade}}}}}}"
    first = listen(GUEST, document.format(0))
    others = [listen(GUEST, document.format(number)) for number in range(1, 150)]
    late = listen(GUEST, document.format(0))
    publish(hub, MutationEvent("createResultsBatch", {"examId": "e", "published": True, "items": [RESULT]}))
    assert first == late == [{"data": {"onCreateResultsBatch": {"items": [{"id": "r", "a0": "18"}]}}}]
    served = [payload for (payload,) in others if "errors" not in payload]
    refused = [payload for (payload,) in others if "errors" in payload]
    assert len(served) + 1 == DELIVERY_VALUES_MAX // (2 + 2 * BATCH_ROWS_MAX)
    assert {payload["errors"][0]["errorType"] for payload in refused} == {"EventNotExecuted"}
    assert all(payload["data"] is None for payload in refused)
