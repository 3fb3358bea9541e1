"""Who a request comes from, as whoever admitted it has noted."""

from starlette.requests import Request

from oauth.callers import Caller
from oauth.errors import UnauthorizedAccountKey, UnauthorizedApiKey
from storage.repositories.accounts import Account
from storage.repositories.tenants import Tenant


def admit(request: Request, caller: Caller, account: Account | None) -> None:
    """Note who calls, and for which account."""
    request.state.caller = caller
    request.state.account = account


def caller_of(request: Request) -> Caller:
    """Return who calls. Raises UnauthorizedApiKey when nobody was admitted."""
    caller: Caller | None = getattr(request.state, "caller", None)
    if caller is None:
        raise UnauthorizedApiKey
    return caller


def tenant_of(request: Request) -> Tenant:
    """Return the vendor who calls. Raises UnauthorizedApiKey when nobody was admitted."""
    return caller_of(request).tenant


def account_of(request: Request) -> Account:
    """Return whose account is asked about. Raises UnauthorizedAccountKey when no key was sent."""
    account = account_if_sent(request)
    if account is None:
        raise UnauthorizedAccountKey
    return account


def account_if_sent(request: Request) -> Account | None:
    """Return the account whose key was sent, None without one."""
    account: Account | None = getattr(request.state, "account", None)
    return account
