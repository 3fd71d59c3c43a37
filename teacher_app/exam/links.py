"""An exam's address on the student dashboard, and its QR code."""

from __future__ import annotations

import io
import ipaddress
from urllib.parse import urlsplit

import segno

__all__ = ["is_this_machine_only", "qr_modules", "qr_png", "qr_svg", "qr_svg_uri", "student_address"]

_QUIET_ZONE = 4  # modules; required by ISO/IEC 18004
_DARK = "#10191d"
_PNG_SCALE = 20  # pixels per module: about 800 pixels in all, sharp on a slide


def student_address(student_url: str | None, exam_id: str) -> str | None:
    """The exam's address; `student_url` has no slash at its end. None if it is unknown."""
    return None if student_url is None else f"{student_url}/?exam={exam_id}"


def is_this_machine_only(address: str) -> bool:
    """Whether other devices cannot open it: a loopback address (RFC 6890), or "localhost" (RFC 6761)."""
    host = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def qr_modules(address: str) -> list[list[bool]]:
    """The QR code with its quiet zone, line by line: True is dark."""
    return [[bool(module) for module in line] for line in _code(address).matrix_iter(border=_QUIET_ZONE)]


def qr_svg(address: str) -> bytes:
    """The QR code as an SVG file."""
    target = io.BytesIO()
    _code(address).save(target, kind="svg", border=_QUIET_ZONE, dark=_DARK, light="#fff", omitsize=True)
    return target.getvalue()


def qr_svg_uri(address: str) -> str:
    """The QR code as a data URI."""
    uri: str = _code(address).svg_data_uri(border=_QUIET_ZONE, dark=_DARK, light="#fff", omitsize=True)
    return uri


def qr_png(address: str) -> bytes:
    """The QR code as a PNG file for slides."""
    target = io.BytesIO()
    _code(address).save(target, kind="png", border=_QUIET_ZONE, dark=_DARK, light="#fff", scale=_PNG_SCALE)
    return target.getvalue()


def _code(address: str) -> segno.QRCode:
    # Level M: a screen is clean, and fewer modules can be read from further away.
    return segno.make(address, error="m", micro=False)
