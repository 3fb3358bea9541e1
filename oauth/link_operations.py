"""Linking: starting, exchanging a one-time code, an organisation's own key, and how it stands."""

from starlette.requests import Request
from starlette.responses import Response

from connector.api.envelope import BriefMeta, Envelope, written
from connector.api.operation import Permission, operation
from connector.api.parsing import read_body, read_query
from oauth.admitted import account_if_sent, account_of, caller_of, tenant_of
from oauth.answering import HTML, NO_STORE, answer_vendor
from oauth.answers import AccountStatus, ExchangedKey, LinkUrl, NewAccountKey
from oauth.key_links import Credentials, KeyLinking
from oauth.link import Linking
from oauth.requests import AccountRequest, ExchangeRequest, LinkRequest
from oauth.vault import TokenVault
from oauth.words import target_parameter

_TEXT = {"X-Content-Type-Options": "nosniff", **NO_STORE}


@operation(
    "GET",
    "/auth/{target}",
    "Start a link",
    name="getLinkUrl",
    parameters=(target_parameter(),),
    keys="tenant",
    permission=Permission.ADMIN,
    query=LinkRequest,
    response=Envelope[LinkUrl, BriefMeta],
    media_type=HTML,
    description="The address to send the customer to, as text; as JSON when that is accepted",
    tag="auth",
)
async def start_link(links: Linking, request: Request) -> Response:
    """Return the address at which a customer consents."""
    return await _start(links, request, read_query(LinkRequest, request), 200)


@operation(
    "POST",
    "/auth/{target}",
    "Start a link",
    name="startLink",
    parameters=(target_parameter(),),
    keys="tenant",
    permission=Permission.ADMIN,
    request=LinkRequest,
    response=Envelope[LinkUrl, BriefMeta],
    status=201,
    media_type=HTML,
    description="The address to send the customer to, as text; as JSON when that is accepted",
    tag="auth",
)
async def start_link_by_post(links: Linking, request: Request) -> Response:
    """Return the address at which a customer consents."""
    return await _start(links, request, await read_body(LinkRequest, request), 201)


@operation(
    "POST",
    "/auth/exchange",
    "Exchange the one-time code from a link for its account key",
    name="exchangeCode",
    keys="tenant",
    permission=Permission.ADMIN,
    request=ExchangeRequest,
    response=Envelope[ExchangedKey, BriefMeta],
    description="The account key, shown this once",
    tag="auth",
)
async def exchange_code(links: Linking, request: Request) -> Response:
    """Return the account key for a one-time code."""
    body = await read_body(ExchangeRequest, request)
    caller = caller_of(request)
    exchanged = await links.exchange(caller.tenant, body.code, by=caller.key_id)
    return answer_vendor(request, ExchangedKey.of(exchanged))


@operation(
    "POST",
    "/auth/accounts/{target}",
    "Link an organisation by its own API key",
    name="linkByApiKey",
    parameters=(target_parameter(),),
    keys="tenant",
    permission=Permission.ADMIN,
    request=AccountRequest,
    response=NewAccountKey,
    status=201,
    description="The account key, shown this once",
    tag="auth",
)
async def link_by_key(key_links: KeyLinking, request: Request) -> Response:
    """Link an organisation by its own API key, checked at once."""
    body = await read_body(AccountRequest, request)
    linked = await key_links.link(
        tenant_of(request),
        request.path_params["target"],
        Credentials(
            body.username, body.api_key, {item.key: item.value for item in body.custom_values}
        ),
        reference=body.reference,
        account=account_if_sent(request),
        by=caller_of(request).key_id,
    )
    # Linked again under its key, the account keeps that key.
    key = linked.account_key or request.headers["X-ACCOUNT-KEY"]
    return written(NewAccountKey(account_key=key), 201, NO_STORE)


@operation(
    "GET",
    "/auth/status",
    "Say whether a linked account can be used",
    name="getAccountStatus",
    permission=Permission.READ,
    response=Envelope[AccountStatus, BriefMeta],
    description="The account's status, granted scopes and reference",
    tag="auth",
)
async def show_status(vault: TokenVault, request: Request) -> Response:
    """Return whether the account can be used."""
    account = account_of(request)
    credential_status = await vault.credential_status(account.id)
    return answer_vendor(request, AccountStatus.of(account, credential_status))


async def _start(links: Linking, request: Request, wish: LinkRequest, status: int) -> Response:
    started = await links.start(
        tenant_of(request), request.path_params["target"], wish, account_if_sent(request)
    )
    accepted = request.headers.get("accept", "").lower()
    if "application/json" in accepted and "text/html" not in accepted:
        data = LinkUrl(url=started.url)
        return answer_vendor(request, data, status=status, warnings=started.warnings)
    return Response(started.url, status, _TEXT, media_type=HTML)


LINK_OPERATIONS = (exchange_code, start_link, start_link_by_post)
KEY_LINK_OPERATIONS = (link_by_key,)
ACCOUNT_STATUS_OPERATIONS = (show_status,)
