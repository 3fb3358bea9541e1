"""What can go wrong with a dispatched document besides what the use cases it goes through say.

ServiceError
├── ProviderAuthenticationFailed   the target system refused the configuration's login or secret
├── ExpectationFailed              the sandbox is to be called, and the configuration has no token
└── ProviderNotOffered             there is no such service, or no such provider in it (NotFound)
"""

from storage.errors import NotFound, ServiceError


class ProviderAuthenticationFailed(ServiceError):
    code = "PROVIDER_AUTHENTICATION_FAILED"
    http_status = 401
    meaning = "the target system refused the configuration's login or secret"

    def __init__(self) -> None:
        super().__init__(
            "Qonto refused qontoLogin or qontoSecretKey; your own sign-in here was fine. Put the "
            "organisation's current login and secret key into the configuration and send it again."
        )


class ExpectationFailed(ServiceError):
    code = "EXPECTATION_FAILED"
    http_status = 417
    meaning = "the sandbox is to be called, and the configuration has no token"

    def __init__(self) -> None:
        super().__init__(
            "useSandbox is true, and sandboxHeaderValue is missing: put the staging token into the "
            "configuration, or set useSandbox to false. Nothing was sent."
        )


class ProviderNotOffered(NotFound):
    code = "PROVIDER_NOT_OFFERED"
    meaning = "there is no such service, or no such provider in it"

    def __init__(self) -> None:
        super().__init__("There is the provider qonto, in the service INVOICING, and no other.")
