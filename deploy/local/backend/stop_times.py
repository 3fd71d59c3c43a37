"""How the embedded backend stops: see each time. The launcher needs them, and nothing else of the backend."""

from deploy.local.backend.storage.database import CLOSE_DEADLINE_S

__all__ = ["CONNECTIONS_END_S", "STOP_DEADLINE_S"]

CONNECTIONS_END_S = 2  # after SIGTERM, connections that are still open after this are cut
STOP_DEADLINE_S = CONNECTIONS_END_S + CLOSE_DEADLINE_S + 1.0  # whoever stops it waits this long to kill it
