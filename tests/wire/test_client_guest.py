"""Guests' credentials against the embedded backend: kept, renewed in time, one identity for good."""

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from shared.api.calls import GuestApi
from shared.identity.guest import GuestCredentials
from shared.model.errors import BackendUnreachable, NotAllowed
from shared.settings import BackendSettings
from tests.backend_process import RunningBackend, running_backend
from tests.clocks import ShiftedClock
from tests.wire.clients import backend_settings, port_of
from tests.wire.tcp_proxy import TcpProxy


@pytest.fixture
def guest(settings: BackendSettings, clock: ShiftedClock) -> Iterator[GuestCredentials]:
    with contextlib.closing(GuestCredentials(settings, clock)) as guest:
        yield guest


def test_the_credentials_of_a_guest_read_what_is_published(
    settings: BackendSettings, guest: GuestCredentials
) -> None:
    with contextlib.closing(GuestApi(settings, guest)) as api:
        list(api.list_exams())
    assert guest.expires_at_s == pytest.approx(time.time() + 3600, abs=60)


def test_credentials_are_kept_until_five_minutes_before_their_end_then_renewed_for_the_same_identity(
    guest: GuestCredentials, clock: ShiftedClock
) -> None:
    first, identity = guest.current(), guest._identity_id
    clock.shift_s = 3600 - 310
    assert guest.current() is first
    clock.shift_s = 3600 - 290
    renewed = guest.current()
    assert renewed.access_key != first.access_key
    assert guest._identity_id == identity


def test_refused_credentials_are_renewed_once_however_many_ask(guest: GuestCredentials) -> None:
    refused = guest.current()
    renewed: list[str] = []
    askers = [
        threading.Thread(target=lambda: renewed.append(guest.renew(refused).access_key)) for _ in range(8)
    ]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join(10)
    assert len(renewed) == 8
    assert len(set(renewed)) == 1
    assert renewed[0] != refused.access_key


def test_an_identity_that_the_pool_forgot_is_replaced_by_one_new_one(guest: GuestCredentials) -> None:
    guest._identity_id = "local-1:00000000-0000-4000-8000-000000000000"
    assert guest.current().access_key
    assert guest._identity_id != "local-1:00000000-0000-4000-8000-000000000000"


def test_guests_who_are_turned_away_are_told_so(tmp_path: Path) -> None:
    with (
        running_backend(tmp_path, are_guests_allowed=False) as backend,
        contextlib.closing(GuestCredentials(backend_settings(backend), time.time)) as guest,
        pytest.raises(NotAllowed) as refusal,
    ):
        guest.current()
    assert refusal.value.error_type == "NotAuthorizedException"
    assert not refusal.value.is_about_the_row


def test_an_unknown_identity_pool_is_a_clear_refusal(settings: BackendSettings, clock: ShiftedClock) -> None:
    elsewhere = replace(settings, identity_pool_id="local-1:00000000-0000-4000-8000-000000000000")
    with (
        contextlib.closing(GuestCredentials(elsewhere, clock)) as guest,
        pytest.raises(BackendUnreachable, match="ResourceNotFoundException"),
    ):
        guest.current()


def test_while_the_pool_is_away_credentials_serve_to_their_end_and_no_longer(
    settings: BackendSettings, backend: RunningBackend, clock: ShiftedClock
) -> None:
    with TcpProxy(port_of(backend)) as proxy:
        over_proxy = replace(settings, cognito_endpoint_url=f"http://127.0.0.1:{proxy.port}")
        with contextlib.closing(GuestCredentials(over_proxy, clock)) as guest:
            first = guest.current()
            proxy.refuse(True)
            proxy.cut()
            clock.shift_s = 3600 - 60
            assert guest.current() is first
            clock.shift_s = 3600
            with pytest.raises(BackendUnreachable):
                guest.current()
            proxy.refuse(False)
            assert guest.current() is not first
