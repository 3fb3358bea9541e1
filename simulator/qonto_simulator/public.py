"""The pages that clients of an organisation see: an invoice, a credit note, a quote to decide on.

Whoever has the link can open them; there is nothing to log in to.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from .errors import ApiError
from .files import link
from .money import readable
from .pages import page
from .records.client_invoice import ClientInvoice
from .records.credit_note import CreditNote
from .records.quote import Quote
from .render.client_invoices import PUBLIC_PAGE as INVOICES
from .render.quotes import PUBLIC_PAGE as QUOTES
from .rules import client_invoices, quotes
from .world import Books, World

_DECISIONS = {"accept": "approved", "decline": "canceled"}


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is peculiar to one kind of document; ``may_decide`` shows the two buttons."""

    kind: str
    status: str
    facts: tuple[tuple[str, object], ...]
    may_decide: bool = False


class PublicPages:
    """``/pay/...``: what ``invoice_url`` and ``quote_url`` lead to."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        return [
            Route(f"{INVOICES}{{id}}", self.invoice, methods=["GET"]),
            Route(f"{QUOTES}{{id}}", self.quote, methods=["GET"]),
            Route(f"{QUOTES}{{id}}", self.decide, methods=["POST"]),
        ]

    async def invoice(self, request: Request) -> Response:
        """An invoice, for 180 days and unless it is canceled; or a credit note."""
        now, id = self._world.now(), request.path_params["id"]
        for books in self._world.books.values():
            invoice = books.client_invoices.get(id)
            if invoice is not None and client_invoices.is_public(invoice, at=now):
                return self._page(books, invoice, _invoice(invoice))
            note = books.credit_notes.get(id)
            if note is not None:
                return self._page(books, note, _credit_note(note))
        return _gone()

    async def quote(self, request: Request) -> Response:
        now = self._world.now()
        found = self._find(request)
        if found is None:
            return _gone()
        books, quote = found
        return self._page(books, quote, _quote(quote, expired=quotes.is_expired(quote, at=now)))

    async def decide(self, request: Request) -> Response:
        """The client's answer; what was decided or has expired stays as it is."""
        now = self._world.now()
        answer = _DECISIONS.get(str((await request.form()).get("answer", "")))
        found = self._find(request)
        if found is None:
            return _gone()
        books, quote = found
        expired = quotes.is_expired(quote, at=now)
        try:
            if answer is None or expired:
                sheet = _quote(quote, expired=expired)
                problem = "This quote has expired." if expired else "Choose one of the answers."
                return self._page(books, quote, sheet, problem, status=409 if expired else 400)
            quotes.decide(books, quote, answer, at=now)
        except ApiError:
            problem = "This quote was decided on before."
            return self._page(books, quote, _quote(quote, expired=False), problem, status=409)
        return RedirectResponse(request.url.path, status_code=303)

    def _find(self, request: Request) -> tuple[Books, Quote] | None:
        for books in self._world.books.values():
            quote = books.quotes.get(request.path_params["id"])
            if quote is not None:
                return books, quote
        return None

    def _page(
        self,
        books: Books,
        document: ClientInvoice | CreditNote | Quote,
        sheet: Sheet,
        problem: str = "",
        *,
        status: int = 200,
    ) -> Response:
        world, currency = self._world, document.currency
        file = world.attachments.get(document.attachment_id or "")
        return page(
            "document.html",
            status=status,
            sheet=sheet,
            document=document,
            organisation=books.organisation,
            problem=problem,
            lines=[
                (one.title, f"{one.quantity:f} {one.unit or ''}", readable(one.total, currency))
                for one in document.lines
            ],
            vat=readable(document.vat, currency),
            total=readable(document.total, currency),
            file=link(world, file, world.now()) if file is not None else "",
        )


def _invoice(invoice: ClientInvoice) -> Sheet:
    facts = (
        ("Issued", invoice.issue_date),
        ("Due", invoice.due_date),
        ("To be paid to", f"{invoice.beneficiary_name}, {invoice.iban}"),
    )
    return Sheet("Invoice", invoice.status, facts)


def _credit_note(note: CreditNote) -> Sheet:
    return Sheet("Credit note", "final", (("Issued", note.issue_date), ("Reason", note.reason)))


def _quote(quote: Quote, *, expired: bool) -> Sheet:
    facts = (("Issued", quote.issue_date), ("Valid until", quote.expiry_date))
    pending = quote.status == "pending_approval"
    status = {"approved": "accepted", "canceled": "declined"}.get(quote.status, "open")
    if pending and expired:
        status = "expired"
    return Sheet("Quote", status, facts, may_decide=pending and not expired)


def _gone() -> Response:
    return page(
        "message.html",
        status=404,
        heading="Nothing to see here",
        text="This document does not exist, was canceled, or its link has expired.",
    )
