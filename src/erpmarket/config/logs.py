"""One line per event: its name, and the fields that say which company, document or attempt."""

import logging

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
# Django and Celery hang whole objects on their records; they are no fields of an event.
_OBJECTS = frozenset({"request", "server_time", "data"})


class EventFormatter(logging.Formatter):
    """Write `extra` behind the message as `name=value`, by name."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  (logging's name)
        fields = sorted(set(vars(record)) - _STANDARD - _OBJECTS)
        said = "".join(f" {name}={getattr(record, name)}" for name in fields)
        return super().formatMessage(record) + said.replace("\n", " ")
