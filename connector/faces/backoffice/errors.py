"""What the back office refuses in words of its own.

UnauthorizedApiKey
└── KeyNeeded                    no key was sent, and the request isn't this machine's own
ServiceError
└── QontoCredentialsRefused      one company: Qonto refuses the key that the environment names
"""

from oauth.errors import UnauthorizedApiKey
from storage.errors import ServiceError


class KeyNeeded(UnauthorizedApiKey):
    meaning = "no key was sent, and the request isn't this machine's own"

    def __init__(self, why: str) -> None:
        ServiceError.__init__(
            self,
            f"Send an API key of the tenant ten_default as X-API-KEY: {why}. "
            "`qonto-connector tenant key create ten_default --name books` makes one.",
        )


class QontoCredentialsRefused(ServiceError):
    code = "QONTO_CREDENTIALS_REFUSED"
    http_status = 401
    meaning = "one company: Qonto refuses the key that the environment names"

    def __init__(self) -> None:
        super().__init__(
            "Qonto refuses QONTO_ORGANIZATION_ID with QONTO_API_KEY. Look both up at Qonto, or "
            "make a new key there, set them, and start again."
        )
