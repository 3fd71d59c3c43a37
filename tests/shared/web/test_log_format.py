"""Every process writes the same fields, each record once and on one line."""

import json
import logging
import sys

from shared.web.log_format import PERIOD_S, RECORDS_MAX, BoundedLog, JsonLines


def test_a_log_record_is_one_line_of_json_whatever_it_contains() -> None:
    record = logging.LogRecord("app", logging.WARNING, "f.py", 1, 'a\n{"level": "%s"}', ("forged",), None)
    line = JsonLines().format(record)
    assert "\n" not in line
    fields = json.loads(line)
    assert (fields["level"], fields["logger"]) == ("warning", "app")
    assert fields["message"] == 'a\n{"level": "forged"}'
    assert fields["time"].endswith("Z")
    try:
        raise ValueError("why")
    except ValueError:
        record.exc_info = sys.exc_info()
    assert "ValueError: why" in json.loads(JsonLines().format(record))["error"]


def record(line: int, text: str = "refused %s") -> logging.LogRecord:
    arguments = ("192.0.2.1",) if "%" in text else None
    return logging.LogRecord("app", logging.WARNING, "f.py", line, text, arguments, None)


def test_one_place_in_the_code_cannot_fill_the_log() -> None:
    """Other places still speak; what was left out is counted."""
    now_s = 0.0
    log = BoundedLog(lambda: now_s)
    assert sum(log.filter(record(1)) for _ in range(1000)) == RECORDS_MAX
    assert log.filter(record(2))
    now_s = PERIOD_S
    later = record(1)
    assert log.filter(later)
    assert later.getMessage() == f"refused 192.0.2.1 ({1000 - RECORDS_MAX} more like this were left out)"
    following = record(1)
    assert log.filter(following)
    assert following.getMessage() == "refused 192.0.2.1"


def test_what_a_visitor_writes_makes_no_new_place() -> None:
    """The place counts, not the text."""
    log = BoundedLog(lambda: 0.0)
    assert sum(log.filter(record(1, f"text {number}")) for number in range(1000)) == RECORDS_MAX
