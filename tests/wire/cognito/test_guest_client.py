"""Guest credentials against the embedded backend: cached, renewed in time, always for the same identity."""

import contextlib
import json
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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


class IdentityService(ThreadingHTTPServer):
    """GetId and GetCredentialsForIdentity, recording requests; identities in `forgotten` do not exist."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _IdentityRequest)
        self.asked: list[tuple[str, str]] = []
        self.forgotten: set[str] = set()

    def answer(self, operation: str, body: Mapping[str, str]) -> Mapping[str, object] | None:
        """None if there is no such identity."""
        identity = body.get("IdentityId", f"local-1:{uuid.uuid4()}")
        self.asked.append((operation, identity))
        if identity in self.forgotten:
            return None
        credentials = {"AccessKeyId": f"ASIA{len(self.asked)}", "SecretKey": "s", "SessionToken": "t"}
        return {"IdentityId": identity, "Credentials": {**credentials, "Expiration": time.time() + 3600}}


class _IdentityRequest(BaseHTTPRequestHandler):
    server: IdentityService

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = self.server.answer(self.headers["X-Amz-Target"].partition(".")[2], body)
        text = json.dumps(answer or {"__type": "ResourceNotFoundException", "message": "gone"}).encode()
        self.send_response(200 if answer else 400)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def service() -> Iterator[IdentityService]:
    with IdentityService() as service:
        thread = threading.Thread(target=service.serve_forever, args=(0.01,))
        thread.start()
        yield service
        service.shutdown()
        thread.join(10)


@pytest.fixture
def scripted(
    settings: BackendSettings, service: IdentityService, clock: ShiftedClock
) -> Iterator[GuestCredentials]:
    """A guest whose credentials come from `service`."""
    there = replace(settings, cognito_endpoint_url=f"http://127.0.0.1:{service.server_port}")
    with contextlib.closing(GuestCredentials(there, clock)) as guest:
        yield guest


def test_guest_credentials_read_what_is_published(settings: BackendSettings, guest: GuestCredentials) -> None:
    with contextlib.closing(GuestApi(settings, guest)) as api:
        list(api.list_exams())
    assert guest.expires_at_s == pytest.approx(time.time() + 3600, abs=60)


def test_credentials_are_renewed_for_the_same_identity_five_minutes_before_they_expire(
    scripted: GuestCredentials, service: IdentityService, clock: ShiftedClock
) -> None:
    first = scripted.current()
    clock.shift_s = 3600 - 310
    assert scripted.current() is first
    clock.shift_s = 3600 - 290
    renewed = scripted.current()
    assert renewed.access_key != first.access_key
    _, identity = service.asked[0]
    asked_for_credentials = ("GetCredentialsForIdentity", identity)
    assert service.asked == [("GetId", identity), asked_for_credentials, asked_for_credentials]


def test_refused_credentials_are_renewed_once_for_any_number_of_callers(guest: GuestCredentials) -> None:
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


def test_an_identity_unknown_to_the_pool_is_replaced_once(
    scripted: GuestCredentials, service: IdentityService
) -> None:
    first = scripted.current()
    _, forgotten = service.asked[0]
    service.forgotten.add(forgotten)
    service.asked.clear()
    assert scripted.renew(first).access_key != first.access_key
    _, identity = service.asked[1]
    assert identity != forgotten
    assert service.asked == [
        ("GetCredentialsForIdentity", forgotten),
        ("GetId", identity),
        ("GetCredentialsForIdentity", identity),
    ]


def test_rejected_guests_get_a_clear_error(tmp_path: Path) -> None:
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


def test_while_the_pool_is_unreachable_credentials_are_used_until_they_expire(
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
