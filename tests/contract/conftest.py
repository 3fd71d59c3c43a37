"""Gives every contract test each target that can show its rule.

`@needs(Capability.X)` on a test or module: the rule is stated only for targets with that capability. A test
that no target could show would be an error, not a silence.
"""

from collections.abc import Iterator

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
def api(request: pytest.FixtureRequest) -> Iterator[Api]:
    with TARGETS[request.param].open() as target:
        api = Api(target)
        yield api
        api.close()
