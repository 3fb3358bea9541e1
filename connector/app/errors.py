"""What the edge refuses before anybody looks at the request.

ServiceError
├── BodyTooLarge         the body is larger than the operator lets it be
├── HeadersTooLarge      the headers are too long or too many
├── RequestTooSlow       the request did not come in time
├── MalformedRequest     this is no HTTP request
├── NoSuchMethod         the path has no such method
├── TooManyBadKeys       too many unknown keys came from this address; wait
├── TooManyRequests      too many requests at once from this address; wait
└── ServerBusy           there is no room for another request just now; try again
"""

from collections.abc import Collection, Mapping

from storage.errors import ServiceError


class BodyTooLarge(ServiceError):
    code = "BODY_TOO_LARGE"
    http_status = 413
    meaning = "the body is larger than the operator lets it be"

    def __init__(self, most: int) -> None:
        super().__init__(f"The request's body has more than {most} bytes.")

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Connection": "close"}  # the rest of it isn't waited for


class HeadersTooLarge(ServiceError):
    code = "HEADERS_TOO_LARGE"
    http_status = 431
    meaning = "the headers are too long or too many"

    def __init__(self) -> None:
        super().__init__("The request's headers are too long or too many.")


class RequestTooSlow(ServiceError):
    code = "REQUEST_TIMEOUT"
    http_status = 408
    retryable = True
    meaning = "the request did not come in time"

    def __init__(self, part: str) -> None:
        super().__init__(f"The request's {part} did not come in time.")


class MalformedRequest(ServiceError):
    code = "MALFORMED_REQUEST"
    http_status = 400
    meaning = "this is no HTTP request"

    def __init__(self) -> None:
        super().__init__("This is not an HTTP request.")


class TooManyBadKeys(ServiceError):
    code = "TOO_MANY_BAD_KEYS"
    http_status = 429
    retryable = True
    meaning = "too many unknown keys came from this address; wait"

    def __init__(self, retry_after: float) -> None:
        super().__init__(
            "This key is unknown or revoked, and so were too many others from this address. "
            "Keys that are good go on working."
        )
        self.retry_after = retry_after


class TooManyRequests(ServiceError):
    code = "TOO_MANY_REQUESTS"
    http_status = 429
    retryable = True
    meaning = "too many requests at once from this address; wait"

    def __init__(self, what: str = "requests") -> None:
        super().__init__(f"There are too many {what} at once from this address.")


class ServerBusy(ServiceError):
    code = "SERVER_BUSY"
    http_status = 503
    retryable = True
    meaning = "there is no room for another request just now; try again"

    def __init__(self) -> None:
        super().__init__("There is no room for another request just now; try again.")


class NoSuchMethod(ServiceError):
    code = "METHOD_NOT_ALLOWED"
    http_status = 405
    meaning = "the path has no such method"

    def __init__(self, allowed: Collection[str] = ()) -> None:
        super().__init__("This path exists, but not for this method.")
        self._allowed = ", ".join(sorted(allowed))

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Allow": self._allowed} if self._allowed else {}
