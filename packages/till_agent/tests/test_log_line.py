"""What is read on the till PC when a paper did not come out."""

import logging

from till_agent.__main__ import line_formatter


def _line(**extra: object) -> str:
    record = logging.makeLogRecord({"levelname": "WARNING", "msg": "till_agent.job.doubtful"})
    vars(record).update(extra)
    return line_formatter().format(record).split(" ", 2)[2]


def test_a_line_says_which_job_it_is_about() -> None:
    assert _line(job="0198-a") == "WARNING till_agent.job.doubtful job=0198-a"


def test_a_line_about_no_job_is_written_too() -> None:
    assert _line() == "WARNING till_agent.job.doubtful job=-"
