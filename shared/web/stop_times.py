"""How a dashboard stops.

After SIGTERM, connections that are still open after CONNECTIONS_END_S are cut; then the application closes
what it owns within CLOSING_S; and the interpreter ends. Whoever stops a dashboard waits for STOP_DEADLINE_S
before SIGKILL: the launcher, compose.yaml and the template for AWS.
"""

__all__ = ["CLOSING_S", "CONNECTIONS_END_S", "STOP_DEADLINE_S"]

CONNECTIONS_END_S = 3
CLOSING_S = 6.0
STOP_DEADLINE_S = CONNECTIONS_END_S + CLOSING_S + 1.0
