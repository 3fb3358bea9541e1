"""What the edge refuses before anybody looks at the request.

ServiceError
├── BodyTooLarge         the body is larger than the operator lets it be
├── HeadersTooLarge      the headers are too long or too many
├── RequestTooSlow       the request did not come in time
├── MalformedRequest     this is no HTTP request
├── TooManyBadKeys       too many unknown keys came from this address; wait
├── TooManyRequests      too many requests at once from this address; wait
└── ServerBusy           there is no room for another request just now; try again
"""

from storage.errors import ServiceError


class BodyTooLarge(ServiceError):
    code = "BODY_TOO_LARGE"

    def __init__(self, most: int) -> None:
        super().__init__(f"The request's body has more than {most} bytes.")


class HeadersTooLarge(ServiceError):
    code = "HEADERS_TOO_LARGE"

    def __init__(self) -> None:
        super().__init__("The request's headers are too long or too many.")


class RequestTooSlow(ServiceError):
    code = "REQUEST_TIMEOUT"
    retryable = True

    def __init__(self, part: str) -> None:
        super().__init__(f"The request's {part} did not come in time.")


class MalformedRequest(ServiceError):
    code = "MALFORMED_REQUEST"

    def __init__(self) -> None:
        super().__init__("This is not an HTTP request.")


class TooManyBadKeys(ServiceError):
    code = "TOO_MANY_BAD_KEYS"
    retryable = True

    def __init__(self, retry_after: float) -> None:
        super().__init__(
            "This key is unknown or revoked, and so were too many others from this address. "
            "Keys that are good go on working."
        )
        self.retry_after = retry_after


class TooManyRequests(ServiceError):
    code = "TOO_MANY_REQUESTS"
    retryable = True

    def __init__(self, what: str = "requests") -> None:
        super().__init__(f"There are too many {what} at once from this address.")


class ServerBusy(ServiceError):
    code = "SERVER_BUSY"
    retryable = True

    def __init__(self) -> None:
        super().__init__("There is no room for another request just now; try again.")
