"""The embedded backend as one thing: a data folder opened and put together, ready to be served."""

import contextlib
import fcntl
import secrets
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from deploy.local.backend.appsync.api_parts import create_api_parts
from deploy.local.backend.appsync.authentication import ApiAuthenticator
from deploy.local.backend.appsync.realtime_session import MESSAGE_BYTES_MAX, RealtimeTimes
from deploy.local.backend.cognito.http import cognito_routes
from deploy.local.backend.cognito.identity_services import (
    DEFAULT_REGION,
    IdentityServices,
    open_identity_services,
)
from deploy.local.backend.cognito.operator_key import OperatorKeyInvalid
from deploy.local.backend.cognito.pool_secret import SecretInvalid
from deploy.local.backend.http_app import ApiParts, create_app
from deploy.local.backend.storage.database import Database, DatabaseError
from deploy.local.data_folder.private_file import PrivateFileExposed

__all__ = [
    "DATABASE_FILE",
    "SETTINGS_FILE",
    "Backend",
    "BackendOptions",
    "BackendRefused",
    "bound_socket",
    "open_backend",
    "server_of",
    "sole_user",
]

SHUTDOWN_S = 2.0  # connections have so long to end by themselves after SIGTERM
SILENT_PEER_S = 30  # a peer that acknowledges nothing for so long is cut off by the kernel
SETTINGS_FILE = "backend.env"
DATABASE_FILE = "backend.sqlite3"


class BackendRefused(Exception):
    """The backend cannot start; the text is one clear line."""


@dataclass(frozen=True, slots=True)
class BackendOptions:
    """`public_url` is how clients reach this backend, if not by host and port. `settings_file` gets the
    dashboards' settings a second time, where they can be read without the folder's keys."""

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 8500
    public_url: str | None = None
    region: str = DEFAULT_REGION
    are_guests_allowed: bool = True
    keep_alive_s: float = 60.0
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    settings_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Backend:
    """An opened data folder with the application that serves it."""

    app: Starlette
    url: str
    api: ApiParts
    identity: IdentityServices
    database: Database

    def settings_text(self) -> str:
        """The dashboards' settings for this backend, as a .env file."""
        names = self.identity.names
        settings = {
            "REGION": names.region,
            "API_URL": f"{self.url}/graphql",
            "USER_POOL_ID": names.user_pool_id,
            "USER_POOL_CLIENT_ID": names.client_id,
            "IDENTITY_POOL_ID": names.identity_pool_id,
            "COGNITO_ENDPOINT_URL": self.url,
        }
        lines = [f"EXAM_RESULTS_{name}={value}\n" for name, value in settings.items()]
        return "# Written at every start of the embedded backend.\n" + "".join(lines)


@contextlib.contextmanager
def open_backend(
    options: BackendOptions, port: int, *, now_s: Callable[[], float] = time.time
) -> Iterator[Backend]:
    """The backend over `options.data_dir`, to be served on `port`. Raises BackendRefused."""
    with contextlib.ExitStack() as stack:
        try:
            options.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
            stack.enter_context(sole_user(options.data_dir))
            file = options.data_dir / DATABASE_FILE
            file.touch(mode=0o600)  # SQLite gives its own files beside it the same mode
            database = stack.enter_context(Database(file))
            url = options.public_url or _own_url(options, port)
            identity = open_identity_services(
                data_dir=options.data_dir,
                database=database,
                endpoint_url=url,
                now_s=now_s,
                random_bytes=secrets.token_bytes,
                region=options.region,
                are_guests_allowed=options.are_guests_allowed,
            )
        except (
            DatabaseError,
            PrivateFileExposed,
            SecretInvalid,
            OperatorKeyInvalid,
            sqlite3.Error,
            OSError,
            ValueError,
        ) as error:
            raise BackendRefused(f"the data folder {options.data_dir} cannot be used: {error}") from error
        authenticator = ApiAuthenticator(
            tokens=identity.token_verifier,
            find_credentials=identity.identity_pool.find_credentials,
            region=identity.names.region,
            now_s=now_s,
        )
        times = RealtimeTimes(keep_alive_s=options.keep_alive_s)
        api = create_api_parts(database, authenticator, now_s=now_s, times=times)
        app = create_app(api, cognito_routes(identity))
        backend = Backend(app=app, url=url, api=api, identity=identity, database=database)
        for path in (options.data_dir / SETTINGS_FILE, options.settings_file):
            if path is not None:
                _write_settings(path, backend.settings_text())
        yield backend


def bound_socket(host: str, port: int) -> socket.socket:
    """A listening socket. Raises BackendRefused when the port is taken or the host is not ours."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        # With its protocol named, asyncio turns Nagle's algorithm off: otherwise each answer waits 40 ms.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except OSError as error:
        raise BackendRefused(f"{host} is no address of this machine: {error}") from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            # Inherited by every connection: a dropped subscriber that never reads is not kept for ever.
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SILENT_PEER_S * 1000)
        listening.bind((host, port))
        listening.listen(1024)
    except OSError as error:
        listening.close()
        raise BackendRefused(f"cannot listen on {host} port {port}: {error.strerror or error}") from error
    return listening


def server_of(backend: Backend, options: BackendOptions) -> uvicorn.Server:
    """The web server for this backend; run it with a bound socket."""
    return uvicorn.Server(
        uvicorn.Config(
            backend.app,
            ws="websockets-sansio",
            ws_max_size=MESSAGE_BYTES_MAX,
            ws_ping_interval=None,  # the protocol has its own keep-alives
            ws_per_message_deflate=False,
            http="h11",
            access_log=False,
            log_config=None,
            server_header=False,
            lifespan="on",
            timeout_graceful_shutdown=int(SHUTDOWN_S),
            ssl_certfile=options.tls_certificate,
            ssl_keyfile=options.tls_key,
        )
    )


def _own_url(options: BackendOptions, port: int) -> str:
    scheme = "https" if options.tls_certificate else "http"
    host = f"[{options.host}]" if ":" in options.host else options.host
    return f"{scheme}://{host}:{port}"


@contextlib.contextmanager
def sole_user(data_dir: Path) -> Iterator[None]:
    """Hold the folder for this process: two backends on one file would not hear each other's events.

    Raises BackendRefused.
    """
    with (data_dir / "backend.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackendRefused(f"the data folder {data_dir} is in use by another backend") from None
        yield


def _write_settings(path: Path, text: str) -> None:
    """Whole or not at all: a reader never sees half of it. Raises BackendRefused."""
    temporary = path.with_name(f"{path.name}.new")
    try:
        temporary.write_text(text, "utf-8")
        temporary.replace(path)
    except OSError as error:
        raise BackendRefused(f"the settings cannot be written to {path}: {error.strerror}") from error
