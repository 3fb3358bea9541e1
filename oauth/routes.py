"""The addresses under /auth and /tenants.

Whoever serves them has set `request.state.tenant` and `request.state.caller`, and
`request.state.account` when an account key was sent; errors pass through to it. What browsers see
is in `oauth.page_routes`.
"""

from typing import Any, Protocol

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from oauth import answers
from oauth.answers import Envelope, Meta
from oauth.callers import Caller
from oauth.errors import (
    NotSupported,
    UnauthorizedAccountKey,
    UnauthorizedApiKey,
)
from oauth.key_links import Credentials, KeyLinking
from oauth.link import Linking, StartedLink
from oauth.page_routes import finish_link, leave_page, show_page
from oauth.page_styles import PageStyles
from oauth.permissions import choose_permissions
from oauth.requests import (
    AccountRequest,
    ApiKeyRequest,
    CallbackUrlsRequest,
    ExchangeRequest,
    LinkRequest,
    PageStyleQuery,
    PageStyleRequest,
    RegisterSystemRequest,
    read_body,
    read_query,
    unused_in,
)
from oauth.tenant_keys import TenantKeys
from oauth.tenants import Tenancy
from oauth.vault import TokenVault
from storage.errors import FieldError, Invalid
from storage.repositories.accounts import Account
from storage.repositories.tenants import Tenant

_NO_STORE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
_TEXT = {"X-Content-Type-Options": "nosniff", **_NO_STORE}


class Container(Protocol):
    """What these endpoints need of the assembled application."""

    @property
    def tenants(self) -> Tenancy: ...

    @property
    def tenant_keys(self) -> TenantKeys: ...

    @property
    def page_styles(self) -> PageStyles: ...

    @property
    def links(self) -> Linking: ...

    @property
    def key_links(self) -> KeyLinking: ...

    @property
    def vault(self) -> TokenVault: ...


async def start_link(request: Request) -> Response:
    """GET or POST /auth/{target}: the address at which a customer consents."""
    if request.method == "POST":
        wish = await read_body(LinkRequest, request)
    else:
        wish = read_query(LinkRequest, request)
    started = await _container(request).links.start(
        _tenant(request), request.path_params["target"], wish, _account(request)
    )
    return _link_answer(request, started, 201 if request.method == "POST" else 200)


async def exchange_code(request: Request) -> Response:
    """POST /auth/exchange: a one-time code for its account key."""
    body = await read_body(ExchangeRequest, request)
    caller = _caller(request)
    exchanged = await _container(request).links.exchange(caller.tenant, body.code, by=caller.key_id)
    return _answer(request, answers.ExchangedKey.of(exchanged))


async def link_by_key(request: Request) -> Response:
    """POST /auth/accounts/{target}: an organisation's own API key, checked at once."""
    body = await read_body(AccountRequest, request)
    linked = await _container(request).key_links.link(
        _tenant(request),
        request.path_params["target"],
        Credentials(
            body.username, body.api_key, {item.key: item.value for item in body.custom_values}
        ),
        reference=body.reference,
        account=_account(request),
        by=_caller(request).key_id,
    )
    # Linked again under its key, the account keeps that key.
    key = linked.account_key or request.headers["X-ACCOUNT-KEY"]
    return JSONResponse(
        answers.NewAccountKey(account_key=key).model_dump(by_alias=True), 201, _NO_STORE
    )


async def show_status(request: Request) -> Response:
    """GET /auth/status: whether the account can be used."""
    account = _account(request)
    if account is None:
        raise UnauthorizedAccountKey
    standing = await _container(request).vault.standing(account.id)
    return _answer(request, answers.AccountStatus.of(account, standing))


async def register_system(request: Request) -> Response:
    """POST /tenants/register-system: store a tenant's app credentials."""
    body = await read_body(RegisterSystemRequest, request)
    values = {item.key: item.value for item in body.custom_values}
    if len(values) < len(body.custom_values):
        wrong = FieldError("customValues", "DUPLICATE", "each key may be there once")
        raise Invalid("the body names a custom value twice", (wrong,))
    await _container(request).tenants.register_system(
        _tenant(request),
        body.target_system,
        body.client_id,
        body.client_secret,
        values,
        scopes=body.scopes,
        by=_caller(request).key_id,
    )
    return JSONResponse("System registered", 201)


async def unregister_system(request: Request) -> Response:
    """DELETE /tenants/delete-registered-system/{targetSystem}: forget app credentials."""
    target = request.path_params["targetSystem"]
    caller = _caller(request)
    await _container(request).tenants.unregister_system(caller.tenant, target, by=caller.key_id)
    return JSONResponse("System deleted")


async def list_systems(request: Request) -> Response:
    """GET /tenants/get-registered-systems: the apps, their secrets always masked."""
    systems = await _container(request).tenants.registered_systems(_tenant(request))
    entries = [answers.SystemEntry.of(system) for system in systems]
    return _answer(request, answers.SystemList(systems=entries))


async def add_callback_urls(request: Request) -> Response:
    """POST /tenants/add-callback-urls: where links end."""
    body = await read_body(CallbackUrlsRequest, request)
    caller = _caller(request)
    await _container(request).tenants.add_callback_urls(
        caller.tenant, body.callback_url, body.cancel_callback_url, by=caller.key_id
    )
    return JSONResponse("Callback URLs added", 201)


async def show_callback_urls(request: Request) -> Response:
    """GET /tenants/get-callback-url: where links end and may end."""
    urls = await _container(request).tenants.callback_urls(_tenant(request))
    return _answer(request, answers.CallbackUrlList.of(urls))


async def list_end_users(request: Request) -> Response:
    """GET /tenants/get-end-user-list: the linked accounts."""
    users = await _container(request).tenants.end_users(_tenant(request))
    entries = [answers.EndUserEntry.of(user) for user in users]
    return _answer(request, answers.EndUserList(end_users=entries))


async def create_signing_secret(request: Request) -> Response:
    """POST /tenants/signing-secret: a new secret, shown once."""
    caller = _caller(request)
    secret = await _container(request).tenants.create_signing_secret(
        caller.tenant, by=caller.key_id
    )
    return _answer(request, answers.NewSigningSecret.of(secret), status=201)


async def count_end_users(request: Request) -> Response:
    """GET /tenants/count-end-users-by-system: how many accounts are linked."""
    counts = await _container(request).tenants.count_end_users(_tenant(request))
    return _answer(request, answers.EndUserCounts.of(counts))


async def list_targets(request: Request) -> Response:
    """GET /tenants/get-target-system-values: what can be linked."""
    targets = _container(request).tenants.targets
    return _answer(request, answers.TargetSystems(target_systems=list(targets)))


async def list_requirements(request: Request) -> Response:
    """GET /tenants/get-target-system-requirements: what registering an app takes."""
    tenants = _container(request).tenants
    return _answer(request, answers.TargetRequirementsList.of(tenants.targets, tenants.settings))


async def refuse_all_end_users(_request: Request) -> Response:
    """GET /tenants/get-all-active-end-users: over all tenants, so not for a tenant."""
    raise NotSupported(
        "listing the accounts of all vendors is for the operator, on the command line "
        "(qonto-connector account list); yours are at GET /tenants/get-end-user-list"
    )


async def set_page_style(request: Request) -> Response:
    """POST /tenants/submission-page-style: how customers see the tenant's pages."""
    style = (await read_body(PageStyleRequest, request)).checked()
    caller = _caller(request)
    await _container(request).page_styles.put(caller.tenant, style, by=caller.key_id)
    return _answer(request, answers.PageStyleEntry.of(caller.tenant, style), status=201)


async def show_page_style(request: Request) -> Response:
    """GET /tenants/submission-page-style-by-key: the style of the API key's tenant."""
    return await _page_style(request, None)


async def find_page_style(request: Request) -> Response:
    """GET /tenants/get-submission-page-style: the same, by the tenant's code."""
    return await _page_style(request, read_query(PageStyleQuery, request).code)


async def _page_style(request: Request, code: str | None) -> Response:
    tenant = _tenant(request)
    style = await _container(request).page_styles.get(tenant, code)
    return _answer(request, answers.PageStyleEntry.of(tenant, style))


async def list_api_keys(request: Request) -> Response:
    """GET /tenants/api-keys: the tenant's keys, without the keys."""
    keys = await _container(request).tenant_keys.all(_tenant(request))
    entries = [answers.ApiKeyEntry.of(key) for key in keys]
    return _answer(request, answers.ApiKeyList(api_keys=entries))


async def create_api_key(request: Request) -> Response:
    """POST /tenants/api-keys: another key, shown once."""
    body = await read_body(ApiKeyRequest, request)
    caller = _caller(request)
    issued = await _container(request).tenant_keys.create(
        caller.tenant,
        body.name,
        caller.permissions if body.permissions is None else choose_permissions(body.permissions),
        by=caller.key_id,
        within=caller.permissions,
    )
    return _answer(request, answers.NewApiKey.of(issued), status=201)


async def revoke_api_key(request: Request) -> Response:
    """DELETE /tenants/api-keys/{keyId}: end a key at once."""
    caller = _caller(request)
    key_id = request.path_params["keyId"]
    await _container(request).tenant_keys.revoke(caller.tenant, key_id, by=caller.key_id)
    return _answer(request, answers.RevokedApiKey(key_id=key_id))


def _link_answer(request: Request, started: StartedLink, status: int) -> Response:
    accepted = request.headers.get("accept", "").lower()
    if "application/json" in accepted and "text/html" not in accepted:
        data = answers.LinkUrl(url=started.url)
        return _answer(request, data, status=status, warnings=started.warnings)
    return Response(started.url, status, _TEXT, media_type="text/html")


def _answer(
    request: Request, data: BaseModel, *, status: int = 200, warnings: tuple[str, ...] = ()
) -> Response:
    request_id: str | None = getattr(request.state, "request_id", None)
    meta = Meta(warnings=[*warnings, *unused_in(request)], request_id=request_id)
    return JSONResponse(Envelope[Any](data=data, meta=meta).document(), status, _NO_STORE)


def _container(request: Request) -> Container:
    container: Container = request.app.state.container
    return container


def _tenant(request: Request) -> Tenant:
    tenant: Tenant | None = getattr(request.state, "tenant", None)
    if tenant is None:
        raise UnauthorizedApiKey
    return tenant


def _caller(request: Request) -> Caller:
    caller: Caller | None = getattr(request.state, "caller", None)
    if caller is None:
        raise UnauthorizedApiKey
    return caller


def _account(request: Request) -> Account | None:
    account: Account | None = getattr(request.state, "account", None)
    return account


routes = [
    Route("/auth/status", show_status, methods=["GET"]),
    Route("/auth/exchange", exchange_code, methods=["POST"]),
    Route("/auth/callback/{target}", finish_link, methods=["GET"]),
    Route("/auth/accounts/{target}", link_by_key, methods=["POST"]),
    Route("/auth/{target}", start_link, methods=["GET", "POST"]),
    Route("/link/{token}", show_page, methods=["GET"]),
    Route("/link/{token}", leave_page, methods=["POST"]),
    Route("/tenants/register-system", register_system, methods=["POST"]),
    Route(
        "/tenants/delete-registered-system/{targetSystem}", unregister_system, methods=["DELETE"]
    ),
    Route("/tenants/get-registered-systems", list_systems, methods=["GET"]),
    Route("/tenants/get-registered-systems-masked", list_systems, methods=["GET"]),
    Route("/tenants/add-callback-urls", add_callback_urls, methods=["POST"]),
    Route("/tenants/get-callback-url", show_callback_urls, methods=["GET"]),
    Route("/tenants/get-end-user-list", list_end_users, methods=["GET"]),
    Route("/tenants/count-end-users-by-system", count_end_users, methods=["GET"]),
    Route("/tenants/get-target-system-values", list_targets, methods=["GET"]),
    Route("/tenants/get-target-system-requirements", list_requirements, methods=["GET"]),
    Route("/tenants/get-all-active-end-users", refuse_all_end_users, methods=["GET"]),
    Route("/tenants/submission-page-style", set_page_style, methods=["POST"]),
    Route("/tenants/submission-page-style-by-key", show_page_style, methods=["GET"]),
    Route("/tenants/get-submission-page-style", find_page_style, methods=["GET"]),
    Route("/tenants/api-keys", list_api_keys, methods=["GET"]),
    Route("/tenants/api-keys", create_api_key, methods=["POST"]),
    Route("/tenants/api-keys/{keyId}", revoke_api_key, methods=["DELETE"]),
    Route("/tenants/signing-secret", create_signing_secret, methods=["POST"]),
]
