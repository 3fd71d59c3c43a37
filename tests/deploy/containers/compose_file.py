"""Reads compose.yaml as compose does: substitutes variables and resolves merge keys."""

import re
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML

from tests.deploy.containers.tools import CONTAINERS

__all__ = ["COMPOSE", "EXAMPLE", "VariableMissing", "composed", "env_values", "variables"]

COMPOSE = CONTAINERS / "compose.yaml"
EXAMPLE = CONTAINERS / ".env.example"
_VARIABLE = re.compile(r"\$\{(\w+)(?:(:[-?+])([^}]*))?\}")


class VariableMissing(Exception):
    """A required variable is missing; the text is its name."""


def composed(values: Mapping[str, str]) -> dict[str, Any]:
    """The file with these values of .env. Raises VariableMissing."""
    text = _VARIABLE.sub(lambda one: _value(one, values), COMPOSE.read_text())
    found: dict[str, Any] = YAML(typ="safe").load(text)
    return found


def variables() -> set[str]:
    """The names of the .env variables that the file uses."""
    return {name for name, _, _ in _VARIABLE.findall(COMPOSE.read_text())}


def env_values(*, with_examples: bool = False) -> dict[str, str]:
    """The values in .env.example; with_examples also from the commented-out lines."""
    lines = EXAMPLE.read_text().splitlines()
    pattern = re.compile(r"#?([A-Z_]+)=(.*)" if with_examples else r"([A-Z_]+)=(.*)")
    return {found[1]: found[2] for line in lines if (found := pattern.fullmatch(line))}


def _value(found: re.Match[str], values: Mapping[str, str]) -> str:
    name, operator, word = found.groups()
    value = values.get(name, "")
    if operator == ":+":
        return str(word) if value else ""
    if operator == ":?" and not value:
        raise VariableMissing(name)
    return value or (str(word) if operator == ":-" else "")
