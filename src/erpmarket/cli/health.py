"""`python -m erpmarket.cli.health URL`: exit with zero when the server answers; for containers."""

import http.client
import sys
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 4


def is_healthy(url: str) -> bool:
    """Ask once, without following redirects; anything below 500 is an answer."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", parts.path or "/")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return status < http.HTTPStatus.INTERNAL_SERVER_ERROR


if __name__ == "__main__":
    sys.exit(0 if is_healthy(sys.argv[1]) else 1)
