"""Runs every contract test against each target that can show its rule.

`@needs(Capability.X)` on a test or module: the rule is tested only on targets with that capability. A test
that no target can show is an error.
"""

import contextlib
from collections.abc import Callable, Iterator

import pytest

from tests.contract.calls import Api
from tests.contract.target import TARGETS, Capability


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(*capabilities): what the rule needs its target to show")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "api" not in metafunc.fixturenames:
        return
    needed: set[Capability] = set()
    for marker in metafunc.definition.iter_markers("needs"):
        needed.update(marker.args)
    names = [name for name, target in TARGETS.items() if needed <= target.capabilities]
    if not names:
        raise pytest.UsageError(f"no target can show {metafunc.definition.nodeid}")
    metafunc.parametrize("api", names, indirect=True, scope="session")


@pytest.fixture(scope="session")
def opened() -> Iterator[Callable[[str], Api]]:
    """A function that returns the target of a name, started once per test process and stopped at its end."""
    apis: dict[str, Api] = {}
    with contextlib.ExitStack() as stopping:

        def open_once(name: str) -> Api:
            if name not in apis:
                apis[name] = Api(stopping.enter_context(TARGETS[name].open()))
                stopping.callback(apis[name].close)
            return apis[name]

        yield open_once


@pytest.fixture(scope="session")
def api(request: pytest.FixtureRequest, opened: Callable[[str], Api]) -> Api:
    return opened(request.param)
