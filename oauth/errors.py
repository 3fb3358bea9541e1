"""What can go wrong between a vendor's key and a valid access.

ServiceError
├── UnauthorizedApiKey         no such API key, or revoked
├── PermissionDenied           the API key isn't for calls of this kind
├── UnauthorizedUser           no such user, a wrong password, or a token that doesn't count
├── TlsRequired                a password came by plain HTTP, where others could read it
├── TooManyGuesses             too many wrong passwords came from this address, or for this user
├── UnauthorizedAccountKey     unknown, another tenant's or revoked: one and the same answer
├── AccountUnusable            the account can't be called for
│   ├── ReauthRequired             the customer must link again
│   └── AccountInactive            disabled or revoked
├── NotSupported               it has nothing of that kind, or only the operator may ask (NotFound)
├── UnknownTarget              no target system has that name
├── SystemNotRegistered        the tenant has no app credentials for the target system
├── SigningSecretMissing       a signature was asked for, and there's no secret to sign with
├── LinkRefused                the link flow stops here
│   ├── StateInvalid               forged, damaged, or another flow's
│   ├── StateExpired               older than it may be
│   ├── StateReplayed              used before
│   ├── PageInvalid                no such link page
│   ├── PageExpired                a link page older than a day
│   ├── PageUsed                   a link page whose link was made
│   ├── ConsentRefused             the customer, or the provider for them, said no
│   ├── OrganizationMismatch       another organisation than the one of the account key
│   └── ReferenceTaken             another account has the reference
├── CallbackNotAllowed         a URL that a browser may not be sent to (Invalid)
├── CodeInvalid                the one-time code is unknown, used, expired or another tenant's
└── ProviderError              the token endpoint's answer is of no use
    ├── ProviderRefused            it says no; `error` is its OAuth 2.0 error code
    │   └── GrantInvalid               the code or refresh token is dead (`invalid_grant`)
    ├── SandboxTokenMissing        the sandbox's gate answered instead of the target system
    └── ProviderUnavailable        not reached, not in time or failing; try again
        └── OutcomeUnknown             the request was sent, and may have had its effect
            └── AnswerUnreadable           it says 200 and makes no sense
"""

from collections.abc import Mapping

from storage.errors import Invalid, NotFound, ServiceError


class UnauthorizedApiKey(ServiceError):
    code = "UNAUTHORIZED_API_KEY"
    http_status = 403
    meaning = "no such API key, or revoked"

    def __init__(self) -> None:
        super().__init__("the X-API-KEY header is missing, or its key is unknown or revoked")


class PermissionDenied(ServiceError):
    code = "PERMISSION_DENIED"
    http_status = 403
    meaning = "the API key isn't for calls of this kind"

    def __init__(self, permission: str) -> None:
        super().__init__(
            f"this API key lacks the permission {permission}, which this call needs; "
            "use a key that has it"
        )
        self.permission = permission


class UnauthorizedUser(ServiceError):
    code = "UNAUTHORIZED_USER"
    http_status = 401
    meaning = "no such user, a wrong password, or a token that doesn't count"

    def __init__(self) -> None:
        super().__init__(
            "this service doesn't know who calls: send a user's e-mail address and password, a "
            "token of POST /api/auth/token that hasn't expired, or an API key in X-API-KEY"
        )

    @property
    def headers(self) -> Mapping[str, str]:
        return {"WWW-Authenticate": 'Basic realm="qonto-connector", charset="UTF-8", Bearer'}


class TlsRequired(ServiceError):
    code = "TLS_REQUIRED"
    http_status = 403
    meaning = "a password came by plain HTTP, where others could read it"

    def __init__(self) -> None:
        super().__init__(
            "a password is taken by https alone, or from this machine: call the service's https "
            "address, and change this password; behind a proxy the operator names it in "
            "CONNECTOR_SERVER__TRUSTED_PROXIES, and it sends X-Forwarded-Proto"
        )


class TooManyGuesses(ServiceError):
    code = "TOO_MANY_GUESSES"
    http_status = 429
    retryable = True
    meaning = "too many wrong passwords came from this address, or for this user"

    def __init__(self, retry_after: float) -> None:
        super().__init__("too many wrong passwords: wait, or use a token or an API key")
        self.retry_after = retry_after


class UnauthorizedAccountKey(ServiceError):
    code = "UNAUTHORIZED_ACCOUNT_KEY"
    http_status = 401
    meaning = "unknown, another tenant's or revoked: one and the same answer"

    def __init__(self) -> None:
        super().__init__(
            "the X-ACCOUNT-KEY header is missing, or its key is unknown or revoked; "
            "link the account again to get one"
        )


class AccountUnusable(ServiceError):
    code = "ACCOUNT_INACTIVE"
    http_status = 401
    meaning = "the account can't be called for"


class ReauthRequired(AccountUnusable):
    code = "ACCOUNT_REAUTH_REQUIRED"
    http_status = 401
    meaning = "the customer must link again"

    def __init__(
        self, message: str = "the consent has ended; the customer must link again"
    ) -> None:
        super().__init__(message)


class AccountInactive(AccountUnusable):
    meaning = "disabled or revoked"

    def __init__(self, status: str) -> None:
        super().__init__(f"the account is {status}: nothing is read or written for it")
        self.status = status


class NotSupported(NotFound):
    code = "NOT_SUPPORTED"
    meaning = "the target system has nothing of that kind, or only the operator may ask"


class UnknownTarget(ServiceError):
    code = "TARGET_SYSTEM_UNKNOWN"
    http_status = 405
    meaning = "no target system has that name"

    def __init__(self, message: str = "there is no target system of that name") -> None:
        super().__init__(message)


class SystemNotRegistered(ServiceError):
    code = "SYSTEM_NOT_REGISTERED"
    http_status = 409
    meaning = "the tenant has no app credentials for the target system"

    def __init__(self, target: str) -> None:
        super().__init__(
            f"no app credentials are registered for {target}: send them to "
            "POST /tenants/register-system first"
        )


class SigningSecretMissing(ServiceError):
    code = "SIGNING_SECRET_MISSING"
    http_status = 409
    meaning = "a signature was asked for, and there's no secret to sign with"

    def __init__(self) -> None:
        super().__init__("there is no signing secret yet: make one at POST /tenants/signing-secret")


class LinkRefused(ServiceError):
    code = "LINK_REFUSED"
    http_status = 400
    meaning = "the link flow stops here"


class StateInvalid(LinkRefused):
    code = "STATE_INVALID"
    meaning = "forged, damaged, or another flow's"

    def __init__(self) -> None:
        super().__init__("this link wasn't started here, or its address was changed")


class StateExpired(LinkRefused):
    code = "STATE_EXPIRED"
    meaning = "older than it may be"

    def __init__(self) -> None:
        super().__init__("this link took too long and has expired")


class StateReplayed(LinkRefused):
    code = "STATE_REPLAYED"
    meaning = "used before"

    def __init__(self) -> None:
        super().__init__("this link was used before; each can be used once")


class PageInvalid(LinkRefused):
    code = "PAGE_INVALID"
    meaning = "no such link page"

    def __init__(self) -> None:
        super().__init__("there is no such page, or its address was changed")


class PageExpired(LinkRefused):
    code = "PAGE_EXPIRED"
    meaning = "a link page older than a day"

    def __init__(self) -> None:
        super().__init__("this page is older than a day and has expired")


class PageUsed(LinkRefused):
    code = "PAGE_USED"
    meaning = "a link page whose link was made"

    def __init__(self) -> None:
        super().__init__("the connection that this page is for was made already")


class ConsentRefused(LinkRefused):
    """The provider sent the customer back without a code; `error` is its OAuth 2.0 error code."""

    code = "CONSENT_REFUSED"
    meaning = "the customer, or the provider for them, said no"

    def __init__(self, error: str, description: str | None) -> None:
        super().__init__(description or "the consent was not given")
        self.error = error


class OrganizationMismatch(LinkRefused):
    code = "ORGANIZATION_MISMATCH"
    meaning = "another organisation than the one of the account key"

    def __init__(self) -> None:
        super().__init__(
            "another organisation was chosen than the one this account key belongs to; "
            "choose the same one, or start a link without the key"
        )


class ReferenceTaken(LinkRefused):
    code = "REFERENCE_TAKEN"
    http_status = 409
    meaning = "another account has the reference"

    def __init__(self) -> None:
        super().__init__(
            "another account has this reference; unlink that one first, or use a reference of "
            "its own for each customer"
        )


class CallbackNotAllowed(Invalid):
    code = "CALLBACK_NOT_ALLOWED"
    meaning = "a URL that a browser may not be sent to"


class CodeInvalid(ServiceError):
    code = "CODE_INVALID"
    http_status = 400
    meaning = "the one-time code is unknown, used, expired or another tenant's"

    def __init__(self) -> None:
        super().__init__("the code is unknown, expired or used; start the link again")


class ProviderError(ServiceError):
    code = "PROVIDER_ERROR"
    http_status = 502
    meaning = "the token endpoint's answer is of no use"


class ProviderRefused(ProviderError):
    code = "PROVIDER_REFUSED"
    meaning = "the target system says no; `error` is its OAuth 2.0 error code"

    def __init__(self, error: str) -> None:
        super().__init__(f"the target system refused the token request: {error}")
        self.error = error


class GrantInvalid(ProviderRefused):
    """The provider says `invalid_grant`: this code or refresh token gives nothing any more."""

    meaning = "the code or refresh token is dead (`invalid_grant`)"


class SandboxTokenMissing(ProviderError):
    code = "SANDBOX_TOKEN_MISSING"
    meaning = "the sandbox's gate answered instead of the target system"

    def __init__(
        self,
        message: str = "a web page answered instead of the token endpoint: the sandbox's staging "
        "token is missing or wrong; register the system again with the right custom values",
    ) -> None:
        super().__init__(message)


class ProviderUnavailable(ProviderError):
    code = "PROVIDER_UNAVAILABLE"
    http_status = 503
    retryable = True
    meaning = "not reached, not in time or failing; try again"

    def __init__(
        self,
        message: str = "the target system can't be reached; try again",
        *,
        retry_after: float | None = None,
    ) -> None:
        """`retry_after` is in seconds; None where nobody knows."""
        super().__init__(message)
        self.retry_after = retry_after


class OutcomeUnknown(ProviderUnavailable):
    """The token endpoint may have done its work: a refresh token may be used up now."""

    meaning = "the request was sent, and may have had its effect"


class AnswerUnreadable(OutcomeUnknown):
    meaning = "the target system says 200 and makes no sense"

    def __init__(self) -> None:
        super().__init__("the token endpoint's answer can't be read; try again")
