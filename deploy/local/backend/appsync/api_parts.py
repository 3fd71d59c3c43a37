"""Puts the API together: schema, guards, resolvers, execution, subscriptions and authentication."""

import sqlite3
from collections.abc import Callable

from deploy.local.backend.appsync.authentication import ApiAuthenticator
from deploy.local.backend.appsync.authorization import guard_fields
from deploy.local.backend.appsync.commit_events import EventBridge
from deploy.local.backend.appsync.execution import GraphqlExecutor
from deploy.local.backend.appsync.http import GraphqlOverHttp
from deploy.local.backend.appsync.realtime_session import RealtimeTimes
from deploy.local.backend.appsync.resolvers import ApiResolvers
from deploy.local.backend.appsync.schema import load_schema
from deploy.local.backend.appsync.subscriptions import SubscriptionHub, subscription_resolvers
from deploy.local.backend.http_app import ApiParts
from deploy.local.backend.storage.database import Database

__all__ = ["create_api_parts"]


def create_api_parts(
    database: Database,
    authenticator: ApiAuthenticator,
    *,
    now_s: Callable[[], float],
    times: RealtimeTimes,
) -> ApiParts:
    """The API over this database. Raises what `load_schema` raises."""
    schema = load_schema()
    bridge = EventBridge()
    resolvers = ApiResolvers(database, announce=bridge.announce, now_s=now_s)
    guard_fields(schema, {**resolvers.by_field(), **subscription_resolvers(schema)})
    executor = GraphqlExecutor(schema)

    def one(connection: sqlite3.Connection) -> object:
        return connection.execute("SELECT 1").fetchone()

    return ApiParts(
        authenticator=authenticator,
        graphql=GraphqlOverHttp(authenticator, executor),
        hub=SubscriptionHub(executor, schema),
        bridge=bridge,
        times=times,
        now_s=now_s,
        check_storage=lambda: database.read(one),
    )
