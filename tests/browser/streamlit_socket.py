"""What passes between a page and its dashboard at moments that are rare, here had at will."""

from playwright.sync_api import Page, WebSocketRoute
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

__all__ = ["StreamlitSocket"]


class StreamlitSocket:
    """Between `page`, which is opened afterwards, and its dashboard."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._fragment_id = ""  # of the component that was drawn last
        self._is_joining = False
        self._held: list[tuple[WebSocketRoute, str | bytes]] | None = None
        page.route_web_socket("**/_stcore/stream", self._connect)

    def join_next(self) -> None:
        """The page's next message for the whole page names the fragment whose component was drawn last: so
        Streamlit's WidgetStateManager sends what happens at one moment, where that fragment was first."""
        assert self._fragment_id
        self._is_joining = True

    def hold_answers(self) -> None:
        """From now on the page's messages arrive, and no answer does: a slow line."""
        self._held = []

    def await_held_answers(self, count: int) -> None:
        """Waits until that many whole runs are held back."""
        while (
            sum(
                isinstance(message, bytes) and _ends_whole_run(ForwardMsg.FromString(message))
                for _, message in self._held or []
            )
            < count
        ):
            self._page.wait_for_timeout(20)

    def release_answers(self) -> None:
        """What was held back arrives, in its order, and all that follows."""
        while self._held:
            page, message = self._held.pop(0)
            page.send(message)
        self._held = None

    def _connect(self, page: WebSocketRoute) -> None:
        server = page.connect_to_server()
        page.on_message(lambda message: server.send(self._sent(message)))
        server.on_message(lambda message: self._receive(page, message))

    def _sent(self, message: str | bytes) -> str | bytes:
        if self._is_joining and isinstance(message, bytes):
            request = BackMsg.FromString(message)
            if request.WhichOneof("type") == "rerun_script" and not request.rerun_script.fragment_id:
                self._is_joining = False
                request.rerun_script.fragment_id = self._fragment_id
                return request.SerializeToString()
        return message

    def _receive(self, page: WebSocketRoute, message: str | bytes) -> None:
        if isinstance(message, bytes):
            drawn = ForwardMsg.FromString(message)
            if drawn.delta.new_element.WhichOneof("type") == "bidi_component" and drawn.delta.fragment_id:
                self._fragment_id = drawn.delta.fragment_id
        if self._held is None:
            page.send(message)
        else:
            self._held.append((page, message))


def _ends_whole_run(message: ForwardMsg) -> bool:
    """Not that of a fragment."""
    return (
        message.WhichOneof("type") == "script_finished"
        and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
    )
