"""Being told when an account of the tenant can't be used any more."""

from typing import Annotated

import msgspec
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from connector.api.envelope import BriefMeta, Envelope, answer_briefly, written
from connector.api.meaning import Moment, Never, meaning
from connector.api.operation import Permission, operation
from connector.api.parameters import path_parameter
from connector.api.parsing import read_body, unused_in
from oauth.admitted import tenant_of
from storage.clock import iso_millis
from webhooks.subscription_operations import Deleted
from webhooks.tenants import TenantWebhooks


class TenantWebhookRequest(BaseModel):
    __doc__ = """Where to send notices about the tenant's accounts."""

    callbackUrl: str = Field(  # noqa: N815
        description="Where to send notices.", examples=["https://app.example/qonto/notices"]
    )


class VendorWebhook(msgspec.Struct, rename="camel", kw_only=True):
    __doc__ = """A URL for notices, which are signed with the tenant's signing secret."""

    id: Annotated[str, meaning("The webhook's id.")]
    callback_url: Annotated[str, meaning("Where notices are sent.")]
    created_date: Annotated[Moment, meaning("When it was made.")]
    updated_date: Annotated[Moment, meaning("When it was last changed.")]
    expires_date: Never = "null"


@operation(
    "POST",
    "/webhooks/tenant",
    "Be told when an account can't be used any more",
    name="createTenantWebhook",
    keys="tenant",
    permission=Permission.ADMIN,
    request=TenantWebhookRequest,
    response=Envelope[VendorWebhook, BriefMeta],
    status=201,
    description="For all accounts of the tenant; signed with its signing secret.",
    tag="webhooks",
)
async def create(webhooks: TenantWebhooks, request: Request) -> Response:
    """Ask for notices about the tenant's accounts."""
    wanted = await read_body(TenantWebhookRequest, request)
    made = await webhooks.create(tenant_of(request), wanted.callbackUrl)
    created = iso_millis(made.created_at)
    shown = VendorWebhook(
        id=made.id, callback_url=made.callback_url, created_date=created, updated_date=created
    )
    return answer_briefly(shown, warnings=unused_in(request), status=201)


@operation(
    "DELETE",
    "/webhooks/tenant/{webhookId}",
    "End the notices to one URL",
    name="deleteTenantWebhook",
    keys="tenant",
    permission=Permission.ADMIN,
    parameters=(path_parameter("webhookId", "The webhook's id."),),
    response=Deleted,
    tag="webhooks",
)
async def delete(webhooks: TenantWebhooks, request: Request) -> Response:
    """End the notices to one URL."""
    await webhooks.delete(tenant_of(request), request.path_params["webhookId"])
    return written(Deleted("The webhook has ended; nothing more is sent for it."))


TENANT_WEBHOOK_OPERATIONS = (create, delete)
