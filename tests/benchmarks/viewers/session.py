"""A browser's Streamlit session, simulated by the load process: the WebSocket and its protobuf messages."""

import asyncio
import contextlib
import json
from collections.abc import Callable, Sequence

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Origin, Subprotocol

from tests.benchmarks.viewers.place import Place

__all__ = ["SessionRefused", "StreamlitSession"]


class SessionRefused(Exception):
    """There is no session, or its page does not finish; the text says why."""


class StreamlitSession:
    """Opens as the browser does, waits for the first page, and keeps the ids of the components in it.

    `on_data` gets each message as received on the wire, before it is parsed.
    """

    def __init__(self, place: Place, local_address: str, on_data: Callable[[bytes], None]) -> None:
        self._place, self._local_address, self._on_data = place, local_address, on_data
        self._socket: ClientConnection | None = None
        self._listening: asyncio.Task[None] | None = None
        self._is_closed = False
        self.fragment_id = ""
        self.component_id = ""
        self.component_data: dict[str, object] = {}
        self.finished_runs = 0
        self.cuts = 0

    async def open(self, deadline_s: float) -> None:
        """Raises SessionRefused."""
        try:
            self._socket = await connect(
                self._place.url("ws", "/_stcore/stream"),
                host=self._place.host,
                ssl=self._place.tls,
                origin=Origin(self._place.url("http")),
                subprotocols=[Subprotocol("streamlit"), Subprotocol("PLACEHOLDER_AUTH_TOKEN")],
                local_addr=(self._local_address, 0),
                open_timeout=deadline_s,
                ping_interval=None,  # browsers answer pings and send none
                close_timeout=0.5,
                max_size=None,
                proxy=None,
                user_agent_header="Mozilla/5.0 (viewers benchmark)",
            )
            await self.rerun([])
            async with asyncio.timeout(deadline_s):
                while not self.finished_runs:
                    self._read(await self._socket.recv(decode=False))
        except (OSError, TimeoutError, WebSocketException) as error:
            raise SessionRefused(repr(error)) from error
        self._listening = asyncio.get_running_loop().create_task(self._listen())

    async def rerun(self, states: Sequence[WidgetState], *, is_fragment: bool = False) -> None:
        """Sends what a browser sends when a widget or component changes."""
        message = BackMsg()
        message.rerun_script.query_string = f"exam={self._place.exam_id}"
        message.rerun_script.widget_states.widgets.extend(states)
        if is_fragment:
            message.rerun_script.fragment_id = self.fragment_id
        assert self._socket is not None
        with contextlib.suppress(WebSocketException):  # counted by the task that listens
            await self._socket.send(message.SerializeToString())

    def trigger(self, event: str) -> WidgetState:
        """The state when the board's component triggers `event`."""
        payload = json.dumps([{"event": event, "value": 1}])
        return WidgetState(
            id=f"$$STREAMLIT_INTERNAL_KEY_{self.component_id}__events", json_trigger_value=payload
        )

    def value(self, value: object) -> WidgetState:
        """A classic component's setComponentValue."""
        return WidgetState(id=self.component_id, json_value=json.dumps(value))

    async def _listen(self) -> None:
        assert self._socket is not None
        try:
            while True:
                data = await self._socket.recv(decode=False)
                self._on_data(data)
                if len(data) < 200:  # the end of a run is a short message; others need no parsing
                    self._read(data)
        except WebSocketException:
            self.cuts += not self._is_closed

    def _read(self, data: bytes) -> None:
        message = ForwardMsg.FromString(data)
        kind = message.WhichOneof("type")
        if kind == "script_finished":
            self.finished_runs += 1
        if kind != "delta" or message.delta.WhichOneof("type") != "new_element":
            return
        element = message.delta.new_element
        if element.WhichOneof("type") == "bidi_component":
            self.component_id = element.bidi_component.id
            self.fragment_id = message.delta.fragment_id
            self.component_data = json.loads(element.bidi_component.json or "{}")
        elif element.WhichOneof("type") == "component_instance":
            self.component_id = element.component_instance.id

    async def close(self) -> None:
        self._is_closed = True
        if self._socket is not None:
            self._socket.transport.abort()
        if self._listening is not None:
            await asyncio.wait([self._listening])
