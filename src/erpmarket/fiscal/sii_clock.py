"""What time the SII has: it turns down whole envelopes that were signed in its future.

Each of its answers tells its hour (the header Date). What the last answer to this thread told is
kept here, for who talks to it or signs for it.
"""

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from dte.sii.transport import Response, Transport

# Source: SII, error TmstFirmaEnv of the cover; it bears ten minutes, as was seen.
AHEAD_LIMIT: Final = timedelta(minutes=5)
_last = threading.local()


class ListeningTransport:
    """Another transport; what hour its answers tell is heard."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner

    def request(
        self,
        *,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        timeout_seconds: int,
        max_bytes: int,
    ) -> Response:
        """Carry a request as Transport promises."""
        answer = self._inner.request(
            method=method,
            url=url,
            headers=headers,
            body=body,
            timeout_seconds=timeout_seconds,
            max_bytes=max_bytes,
        )
        _last.hour = read_hour(answer.header("date"))
        return answer


def read_hour(date_header: str | None) -> datetime | None:
    """Read an answer's hour; None when it tells none, or nonsense."""
    try:
        found = parsedate_to_datetime(date_header or "")
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def forget_hour() -> None:
    """Begin a talk: what was heard before is old."""
    _last.hour = None


def heard_hour() -> datetime | None:
    """Tell the SII's hour as this thread heard it last in its talk."""
    found: datetime | None = getattr(_last, "hour", None)
    return found


def is_ahead(at: datetime) -> bool:
    """Tell whether an instant of ours lies in what was heard to be the SII's future."""
    hour = heard_hour()
    return hour is not None and at > hour + AHEAD_LIMIT
