"""The composition root of the embedded backend: opens a data folder and puts everything together once."""

import contextlib
import logging
import secrets
import shutil
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from deploy.local.backend.appsync.authentication import ApiAuthenticator
from deploy.local.backend.appsync.authorization import guard_fields
from deploy.local.backend.appsync.execution import GraphqlExecutor
from deploy.local.backend.appsync.http import GraphqlOverHttp
from deploy.local.backend.appsync.realtime.event_publisher import EventPublisher
from deploy.local.backend.appsync.realtime.session import MESSAGE_BYTES_MAX
from deploy.local.backend.appsync.realtime.subscriptions import SubscriptionHub, subscription_resolvers
from deploy.local.backend.appsync.resolvers import ApiResolvers
from deploy.local.backend.appsync.schema import load_schema
from deploy.local.backend.cognito.http import CognitoServices, cognito_routes
from deploy.local.backend.cognito.identity_pool import IdentityPool
from deploy.local.backend.cognito.key_rotation import finish_key_rotation
from deploy.local.backend.cognito.mail_outbox import MailOutbox
from deploy.local.backend.cognito.operator_key import OperatorKeyInvalid, load_operator_key
from deploy.local.backend.cognito.pool_secret import SecretInvalid, load_pool_secret
from deploy.local.backend.cognito.smtp import Mailer, SmtpServer
from deploy.local.backend.cognito.user_pool.account_store import AccountStore
from deploy.local.backend.cognito.user_pool.context import UserPoolContext
from deploy.local.backend.http_app import ApiParts, create_app
from deploy.local.backend.stop_times import CONNECTIONS_END_S
from deploy.local.backend.storage.database import (
    CommitFailed,
    Database,
    DatabaseError,
)
from deploy.local.backend.storage.loop_writer import LoopWriter
from deploy.local.backend.storage.pools import load_or_create_pool_names
from deploy.local.backend.tokens import TokenMinter, TokenVerifier, load_signing_key
from deploy.local.data_folder import paths
from deploy.local.data_folder.lock import FolderInUse, FolderLock, locked_folder
from deploy.local.data_folder.private_file import PrivateFileExposed, make_private
from deploy.local.data_folder.unfinished_restore import RestoreUnfinished, settle_restore

__all__ = [
    "Backend",
    "BackendOptions",
    "BackendRefused",
    "bound_socket",
    "open_backend",
    "server_of",
]

DEFAULT_REGION: Final = "local-1"
FREE_BYTES_MIN = 8 * 1024 * 1024  # the write-ahead log takes half of it before SQLite folds it in
SILENT_PEER_S = 30  # the kernel cuts off a peer that has acknowledged nothing for so long


_log = logging.getLogger(__name__)


class BackendRefused(Exception):
    """The backend cannot start; the text is one clear line."""


class DatabaseMissing(Exception):
    """The folder has keys and no database, or one of 0 bytes: a new one would hide that the data are lost."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is missing or empty beside its keys: restore a backup, or begin in an empty folder"
        )
        self.path = path


@dataclass(frozen=True, slots=True)
class BackendOptions:
    """`public_url` is how clients reach this backend, if not by host and port. `settings_file` gets a second
    copy of the dashboards' settings, which can be read without access to the folder's keys."""

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
    smtp_server: SmtpServer | None = None  # None: messages to users go to the mail outbox


@dataclass(frozen=True, slots=True)
class Backend:
    """An opened data folder and the application that serves it."""

    app: ASGIApp
    url: str
    api: ApiParts
    cognito: CognitoServices
    database: Database
    sends_mail: bool

    def settings_text(self) -> str:
        """The dashboards' settings for this backend, as a .env file."""
        names = self.cognito.names
        settings = {
            "REGION": names.region,
            "API_URL": f"{self.url}/graphql",
            "USER_POOL_ID": names.user_pool_id,
            "USER_POOL_CLIENT_ID": names.client_id,
            "IDENTITY_POOL_ID": names.identity_pool_id,
            "COGNITO_ENDPOINT_URL": self.url,
            "SENDS_MAIL": "true" if self.sends_mail else "false",
        }
        lines = [f"EXAM_RESULTS_{name}={value}\n" for name, value in settings.items()]
        return "# Written at every start of the embedded backend.\n" + "".join(lines)


@contextlib.contextmanager
def open_backend(
    options: BackendOptions, port: int, *, now_s: Callable[[], float] = time.time
) -> Iterator[Backend]:
    """The backend over `options.data_dir`, to be served on `port`. Raises BackendRefused."""
    with contextlib.ExitStack() as stack:
        url = options.public_url or _own_url(options, port)
        try:
            stack.enter_context(locked_folder(options.data_dir, FolderLock.BACKEND))
            settled = settle_restore(options.data_dir)
            if settled is not None:
                _log.warning(settled)
            file = options.data_dir / paths.DATABASE
            is_empty = not file.exists() or file.stat().st_size == 0
            if is_empty and (options.data_dir / paths.POOL_SECRET).exists():
                raise DatabaseMissing(file)
            file.touch(mode=0o600)  # SQLite creates its own files beside it with the same mode
            for name in (
                paths.DATABASE,
                *paths.DATABASE_SIDE_FILES,
                paths.MAIL_OUTBOX,
                paths.MAIL_OUTBOX_OLD,
            ):
                make_private(options.data_dir / name)
            database = stack.enter_context(Database(file))
            if (options.data_dir / paths.NEXT_POOL_SECRET).exists():
                with locked_folder(options.data_dir, FolderLock.MAINTENANCE):
                    finish_key_rotation(options.data_dir, database, secrets.token_bytes)
            mailer = _mailer(options)
            if mailer is not None:
                stack.enter_context(contextlib.closing(mailer))
            cognito = _cognito_services(options, database, url, now_s, mailer)
        except (FolderInUse, RestoreUnfinished, DatabaseMissing) as refused:
            raise BackendRefused(str(refused)) from None
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
        api = _api_parts(options, database, cognito, now_s)
        app = create_app(api, cognito_routes(cognito))
        backend = Backend(
            app=app,
            url=url,
            api=api,
            cognito=cognito,
            database=database,
            sends_mail=options.smtp_server is not None,
        )
        for path in (options.data_dir / paths.SETTINGS, options.settings_file):
            if path is not None:
                _write_settings(path, backend.settings_text())
        yield backend


def _mailer(options: BackendOptions) -> Mailer | None:
    if options.smtp_server is None:
        return None
    failed = MailOutbox(options.data_dir / paths.MAIL_OUTBOX)
    return Mailer(options.smtp_server, lambda message: failed.keep(message, time.time()))


def _cognito_services(
    options: BackendOptions,
    database: Database,
    url: str,
    now_s: Callable[[], float],
    mailer: Mailer | None,
) -> CognitoServices:
    """The user pool and the identity pool. The tokens' issuer begins with `url`.

    Raises PrivateFileExposed, SecretInvalid, OperatorKeyInvalid, ValueError or OSError for a damaged folder.
    """
    folder, random_bytes = options.data_dir, secrets.token_bytes
    names = database.write(
        lambda connection: load_or_create_pool_names(connection, options.region, random_bytes)
    )
    issuer = f"{url}/{names.user_pool_id}"
    secret = load_pool_secret(folder / paths.POOL_SECRET, random_bytes)
    signing_key = load_signing_key(folder / paths.SIGNING_KEY)

    accounts = AccountStore(database)
    verifier = TokenVerifier(
        signing_key, issuer=issuer, client_id=names.client_id, is_revoked=accounts.has_sign_in_ended
    )
    return CognitoServices(
        names=names,
        issuer=issuer,
        signing_key=signing_key,
        operator_key=load_operator_key(folder / paths.OPERATOR_KEY, random_bytes),
        user_pool=UserPoolContext(
            names=names,
            database=accounts,
            secret=secret,
            minter=TokenMinter(signing_key, issuer=issuer, client_id=names.client_id),
            verifier=verifier,
            mail_outbox=MailOutbox(folder / paths.MAIL_OUTBOX, None if mailer is None else mailer.send),
            now_s=now_s,
            random_bytes=random_bytes,
        ),
        identity_pool=IdentityPool(
            names=names,
            issuer=issuer,
            secret=secret,
            verifier=verifier,
            now_s=now_s,
            random_bytes=random_bytes,
            are_guests_allowed=options.are_guests_allowed,
        ),
    )


def _api_parts(
    options: BackendOptions, database: Database, cognito: CognitoServices, now_s: Callable[[], float]
) -> ApiParts:
    """The exam API over this database, open to the callers whom the pools know."""
    schema = load_schema()
    executor = GraphqlExecutor(schema)
    hub = SubscriptionHub(executor, schema)
    publisher = EventPublisher(hub)
    writer = LoopWriter(database, time.monotonic)
    resolvers = ApiResolvers(database, writer, announce=publisher.publish, now_s=now_s)
    guard_fields(schema, {**resolvers.by_field(), **subscription_resolvers(schema)})
    authenticator = ApiAuthenticator(
        tokens=cognito.user_pool.verifier,
        find_credentials=cognito.identity_pool.find_credentials,
        region=cognito.names.region,
        now_s=now_s,
    )
    return ApiParts(
        authenticator=authenticator,
        graphql=GraphqlOverHttp(authenticator, executor),
        hub=hub,
        publisher=publisher,
        keep_alive_s=options.keep_alive_s,
        now_s=now_s,
        storage_fault=lambda: _storage_fault(options.data_dir, database),
    )


def _storage_fault(data_dir: Path, database: Database) -> str | None:
    """Raises DatabaseError, sqlite3.Error or OSError when the folder does not answer."""
    database.read(lambda connection: connection.execute("SELECT 1").fetchone())
    try:
        database.check_writable()
    except CommitFailed as failed:
        return f"the database cannot be written: {failed}"
    free_bytes = shutil.disk_usage(data_dir).free
    if free_bytes < FREE_BYTES_MIN:
        return f"the disk is full: {free_bytes // 1024} KiB are free, {FREE_BYTES_MIN // 1024} are needed"
    return None


def bound_socket(host: str, port: int) -> socket.socket:
    """A listening socket. Raises BackendRefused when the port is taken or the host is not this machine's."""
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


def server_of(backend: Backend, options: BackendOptions, on_started: Callable[[], object]) -> uvicorn.Server:
    """The web server for this backend, to be run with a bound socket; calls `on_started` once it answers."""
    return _Server(
        uvicorn.Config(
            backend.app,
            ws="websockets-sansio",
            ws_max_size=MESSAGE_BYTES_MAX,
            ws_ping_interval=None,  # the protocol has its own keep-alives
            ws_per_message_deflate=False,
            proxy_headers=False,
            access_log=False,
            log_config=None,
            server_header=False,
            lifespan="on",
            timeout_graceful_shutdown=CONNECTIONS_END_S,
            ssl_certfile=options.tls_certificate,
            ssl_keyfile=options.tls_key,
        ),
        on_started,
    )


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, on_started: Callable[[], object]) -> None:
        super().__init__(config)
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_started()


def _own_url(options: BackendOptions, port: int) -> str:
    scheme = "https" if options.tls_certificate else "http"
    host = f"[{options.host}]" if ":" in options.host else options.host
    return f"{scheme}://{host}:{port}"


def _write_settings(path: Path, text: str) -> None:
    """Whole or not at all, so that a reader never sees half of it. Raises BackendRefused.

    The same settings are not written again: with a full disk, a backend that starts can still be read from.
    """
    temporary = path.with_name(f"{path.name}.new")
    try:
        if path.is_file() and path.read_text("utf-8") == text:
            return
        temporary.write_text(text, "utf-8")
        temporary.replace(path)
    except OSError as error:
        raise BackendRefused(f"the settings cannot be written to {path}: {error.strerror}") from error
