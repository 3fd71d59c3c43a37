"""Serves a dashboard: the options of its command and the web server's settings, the same everywhere."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

import uvicorn
from starlette.types import ASGIApp

from shared.model.errors import SettingsInvalid
from shared.web.connections import OpenConnections, connections_max, limited_protocols
from shared.web.log_format import LogFormat, log_to
from shared.web.stop_times import CONNECTIONS_END_S

__all__ = ["KEEP_ALIVE_S", "serve"]

# A load balancer sends a request on a connection that it believes to be open: were it closed here first, the
# visitor would get 502 (AWS, "Troubleshoot your Application Load Balancers"). So this is longer than the idle
# time of the balancer in front, which the template for AWS sets.
KEEP_ALIVE_S = 75


class DashboardSettings(Protocol):
    """What serving needs to know of a dashboard's settings."""

    @property
    def trusted_proxies(self) -> int: ...


Settings = TypeVar("Settings", bound=DashboardSettings)


def serve(
    name: str,
    load_settings: Callable[[], Settings],
    create_app: Callable[[Settings], ASGIApp],
    *,
    port: int,
    streamlit_logger: Any,
    compresses_websockets: bool,
    websocket_message_bytes_max: int,
    arguments: Sequence[str] | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT; `port` is the default one. A longer message ends its WebSocket.

    Exits with status 2 and one line if the settings are wrong, with 3 if the server cannot start.
    `streamlit_logger` is the module streamlit.logger, which is not imported here.
    """
    parser = argparse.ArgumentParser(description=f"The {name}.")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    parser.add_argument("--port", type=int, default=port, help="the port to listen on; 0 takes a free one")
    parser.add_argument("--log-format", choices=[*LogFormat], default=LogFormat.TEXT.value)
    given = parser.parse_args(arguments)
    _log(LogFormat(given.log_format), streamlit_logger)
    try:
        settings = load_settings()
        app = create_app(settings)
    except SettingsInvalid as error:
        parser.exit(2, f"{name}: {error}\n")
    places = connections_max()
    places_per_address = places // 2 if settings.trusted_proxies == 0 else places
    http, websocket = limited_protocols(OpenConnections(places, places_per_address=places_per_address))
    uvicorn.run(
        app,
        host=given.host,
        port=given.port,
        http=http,
        ws=websocket,
        ws_max_size=websocket_message_bytes_max,
        ws_per_message_deflate=compresses_websockets,
        timeout_graceful_shutdown=CONNECTIONS_END_S,
        timeout_keep_alive=KEEP_ALIVE_S,
        log_config=None,
        access_log=False,
        proxy_headers=False,  # the dashboards know how many proxies to trust
    )


def _log(log_format: LogFormat, streamlit_logger: Any) -> None:
    """One handler for the whole process, on standard error.

    Streamlit installs a text handler on uvicorn's loggers and its own, when it is imported and again
    whenever it reads its configuration. No setting turns that off, so the function that does it is replaced.
    """
    handler = log_to(sys.stderr, log_format)

    def use_handler(logger: logging.Logger) -> None:
        for former in list(logger.handlers):
            logger.removeHandler(former)
        logger.addHandler(handler)

    streamlit_logger.setup_formatter = use_handler
    streamlit_logger.update_formatter()
    # Addresses identify open pages, and a student's own address is private.
    logging.getLogger("uvicorn.access").disabled = True
