"""One viewer's connection: what is written at once, what waits, and how little."""

from student_app.stream.viewer import SLICE_BYTES, WAITING_BYTES_MAX, WAITING_MESSAGES_MAX, Viewer
from tests.student_app.world import Screen


def read(screen: Screen) -> list[bytes | None]:
    return [screen.messages.get_nowait() for _ in range(screen.messages.qsize())]


def test_messages_wait_for_the_connection_in_their_order() -> None:
    viewer = Viewer(b"first")
    assert viewer.send(b"second")
    screen = Screen(viewer)
    viewer.send(b"third")
    assert read(screen) == [b"first", b"second", b"third"]


def test_a_long_message_goes_out_in_slices_as_the_socket_takes_them() -> None:
    """The transport never has more than a few slices, however long the message is."""
    screen = Screen(Viewer(b"first"))
    read(screen)
    screen.stall()
    long = bytes(range(256)) * (10 * SLICE_BYTES // 256)
    assert screen.viewer.send(long)
    assert screen.viewer.send(b"next")
    assert read(screen) == []
    taken = b""

    def take_and_stall(data: bytes | memoryview) -> None:
        nonlocal taken
        assert len(data) <= SLICE_BYTES
        taken += data
        screen.stall()

    screen.write = take_and_stall  # type: ignore[method-assign]
    for _ in range(11):
        screen.go_on()
    assert taken == long + b"next"


def test_what_waits_for_a_stalled_reader_is_bounded_in_number_and_in_bytes() -> None:
    """But where nothing else waits, a message may be longer than all that may wait."""
    for message, count in ((b"short", WAITING_MESSAGES_MAX), (bytes(WAITING_BYTES_MAX), 1)):
        screen = Screen(Viewer(b"first"))
        screen.stall()
        assert all(screen.viewer.send(message) for _ in range(count))
        assert not screen.viewer.send(message)


def test_whoever_is_told_of_a_lost_connection_is_told_once() -> None:
    told: list[str] = []
    ways = (
        lambda screen: screen.abort(),
        lambda screen: screen.viewer.end(),
        lambda screen: (screen.stall(), screen.viewer.end(), screen.viewer.cut()),
    )
    for way in ways:
        viewer = Viewer(b"first")
        viewer.on_lost.append(lambda: told.append("lost"))
        way(Screen(viewer))
        viewer.cut()
    assert told == ["lost"] * len(ways)


def test_a_viewer_that_ends_before_it_has_a_connection_is_lost_at_once() -> None:
    told: list[str] = []
    viewer = Viewer(b"first")
    viewer.on_lost.append(lambda: told.append("lost"))
    viewer.end()
    assert told == ["lost"]
