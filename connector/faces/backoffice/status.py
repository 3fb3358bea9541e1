"""Whether the integration works: asked of Qonto each time, by the credentials in use."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from connector.api.operation import Permission, operation
from connector.faces.backoffice.answers import failed, succeeded
from connector.faces.backoffice.office import PREFIX, SHELVES, BackOffice, is_offered
from connector.faces.rest.parameters import read_bare
from connector.ports import Query
from connector.resources.bank import BANK_ACCOUNTS
from oauth.credential_age import RENEW_AFTER, CredentialAge
from oauth.errors import ReauthRequired
from storage.clock import iso_millis
from storage.errors import ServiceError, StorageUnavailable

_MODE = "api_key"
"""The only way of authenticating of an installation for one company."""


@operation(
    "GET",
    f"{PREFIX}/status",
    "Say whether the integration works",
    name="getStatusOfCompany",
    keys="tenant",
    permission=Permission.READ,
    tag="back office",
    is_described=False,
)
async def status(office: BackOffice, request: Request) -> Response:
    """Return 200 when Qonto takes the credentials, else the error that all other calls get."""
    unused = read_bare(request)
    error: ServiceError | None = None
    try:
        await _ask(office)
    except StorageUnavailable:
        raise
    except ServiceError as refused:
        error = refused
    age = await office.company.key_age()
    members = {
        "active": error is None,
        "authMode": _MODE,
        "organizationId": office.company.organization_id,
        "features": features(office),
        "apiKey": None if age is None else told_age(age),
    }
    if error is not None:
        return failed(error, request.state.request_id, members)
    return succeeded(members, (*unused, *_due(age)))


async def _ask(office: BackOffice) -> None:
    """Read something small by the credentials. Raises what any other call would."""
    try:
        account = await office.company.account()
        await office.reading.list(account, BANK_ACCOUNTS.chosen, Query(limit=5))
    except ReauthRequired:
        # the key may be good again, which only linking finds out
        account = await office.company.link()
        await office.reading.list(account, BANK_ACCOUNTS.chosen, Query(limit=5))


def features(office: BackOffice) -> dict[str, list[str]]:
    """Return what can be done with what, as far as it is turned on."""
    found = {
        shelf.many: [
            "list",
            "read",
            *(action for action in shelf.actions if is_offered(office, shelf, action)),
            *(["pdf"] if shelf.resource.file is not None else []),
        ]
        for shelf in SHELVES
    }
    return {**found, "balance": ["read"]}


def told_age(age: CredentialAge) -> dict[str, Any]:
    """Return the members that tell how old the key at Qonto is."""
    return {
        "since": iso_millis(age.since),
        "ageDays": age.days,
        "renewAfterDays": RENEW_AFTER.days,
        "isDue": age.is_due,
    }


def _due(age: CredentialAge | None) -> tuple[str, ...]:
    if age is None or not age.is_due:
        return ()
    return (f"The API key at Qonto is {age.days} days old: make a new one there, and set it.",)
