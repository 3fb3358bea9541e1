"""Whole documents: a sample in, the unified document out, as literal JSON files.

After a deliberate change of the mapping: `python -m tests.connector.providers.qonto.test_golden`
writes the files anew, and the difference is what to review.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connector.providers.qonto import mapping
from connector.providers.qonto.documents.attachments import ATTACHMENTS
from connector.providers.qonto.documents.bank import (
    BANK_ACCOUNTS,
    MEMBERSHIP,
    ORGANIZATION,
    TRANSACTIONS,
)
from connector.providers.qonto.documents.purchases import SUPPLIER_INVOICES
from connector.providers.qonto.documents.reading import Resource
from connector.providers.qonto.documents.sales import (
    CLIENT_INVOICES,
    CLIENTS,
    CREDIT_NOTES,
    PRODUCTS,
    QUOTES,
)
from connector.unified.encoding import encode
from connector.unified.mapped import Mapped

SAMPLES = Path(mapping.__file__).parents[1] / "samples"
GOLDEN = Path(__file__).parent / "golden"
NOW = mapping.Calendar(datetime(2026, 11, 20, 12, 0, tzinfo=UTC))

OWN_IBAN = "FR1516958000010000000004342"
"""Of the second account in bank_accounts.list.json."""

Map = Callable[[Any], Mapped[Any]]


def _now(mapped: Callable[[Any, mapping.Calendar], Mapped[Any]]) -> Map:
    return lambda document: mapped(document, NOW)


def _invoice(document: Any) -> Mapped[Any]:
    return mapping.map_invoice(document, NOW)


def _bill(document: Any) -> Mapped[Any]:
    return mapping.map_bill(document, NOW)


def _proposal_of_invoice(document: Any) -> Mapped[Any]:
    return mapping.propose_invoice(document, NOW)


def _proposal_of_bill(document: Any) -> Mapped[Any]:
    return mapping.propose_supplier_invoice(document, NOW)


def _transaction(document: Any) -> Mapped[Any]:
    return mapping.map_transaction(document, NOW, own_ibans=frozenset({OWN_IBAN}))


def _payment(mapped: Callable[[Any, mapping.Calendar], Mapped[Any] | None]) -> Map:
    def paid(document: Any) -> Mapped[Any]:
        payment = mapped(document, NOW)
        assert payment is not None
        return payment

    return paid


def _user_info(document: Any) -> Mapped[Any]:
    return Mapped(mapping.user_info(document, "018f71db-c635-78b5-b90a-ea05de98c2bf"))


CASES: list[tuple[str, str, Resource[Any], Map]] = [
    *(
        (sample, "invoice", CLIENT_INVOICES, _invoice)
        for sample in (
            "client_invoice.get",
            "client_invoice.draft",
            "client_invoice.zero_vat",
            "client_invoice.partly_paid",
            "client_invoice.currencies",
            "client_invoice.italian",
            "client_invoice.odd",
            "client_invoice.german",
            "client_invoice.spanish",
            "client_invoice.individual",
            "client_invoice.amounts",
        )
    ),
    *(
        (sample, "bill", SUPPLIER_INVOICES, _bill)
        for sample in (
            "supplier_invoice.get",
            "supplier_invoice.overdue",
            "supplier_invoice.unread",
        )
    ),
    ("client_invoice.get", "booking_proposal", CLIENT_INVOICES, _proposal_of_invoice),
    ("client_invoice.odd", "booking_proposal", CLIENT_INVOICES, _proposal_of_invoice),
    ("credit_note.get", "booking_proposal", CREDIT_NOTES, _now(mapping.propose_credit_note)),
    ("supplier_invoice.get", "booking_proposal", SUPPLIER_INVOICES, _proposal_of_bill),
    ("supplier_invoice.credit_note", "booking_proposal", SUPPLIER_INVOICES, _proposal_of_bill),
    *(
        (f"credit_note.{sample}", "credit_note", CREDIT_NOTES, _now(mapping.map_credit_note))
        for sample in ("get", "german", "italian", "odd")
    ),
    *(
        (sample, "vendor_credit", SUPPLIER_INVOICES, _now(mapping.map_vendor_credit))
        for sample in ("supplier_invoice.credit_note", "supplier_invoice.credit_note_german")
    ),
    *(
        (f"client.{sample}", "customer", CLIENTS, _now(mapping.map_customer))
        for sample in ("get", "individual", "freelancer", "italian", "spanish", "odd")
    ),
    *(
        (f"client.{sample}", "contact", CLIENTS, _now(mapping.map_contact))
        for sample in ("get", "freelancer", "odd")
    ),
    *(
        (f"product.{sample}", "item", PRODUCTS, _now(mapping.map_item))
        for sample in ("get", "good", "zero_vat", "odd")
    ),
    *(
        (f"quote.{sample}", "offer", QUOTES, _now(mapping.map_offer))
        for sample in (
            "get",
            "german",
            "italian",
            "spanish",
            "percent",
            "percent_below_one",
            "mixed_units",
            "odd",
        )
    ),
    *(
        (f"bank_account.{sample}", "bank_account", BANK_ACCOUNTS, _now(mapping.map_bank_account))
        for sample in ("get", "external", "odd")
    ),
    *(
        (f"transaction.{sample}", "transaction", TRANSACTIONS, _transaction)
        for sample in (
            "card",
            "card_refund",
            "own_transfer",
            "income",
            "pending",
            "declined",
            "foreign",
            "direct_debit",
            "fee",
            "odd",
        )
    ),
    *(
        (f"transaction.{sample}", "expense", TRANSACTIONS, _now(mapping.map_expense))
        for sample in ("card", "card_labelled", "card_refund", "pending", "foreign", "odd")
    ),
    *(
        (sample, "payment", CLIENT_INVOICES, _payment(mapping.map_invoice_payment))
        for sample in ("client_invoice.paid_by_hand", "client_invoice.partly_paid")
    ),
    ("supplier_invoice.paid", "payment", SUPPLIER_INVOICES, _payment(mapping.map_bill_payment)),
    *(
        (f"membership.{sample}", "user", MEMBERSHIP, _now(mapping.map_user))
        for sample in ("get", "odd")
    ),
    ("membership.get", "user_info", MEMBERSHIP, _user_info),
    *(
        (f"organization.{sample}", "company", ORGANIZATION, _now(mapping.map_company))
        for sample in ("get", "german", "italian", "spanish")
    ),
    *(
        (f"attachment.{sample}", "file", ATTACHMENTS, _now(mapping.map_file))
        for sample in ("get", "probative", "odd")
    ),
]


def _unified(sample: str, resource: Resource[Any], mapped: Map) -> bytes:
    document, _ = resource.read_one((SAMPLES / f"{sample}.json").read_bytes())
    result = mapped(document)
    encoded = encode({"value": result.value, "warnings": result.warnings})
    return msgspec.json.format(encoded, indent=2) + b"\n"


@pytest.mark.parametrize(
    ("sample", "kind", "resource", "mapped"),
    CASES,
    ids=[f"{sample} as {kind}" for sample, kind, _, _ in CASES],
)
def test_a_sample_becomes_exactly_this_document(
    sample: str, kind: str, resource: Resource[Any], mapped: Map
) -> None:
    """Every field of the unified document, digit for digit, and every warning."""
    expected = (GOLDEN / f"{sample}.{kind}.json").read_bytes()
    assert _unified(sample, resource, mapped) == expected


if __name__ == "__main__":
    for sample, kind, resource, mapped in CASES:
        golden = GOLDEN / f"{sample}.{kind}.json"
        golden.write_bytes(_unified(sample, resource, mapped))
