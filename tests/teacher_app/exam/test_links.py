"""The students' address and its QR code."""

import struct
from xml.etree import ElementTree as ET

import pytest
import segno

from teacher_app.exam.links import is_this_machine_only, qr_png, qr_svg, qr_svg_uri, student_address

ADDRESS = student_address("https://results.example.org", "f867f72d-ac54-5111-8b33-de1582f54ea1")


@pytest.mark.parametrize(
    ("address", "is_own"),
    [
        ("http://127.0.0.1:8502/?exam=x", True),
        ("http://127.9.0.1/?exam=x", True),
        ("http://[::1]:8502/?exam=x", True),
        ("http://localhost:8502/?exam=x", True),
        ("http://192.168.1.5:8502/?exam=x", False),
        ("https://results.example.org/?exam=x", False),
        ("https://localhost.example.org/?exam=x", False),
    ],
)
def test_an_address_of_this_machine_only_is_recognised(address: str, is_own: bool) -> None:
    assert is_this_machine_only(address) is is_own


def test_the_address_names_the_exam() -> None:
    assert ADDRESS == "https://results.example.org/?exam=f867f72d-ac54-5111-8b33-de1582f54ea1"


def test_a_student_dashboard_may_be_served_under_a_path() -> None:
    assert student_address("https://school.example/results", "x") == "https://school.example/results/?exam=x"


def test_the_svg_scales_to_any_size_and_has_a_white_margin() -> None:
    root = ET.fromstring(qr_svg(ADDRESS))
    modules = segno.make(ADDRESS, error="m", micro=False).symbol_size(border=0)[0]
    assert root.attrib["viewBox"] == f"0 0 {modules + 8} {modules + 8}"
    assert "width" not in root.attrib
    assert 'fill="#fff"' in qr_svg(ADDRESS).decode()


def test_the_picture_for_slides_is_sharp() -> None:
    png = qr_png(ADDRESS)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    assert width == height >= 700


def test_the_picture_in_the_page_needs_no_request() -> None:
    assert qr_svg_uri(ADDRESS).startswith("data:image/svg+xml")
