"""A staff list is read as spreadsheets save it, or refused with its line before any account is made."""

from pathlib import Path

import pytest

from deploy.staff_list import NewTeacher, read_staff_list
from deploy.teacher_accounts import AccountRefused


def staff_file(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "staff.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    "text",
    [
        "username,email,name\nanna,anna@school.example,Anna Berg\nben,,\n",
        "\ufeffName;Username;Email\r\nAnna Berg;anna;anna@school.example\r\n\r\n;ben;\r\n",
        'email\tusername\tname\nanna@school.example\tanna\t"Anna Berg"\n\tben\n',
    ],
)
def test_a_list_is_read_with_any_separator_and_order(tmp_path: Path, text: str) -> None:
    assert read_staff_list(staff_file(tmp_path, text)) == [
        NewTeacher("anna", "anna@school.example", "Anna Berg"),
        NewTeacher("ben"),
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "must name the columns"),
        ("anna,anna@school.example\n", "must name the columns"),
        ("username,phone\nanna,1\n", "must name the columns"),
        ("username,email\nanna,a@b\n,b@b\n", "line 3"),
        ("username,email\nanna,a@b,Anna Berg\n", "line 2"),
        ("username\nanna\nben\nANNA\n", "ANNA is in lines 2 and 4"),
        ("username,email\nanna,a@b\nben@school.example,b@b\n", "line 3: ben@school.example is an address"),
        ("username\nanna\nAnna Berg\n", "line 3: 'Anna Berg' must be one word"),
    ],
)
def test_a_wrong_list_is_refused_with_its_line(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(AccountRefused, match=reason):
        read_staff_list(staff_file(tmp_path, text))


def test_a_list_in_another_encoding_is_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(AccountRefused, match="CSV UTF-8"):
        read_staff_list(staff_file(tmp_path, "username,name\nzoe,Zoë\n", "latin-1"))
