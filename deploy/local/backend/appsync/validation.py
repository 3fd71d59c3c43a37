"""What the API accepts in a field: texts, ids, scales, dates, codes, page and batch sizes. Pure.

Every check returns the value as it is stored (texts are trimmed) or raises ApiError BadRequest with the
field's name. Whether a grade fits its exam's scale is not checked here: teachers may correct the scale later,
and their page warns.
"""

import datetime as dt
import re
from collections.abc import Collection

from deploy.local.backend.appsync.errors import bad_request

__all__ = [
    "BATCH_ROWS_MAX",
    "PAGE_ROWS_DEFAULT",
    "PAGE_ROWS_MAX",
    "checked_batch_ids",
    "checked_class_code",
    "checked_class_size",
    "checked_comment",
    "checked_date",
    "checked_deletion_size",
    "checked_grade",
    "checked_gradebook",
    "checked_id",
    "checked_page_limit",
    "checked_release",
    "checked_scale",
    "checked_student",
    "checked_text",
    "stored_time",
]

TEXT_LENGTH_MAX = 120  # code points of subject, teacher, student, name and number
COMMENT_LENGTH_MAX = 1000
GRADE_LENGTH_MAX = 16
BATCH_ROWS_MAX = 99  # as on AWS, where one item of a transaction of 100 is the exam
# In all texts of the rows that one batch deletes. On AWS they are one item of the history, of at most 400 kB:
# three bytes each, as many as a UTF-16 unit takes at most, are 375 kB; ids and names of fields are 12 kB.
DELETED_CHARACTERS_MAX = 125_000
CLASS_STUDENTS_MAX = 1000
CLASS_CHARACTERS_MAX = 60_000  # of names and numbers: as on AWS, where a list is one item of at most 400 kB
PAGE_ROWS_DEFAULT = 100
PAGE_ROWS_MAX = 1000
RELEASE_DAYS_MAX = 366  # a year mistyped would hide the results for years

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# The form of a scale's text; only the dashboards check whether its numbers are consistent.
_POSITIVE = r"(0\.[0-9]{0,3}[1-9]|([1-9][0-9]{0,2})(\.[0-9]{0,3}[1-9])?|1000)"
_NUMBER = rf"(0|-?{_POSITIVE})"
_LABEL = r"[^,;:|=\x00-\x1f\x7f-\x9f]{1,16}"
_LEVELS = rf"{_LABEL}(:{_NUMBER})?(,{_LABEL}(:{_NUMBER})?)*"
_KEY = rf"{_LEVELS}(\|{_LEVELS})?"
_SCALE = re.compile(
    rf"(OUT_OF_{_POSITIVE}|FROM_{_NUMBER}_TO_{_NUMBER}|PERCENT)"
    rf"(;STEP={_POSITIVE})?(;BEST=LOW)?(;PASS={_NUMBER})?(;OVER)?(;SIGNS)?(;HONOURS={_LABEL})?(;KEY={_KEY})?"
    rf"|LEVELS={_KEY}|LETTERS|PASS_FAIL"
)
SCALE_LENGTH_MAX = 512
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CONTROL_OR_SURROGATE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")  # Unicode's categories Cc and Cs
_GRADEBOOK = re.compile(r"[0-9a-z._~]{1,8000}")
_CODE_CHARACTER = "[2-9A-HJKMNP-TV-Z]"  # no 0, O, 1, I, L, U: codes are read aloud and copied by hand
# By audience. A code that everybody sees finds no result of an exam where only the own one is shown.
CODE_LENGTHS = {"CODES": 6, "OWN": 10}
_CODES = {audience: re.compile(f"{_CODE_CHARACTER}{{{length}}}") for audience, length in CODE_LENGTHS.items()}


def checked_id(value: str) -> str:
    """A UUID in lower case: other forms of the same UUID would be other ids."""
    if not _UUID.fullmatch(value):
        raise bad_request("id", "must be a UUID in lower case")
    return value


def checked_text(value: str | None, field: str, *, length_max: int = TEXT_LENGTH_MAX) -> str:
    """The trimmed text: 1 to `length_max` code points, no control characters, no lone surrogates."""
    if value is None:
        raise bad_request(field, "must not be null")
    text = value.strip()
    if not 1 <= len(text) <= length_max:
        raise bad_request(field, f"must have 1 to {length_max} characters")
    if _CONTROL_OR_SURROGATE.search(text):
        raise bad_request(field, "must not contain control characters")
    return text


def checked_grade(value: str | None) -> str:
    """A text of 1 to 16 characters."""
    return checked_text(value, "grade", length_max=GRADE_LENGTH_MAX)


def checked_comment(value: str | None) -> str | None:
    """The trimmed text, or None if nothing is left: up to COMMENT_LENGTH_MAX characters and line breaks."""
    text = (value or "").strip()
    if text:
        checked_text(text.replace("\n", " "), "comment", length_max=COMMENT_LENGTH_MAX)
    return text or None


def checked_gradebook(value: str | None) -> str | None:
    """What a client keeps about the gradebook of a class list; null for nothing."""
    if value is not None and not _GRADEBOOK.fullmatch(value):
        raise bad_request("gradebook", "must have 1 to 8000 of the characters 0 to 9, a to z, . _ ~")
    return value


def checked_student(value: str | None, audience: str) -> str:
    """The text that stands for a student: any short text, or a code of the audience's length."""
    text = checked_text(value, "student")
    return _checked_code(text, [audience]) if audience in _CODES else text


def checked_class_code(value: str) -> str:
    """The code that a student keeps: of any audience's length."""
    return _checked_code(checked_text(value, "student"), _CODES)


def _checked_code(text: str, audiences: Collection[str]) -> str:
    if not any(_CODES[audience].fullmatch(text) for audience in audiences):
        lengths = " or ".join(str(CODE_LENGTHS[audience]) for audience in audiences)
        raise bad_request(
            "student", f"must be a code of {lengths} letters and digits, without 0, O, 1, I, L, U"
        )
    return text


def checked_scale(value: str | None) -> str:
    """The text of a scale, such as OUT_OF_20, PERCENT;PASS=40, FROM_1_TO_6;PASS=4 or LEVELS=A,B|C."""
    if value is None or len(value) > SCALE_LENGTH_MAX or not _SCALE.fullmatch(value):
        raise bad_request("scale", "must be like OUT_OF_20, PERCENT, FROM_1_TO_6;PASS=4 or LEVELS=A,B,C|D")
    return value


def checked_date(value: str | None) -> str:
    """A calendar day as YYYY-MM-DD, without the offset that AWSDate allows: an exam has none."""
    try:
        if value is None or not _DATE.fullmatch(value):
            raise ValueError(value)
        dt.date.fromisoformat(value)
    except ValueError:
        raise bad_request("date", "must be a day written YYYY-MM-DD") from None
    return value


def checked_release(value: str, now_s: float) -> str:
    """An hour to come, within RELEASE_DAYS_MAX days, from an AWSDateTime."""
    try:
        epoch_s = dt.datetime.fromisoformat(value).timestamp()
    except ValueError:
        raise bad_request("releaseAt", "must be a time with its offset") from None
    if epoch_s <= now_s:
        raise bad_request("releaseAt", "must be to come; leave it out to publish the results now")
    if epoch_s > now_s + RELEASE_DAYS_MAX * 86_400:
        raise bad_request("releaseAt", f"must be within {RELEASE_DAYS_MAX} days")
    return stored_time(epoch_s)


def stored_time(epoch_s: float) -> str:
    """Seconds since 1970 as an AWSDateTime in UTC with milliseconds."""
    moment = dt.datetime.fromtimestamp(epoch_s, dt.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def checked_page_limit(value: int | None) -> int:
    """The number of rows of a page: 1 to 1000, by default 100."""
    if value is None:
        return PAGE_ROWS_DEFAULT
    if not 1 <= value <= PAGE_ROWS_MAX:
        raise bad_request("limit", f"must be 1 to {PAGE_ROWS_MAX}")
    return value


def checked_batch_ids(ids: list[str]) -> list[str]:
    """The ids of a batch's rows: 1 to BATCH_ROWS_MAX, without repeats."""
    if not 1 <= len(ids) <= BATCH_ROWS_MAX:
        raise bad_request("rows", f"must have 1 to {BATCH_ROWS_MAX} rows")
    if len(set(ids)) != len(ids):
        raise bad_request("rows", "must not name a row twice")
    return ids


def checked_deletion_size(character_count: int) -> None:
    """At most DELETED_CHARACTERS_MAX characters in the rows that are deleted together."""
    if character_count > DELETED_CHARACTERS_MAX:
        raise bad_request("rows", f"must have at most {DELETED_CHARACTERS_MAX} characters in all their texts")


def checked_class_size(student_count: int, character_count: int) -> None:
    """At most CLASS_STUDENTS_MAX students, and CLASS_CHARACTERS_MAX characters in their names and numbers."""
    if student_count > CLASS_STUDENTS_MAX:
        raise bad_request("students", f"must have at most {CLASS_STUDENTS_MAX} students")
    if character_count > CLASS_CHARACTERS_MAX:
        raise bad_request("students", f"must have at most {CLASS_CHARACTERS_MAX} characters in all")
