"""The job that issues an invoice, and the use case that begins it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Any

import msgspec

from connector.errors import DocumentNotReady, WriteInProgress
from connector.issuing.customers import FindingCustomers, FoundCustomer
from connector.issuing.files import CheckFile
from connector.jobs.jobs import JobReport, Jobs, JobState, JobStep, StepAgain, StepEnd
from connector.ports import WriteRequest
from connector.registry import Registry
from connector.writing.confirming import NOT_ASKED, Act, Confirmation, Consent
from connector.writing.fingerprints import fingerprint, key_digest
from connector.writing.performed import Performed
from connector.writing.requests.customer import CustomerRequest
from connector.writing.requests.issue import IssueRequest
from connector.writing.writing import Writing
from storage.clock import Clock
from storage.errors import Conflict, FieldError, Invalid
from storage.repositories.accounts import Account

KIND = "invoices.issue"

WITHIN = 30.0
"""Seconds that a request waits for the file."""

_POLLS = (0.5, 1.0, 2.0)
_LAST_POLL = 5.0
_MOST_POLLS = 200

_NOT_READ = "eInvoice: not read; that takes the packages of the extra `einvoicing`."

_NEEDED = {
    "currency": "currency",
    "locale": "locale",
    "addresses": "addresses",
}
"""What a customer has to have to be invoiced."""


@dataclass(frozen=True)
class IssuingJob:
    """Takes the steps. The state's `work` holds the request, and what is known so far."""

    registry: Registry
    writing: Writing
    customers: FindingCustomers
    check_file: CheckFile

    async def advance(self, account: Account, job_id: str, state: JobState) -> JobStep:
        work = state.work
        request = IssueRequest.model_validate(work["request"])
        if "customerId" not in work:
            customer = await self._customer(account, request)
            work |= {"customerId": customer.id, "customerIsNew": customer.is_new}
        if "invoiceId" not in work:
            if request.as_e_invoice and work["customerIsNew"]:
                await self._check_network(account, work["customerId"])
            draft = request.draft(work["customerId"], work["today"])
            made = await self._write(
                account,
                job_id,
                "create",
                WriteRequest(draft, confirmed=frozenset(work["confirmed"])),
            )
            work["invoiceId"] = made.record_id
            state.result = _result(work, made)
            state.notes += [one for one in made.warnings if one not in state.notes]
        if not work.get("isFinal"):
            done = await self._act(account, job_id, work, "finalize")
            work["isFinal"] = True
            state.result = _result(work, done)
        if not work.get("fileIsChecked"):
            step = await self._wait_for_file(account, state, request)
            if step is not None:
                return step
        if request.as_e_invoice and not work.get("isSent"):
            sent = await self._act(account, job_id, work, "sendAsEInvoice")
            work["isSent"] = True
            state.result = {**(state.result or {}), **_result(work, sent)}
        return StepEnd()

    async def _check_network(self, account: Account, customer_id: str) -> None:
        """Raise Invalid when a customer that was just made isn't on the network."""
        wrong = await obstacles(self.registry, account, customer_id)
        if wrong:
            raise Invalid("The customer was made; nothing else was, as it can't be sent.", wrong)

    async def _customer(self, account: Account, request: IssueRequest) -> FoundCustomer:
        if request.contact_id is not None:
            return FoundCustomer(request.contact_id)
        assert request.customer is not None
        return await self.customers.find_or_make(account, request.customer)

    async def _act(
        self, account: Account, job_id: str, work: Mapping[str, Any], action: str
    ) -> Performed[Any]:
        request = WriteRequest(record_id=work["invoiceId"], confirmed=frozenset(work["confirmed"]))
        return await self._write(account, job_id, action, request)

    async def _write(
        self, account: Account, job_id: str, action: str, request: WriteRequest
    ) -> Performed[Any]:
        """Do a step once, whichever process takes it, and however often."""
        confirmed = request.confirmed
        return await self.writing.perform(
            account,
            f"invoices.{action}",
            replace(request, confirmed=confirmed),
            f"{job_id}:{action}",
        )

    async def _wait_for_file(
        self, account: Account, state: JobState, request: IssueRequest
    ) -> JobStep | None:
        """Return when to look again; None once the file is there and right."""
        work = state.work
        files = self.registry.get(account.target).files
        if files is None:
            work["fileIsChecked"] = True
            return None
        try:
            opened = await files.open_document(account.id, "INVOICE", work["invoiceId"])
        except DocumentNotReady:
            polls = int(work.get("polls", 0))
            if polls >= _MOST_POLLS:
                raise
            work["polls"] = polls + 1
            return StepAgain(_POLLS[polls] if polls < len(_POLLS) else _LAST_POLL)
        work["fileId"] = opened.id
        told: dict[str, Any] | None = None
        try:
            if request.as_e_invoice:
                told = await self.check_file(opened, state.result or {})
                if told is None:
                    state.notes.append(_NOT_READ)
        finally:
            await opened.close()
        work["fileIsChecked"] = True
        result = dict(state.result or {})
        state.result = {**result, "fileId": opened.id, "eInvoice": told}
        return None


@dataclass(frozen=True)
class Issuing:
    """Issues invoices in one call."""

    registry: Registry
    jobs: Jobs
    writing: Writing
    customers: FindingCustomers
    clock: Clock
    zone: tzinfo | None = None

    async def check(
        self, account: Account, request: IssueRequest, confirmed: frozenset[str]
    ) -> Mapping[str, Any]:
        """Check everything without doing anything; return what it would come to.

        Raises Invalid with all that is wrong, of the customer and of the invoice.
        """
        wrong: list[FieldError] = []
        customer_id = request.contact_id
        if (customer_id is None) == (request.customer is None):
            wrong.append(
                FieldError("contactId", "REQUIRED", "Say for whom: either contactId or customer.")
            )
        elif request.customer is not None:
            try:
                found = await self.customers.find(account, request.customer)
                customer_id = None if found is None else found.id
                if found is None:
                    wrong += await self._of_new(account, request.customer)
            except Invalid as error:
                wrong += error.fields
        if request.as_e_invoice:
            wrong += await obstacles(self.registry, account, customer_id)
        expected = await self._of_draft(account, request, customer_id, confirmed, wrong)
        if wrong:
            raise Invalid(f"{len(wrong)} thing(s) wrong with what was to be issued.", wrong)
        return expected

    async def _of_new(self, account: Account, customer: CustomerRequest) -> list[FieldError]:
        """List what is wrong with a customer that is to be made, and to be invoiced."""
        wrong = [
            FieldError(f"customer.{name}", "REQUIRED", "A customer that is invoiced has it.")
            for field, name in _NEEDED.items()
            if not getattr(customer, field)
        ]
        try:
            await self.writing.check(account, "customers.create", WriteRequest(customer))
        except Invalid as error:
            wrong += [replace(one, field=f"customer.{one.field}") for one in error.fields]
        return wrong

    async def _of_draft(
        self,
        account: Account,
        request: IssueRequest,
        customer_id: str | None,
        confirmed: frozenset[str],
        wrong: list[FieldError],
    ) -> Mapping[str, Any]:
        draft = WriteRequest(
            request.draft(customer_id or "", self._today()),
            confirmed=confirmed,
            is_partial=customer_id is None,
        )
        try:
            return (await self.writing.check(account, "invoices.create", draft)).expected
        except Invalid as error:
            wrong += error.fields
            return {}

    async def issue(
        self,
        account: Account,
        request: IssueRequest,
        confirmed: frozenset[str],
        key: str | None,
        consent: Consent = NOT_ASKED,
    ) -> JobReport:
        """Issue an invoice, waiting for its file for a while; a job goes on with what is left.

        Raises what `check` raises before anything is made, what speaks against the consent, and
        what stops it later: then the message says what was made. What was begun with the same key
        isn't checked again, but gone on with or told.
        """
        asked = WriteRequest(request, confirmed=confirmed)
        key = key or consent.token
        mark, digest = fingerprint(KIND, asked), key_digest(key)
        if not await self._is_known(account, mark, digest):
            try:
                expected = await self.check(account, request, confirmed)
                act = Act(account.id, mark, key, _digest(expected))
                self.writing.confirmations.check(consent, act)
            except (Conflict, Invalid):
                # what is wrong now may be what another request with this key has just done
                if not await self._is_known(account, mark, digest):
                    raise
        state = JobState(
            {
                "request": request.model_dump(mode="json", by_alias=True, exclude_unset=True),
                "confirmed": sorted(confirmed),
                "today": self._today(),
            }
        )
        try:
            return await self.jobs.run_now(
                account, KIND, state, fingerprint=mark, key_digest=digest, within=WITHIN
            )
        except WriteInProgress:
            raise
        except Exception as error:
            _say_what_is_left(error, state)
            raise

    def confirmation(
        self,
        account: Account,
        request: IssueRequest,
        confirmed: frozenset[str],
        key: str | None,
        expected: Mapping[str, Any],
    ) -> Confirmation:
        """Return what says yes to an invoice as it was just checked."""
        mark = fingerprint(KIND, WriteRequest(request, confirmed=confirmed))
        return self.writing.confirmations.offer(Act(account.id, mark, key, _digest(expected)))

    async def _is_known(self, account: Account, mark: str, digest: str | None) -> bool:
        """Say whether it was begun with this key. Raises IdempotencyKeyReused."""
        if digest is None:
            return False
        return await self.jobs.known(account.id, KIND, mark, digest) is not None

    def _today(self) -> str:
        now: datetime = self.clock()
        return now.astimezone(self.zone).date().isoformat()


async def obstacles(
    registry: Registry, account: Account, customer_id: str | None
) -> list[FieldError]:
    """List what stands against sending through the e-invoicing network."""
    network = registry.get(account.target).e_invoicing
    if network is None:
        return [FieldError("asEInvoice", "NO_NETWORK", f"{account.target} has no such network.")]
    return [FieldError(*one) for one in await network.obstacles(account.id, customer_id)]


def _say_what_is_left(error: Exception, state: JobState) -> None:
    made = state.work.get("invoiceId")
    message = getattr(error, "message", None)
    if made is None or message is None:
        return
    kind = "invoice" if state.work.get("isFinal") else "draft"
    error.message = f"{message} The {kind} {made} was made and stays."  # type: ignore[attr-defined]


def _digest(expected: Mapping[str, Any]) -> str:
    return hashlib.sha256(msgspec.json.encode(expected, order="sorted")).hexdigest()


def _result(work: Mapping[str, Any], done: Performed[Any]) -> dict[str, Any]:
    """Return what a reader gets: the ids, and what matters of the invoice as it is."""
    invoice = None if done.found is None else done.found.item
    return {
        "invoiceId": work["invoiceId"],
        "customerId": work["customerId"],
        "customerIsNew": work["customerIsNew"],
        "invoiceNumber": getattr(invoice, "invoice_number", None),
        "status": getattr(invoice, "status", None),
        "totalAmount": _text(getattr(invoice, "total_amount", None)),
        "totalTaxAmount": _text(getattr(invoice, "total_tax_amount", None)),
        "currency": getattr(invoice, "currency", None),
        "fileId": work.get("fileId"),
        "eInvoicingStatus": getattr(invoice, "e_invoicing_status", None),
    }


def _text(amount: object) -> str | None:
    return None if amount is None else str(amount)
