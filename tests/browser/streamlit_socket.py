"""A browser whose Streamlit takes what happens outside a fragment for that fragment's own.

Streamlit's WidgetStateManager joins what happens at one moment into one message; where a fragment's component
was first, the message names that fragment, and only it runs again. Here that moment can be had at will.
"""

from playwright.sync_api import Page, WebSocketRoute
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

__all__ = ["JoinedMessages"]


class JoinedMessages:
    """Between `page`, which is opened afterwards, and its dashboard."""

    def __init__(self, page: Page) -> None:
        self._fragment_id = ""  # of the component that was drawn last
        self._is_joining = False
        page.route_web_socket("**/_stcore/stream", self._connect)

    def join_next(self) -> None:
        """The next message of the page is one of the fragment whose component was drawn last."""
        assert self._fragment_id
        self._is_joining = True

    def _connect(self, page: WebSocketRoute) -> None:
        server = page.connect_to_server()
        page.on_message(lambda message: server.send(self._sent(message)))
        server.on_message(lambda message: page.send(self._received(message)))

    def _sent(self, message: str | bytes) -> str | bytes:
        if self._is_joining and isinstance(message, bytes):
            request = BackMsg.FromString(message)
            if request.WhichOneof("type") == "rerun_script" and not request.rerun_script.fragment_id:
                self._is_joining = False
                request.rerun_script.fragment_id = self._fragment_id
                return request.SerializeToString()
        return message

    def _received(self, message: str | bytes) -> str | bytes:
        if isinstance(message, bytes):
            drawn = ForwardMsg.FromString(message)
            if drawn.delta.new_element.WhichOneof("type") == "bidi_component" and drawn.delta.fragment_id:
                self._fragment_id = drawn.delta.fragment_id
        return message
