"""Fixtures that several folders share, and the two Hypothesis profiles.

The default, fast, tries the same examples each time, so that a failure comes from the current change;
HYPOTHESIS_PROFILE=deep searches at random, ten times longer.
"""

import functools
import gc
import os
import pkgutil
from collections.abc import Generator, Iterator
from unittest import mock

import botocore.session
import gmpy2
import pytest
from botocore.loaders import create_loader
from cryptography.hazmat.primitives import serialization
from hypothesis import HealthCheck, settings
from pycognito import aws_srp

from deploy.local.backend.cognito import srp
from tests.backend_process import RunningBackend, SignedInTeacher, running_backend

settings.register_profile(
    "fast",
    max_examples=100,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
settings.register_profile("deep", settings.get_profile("fast"), derandomize=False, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is loaded for thousands of tests stays until the end. The collector of garbage would look through
    it again and again: half of the work of loading, and once for each page that Streamlit runs."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture
def nothing_frozen() -> Iterator[None]:
    """For tests of the collector's own settings."""
    gc.unfreeze()
    yield
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _services_read_once() -> Iterator[None]:
    """Every boto3 session of this worker shares what is read of the services.

    Each would read and parse their descriptions again, which takes longer than most tests.
    """
    with mock.patch.object(botocore.session, "create_loader", functools.cache(create_loader)):
        yield


@pytest.fixture(scope="session", autouse=True)
def _passwords_proven_by_gmpy2() -> Iterator[None]:
    """The client and the backend of this worker compute SRP's powers with it: the same numbers as Python's
    pow in an eighth of the time, seven for each teacher who is created and signs in. The processes that
    tests start use Python's own."""

    def power(base: int, exponent: int, modulus: int) -> int:
        return int(gmpy2.powmod(base, exponent, modulus))

    with (
        mock.patch.object(aws_srp, "pow", power, create=True),
        mock.patch.object(srp, "pow", power, create=True),
    ):
        yield


@pytest.fixture(scope="session", autouse=True)
def _keys_checked_once() -> Iterator[None]:
    """A backend that opens its folder again finds its key checked: that its factors are primes takes half as
    long as everything else that opening does."""
    load = "load_pem_private_key"
    with mock.patch.object(serialization, load, functools.cache(getattr(serialization, load))):
        yield


@pytest.fixture(scope="session")
def installed_components_read_once() -> Iterator[None]:
    """For tests with AppTest, which otherwise reads the metadata of every installed package for each page."""
    scanner = "streamlit.components.v2.manifest_scanner.scan_component_manifests"
    with mock.patch(scanner, functools.cache(pkgutil.resolve_name(scanner))):
        yield


@pytest.fixture(scope="session")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBackend]:
    """One embedded backend for the whole run of this worker.

    Each test uses its own ids and does not expect it to be empty.
    """
    with running_backend(tmp_path_factory.mktemp("backend")) as running:
        yield running


@pytest.fixture(scope="session")
def teacher(backend: RunningBackend) -> SignedInTeacher:
    backend.create_teacher("first-teacher")
    return backend.sign_in("first-teacher")


@pytest.fixture(scope="session")
def other_teacher(backend: RunningBackend) -> SignedInTeacher:
    backend.create_teacher("second-teacher")
    return backend.sign_in("second-teacher")
