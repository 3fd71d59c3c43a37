"""GraphQL subscriptions for ministack's AppSync, which has none: protocol, the resolvers' filters, delivery.

As AWS documents it ("Building a real-time WebSocket client", "Enhanced subscription filtering"):
- the subscription's own resolver runs once, at start, and may set a filter;
- what a mutation selected goes to the subscriptions that name it in @aws_subscribe, if it passes the filter:
  one group suffices, all filters of a group must hold, and a field that was not selected equals nothing;
- a subscription gets the fields that it selects, null where the mutation did not select them.

A caller is who the token or the key says: signatures are not checked here, so their rules are not shown.
"""

import asyncio
import json
import threading

import directives  # beside this file
from graphql import execute_sync, parse
from ministack.core import appsync_graphql, appsync_js, iam_evaluator
from ministack.core.responses import set_request_account_id
from ministack.core.router import extract_access_key_id, extract_region
from ministack.services import appsync

_subscriptions = {}  # in the order of their starts; the values mean nothing
_set_filter = threading.local()


class _Subscription:
    def __init__(self, api_id, name, document, variables, mode, deliver):
        self.api_id, self.document, self.variables = api_id, document, variables
        self.name, self.mode, self.deliver, self.filter_group = name, mode, deliver, None
        (self.field,) = (one.name.value for one in _operation(document).selection_set.selections)

    def read(self, source, info, **_arguments):
        directives.require(info, self.mode)
        return source.get(info.field_name)

    def matches(self, value):
        if self.filter_group is None:
            return True
        return any(all(_holds(one, value) for one in group["filters"]) for group in self.filter_group)


def _holds(condition, value):
    is_equal = condition["fieldName"] in value and value[condition["fieldName"]] == condition["value"]
    return is_equal if condition["operator"] == "eq" else not is_equal


def _operation(document):
    (operation,) = (one for one in document.definitions if one.kind == "operation_definition")
    return operation


def _schema(api_id):
    return appsync_graphql.build_api_schema(api_id, appsync._schemas[api_id]["definition"])


def _mutations_of(api_id, subscription):
    node = _schema(api_id).subscription_type.fields[subscription].ast_node
    (directive,) = (one for one in node.directives if one.name.value == "aws_subscribe")
    return [value.value for value in directive.arguments[0].value.values]


def publish(api_id, query, data):
    """Delivers what the mutations of this document selected."""
    operation = _operation(parse(query))
    if operation.operation.value != "mutation":
        return
    for selected in operation.selection_set.selections:
        value = data.get((selected.alias or selected.name).value)
        if value is None:
            continue
        for one in list(_subscriptions):
            if (
                one.api_id == api_id
                and selected.name.value in _mutations_of(api_id, one.field)
                and one.matches(value)
            ):
                result = execute_sync(
                    _schema(api_id),
                    one.document,
                    root_value={one.field: value},
                    variable_values=one.variables,
                    field_resolver=one.read,
                )
                payload = {"data": result.data}
                if result.errors:
                    payload["errors"] = [{"message": error.message} for error in result.errors]
                one.deliver({"id": one.name, "type": "data", "payload": payload})


def _start(api_id, name, data, headers, deliver):
    """The answer to a start message; the subscription is active from then on."""
    appsync._select_api_region(api_id)
    authorize = None
    if headers.get("authorization", "").startswith("AWS4"):
        access_key = extract_access_key_id(headers, {})
        set_request_account_id(access_key)
        iam_evaluator._verified_key.set(access_key)
        api_arn, region = appsync._api_arn(api_id), extract_region(headers, {})

        def authorize(type_name, field_name):
            arn = f"{api_arn}/types/{type_name}/fields/{field_name}"
            return (
                iam_evaluator.enforce(access_key, "appsync:GraphQL", "appsync", region, resource_arn=arn)
                is None
            )

    subscription = _Subscription(
        api_id, name, parse(data["query"]), data.get("variables") or {}, directives.mode_of(headers), deliver
    )
    if authorize is not None and not authorize("Subscription", subscription.field):
        message = f"Not Authorized to access {subscription.field} on type Subscription"
        return {
            "id": name,
            "type": "error",
            "payload": {"errors": [{"errorType": "Unauthorized", "message": message}]},
        }
    _set_filter.value = None
    sdl = appsync._schemas[api_id]["definition"]
    _status, _headers, body = appsync._execute_with_schema(
        api_id, sdl, data["query"], subscription.variables, None, headers
    )
    errors = json.loads(body).get("errors")
    if errors:
        return {"id": name, "type": "error", "payload": {"errors": errors}}
    subscription.filter_group = (_set_filter.value or {}).get("filterGroup")
    return subscription


async def serve(scope, receive, send, api_id):
    """One client's connection."""
    await receive()
    await send({"type": "websocket.accept", "subprotocol": "graphql-ws"})
    loop, outbox, own = asyncio.get_running_loop(), asyncio.Queue(), {}

    async def write():
        while True:
            await send({"type": "websocket.send", "text": json.dumps(await outbox.get())})

    writing = asyncio.create_task(write())
    try:
        while (event := await receive())["type"] == "websocket.receive":
            message = json.loads(event["text"])
            match message["type"]:
                case "connection_init":
                    outbox.put_nowait({"type": "connection_ack", "payload": {"connectionTimeoutMs": 300_000}})
                case "start":
                    data = json.loads(message["payload"]["data"])
                    given = message["payload"]["extensions"]["authorization"]
                    headers = {name.lower(): value for name, value in given.items()}
                    deliver = lambda sent: loop.call_soon_threadsafe(outbox.put_nowait, sent)  # noqa: E731
                    begun = await asyncio.to_thread(_start, api_id, message["id"], data, headers, deliver)
                    if isinstance(begun, _Subscription):
                        own[begun.name] = begun
                        _subscriptions[begun] = None
                        begun = {"id": begun.name, "type": "start_ack"}
                    outbox.put_nowait(begun)
                case "stop":
                    _subscriptions.pop(own.pop(message["id"], None), None)
                    outbox.put_nowait({"id": message["id"], "type": "complete"})
    finally:
        for one in own.values():
            _subscriptions.pop(one, None)
        writing.cancel()


def complete(app):
    """Puts subscriptions into ministack: its ASGI application, its mutations, and its JavaScript."""
    plain_app, plain_execute, plain_call = app.app, appsync._execute_with_schema, appsync_js._pool.call

    async def app_with_realtime(scope, receive, send):
        if scope["type"] == "websocket" and scope["path"].endswith("/graphql/realtime"):
            await serve(scope, receive, send, scope["path"].split("/")[3])
        else:
            await plain_app(scope, receive, send)

    def execute_and_publish(api_id, sdl, query, *rest, **more):
        answer = plain_execute(api_id, sdl, query, *rest, **more)
        document = json.loads(answer[2])
        if document.get("data"):
            publish(api_id, query, document["data"])
        return answer

    def call_and_note_filter(request, **options):
        answer = plain_call(request, **options)
        for extension in answer.get("extensions") or []:
            if extension["op"] == "setSubscriptionFilter":
                _set_filter.value = extension["filter"]
        return answer

    app.app = app_with_realtime
    appsync._execute_with_schema = execute_and_publish
    appsync_js._pool.call = call_and_note_filter
