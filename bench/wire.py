"""A line from a device in Python to the real server, in the place of the tests' client."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

OK: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, with the two names by which it is asked."""

    status_code: int
    content: bytes

    def json(self) -> Any:  # noqa: ANN401  (JSON)
        """Read it."""
        return json.loads(self.content)


def expect_ok(answer: Answer) -> Answer:
    """Stop the benchmark at any other answer."""
    if answer.status_code != OK:
        raise SystemExit(f"the server said {answer.status_code}: {answer.content[:300]!r}")
    return answer


class Wire:
    """A line that is kept open."""

    def __init__(self, port: int) -> None:
        self._line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def generic(
        self,
        method: str,
        path: str,
        raw: bytes,
        *,
        content_type: str,
        headers: Mapping[str, str],
    ) -> Answer:
        """Send a request and read its answer."""
        self._line.request(method, path, raw, {"Content-Type": content_type, **headers})
        response = self._line.getresponse()
        return Answer(status_code=response.status, content=response.read())

    def post(self, path: str, text: str, *, content_type: str) -> Answer:
        """Send what is not signed."""
        return self.generic("POST", path, text.encode(), content_type=content_type, headers={})
