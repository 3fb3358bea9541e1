"""POST /accounting/invoices/issue: an invoice from nothing to its file, in one call."""

from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from connector.api.envelope import Envelope, Meta, answer
from connector.api.meaning import meaning
from connector.api.operation import Permission, operation
from connector.api.parsing import read_exact_body, unused_in
from connector.faces.rest.writing import (
    CHECKED,
    FINAL_PARAMETERS,
    REPLAYED_HEADER,
    DryRun,
    WriteOptions,
)
from connector.issuing.issuing import Issuing
from connector.unified import fields
from connector.unified.enums import DocumentStatus, EInvoicingStatus, TaskStatus
from connector.writing.requests.issue import IssueRequest
from oauth.admitted import account_of


class IssuedInvoice(msgspec.Struct, frozen=True, rename="camel", gc=False):
    __doc__ = """What came of issuing an invoice so far. `GET` the invoice for all of it."""

    task_id: Annotated[
        str, meaning("The id of the task that goes on with it, for /accounting/asyncTask.")
    ]
    task_status: Annotated[TaskStatus, meaning("How far it is.")]
    invoice_id: Annotated[str | None, meaning("The invoice's id; null before it is made.")]
    customer_id: fields.ContactId
    customer_is_new: Annotated[bool | None, meaning("Whether the customer was made for it.")]
    invoice_number: Annotated[str | None, meaning("Its legal number.")]
    status: Annotated[DocumentStatus | None, meaning("Where the invoice stands.")]
    total_amount: Annotated[str | None, meaning("What it comes to with tax, as a decimal text.")]
    total_tax_amount: Annotated[str | None, meaning("The tax in that, as a decimal text.")]
    currency: fields.Currency
    file_id: fields.FileId
    e_invoicing_status: Annotated[
        EInvoicingStatus | None, meaning("How far it got as an electronic invoice.")
    ]
    e_invoice: Annotated[
        dict[str, Any] | None,
        meaning("What the e-invoice in its file says: profile, totals, and what is wrong."),
    ] = None


@operation(
    "POST",
    "/accounting/invoices/issue",
    "Issue an invoice in one call",
    name="issueInvoice",
    permission=Permission.WRITE,
    parameters=FINAL_PARAMETERS,
    request=IssueRequest,
    response=Envelope[IssuedInvoice, Meta],
    accepted=Envelope[IssuedInvoice, Meta],
    dry_run=CHECKED,
    status=HTTPStatus.CREATED,
    description=(
        "Finds or makes the customer, makes a draft, checks it, gives it its legal number, waits "
        "for its file and, where `asEInvoice` says so, sends it through the e-invoicing network. "
        "Everything is checked before anything is made. If the file takes longer than half a "
        "minute the answer is 202 with `taskStatus` IN_PROGRESS, and the rest is done without "
        "you. What stops it later says what was made; the same request with the same "
        "Idempotency-Key goes on from there."
    ),
    errors=(HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT),
    tag="accounting",
)
async def issue_invoice(issuing: Issuing, request: Request) -> Response:
    """Issue an invoice, or check what would come of it."""
    options = WriteOptions.read(request)
    body = await read_exact_body(IssueRequest, request)
    warnings = (*unused_in(request), *options.warnings)
    account = account_of(request)
    if options.dry_run:
        expected = await issuing.check(account, body, options.confirmed)
        token = issuing.confirmation(account, body, options.confirmed, options.key, expected)
        return answer(request, DryRun.of(expected, token), warnings=warnings)
    consent = options.consent(request)
    report = await issuing.issue(account, body, options.confirmed, options.key, consent)
    told = report.state.result or {}
    data = IssuedInvoice(
        task_id=report.id,
        task_status=report.status,  # type: ignore[arg-type]
        **{
            name: told.get(field.encode_name)
            for field in msgspec.structs.fields(IssuedInvoice)
            if (name := field.name) not in ("task_id", "task_status")
        },
    )
    is_over = report.status == "SUCCESS"
    response = answer(
        request,
        data,
        warnings=(*warnings, *report.state.notes),
        status=HTTPStatus.CREATED if is_over else HTTPStatus.ACCEPTED,
    )
    if report.is_replayed:
        response.headers[REPLAYED_HEADER] = "true"
    return response


ISSUING_OPERATIONS = (issue_invoice,)
