"""Every process writes the same fields, each record once and on one line."""

import json
import logging
import sys

from shared.web.log_format import JsonLines


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
