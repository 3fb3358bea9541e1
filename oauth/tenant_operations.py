"""What concerns a vendor itself: registered apps, callback URLs, linked accounts, the secret."""

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from connector.api.envelope import BriefMeta, Envelope, written
from connector.api.operation import Permission, operation
from connector.api.parsing import read_body
from oauth.admitted import caller_of, tenant_of
from oauth.answering import answer_vendor
from oauth.answers import (
    CallbackUrlList,
    EndUserCounts,
    EndUserEntry,
    EndUserList,
    NewSigningSecret,
    SystemEntry,
    SystemList,
    TargetRequirementsList,
    TargetSystems,
)
from oauth.errors import NotSupported
from oauth.requests import CallbackUrlsRequest, RegisterSystemRequest
from oauth.tenants import Tenancy
from oauth.words import target_parameter
from storage.errors import FieldError, Invalid


@operation(
    "POST",
    "/tenants/register-system",
    "Register your app at a target system",
    name="registerSystem",
    keys="tenant",
    permission=Permission.ADMIN,
    request=RegisterSystemRequest,
    response=str,
    status=201,
    description="The credentials are stored, sealed; they can't be read back",
    tag="tenants",
)
async def register_system(tenancy: Tenancy, request: Request) -> Response:
    """Return store a tenant's app credentials."""
    body = await read_body(RegisterSystemRequest, request)
    values = {item.key: item.value for item in body.custom_values}
    if len(values) < len(body.custom_values):
        wrong = FieldError("customValues", "DUPLICATE", "each key may be there once")
        raise Invalid("the body names a custom value twice", (wrong,))
    await tenancy.register_system(
        tenant_of(request),
        body.target_system,
        body.client_id,
        body.client_secret,
        values,
        scopes=body.scopes,
        by=caller_of(request).key_id,
    )
    return written("System registered", 201)


@operation(
    "DELETE",
    "/tenants/delete-registered-system/{targetSystem}",
    "Forget your app's credentials",
    name="deleteRegisteredSystem",
    parameters=(target_parameter("targetSystem"),),
    keys="tenant",
    permission=Permission.ADMIN,
    response=str,
    description="The credentials are gone; accounts linked with them can't be renewed",
    tag="tenants",
)
async def unregister_system(tenancy: Tenancy, request: Request) -> Response:
    """Return forget app credentials."""
    target = request.path_params["targetSystem"]
    caller = caller_of(request)
    await tenancy.unregister_system(caller.tenant, target, by=caller.key_id)
    return written("System deleted")


@operation(
    "GET",
    "/tenants/get-registered-systems",
    "List your registered apps",
    name="listRegisteredSystems",
    keys="tenant",
    permission=Permission.ADMIN,
    response=Envelope[SystemList, BriefMeta],
    description="The apps, their secrets masked",
    tag="tenants",
)
async def list_systems(tenancy: Tenancy, request: Request) -> Response:
    """Return the apps, their secrets always masked."""
    systems = await tenancy.registered_systems(tenant_of(request))
    entries = [SystemEntry.of(system) for system in systems]
    return answer_vendor(request, SystemList(systems=entries))


@operation(
    "POST",
    "/tenants/add-callback-urls",
    "Set where links end, and allow what lies below",
    name="setCallbackUrls",
    keys="tenant",
    permission=Permission.ADMIN,
    request=CallbackUrlsRequest,
    response=str,
    status=201,
    description="The URLs are the defaults from now on, and are allowed",
    tag="tenants",
)
async def add_callback_urls(tenancy: Tenancy, request: Request) -> Response:
    """Return where links end."""
    body = await read_body(CallbackUrlsRequest, request)
    caller = caller_of(request)
    await tenancy.add_callback_urls(
        caller.tenant, body.callback_url, body.cancel_callback_url, by=caller.key_id
    )
    return written("Callback URLs added", 201)


@operation(
    "GET",
    "/tenants/get-callback-url",
    "Show where links end",
    name="getCallbackUrls",
    keys="tenant",
    permission=Permission.ADMIN,
    response=Envelope[CallbackUrlList, BriefMeta],
    description="The defaults, and all that is allowed",
    tag="tenants",
)
async def show_callback_urls(tenancy: Tenancy, request: Request) -> Response:
    """Return where links end and may end."""
    urls = await tenancy.callback_urls(tenant_of(request))
    return answer_vendor(request, CallbackUrlList.of(urls))


@operation(
    "GET",
    "/tenants/get-end-user-list",
    "List your linked accounts",
    name="listEndUsers",
    keys="tenant",
    permission=Permission.ADMIN,
    response=Envelope[EndUserList, BriefMeta],
    description="The accounts with their status and the hints of their live keys",
    tag="tenants",
)
async def list_end_users(tenancy: Tenancy, request: Request) -> Response:
    """Return the linked accounts."""
    users = await tenancy.end_users(tenant_of(request))
    entries = [EndUserEntry.of(user) for user in users]
    return answer_vendor(request, EndUserList(end_users=entries))


@operation(
    "POST",
    "/tenants/signing-secret",
    "Make the secret that signs redirects and notices",
    name="createSigningSecret",
    keys="tenant",
    permission=Permission.ADMIN,
    response=Envelope[NewSigningSecret, BriefMeta],
    status=201,
    description="The new secret, shown this once; the one before has ended",
    tag="tenants",
)
async def create_signing_secret(tenancy: Tenancy, request: Request) -> Response:
    """Return a new secret, shown once."""
    caller = caller_of(request)
    secret = await tenancy.create_signing_secret(caller.tenant, by=caller.key_id)
    return answer_vendor(request, NewSigningSecret.of(secret), status=201)


@operation(
    "GET",
    "/tenants/count-end-users-by-system",
    "Count your linked accounts by target system",
    name="countEndUsers",
    keys="tenant",
    permission=Permission.ADMIN,
    response=Envelope[EndUserCounts, BriefMeta],
    description="All that were linked, and those of them that can be used",
    tag="tenants",
)
async def count_end_users(tenancy: Tenancy, request: Request) -> Response:
    """Return how many accounts are linked."""
    counts = await tenancy.count_end_users(tenant_of(request))
    return answer_vendor(request, EndUserCounts.of(counts))


@operation(
    "GET",
    "/tenants/get-target-system-values",
    "List the target systems",
    name="listTargetSystems",
    keys="tenant",
    permission=Permission.ADMIN,
    response=Envelope[TargetSystems, BriefMeta],
    description="The names that go into /auth/{target}",
    tag="tenants",
)
async def list_targets(tenancy: Tenancy, request: Request) -> Response:
    """Return what can be linked."""
    targets = tenancy.targets
    return answer_vendor(request, TargetSystems(target_systems=list(targets)))


@operation(
    "GET",
    "/tenants/get-target-system-requirements",
    "Say what registering an app takes, for each target system",
    name="listTargetSystemRequirements",
    keys="tenant",
    permission=Permission.ADMIN,
    response=Envelope[TargetRequirementsList, BriefMeta],
    description="Fields, custom values, and the redirect address to register there",
    tag="tenants",
)
async def list_requirements(tenancy: Tenancy, request: Request) -> Response:
    """Return what registering an app takes."""
    tenants = tenancy
    return answer_vendor(request, TargetRequirementsList.of(tenants.targets, tenants.settings))


@operation(
    "GET",
    "/tenants/get-all-active-end-users",
    "List the accounts of all vendors: for the operator only",
    name="listAllActiveEndUsers",
    keys="tenant",
    permission=Permission.ADMIN,
    response=str,
    status=404,
    description="Never; it answers 404 NOT_SUPPORTED and names what there is instead",
    tag="tenants",
)
async def refuse_all_end_users(_tenancy: Tenancy, _request: Request) -> Response:
    """Return over all tenants, so not for a tenant."""
    raise NotSupported(
        "listing the accounts of all vendors is for the operator, on the command line "
        "(qonto-connector account list); yours are at GET /tenants/get-end-user-list"
    )


TENANT_OPERATIONS = (
    register_system,
    unregister_system,
    list_systems,
    replace(
        list_systems,
        path="/tenants/get-registered-systems-masked",
        name="listRegisteredSystemsMasked",
    ),
    add_callback_urls,
    show_callback_urls,
    list_end_users,
    create_signing_secret,
    count_end_users,
    list_targets,
    list_requirements,
    refuse_all_end_users,
)
