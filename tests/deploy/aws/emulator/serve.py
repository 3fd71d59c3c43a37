"""Runs ministack with what its AppSync lacks for our template. The tests start it in its own environment.

ministack 1.5.33 runs APPSYNC_JS in node and has a faithful DynamoDB, but its AppSync joins the two only for
single items: it ignores conditions, answers Query with a scan, supports neither batches nor transactions, and
loses pipeline functions created by CloudFormation. This module adds what is missing, on ministack's own
DynamoDB, as listed in COMPLETIONS. What remains missing is listed in tests/deploy/aws/contract_target.py.

A data source's requests are made with the permissions of its role: what the template does not grant is
refused.
"""

import base64
import copy
import json
import os
import re
import secrets
import threading
from pathlib import Path

import directives  # beside this file, as is the next
import realtime
import yaml
from ministack import app
from ministack.core import appsync_graphql, appsync_js, iam_evaluator
from ministack.services import appsync, cognito, dynamodb
from ministack.services.cloudformation import engine, provisioners

COMPLETIONS = (
    "DynamoDB requests with conditions, Query with key conditions, BatchGetItem, TransactWriteItems",
    "ctx.result beside ctx.error of a failed write, as AppSync gives it",
    "the data source's role is asked before each request",
    "global secondary indexes stay as they were while the file INDEX_LAGS_WHILE exists",
    "pipeline functions made by CloudFormation are run",
    "names of tables are random, so that a new stack's differ from those that an earlier one left, and stay",
    "ctx.info.selectionSetList has the names in the document",
    "errors carry data and errorInfo, null where util.error gave none",
    "util.matches counts code points, as Java does",
    "an early return of null fails, as aws/aws-appsync-community#280 reports",
    "tokens name the emulator as their issuer, as a client with a moved endpoint expects",
)

_document = threading.local()  # that is executed
_result_beside_error = threading.local()  # what the failed data source still hands to the response function
_ResolverError = appsync._AppSyncResolverError


def dynamodb_source(api_id, data_source, request, ctx):
    """One resolver request, executed by ministack's DynamoDB. Returns what AppSync puts into ctx.result."""
    table = data_source["dynamodbConfig"]["tableName"]
    role = data_source["serviceRoleArn"].rsplit("/", 1)[-1]
    operation = request["operation"]
    with _one_request:
        _note_lag(table)
        return _OPERATIONS[operation](request, table, _Rights(role))


_one_request = threading.RLock()
_index_images = {}  # of each table whose indexes lag: its items as the indexes have them


def _note_lag(table):
    if not Path(os.environ["INDEX_LAGS_WHILE"]).exists():
        _index_images.clear()
    elif table not in _index_images:
        _index_images[table] = copy.deepcopy(dynamodb._tables.get(table)["items"])


def _query_index(data):
    table = dynamodb._tables.get(data["TableName"])
    image = _index_images.get(data["TableName"])
    if image is None:
        return _call(dynamodb._query, data)
    # Which items are in which index is found anew, from the image alone, and not kept for later queries.
    current = {name: table.get(name) for name in ("items", dynamodb._INDEX_MEMBERS)}
    table.update({"items": image, dynamodb._INDEX_MEMBERS: None})
    try:
        return _call(dynamodb._query, data)
    finally:
        table.update(current)


class _Rights:
    """Permissions of a data source's role: the template's policies, read by ministack's own evaluator."""

    def __init__(self, role_name):
        self._role_name = role_name

    def require(self, action, table, index=None):
        arn = dynamodb._tables.get(table)["TableArn"]
        resource = f"{arn}/index/{index}" if index else arn
        account = resource.split(":")[4]
        policies = iam_evaluator._gather_role_policies(self._role_name, account)
        for policy in policies:
            for statement in policy:
                if (
                    statement.effect == "Allow"
                    and f"dynamodb:{action}" in statement.actions
                    and resource in statement.resources
                ):
                    return
        raise _ResolverError(
            f"{self._role_name} may not {action} {resource}", "DynamoDB:AccessDeniedException"
        )


def _call(function, data):
    status, _headers, body = function(data)
    document = json.loads(body)
    if status >= 400:
        raise _DynamoDbError(document)
    return document


class _DynamoDbError(Exception):
    def __init__(self, document):
        self.kind = document["__type"].rsplit("#", 1)[-1]
        self.message = document.get("message") or document.get("Message") or ""
        self.document = document
        super().__init__(f"{self.kind}: {self.message}")


def _refused(error, result=None):
    _result_beside_error.value = result
    return _ResolverError(error.message, f"DynamoDB:{error.kind}")


def _plain(item):
    return None if item is None else {name: _plain_value(value) for name, value in item.items()}


def _plain_value(value):
    ((kind, inner),) = value.items()
    if kind == "N":
        return float(inner) if "." in inner else int(inner)
    if kind == "L":
        return [_plain_value(part) for part in inner]
    if kind == "M":
        return _plain(inner)
    return None if kind == "NULL" else inner


def _expression(data, name, expression):
    if not expression:
        return
    data[name] = expression["expression"]
    if expression.get("expressionNames"):
        data.setdefault("ExpressionAttributeNames", {}).update(expression["expressionNames"])
    if expression.get("expressionValues"):
        data.setdefault("ExpressionAttributeValues", {}).update(expression["expressionValues"])


def _get(request, table, rights):
    rights.require("GetItem", table)
    data = {"TableName": table, "Key": request["key"], "ConsistentRead": request.get("consistentRead", False)}
    try:
        return _plain(_call(dynamodb._get_item, data).get("Item"))
    except _DynamoDbError as error:
        raise _refused(error) from error


def _conditional(action, function, data, request, rights):
    table = data["TableName"]
    rights.require(action, table)
    _expression(data, "ConditionExpression", request.get("condition"))
    try:
        return _call(function, data)
    except _DynamoDbError as error:
        current = None
        if error.kind == "ConditionalCheckFailedException":
            current = _get({"key": request["key"], "consistentRead": True}, table, rights)
        raise _refused(error, current) from error


def _put(request, table, rights):
    item = {**request["key"], **request["attributeValues"]}
    _conditional("PutItem", dynamodb._put_item, {"TableName": table, "Item": item}, request, rights)
    return _plain(item)


def _update(request, table, rights):
    data = {"TableName": table, "Key": request["key"], "ReturnValues": "ALL_NEW"}
    _expression(data, "UpdateExpression", request["update"])
    answer = _conditional("UpdateItem", dynamodb._update_item, data, request, rights)
    return _plain(answer["Attributes"])


def _delete(request, table, rights):
    data = {"TableName": table, "Key": request["key"], "ReturnValues": "ALL_OLD"}
    answer = _conditional("DeleteItem", dynamodb._delete_item, data, request, rights)
    return _plain(answer.get("Attributes"))


def _query(request, table, rights):
    rights.require("Query", table, request.get("index"))
    data = {
        "TableName": table,
        "Limit": request["limit"],
        "ScanIndexForward": request.get("scanIndexForward", True),
        "ConsistentRead": request.get("consistentRead", False),
    }
    if request.get("index"):
        data["IndexName"] = request["index"]
    _expression(data, "KeyConditionExpression", request["query"])
    _expression(data, "FilterExpression", request.get("filter"))
    _expression(data, "ProjectionExpression", request.get("projection"))
    try:
        answer = _query_index(data) if request.get("index") else _call(dynamodb._query, data)
    except _DynamoDbError as error:
        raise _refused(error) from error
    last_key = answer.get("LastEvaluatedKey")
    token = base64.b64encode(json.dumps(last_key).encode()).decode() if last_key else None
    items = [_plain(item) for item in answer["Items"]]
    return {"items": items, "nextToken": token, "scannedCount": answer["ScannedCount"]}


def _batch_get(request, _table, rights):
    wanted = {}
    for table, part in request["tables"].items():
        rights.require("BatchGetItem", table)
        wanted[table] = {"Keys": part["keys"], "ConsistentRead": part.get("consistentRead", False)}
    try:
        answer = _call(dynamodb._batch_get_item, {"RequestItems": wanted})
    except _DynamoDbError as error:
        raise _refused(error) from error
    data = {}
    for table, part in request["tables"].items():
        found = answer["Responses"].get(table, [])
        # AppSync answers in the order of the keys, with null for missing items.
        data[table] = [
            _plain(next((item for item in found if all(item[name] == key[name] for name in key)), None))
            for key in part["keys"]
        ]
    return {"data": data, "unprocessedKeys": {table: [] for table in data}}


def _transact_write(request, _table, rights):
    kinds = {
        "PutItem": "Put",
        "UpdateItem": "Update",
        "DeleteItem": "Delete",
        "ConditionCheck": "ConditionCheck",
    }
    actions = []
    for member in request["transactItems"]:
        rights.require(member["operation"], member["table"])
        data = {"TableName": member["table"]}
        if member["operation"] == "PutItem":
            data["Item"] = {**member["key"], **member["attributeValues"]}
        else:
            data["Key"] = member["key"]
        _expression(data, "UpdateExpression", member.get("update"))
        _expression(data, "ConditionExpression", member.get("condition"))
        if member.get("condition", {}).get("returnValuesOnConditionCheckFailure"):
            data["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        actions.append({kinds[member["operation"]]: data})
    try:
        _call(dynamodb._transact_write_items, {"TransactItems": actions})
    except _DynamoDbError as error:
        reasons = [
            {"item": _plain(reason.get("Item")), "type": reason.get("Code"), "message": reason.get("Message")}
            for reason in error.document.get("CancellationReasons", [])
        ]
        raise _refused(error, {"keys": None, "cancellationReasons": reasons}) from error
    keys = [_plain(member["key"]) for member in request["transactItems"]]
    return {"keys": keys, "cancellationReasons": None}


_OPERATIONS = {
    "GetItem": _get,
    "PutItem": _put,
    "UpdateItem": _update,
    "DeleteItem": _delete,
    "Query": _query,
    "BatchGetItem": _batch_get,
    "TransactWriteItems": _transact_write,
}


class TemplateLoader(yaml.CSafeLoader):
    """ministack's, with libyaml: reading a template seven times, as one `up` does, is most of its work."""

    yaml_constructors = engine.CfnLoader.yaml_constructors


def complete():
    """Installs the completions. Each replaces one name in ministack."""
    appsync._DATA_SOURCE_HANDLERS["AMAZON_DYNAMODB"] = dynamodb_source
    engine.CfnLoader = TemplateLoader

    plain_context = appsync._js_ctx

    def context_with_result(*args, **kwargs):
        ctx = plain_context(*args, **kwargs)
        ctx["info"]["selectionSetList"] = re.findall(r"\w+", getattr(_document, "text", ""))
        if kwargs.get("error") is not None and getattr(_result_beside_error, "value", None) is not None:
            ctx["result"], _result_beside_error.value = _result_beside_error.value, None
        return ctx

    appsync._js_ctx = context_with_result

    plain_execution = appsync._execute_with_schema

    def execution_of_a_known_document(api_id, sdl, query, *rest, **more):
        _document.text = query
        return plain_execution(api_id, sdl, query, *rest, **more)

    appsync._execute_with_schema = execution_of_a_known_document

    plain_errors = appsync_graphql._as_appsync_errors

    def errors_with_info(errors):
        shown = plain_errors(errors)
        for entry, error in zip(shown, errors or [], strict=True):
            entry.setdefault("data", None)
            entry["errorInfo"] = getattr(getattr(error, "original_error", None), "error_info", None)
        return shown

    appsync_graphql._as_appsync_errors = errors_with_info

    appsync_js._pool.script = appsync_js._pool.script.replace(
        "new RegExp(pattern).test(String(value))", 'new RegExp(pattern, "u").test(String(value))'
    )

    appsync_js._pool.script = appsync_js._pool.script.replace(
        "earlyReturn(value, returnOptions) {",
        "earlyReturn(value, returnOptions) { if (value == null) throw new Error('Runtime Error');",
    )

    plain_signature = cognito._signed_jwt

    def signed_by_this_address(claims, pool_id, *rest):
        issuer = f"http://{os.environ['BIND_HOST']}:{os.environ['GATEWAY_PORT']}/{pool_id}"
        return plain_signature({**claims, "iss": issuer}, pool_id, *rest)

    cognito._signed_jwt = signed_by_this_address

    def record_function(api_id, function_id, properties):
        body = {
            "name": properties["Name"],
            "dataSourceName": properties["DataSourceName"],
            "runtime": {"name": properties["Runtime"]["Name"]},
            "code": properties["Code"],
        }
        record = appsync._function_record(api_id, function_id, body)
        appsync._functions.setdefault(api_id, {})[function_id] = record

    plain_attributes = provisioners._appsync_function_attributes

    def attributes_and_record(api_id, function_id, properties):
        record_function(api_id, function_id, properties)
        return plain_attributes(api_id, function_id, properties)

    provisioners._appsync_function_attributes = attributes_and_record

    table_handlers = provisioners._RESOURCE_HANDLERS["AWS::DynamoDB::Table"]
    plain_table = table_handlers["create"]

    def table_of_random_name(logical_id, properties, stack_name):
        if not provisioners._NAME_SEED.get():
            provisioners._NAME_SEED.set(secrets.token_hex(4))
        return plain_table(logical_id, properties, stack_name)

    plain_change = table_handlers["update"]

    def change_under_its_name(name, before, after, *rest, **more):
        named = ({"TableName": name, **properties} for properties in (before, after))
        return plain_change(name, *named, *rest, **more)

    table_handlers["create"] = table_of_random_name
    table_handlers["update"] = change_under_its_name


if __name__ == "__main__":
    complete()
    directives.complete()
    realtime.complete(app)
    app.main()
