"""The data that outlive a stack: tables and accounts, found again by the names that the stack gave them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from deploy.aws.connection import Connection, aws_errors
from deploy.aws.errors import InputWrong

__all__ = ["RETAINED_TYPES", "KeptResource", "delete_resource", "find_kept", "select_kept"]

TABLE: Final = "AWS::DynamoDB::Table"
USER_POOL: Final = "AWS::Cognito::UserPool"
RETAINED_TYPES: Final = (TABLE, USER_POOL)
_IDENTIFIERS: Final = {TABLE: "TableName", USER_POOL: "UserPoolId"}  # of an import into a stack
_ACTIVE_WAIT: Final = {"Delay": 2, "MaxAttempts": 60}


@dataclass(frozen=True, slots=True)
class KeptResource:
    """A table or a user pool that no stack owns. `contents` describes it to the operator; `indexes` are a
    table's."""

    logical_id: str
    resource_type: str
    physical_id: str
    contents: str
    indexes: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return f"{self.logical_id}: {self.physical_id} ({self.contents})"

    @property
    def import_entry(self) -> dict[str, Any]:
        """Its entry in ResourcesToImport of CloudFormation's CreateChangeSet."""
        return {
            "ResourceType": self.resource_type,
            "LogicalResourceId": self.logical_id,
            "ResourceIdentifier": {_IDENTIFIERS[self.resource_type]: self.physical_id},
        }


def find_kept(
    connection: Connection, stack_name: str, retained: Mapping[str, str], owned: Iterable[str] = ()
) -> list[KeptResource]:
    """What earlier stacks of this name left behind, by logical id.

    `retained` are the template's resources that outlive their stack, type by logical id; `owned` are the ids
    of those that belong to a stack that exists. CloudFormation names a table STACK-LOGICALID-RANDOM; the user
    pool's name is the template's.
    """
    known = set(owned)
    with aws_errors():
        found = [*_tables(connection, stack_name, retained), *_user_pools(connection, stack_name, retained)]
    return sorted(
        (kept for kept in found if kept.physical_id not in known),
        key=lambda kept: (kept.logical_id, kept.contents),
    )


def select_kept(
    found: Iterable[KeptResource], retained: Mapping[str, str], wanted: Iterable[str]
) -> list[KeptResource]:
    """One resource for each of `retained` of which any was kept: the only one, or that whose id is `wanted`.

    Raises InputWrong, also when nothing was kept.
    """
    candidates: dict[str, list[KeptResource]] = {logical_id: [] for logical_id in retained}
    for kept in found:
        candidates[kept.logical_id].append(kept)
    names = set(wanted)
    unknown = names - {kept.physical_id for group in candidates.values() for kept in group}
    if unknown:
        raise InputWrong("--take", f"nothing was kept under the name {', '.join(sorted(unknown))}.")
    if not any(candidates.values()):
        raise InputWrong("adopt", "no data were kept, so there is nothing to adopt.")
    selected = []
    for group in candidates.values():
        chosen = [kept for kept in group if kept.physical_id in names] or group
        if len(chosen) > 1:
            listed = "".join(f"\n  {kept}" for kept in chosen)
            raise InputWrong("--take", f"there are several; name the one to adopt for each:{listed}")
        selected += chosen
    return selected


def delete_resource(connection: Connection, resource_type: str, physical_id: str) -> None:
    """Deletes a table or a user pool for ever, lifting its protection against deletion first."""
    with aws_errors():
        if resource_type == TABLE:
            dynamodb = connection.client("dynamodb")
            dynamodb.update_table(TableName=physical_id, DeletionProtectionEnabled=False)
            dynamodb.get_waiter("table_exists").wait(TableName=physical_id, WaiterConfig=_ACTIVE_WAIT)
            dynamodb.delete_table(TableName=physical_id)
        else:
            cognito = connection.client("cognito-idp")
            cognito.update_user_pool(UserPoolId=physical_id, DeletionProtection="INACTIVE")
            cognito.delete_user_pool(UserPoolId=physical_id)


def _tables(connection: Connection, stack_name: str, retained: Mapping[str, str]) -> Iterator[KeptResource]:
    dynamodb = connection.client("dynamodb")
    pattern = re.compile(rf"{re.escape(stack_name)}-(\w+)-[A-Z0-9]+", re.IGNORECASE)
    for page in dynamodb.get_paginator("list_tables").paginate():
        for name in page["TableNames"]:
            match = pattern.fullmatch(name)
            if match is None or retained.get(match[1]) != TABLE:
                continue
            table = dynamodb.describe_table(TableName=name)["Table"]
            contents = f"made {table['CreationDateTime']:%Y-%m-%d %H:%M}, {table['ItemCount']} items"
            indexes = frozenset(index["IndexName"] for index in table.get("GlobalSecondaryIndexes", []))
            yield KeptResource(match[1], TABLE, name, contents, indexes)


def _user_pools(
    connection: Connection, stack_name: str, retained: Mapping[str, str]
) -> Iterator[KeptResource]:
    cognito = connection.client("cognito-idp")
    (logical_id,) = (name for name, kind in retained.items() if kind == USER_POOL)
    for page in cognito.get_paginator("list_user_pools").paginate(PaginationConfig={"PageSize": 60}):
        for pool in page["UserPools"]:
            if pool["Name"] == f"{stack_name}-teachers":
                described = cognito.describe_user_pool(UserPoolId=pool["Id"])["UserPool"]
                number = described.get("EstimatedNumberOfUsers", 0)
                contents = f"made {pool['CreationDate']:%Y-%m-%d %H:%M}, {number} accounts"
                yield KeptResource(logical_id, USER_POOL, pool["Id"], contents)
