"""Whether a door of ours answers that it is ready, asked without a client that needs memory of its own."""

from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

ANSWERS_WITHIN_S = 30.0
READY = 200


def is_ready(url: str) -> bool:
    """Say whether the process behind this address answers that it is ready."""
    place = urlsplit(url)
    connection = HTTPConnection(place.hostname or "", place.port, timeout=ANSWERS_WITHIN_S)
    try:
        connection.request("GET", place.path)
        return connection.getresponse().status == READY
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
