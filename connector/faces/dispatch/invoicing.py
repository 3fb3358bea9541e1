"""POST /api/invoicing: a template and its data become a document at the provider."""

from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from connector.api.envelope import Envelope, Meta, answer
from connector.api.meaning import meaning
from connector.api.operation import Permission, operation
from connector.api.parsing import read_exact_body, unused_in
from connector.dispatching.dispatching import Dispatch, Dispatching
from connector.dispatching.documents import DispatchType
from connector.faces.rest.writing import (
    CHECKED,
    FINAL_PARAMETERS,
    REPLAYED_HEADER,
    DryRun,
    WriteOptions,
)
from connector.unified import fields
from connector.unified.enums import EInvoicingStatus, TaskStatus
from connector.writing.requests.base import Writable, word
from oauth.admitted import tenant_of

_ERRORS = (HTTPStatus.EXPECTATION_FAILED, HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT)
_NO_KEY = (
    "No Idempotency-Key was sent: the same request sent again makes another document. Send a key "
    "of your own to be able to repeat a request."
)


class ChosenTemplate(Writable):
    __doc__ = "A template, and what it is filled with."

    id: int = Field(ge=1, lt=10**9, description="The template's number.", examples=[1])
    data: dict[str, Any] = Field(
        default_factory=dict[str, Any], description="The data.", examples=[{}]
    )


class DispatchRequest(Writable):
    __doc__ = "A document to be made."

    provider_name: str = Field(max_length=100, description="qonto.", examples=["qonto"])
    document_type: Annotated[DispatchType, word(DispatchType)] = Field(description="What is made.")
    template: ChosenTemplate = Field(description="What it is made of.")
    configuration_id: str | None = Field(
        None,
        max_length=100,
        description="Which of your configurations; needed where you have several.",
    )


class DispatchedDocument(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    __doc__ = "A document that was made, or is being made."

    provider_name: Annotated[str, meaning("The provider.")]
    document_type: Annotated[DispatchType, meaning("What was made.")]
    configuration_id: Annotated[str, meaning("The configuration it was made with.")]
    document_id: Annotated[str | None, meaning("Its id; null before it is made.")]
    document_number: Annotated[str | None, meaning("Its number.")]
    customer_id: fields.ContactId
    status: Annotated[str | None, meaning("Where it stands.")]
    total_amount: Annotated[str | None, meaning("What it comes to with tax, as a decimal text.")]
    currency: fields.Currency
    file_id: fields.FileId = None
    e_invoicing_status: Annotated[
        EInvoicingStatus | None, meaning("How far it got as an electronic invoice.")
    ] = None
    is_sent: Annotated[bool | None, meaning("Of a quote: whether it was sent by e-mail.")] = None
    task_id: Annotated[str | None, meaning("Of an invoice: the task that issues it.")] = None
    task_status: Annotated[TaskStatus | None, meaning("How far that is.")] = None


@operation(
    "POST",
    "/api/invoicing",
    "Make a document of a template",
    name="dispatchDocument",
    keys="user",
    permission=Permission.WRITE,
    parameters=FINAL_PARAMETERS,
    request=DispatchRequest,
    response=Envelope[DispatchedDocument, Meta],
    accepted=Envelope[DispatchedDocument, Meta],
    dry_run=CHECKED,
    status=HTTPStatus.CREATED,
    description=(
        "INVOICE is drafted, finalized, and has its file; E_INVOICE goes through the e-invoicing "
        "network as well, or fails before anything is made; QUOTE is made, and sent where its "
        "template has `email`; CREDIT corrects the invoice that `invoiceId` names. 202 while the "
        "file takes longer than half a minute."
    ),
    errors=_ERRORS,
    tag="dispatch",
)
async def dispatch_document(dispatching: Dispatching, request: Request) -> Response:
    """Make a document, or check what would come of it."""
    options = WriteOptions.read(request)
    if options.dry_run:
        return await _checked(dispatching, request, options)
    body, wanted = await _wanted(request, options)
    done = await dispatching.dispatch(wanted)
    data = DispatchedDocument(
        provider_name=body.provider_name,
        document_type=body.document_type,
        configuration_id=done.configuration_id,
        **done.facts,
    )
    no_key = () if options.key or options.token else (_NO_KEY,)
    response = answer(
        request,
        data,
        warnings=(*unused_in(request), *options.warnings, *done.warnings, *no_key),
        status=HTTPStatus.CREATED if done.is_over else HTTPStatus.ACCEPTED,
    )
    if done.is_replayed:
        response.headers[REPLAYED_HEADER] = "true"
    return response


@operation(
    "POST",
    "/api/invoicing/validate",
    "Check what a template would make",
    name="validateDocument",
    keys="user",
    permission=Permission.WRITE,
    parameters=FINAL_PARAMETERS,
    request=DispatchRequest,
    response=CHECKED,
    description="Everything is checked, at the provider too, and nothing is made.",
    errors=_ERRORS,
    tag="dispatch",
)
async def validate_document(dispatching: Dispatching, request: Request) -> Response:
    """Check what would come of a document."""
    return await _checked(dispatching, request, WriteOptions.read(request))


async def _checked(dispatching: Dispatching, request: Request, options: WriteOptions) -> Response:
    _, wanted = await _wanted(request, options)
    found = await dispatching.check(wanted)
    warnings = (*unused_in(request), *options.warnings, *found.warnings)
    return answer(request, DryRun.of(found.expected, found.confirmation), warnings=warnings)


async def _wanted(request: Request, options: WriteOptions) -> tuple[DispatchRequest, Dispatch]:
    body = await read_exact_body(DispatchRequest, request)
    wanted = Dispatch(
        tenant_id=tenant_of(request).id,
        provider=body.provider_name,
        type=body.document_type,
        template=body.template.id,
        data=body.template.data,
        configuration_id=body.configuration_id,
        confirmed=options.confirmed,
        key=options.key,
        consent=options.consent(request),
    )
    return body, wanted


INVOICING_OPERATIONS = (dispatch_document, validate_document)
