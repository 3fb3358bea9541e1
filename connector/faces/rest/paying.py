"""Payments that are made: asked for, confirmed, called off; and payees that are verified."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from connector.api.envelope import Envelope, Meta, answer
from connector.api.operation import Permission, operation
from connector.api.parameters import path_parameter
from connector.api.parsing import read_exact_body, unused_in
from connector.faces.rest.parameters import RAW_DATA, read_bare
from connector.faces.rest.writing import (
    CHECKED,
    CONFIRM,
    KEY_HEADER,
    REPLAYED_HEADER,
    WRITE_PARAMETERS,
    DeletedRecord,
    DryRun,
    WriteOptions,
    answer_write,
    dry_run_answer,
)
from connector.paying.order import CheckedOrder, PaymentOrder
from connector.paying.paying import PREFIX, Paying, PaymentOutcome
from connector.ports import WriteRequest
from connector.unified.payment import Payment
from connector.unified.payment_order import PaymentProgress, VerifiedPayee
from connector.writing.requests.payment import PayeeRequest, PaymentRequest
from connector.writing.writing import Writing
from oauth.admitted import account_of, caller_of
from storage.errors import Invalid

_FAILURES = (HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)
_LINE = "paymentLines.0."
_NOT_OF_LINE = (KEY_HEADER, "currency", "documentType")
CANCEL = "payments.delete"
_PAYMENT_ID = path_parameter("paymentId", "Its id.")
_NEEDED_KEY, *_OTHER_PARAMETERS = WRITE_PARAMETERS
_CREATE_PARAMETERS = (replace(_NEEDED_KEY, required=True), *_OTHER_PARAMETERS, RAW_DATA)


@dataclass(frozen=True, slots=True)
class PaymentDesk:
    """What these operations are served with."""

    paying: Paying
    writing: Writing


@operation(
    "POST",
    "/accounting/payments",
    "Pay a beneficiary",
    name="createPayment",
    permission=Permission.PAYMENTS,
    offers=("payments", "create"),
    parameters=_CREATE_PARAMETERS,
    request=PaymentRequest,
    response=Envelope[Payment, Meta],
    accepted=Envelope[PaymentProgress, Meta],
    dry_run=CHECKED,
    status=HTTPStatus.CREATED,
    description=(
        "With one SEPA transfer, from a bank account of the organisation. The payee is verified "
        "just before. The answer is 201 with the transfer, which is accepted then and not yet "
        "executed: its status tells. It is 202 where somebody has to do something first, as "
        "`action` says: the owner approves it at the bank, a person confirms a payee whose name "
        "doesn't match, or another API key confirms the payment. The rest is done without you; "
        "read `GET /accounting/asyncTask/{taskId}`. The same Idempotency-Key never pays twice."
    ),
    errors=_FAILURES,
    tag="accounting",
)
async def create_payment(desk: PaymentDesk, request: Request) -> Response:
    """Make a payment, or check what would come of it."""
    options = WriteOptions.read(request)
    body = await read_exact_body(PaymentRequest, request)
    warnings = (*unused_in(request), *options.warnings, *_unused(body))
    account, order = account_of(request), _order(body, options.confirmed)
    with _of_line():
        if options.dry_run:
            checked = await desk.paying.check(account, order)
            expected = DryRun(is_valid=True, expected=_expected(checked))
            return answer(request, expected, warnings=(*warnings, *checked.warnings))
        if options.key is None:
            raise Invalid.one(
                KEY_HEADER,
                "REQUIRED",
                "A payment needs an Idempotency-Key: a name of your own for it, a UUID say.",
            )
        by = caller_of(request).key_id
        done = await desk.paying.pay(account, order, key=options.key, by=by)
    warnings = (*warnings, *done.warnings)
    response = _answered(request, done, warnings, raw=options.raw)
    if done.is_replayed:
        response.headers[REPLAYED_HEADER] = "true"
    return response


@operation(
    "POST",
    "/accounting/payments/{paymentId}/confirm",
    "Confirm a payment that waits for somebody of yours",
    name="confirmPayment",
    permission=Permission.PAYMENTS,
    offers=("payments", "update"),
    parameters=(_PAYMENT_ID, CONFIRM),
    response=Envelope[PaymentProgress, Meta],
    description=(
        "For a payee whose name doesn't match, send the code that the payment's `action` names; "
        "who confirmed what is written down. A payment that takes two API keys is confirmed by "
        "another than the one that asked. It then goes on by itself."
    ),
    errors=_FAILURES,
    tag="accounting",
)
async def confirm_payment(desk: PaymentDesk, request: Request) -> Response:
    """Say what a person agreed to."""
    options = WriteOptions.read(request)
    done = await desk.paying.confirm(
        account_of(request),
        request.path_params["paymentId"],
        confirmed=options.confirmed,
        by=caller_of(request).key_id,
    )
    return answer(request, done.progress, warnings=options.warnings)


@operation(
    "DELETE",
    "/accounting/payments/{paymentId}",
    "Cancel a payment",
    name="deletePayment",
    permission=Permission.PAYMENTS,
    offers=("payments", "delete"),
    parameters=(_PAYMENT_ID, *WRITE_PARAMETERS),
    response=Envelope[DeletedRecord, Meta],
    dry_run=CHECKED,
    description=(
        "A transfer by its own id, until it is executed: it stays in the list as CANCELED. A "
        "payment on its way, by the id of its task, until a transfer may have come of it."
    ),
    errors=_FAILURES,
    tag="accounting",
)
async def delete_payment(desk: PaymentDesk, request: Request) -> Response:
    """Cancel a transfer, or call a payment off before there is one."""
    options = WriteOptions.read(request)
    account, payment_id = account_of(request), request.path_params["paymentId"]
    if payment_id.startswith(f"{PREFIX}_"):
        by = caller_of(request).key_id
        if options.dry_run:
            await desk.paying.report(account, payment_id)
            found = DryRun(is_valid=True, expected={"id": payment_id})
            return answer(request, found, warnings=options.warnings)
        await desk.paying.withdraw(account, payment_id, by=by)
        return answer(request, DeletedRecord(payment_id), warnings=options.warnings)
    asked = WriteRequest(record_id=payment_id, confirmed=options.confirmed)
    if options.dry_run:
        checked = await desk.writing.check(account, CANCEL, asked)
        return dry_run_answer(request, checked, options.warnings)
    done = await desk.writing.perform(account, CANCEL, asked, options.key)
    return answer_write(
        request, DeletedRecord(payment_id), done, options.warnings, HTTPStatus.OK, raw=False
    )


@operation(
    "POST",
    "/accounting/payments/verify",
    "Verify a payee",
    name="verifyPayee",
    permission=Permission.PAYMENTS,
    request=PayeeRequest,
    response=Envelope[VerifiedPayee, Meta],
    description=(
        "Asks the payee's bank whether the account is held under the name. A payment asks by "
        "itself just before it is made: verifications that no payment follows are limited, and "
        "then refused with 429 for a while."
    ),
    errors=_FAILURES,
    tag="accounting",
)
async def verify_payee(desk: PaymentDesk, request: Request) -> Response:
    """Ask the payee's bank."""
    warnings = read_bare(request)
    body = await read_exact_body(PayeeRequest, request)
    found = await desk.paying.verify(account_of(request), body.name.strip(), body.iban)
    return answer(request, found, warnings=(*unused_in(request), *warnings))


PAYMENT_OPERATIONS = (create_payment, verify_payee, confirm_payment, delete_payment)


def _answered(
    request: Request, done: PaymentOutcome, warnings: tuple[str, ...], *, raw: bool
) -> Response:
    """Return the transfer, or how far the payment is."""
    if done.found is not None:
        return answer(
            request,
            done.found.item,
            warnings=(*warnings, *done.found.warnings),
            raw=done.found.raw if raw else None,
            status=HTTPStatus.CREATED,
        )
    return answer(request, done.progress, warnings=warnings, status=HTTPStatus.ACCEPTED)


def _order(body: PaymentRequest, confirmed: frozenset[str]) -> PaymentOrder:
    line = body.payment_lines[0]
    return PaymentOrder(
        amount=line.amount,
        reference=line.description or "",
        beneficiary_id=line.beneficiary_id,
        iban=line.iban,
        payee_name=line.contact_name,
        bank_account_id=line.account_id,
        day=line.payment_date,
        note=line.note,
        file_ids=line.file_ids,
        invoice_id=line.invoice_id,
        approve_by=body.approve_by,
        confirmed=tuple(sorted(confirmed)),
    )


def _unused(body: PaymentRequest) -> tuple[str, ...]:
    line = body.payment_lines[0]
    given = {
        "exchangeRate": body.exchange_rate,
        "journalCode": body.journal_code,
        "paymentType": body.payment_type,
        f"{_LINE}contactId": line.contact_id,
        f"{_LINE}customerId": line.customer_id,
        f"{_LINE}supplierId": line.supplier_id,
    }
    why = "it says nothing to a SEPA transfer."
    return tuple(
        f"{name} was not used: {why}" for name, value in given.items() if value is not None
    )


def _expected(checked: CheckedOrder) -> dict[str, Any]:
    return {
        "amount": checked.order.amount,
        "currency": "EUR",
        "accountId": checked.bank_account_id,
        "beneficiaryId": checked.payee.id,
        "contactName": checked.payee.name,
        "payeeIban": checked.payee.masked_iban,
        "paymentDate": checked.day,
        "transferSpeed": "INSTANT" if checked.is_instant else "STANDARD",
        "needsApproval": not checked.payee.is_trusted,
    }


@contextmanager
def _of_line() -> Generator[None]:
    """Name fields of what is to be paid as the request does."""
    try:
        yield
    except Invalid as error:
        fields = [
            one if one.field in _NOT_OF_LINE else replace(one, field=f"{_LINE}{one.field}")
            for one in error.fields
        ]
        raise Invalid(error.message, fields) from None
