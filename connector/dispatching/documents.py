"""What a rendered document is: the request of the unified API that its type stands for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from connector.api.envelope import encode
from connector.api.named import named
from connector.api.parsing import parse_exact, unused_fields
from connector.writing.requests.credit_note import CreditNoteRequest
from connector.writing.requests.invoice import MailRequest
from connector.writing.requests.issue import IssueRequest
from connector.writing.requests.offer import OfferRequest
from storage.errors import FieldError, Invalid

EMAIL = "email"
"""The member of a rendered offer that says to whom it is sent."""


DispatchType = Annotated[
    Literal["INVOICE", "E_INVOICE", "QUOTE", "CREDIT"],
    named("DispatchType", "What is made of a template."),
]

Body = IssueRequest | OfferRequest | CreditNoteRequest

_MODELS: Mapping[str, type[Body]] = {
    "INVOICE": IssueRequest,
    "E_INVOICE": IssueRequest,
    "QUOTE": OfferRequest,
    "CREDIT": CreditNoteRequest,
}


@dataclass(frozen=True, slots=True)
class RenderedDocument:
    """A request that its model found good, and the e-mail that goes with it."""

    type: str
    body: Body
    mail: MailRequest | None
    warnings: tuple[str, ...]

    def paid_on(self, iban: str | None) -> "Body":
        """Return the request, with an IBAN where an invoice names no account itself."""
        body = self.body
        if not isinstance(body, IssueRequest):
            return body
        is_named = body.iban is not None or body.bank_account_id is not None
        return body if iban is None or is_named else body.model_copy(update={"iban": iban})


def is_made_by(wanted: str, template: str) -> bool:
    """Say whether a template of one type makes documents of another: e-invoices are invoices."""
    return _MODELS[wanted] is _MODELS.get(template)


def read_document(wanted: str, rendered: Mapping[str, Any]) -> RenderedDocument:
    """Read what was rendered. Raises Invalid, one entry per wrong field."""
    fields = dict(rendered)
    mail = fields.pop(EMAIL, None)
    model = _MODELS[wanted]
    body, given = parse_exact(model, encode(fields))
    if isinstance(body, IssueRequest):
        if "asEInvoice" in given:
            raise Invalid.one("asEInvoice", "NOT_ALLOWED", "documentType says it.")
        is_e_invoice = wanted == "E_INVOICE"
        body = body.model_copy(update={"as_e_invoice": True}) if is_e_invoice else body
    if mail is not None and wanted != "QUOTE":
        words = "Only a quote is sent by e-mail with the same request."
        raise Invalid.one(EMAIL, "NOT_ALLOWED", words)
    unused = unused_fields(model, given, f"field of {wanted}")
    return RenderedDocument(wanted, body, None if mail is None else _mail(mail), unused)


def _mail(given: Any) -> MailRequest:
    if not isinstance(given, dict):
        raise Invalid.one(EMAIL, "NOT_AN_OBJECT", "recipients, subject and body are in an object.")
    try:
        return parse_exact(MailRequest, encode(given))[0]
    except Invalid as error:
        wrong = [FieldError(f"{EMAIL}.{one.field}", one.code, one.message) for one in error.fields]
        raise Invalid(error.message, wrong) from None
