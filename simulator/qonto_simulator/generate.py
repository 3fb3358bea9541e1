"""Many documents at once, for load: believable, quick to make, the same for the same seed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from operator import itemgetter

from . import pdf
from .collection import Collection
from .money import ZERO
from .records.attachment import Attachment
from .records.client_invoice import ClientInvoice
from .records.lines import Line, Totals
from .records.supplier_invoice import SupplierInvoice
from .records.transaction import Transaction
from .rules.client_invoices import PREFIX
from .rules.invoice_fields import printed_settings
from .rules.numbering import PROFORMA, printed
from .rules.supplier_invoices import supplier_id
from .rules.totals import line, totals
from .seeding.purchases import reading
from .seeding.scenery import Scenery, Supplier, scenery
from .world import Books, World

_SALES_STATUSES = ("paid",) * 11 + ("unpaid",) * 6 + ("draft",) * 2 + ("canceled",)
_BILL_STATUSES = ("paid",) * 9 + ("to_review",) * 4 + ("to_pay",) * 3 + ("archived", "rejected")
_PLENTY = Decimal(20_000)
"""Beyond this balance more money goes than comes."""


def client_invoices(world: World, books: Books, count: int, days: float) -> list[str]:
    """Invoices spread evenly over the last days, oldest first; returns their ids. No events."""
    now = world.clock.now()
    random, uuid7 = world.ids.random, world.ids.uuid7
    organisation = books.organisation
    account, settings = organisation.main_account, printed_settings(organisation)
    owner, legal_name = organisation.owner.email, organisation.legal_name
    clients = [replace(client) for client in books.clients if client.currency == "EUR"]
    pool = _documents(scenery(organisation.country))
    step = timedelta(days=days) / max(1, count)
    start = now - timedelta(days=days)
    term, ready = timedelta(days=30), timedelta(seconds=12)
    seller = pdf.file_name("", None, legal_name).removeprefix("-")
    ids: list[str] = []
    for position in range(count):
        at = start + step * position
        day = at.date()
        roll = random.getrandbits(24)
        status = _SALES_STATUSES[roll % 20]
        lines, amounts = pool[(roll >> 5) % len(pool)]
        final = status != "draft"
        number = _number(books, day.year, final)
        changed = at + ready
        if status in ("paid", "canceled"):
            changed = min(now, at + timedelta(seconds=3600 + (roll >> 8) * 30))
        invoice = ClientInvoice(
            id=uuid7(at),
            number=number,
            status=status,
            client=clients[(roll >> 12) % len(clients)],
            currency="EUR",
            issue_date=day,
            due_date=day + term,
            iban=account.iban,
            bic=account.bic,
            beneficiary_name=legal_name,
            settings=settings,
            total=amounts.total,
            vat=amounts.vat,
            lines=lines,
            created_at=at,
            updated_at=changed if final else at,
            contact_email=owner,
            has_temporary_number=not final,
            finalized_at=at if final else None,
            paid_at=changed if status == "paid" else None,
            amount_paid=amounts.total if status == "paid" else ZERO,
            canceled_at=changed if status == "canceled" else None,
        )
        if final:
            attachment = Attachment(
                id=uuid7(changed),
                organisation_id=organisation.id,
                file_name=f"{number}-{seller}",
                content_type="application/pdf",
                created_at=at,
                ready_at=at,
                make=partial(pdf.client_invoice, invoice, organisation, at),
            )
            world.attachments[attachment.id] = attachment
            invoice.attachment_id = attachment.id
        books.client_invoices.add(invoice)
        ids.append(invoice.id)
    return ids


def _number(books: Books, year: int, final: bool) -> str:
    series = f"{PREFIX}-{year}" if final else f"{PREFIX}-{year}{PROFORMA}"
    taken = books.numbers[PREFIX]
    while True:
        position = books.counters[series] = books.counters.get(series, 0) + 1
        number = printed(books, PREFIX, year, position)
        if not final:
            number += PROFORMA
        if number not in taken:
            taken.add(number)
            return number


def _documents(place: Scenery) -> list[tuple[tuple[Line, ...], Totals]]:
    """A pool of line lists with their totals, shared by many documents."""
    titles, taxes = _titles(place), place.rates
    rates = (taxes.standard, taxes.reduced, taxes.standard, "0")
    pool: list[tuple[tuple[Line, ...], Totals]] = []
    for number in range(56):
        lines = tuple(
            line(
                title=titles[(number + extra) % len(titles)],
                quantity=Decimal(1 + (number * 3 + extra) % 9),
                unit_price=Decimal(1900 + number * 731 + extra * 97) / 100,
                currency="EUR",
                vat_rate=Decimal(rates[(number + extra) % 4]),
                unit="day",
                vat_exemption_reason=taxes.exemption if (number + extra) % 4 == 3 else None,
            )
            for extra in range(1 + number % 3)
        )
        pool.append((lines, totals(lines)))
    return pool


def _titles(place: Scenery) -> tuple[str, ...]:
    texts = place.texts
    return (
        *(texts.consulting, texts.support, texts.audit, texts.concept),
        *(texts.licences, texts.training, texts.travel),
    )


def _regulars(place: Scenery) -> tuple[Supplier, ...]:
    by = place.suppliers
    return by.stationer, by.hosting, by.craftsman, by.adviser


def supplier_invoices(world: World, books: Books, count: int, days: float) -> list[str]:
    """Bills spread evenly over the last days, all read already; returns their ids."""
    now = world.clock.now()
    random, uuid7 = world.ids.random, world.ids.uuid7
    step, start = timedelta(days=days) / max(1, count), now - timedelta(days=days)
    country = books.organisation.country
    place = scenery(country)
    suppliers = [(one.name, supplier_id(world, books, one.name)) for one in _regulars(place)]
    rate = Decimal(place.rates.standard)
    ids: list[str] = []
    for position in range(count):
        at = start + step * position
        roll = random.getrandbits(24)
        name, known_as = suppliers[roll % len(suppliers)]
        status = _BILL_STATUSES[(roll >> 4) % len(_BILL_STATUSES)]
        net = Decimal(1000 + (roll >> 6) % 90_000) / 100
        read = reading(name, f"G-{position + 1:06d}", at.date(), net, rate, country=country)
        attachment = world.store_file(
            books,
            f"bill-{position + 1:06d}.pdf",
            "application/pdf",
            partial(pdf.supplier_invoice, read, books.organisation, at),
            at,
        )
        bill = SupplierInvoice(
            id=uuid7(at),
            status=status,
            file_name=attachment.file_name,
            source="email_forward",
            source_type="email",
            attachment_id=attachment.id,
            created_at=at,
            updated_at=at + timedelta(seconds=9),
            supplier_id=known_as,
            reading=read,
            analyzed_at=at + timedelta(seconds=9),
            payment_date=at.date() + timedelta(days=14) if status == "paid" else None,
        )
        books.supplier_invoices.add(bill)
        ids.append(bill.id)
    return ids


def transactions(world: World, books: Books, count: int, days: float) -> list[str]:
    """Completed movements on the main account; its balance is their sum afterwards as before."""
    now = world.clock.now()
    random, uuid7 = world.ids.random, world.ids.uuid7
    account = books.organisation.main_account
    known = len(books.transactions[account.id])
    others = [one.name for one in _regulars(scenery(books.organisation.country))]
    step, start = timedelta(days=days) / max(1, count), now - timedelta(days=days)
    sum_so_far = ZERO
    ids: list[str] = []
    for position in range(count):
        at = start + step * position
        roll = random.getrandbits(24)
        amount = Decimal(100 + (roll >> 4) % 500_000) / 100
        credit = amount > sum_so_far or (sum_so_far < _PLENTY and roll % 2 == 0)
        one = Transaction(
            id=uuid7(at),
            slug=f"{books.organisation.slug}-1-transaction-{known + position + 1}",
            bank_account_id=account.id,
            amount=amount,
            currency="EUR",
            side="credit" if credit else "debit",
            operation_type="income" if credit else ("card", "transfer")[roll % 2],
            label=others[(roll >> 9) % len(others)],
            status="completed",
            emitted_at=at,
            created_at=at,
            updated_at=at,
            settled_at=at,
            local_amount=amount,
            local_currency="EUR",
        )
        sum_so_far += one.signed
        books.transactions[account.id].add(one)
        ids.append(one.id)
    account.balance += sum_so_far
    account.authorized_balance += sum_so_far
    _settle_anew(books.transactions[account.id])
    return ids


def _settle_anew(records: Collection[Transaction]) -> None:
    """Tells every completed transaction the balance after it."""
    balance = ZERO
    done = [(one.settled_at, one) for one in records if one.settled_at is not None]
    for _, one in sorted(done, key=itemgetter(0)):
        balance += one.signed
        one.settled_balance = balance


def clients(world: World, books: Books, count: int, days: float) -> list[str]:
    """Companies that can be invoiced; returns their ids."""
    now = world.clock.now()
    step, start = timedelta(days=days) / max(1, count), now - timedelta(days=days)
    model = next(client for client in books.clients if client.currency == "EUR")
    titles = _titles(scenery(books.organisation.country))
    ids: list[str] = []
    for position in range(count):
        at = start + step * position
        client = replace(
            model,
            id=world.ids.uuid7(at),
            name=f"{titles[position % len(titles)]} & Co {position + 1}",
            email=f"client{position + 1}@example.com",
            extra_emails=[],
            created_at=at,
            updated_at=at,
        )
        books.clients.add(client)
        ids.append(client.id)
    return ids


KINDS = {
    "client_invoices": client_invoices,
    "supplier_invoices": supplier_invoices,
    "transactions": transactions,
    "clients": clients,
}
