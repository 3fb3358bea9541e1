"""A vendor's API keys."""

from starlette.requests import Request
from starlette.responses import Response

from connector.api.envelope import BriefMeta, Envelope
from connector.api.operation import Permission, operation
from connector.api.parameters import path_parameter
from connector.api.parsing import read_body
from oauth.admitted import caller_of, tenant_of
from oauth.answering import answer_vendor
from oauth.answers import ApiKeyEntry, ApiKeyList, NewApiKey, RevokedApiKey
from oauth.permissions import choose_permissions
from oauth.requests import ApiKeyRequest
from oauth.tenant_keys import TenantKeys


@operation(
    "GET",
    "/tenants/api-keys",
    "List your API keys",
    name="listApiKeys",
    keys="tenant",
    permission=Permission.ADMIN,
    response=Envelope[ApiKeyList, BriefMeta],
    description="The keys by their first characters, ended and revoked ones too",
    tag="tenants",
)
async def list_api_keys(keys: TenantKeys, request: Request) -> Response:
    """Return the tenant's keys, without the keys."""
    found = await keys.all(tenant_of(request))
    entries = [ApiKeyEntry.of(key) for key in found]
    return answer_vendor(request, ApiKeyList(api_keys=entries))


@operation(
    "POST",
    "/tenants/api-keys",
    "Make another API key",
    name="createApiKey",
    keys="tenant",
    permission=Permission.ADMIN,
    request=ApiKeyRequest,
    response=Envelope[NewApiKey, BriefMeta],
    status=201,
    description="The key, shown this once; it can do no more than the key that asked",
    tag="tenants",
)
async def create_api_key(keys: TenantKeys, request: Request) -> Response:
    """Return another key, shown once."""
    body = await read_body(ApiKeyRequest, request)
    caller = caller_of(request)
    issued = await keys.create(
        caller.tenant,
        body.name,
        caller.permissions if body.permissions is None else choose_permissions(body.permissions),
        by=caller.key_id,
        within=caller.permissions,
    )
    return answer_vendor(request, NewApiKey.of(issued), status=201)


@operation(
    "DELETE",
    "/tenants/api-keys/{keyId}",
    "Revoke an API key",
    name="revokeApiKey",
    parameters=(path_parameter("keyId", "The key's id."),),
    keys="tenant",
    permission=Permission.ADMIN,
    response=Envelope[RevokedApiKey, BriefMeta],
    description="The key has ended; the key that asks can't revoke itself",
    tag="tenants",
)
async def revoke_api_key(keys: TenantKeys, request: Request) -> Response:
    """End a key at once."""
    caller = caller_of(request)
    key_id = request.path_params["keyId"]
    await keys.revoke(caller.tenant, key_id, by=caller.key_id)
    return answer_vendor(request, RevokedApiKey(key_id=key_id))


KEY_OPERATIONS = (list_api_keys, create_api_key, revoke_api_key)
