"""What the simulated Qonto has in its books, as the auditor wants to see it."""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from qonto_simulator import Simulator
from qonto_simulator.records.client_invoice import ClientInvoice

from tests.chaos.audit import BooksSeen

_ISSUED = "issue "
"""How marks of invoices begin that are issued in one call."""
_OLD = timedelta(days=2)


@dataclass
class Bookkeeping:
    """The books of the first organisation; `there_before` are ids of what nobody asked for."""

    simulator: Simulator
    there_before: frozenset[str] = frozenset()
    finals: set[str] = field(default_factory=set[str])
    """The ids of invoices that were final from the start."""

    def close(self) -> None:
        """Take all that is there for what was there before."""
        books = self.simulator.world.first
        kinds = (books.clients, books.client_invoices, books.supplier_invoices, books.credit_notes)
        self.there_before = frozenset(one.id for records in kinds for one in records)

    def draft(self) -> str:
        """Make a draft, some days ago; return its id."""
        return self._made("draft")

    def final(self) -> str:
        """Make a final invoice of 1,440, some days ago; return its id."""
        made = self._made("unpaid")
        self.finals.add(made)
        return made

    def _made(self, status: str) -> str:
        made = self.simulator.control.create_invoice(status=status, vat_rate="0.2")  # type: ignore[arg-type]
        invoices = self.simulator.world.first.client_invoices
        invoice = invoices.get(str(made["id"]))
        assert invoice is not None
        invoices.remove(invoice)
        invoice.created_at -= _OLD
        invoice.updated_at -= _OLD
        invoices.add(invoice)
        return invoice.id

    def seen(self, applied: Mapping[str, int]) -> BooksSeen:
        """Return what came since."""
        books, before = self.simulator.world.first, self.there_before
        clients = [one.name for one in books.clients if one.id not in before]
        invoices = [one for one in books.client_invoices if one.id not in before]
        notes = [one for one in books.credit_notes if one.id not in before]
        orders = [one for one in invoices if one.purchase_order]
        files = self.simulator.world.attachments
        digests = Counter(
            hashlib.sha256(files[one.attachment_id].read()).hexdigest()
            for one in books.supplier_invoices
            if one.id not in before
        )
        credited: dict[str, Decimal] = {}
        for one in notes:
            credited[one.invoice_id] = credited.get(one.invoice_id, Decimal(0)) - one.total
        return BooksSeen(
            effects={
                "customer": Counter(one for one in clients if not one.startswith(_ISSUED)),
                "draft": Counter(
                    one.purchase_order
                    for one in orders
                    if not one.purchase_order.startswith(_ISSUED)
                ),
                "issue": Counter(
                    one.purchase_order
                    for one in orders
                    if one.purchase_order.startswith(_ISSUED) and one.status != "draft"
                ),
                "finalize": Counter(
                    path.split("/")[-2] for path in applied if path.endswith("/finalize")
                )
                & Counter(
                    one.id
                    for one in invoices
                    if not one.purchase_order and one.id not in self.finals
                ),
                "credit note": Counter(one.reason for one in notes),
                "bills": digests,
                "mail": Counter(one.title for one in books.mails if one.title.startswith("mail ")),
            },
            drafted=Counter(one.purchase_order for one in orders),
            customers=Counter(clients),
            credits=[
                (of.id, of.total, credited[of.id])
                for of in map(books.client_invoices.get, credited)
                if of is not None
            ],
            numbers={
                "invoice": sorted(map(_position, (one for one in invoices if _is_final(one)))),
                "credit note": sorted(int(re.findall(r"\d+", one.number)[-1]) for one in notes),
            },
            applied=applied,
        )


def _is_final(invoice: ClientInvoice) -> bool:
    return invoice.status != "draft"


def _position(invoice: ClientInvoice) -> int:
    return int(re.findall(r"\d+", invoice.number)[-1])
