"""What an operator reads when something stops."""

import logging
from typing import Any

from erpmarket.config.logs import EventFormatter

LINE = "%(levelname)s %(name)s %(message)s"


def _record(**extra: Any) -> logging.LogRecord:
    return logging.makeLogRecord(
        {"name": "erpmarket.fiscal", "levelname": "WARNING", "msg": "fiscal.lease.lost", **extra}
    )


def test_a_line_says_whom_the_event_concerns() -> None:
    line = EventFormatter(LINE).format(_record(company=7, attempt=2))

    assert line == "WARNING erpmarket.fiscal fiscal.lease.lost attempt=2 company=7"


def test_a_field_cannot_begin_a_line_of_its_own() -> None:
    line = EventFormatter(LINE).format(_record(error="first\nERROR forged"))

    assert line.splitlines() == [
        "WARNING erpmarket.fiscal fiscal.lease.lost error=first ERROR forged"
    ]


def test_requests_and_other_objects_stay_out() -> None:
    line = EventFormatter(LINE).format(_record(request=object(), status_code=404))

    assert line == "WARNING erpmarket.fiscal fiscal.lease.lost status_code=404"


def test_a_traceback_follows_the_line() -> None:
    error = RuntimeError("broken")
    record = _record(company=7, exc_info=(RuntimeError, error, None))

    first, *rest = EventFormatter(LINE).format(record).splitlines()

    assert first.endswith("company=7")
    assert rest[-1] == "RuntimeError: broken"


def test_the_project_logs_with_it() -> None:
    formatters = [handler.formatter for handler in logging.getLogger().handlers]

    assert EventFormatter in {type(formatter) for formatter in formatters}
