"""The embedded backend as a program: `python -m deploy.local.backend --port 8500 --data-dir .data`.

When it is ready it writes one JSON line, {"url": ..., "settings": ...}, to standard output or to the
descriptor given with --ready-fd. Logs go to standard error. It ends within seconds of SIGTERM or SIGINT.
"""

import json
import logging
import os
import signal
import socket
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from deploy.local.backend.cognito.smtp import SmtpInvalid, SmtpServer, smtp_server
from deploy.local.backend.compose import (
    Backend,
    BackendOptions,
    BackendRefused,
    bound_socket,
    open_backend,
    server_of,
)
from deploy.local.backend.garbage import few_collections
from deploy.local.data_folder import paths
from shared.web.log_format import LogFormat, log_to

__all__ = ["main"]

_log = logging.getLogger("deploy.local.backend")


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT. Returns the exit status: 0 after a signal, 2 when it cannot start."""
    given = _parser().parse_args(arguments)
    log_to(sys.stderr, LogFormat(given.log_format))
    # The web server's INFO lines name every connection's address, and a real-time address has credentials.
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    ending = _Ending()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ending.on_signal)
    try:
        options = _options(given)
        with bound_socket(options.host, options.port) as listening:
            port: int = listening.getsockname()[1]
            with open_backend(options, port) as backend:
                _serve(backend, options, listening, given.ready_fd, ending)
    except BackendRefused as refused:
        sys.stderr.write(f"deploy.local.backend: {refused}\n")
        return 2
    return 0


class _Ending:
    """Handles signals while the server does not: before it has started, the program ends at once.

    Afterwards a signal does nothing: the server has stopped because of one and raises it again, while the
    folder is being closed.
    """

    def __init__(self) -> None:
        self.has_server_started = False

    def on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if not self.has_server_started:
            raise SystemExit(0)


def _serve(
    backend: Backend,
    options: BackendOptions,
    listening: socket.socket,
    ready_fd: int | None,
    ending: _Ending,
) -> None:
    def report_ready() -> None:
        ending.has_server_started = True
        _log.info("serving %s on %s", options.data_dir, backend.url)
        line = json.dumps({"url": backend.url, "settings": str(options.data_dir / paths.SETTINGS)}) + "\n"
        if ready_fd is None:
            sys.stdout.write(line)
            sys.stdout.flush()
        else:
            os.write(ready_fd, line.encode())
            os.close(ready_fd)

    with few_collections():
        server_of(backend, options, report_ready).run(sockets=[listening])


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="python -m deploy.local.backend", description="The embedded backend.")
    parser.add_argument("--data-dir", type=Path, default=Path(".data"), help="where everything is kept")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    parser.add_argument("--port", type=int, default=8500, help="the port to listen on; 0 takes a free one")
    parser.add_argument("--public-url", help="how clients reach this backend, if not by host and port")
    parser.add_argument(
        "--settings-file", type=Path, help="write the dashboards' settings there, too, without keys"
    )
    parser.add_argument("--no-guests", action="store_true", help="refuse credentials to guests")
    parser.add_argument("--keep-alive", type=float, default=60.0, help="seconds between two keep-alives")
    parser.add_argument(
        "--tls-certificate", type=Path, help="PEM file; then the backend speaks https and wss"
    )
    parser.add_argument("--tls-key", type=Path, help="PEM file of the certificate's key")
    parser.add_argument("--log-format", choices=[*LogFormat], default=LogFormat.TEXT.value)
    parser.add_argument("--ready-fd", type=int, help="write the line here instead of to standard output")
    return parser


def _options(given: Namespace) -> BackendOptions:
    if (given.tls_certificate is None) != (given.tls_key is None):
        raise BackendRefused("--tls-certificate and --tls-key belong together: give both or none")
    for path in (given.tls_certificate, given.tls_key):
        if path is not None and not path.is_file():
            raise BackendRefused(f"{path} is no file")
    return BackendOptions(
        data_dir=given.data_dir,
        host=given.host,
        port=given.port,
        public_url=given.public_url.rstrip("/") if given.public_url else None,
        are_guests_allowed=not given.no_guests,
        keep_alive_s=given.keep_alive,
        tls_certificate=given.tls_certificate,
        tls_key=given.tls_key,
        settings_file=given.settings_file,
        smtp_server=_smtp_server(),
    )


def _smtp_server() -> SmtpServer | None:
    """From the environment, since a command line can be read by others."""
    url = os.environ.get("EXAM_RESULTS_SMTP_URL", "").strip()
    if not url:
        return None
    try:
        return smtp_server(url, os.environ.get("EXAM_RESULTS_SMTP_FROM", "").strip())
    except SmtpInvalid as error:
        raise BackendRefused(f"EXAM_RESULTS_SMTP_URL and EXAM_RESULTS_SMTP_FROM: {error}") from error


if __name__ == "__main__":
    sys.exit(main())
