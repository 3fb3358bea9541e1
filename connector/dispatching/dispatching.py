"""The use case: one request, a template and its data, become one document at the provider."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connector.dispatching.configurations import Configurations, Configured, provider_refusals
from connector.dispatching.documents import RenderedDocument, is_made_by, read_document
from connector.dispatching.providers import SERVICE, check_offered
from connector.dispatching.templates import Templates
from connector.errors import ConfirmationRequired
from connector.issuing.issuing import Issuing
from connector.ports import WriteRequest
from connector.writing.confirming import Confirmation, Consent
from connector.writing.performed import Performed
from connector.writing.requests.issue import IssueRequest
from connector.writing.writing import Writing
from storage.errors import Invalid, ServiceError

_MAKES = {"QUOTE": "offers.create", "CREDIT": "creditNotes.create"}
_SENDS = "offers.send"


@dataclass(frozen=True, slots=True)
class Dispatch:
    """What is asked for, and how: a key and a consent as for every write."""

    tenant_id: str
    provider: str
    type: str
    template: int
    data: Mapping[str, Any]
    configuration_id: str | None
    confirmed: frozenset[str]
    key: str | None
    consent: Consent


@dataclass(frozen=True, slots=True)
class CheckedDispatch:
    """What would come of it."""

    expected: Mapping[str, Any]
    warnings: tuple[str, ...]
    confirmation: Confirmation | None


@dataclass(frozen=True, slots=True)
class Dispatched:
    """What came of it; `facts` are those that an answer tells, by its fields' names."""

    configuration_id: str
    facts: Mapping[str, Any]
    warnings: tuple[str, ...]
    is_over: bool = True
    is_replayed: bool = False


@dataclass(frozen=True, slots=True)
class _Ready:
    to: Configured
    document: RenderedDocument
    write: WriteRequest = field(repr=False)


@dataclass(frozen=True)
class Dispatching:
    """Makes documents of templates, by the use cases that make them of requests."""

    templates: Templates
    configurations: Configurations
    issuing: Issuing
    writing: Writing

    async def check(self, wanted: Dispatch) -> CheckedDispatch:
        """Check everything without doing anything. Raises what `dispatch` does."""
        ready = await self._ready(wanted)
        account, body = ready.to.account, ready.write.body
        async with provider_refusals():
            if isinstance(body, IssueRequest):
                expected = await self.issuing.check(account, body, wanted.confirmed)
                token = self.issuing.confirmation(
                    account, body, wanted.confirmed, wanted.key, expected
                )
                return CheckedDispatch(expected, ready.document.warnings, token)
            name = _MAKES[wanted.type]
            found = await self.writing.check(account, name, ready.write)
        token = None
        if wanted.type == "CREDIT":
            token = self.writing.confirmation(account, name, ready.write, wanted.key, found)
        warnings = (*ready.document.warnings, *found.warnings)
        return CheckedDispatch(found.expected, warnings, token)

    async def dispatch(self, wanted: Dispatch) -> Dispatched:
        """Make a document, once however often it is asked for with the same key.

        Raises ProviderNotOffered, NotFound, ExpectationFailed before anybody is called,
        ProviderAuthenticationFailed, Invalid with all that is wrong, and what `Issuing.issue` and
        `Writing.perform` raise.
        """
        ready = await self._ready(wanted)
        async with provider_refusals():
            if isinstance(ready.write.body, IssueRequest):
                return await self._issue(ready, ready.write.body, wanted)
            return await self._make(ready, wanted)

    async def _ready(self, wanted: Dispatch) -> _Ready:
        check_offered(SERVICE, wanted.provider)
        template = await self.templates.get(wanted.tenant_id, wanted.template)
        if not is_made_by(wanted.type, template.document_type):
            words = f"Template {template.number} makes {template.document_type}."
            raise Invalid.one("documentType", "TEMPLATE_OF_OTHER_TYPE", words)
        to = await self.configurations.chosen(wanted.tenant_id, wanted.configuration_id)
        document = read_document(wanted.type, await self.templates.render(template, wanted.data))
        if document.mail is not None and wanted.consent.is_needed:
            raise ConfirmationRequired(
                "You demand a confirmation of what can't be undone, and a quote can't be confirmed "
                "before it is made. Leave out `email`, and send the quote by a call of its own."
            )
        body = document.paid_on(to.iban)
        return _Ready(to, document, WriteRequest(body, confirmed=wanted.confirmed))

    async def _issue(self, ready: _Ready, body: IssueRequest, wanted: Dispatch) -> Dispatched:
        report = await self.issuing.issue(
            ready.to.account, body, wanted.confirmed, wanted.key, wanted.consent
        )
        told = report.state.result or {}
        return Dispatched(
            ready.to.configuration_id,
            {
                "document_id": told.get("invoiceId"),
                "document_number": told.get("invoiceNumber"),
                "customer_id": told.get("customerId"),
                "status": told.get("status"),
                "total_amount": told.get("totalAmount"),
                "currency": told.get("currency"),
                "file_id": told.get("fileId"),
                "e_invoicing_status": told.get("eInvoicingStatus"),
                "task_id": report.id,
                "task_status": report.status,
            },
            (*ready.document.warnings, *report.state.notes),
            is_over=report.status == "SUCCESS",
            is_replayed=report.is_replayed,
        )

    async def _make(self, ready: _Ready, wanted: Dispatch) -> Dispatched:
        name, account = _MAKES[wanted.type], ready.to.account
        # a quote can be deleted again, so that nobody is asked before
        consent = Consent() if wanted.type == "QUOTE" else wanted.consent
        made = await self.writing.perform(account, name, ready.write, wanted.key, consent)
        sent = await self._send(ready, made, wanted)
        both = (made,) if sent is None else (made, sent)
        return Dispatched(
            ready.to.configuration_id,
            {**_facts(made), "is_sent": sent is not None},
            (*ready.document.warnings, *(one for done in both for one in done.warnings)),
            is_replayed=all(done.is_replayed for done in both),
        )

    async def _send(
        self, ready: _Ready, made: Performed[Any], wanted: Dispatch
    ) -> Performed[Any] | None:
        mail = ready.document.mail
        if mail is None:
            return None
        request = WriteRequest(mail, record_id=made.record_id, confirmed=wanted.confirmed)
        try:
            return await self.writing.perform(ready.to.account, _SENDS, request, wanted.key)
        except ServiceError as error:
            error.message = (
                f"{error.message} The quote {made.record_id} was made and stays; it wasn't sent."
            )
            raise


def _facts(made: Performed[Any]) -> dict[str, Any]:
    item = None if made.found is None else made.found.item
    total = getattr(item, "total_gross_amount", None)
    return {
        "document_id": made.record_id,
        "document_number": getattr(item, "offer_number", None)
        or getattr(item, "credit_note_number", None),
        "customer_id": getattr(item, "contact_id", None),
        "status": getattr(item, "status", None),
        "total_amount": None if total is None else str(total),
        "currency": getattr(item, "currency", None),
    }
