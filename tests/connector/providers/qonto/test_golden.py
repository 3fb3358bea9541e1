"""Whole documents: a sample in, the unified document out, as literal JSON files.

After a deliberate change of the mapping: `python -m tests.connector.providers.qonto.test_golden`
writes the files anew, and the difference is what to review.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connector.api.envelope import encode
from connector.providers.qonto import mapping
from connector.providers.qonto.documents.attachments import ATTACHMENTS
from connector.providers.qonto.documents.bank import (
    BANK_ACCOUNTS,
    MEMBERSHIP,
    ORGANIZATION,
    TRANSACTIONS,
)
from connector.providers.qonto.documents.purchases import SUPPLIER_INVOICES
from connector.providers.qonto.documents.reading import QontoResource
from connector.providers.qonto.documents.sales import (
    CLIENT_INVOICES,
    CLIENTS,
    CREDIT_NOTES,
    PRODUCTS,
    QUOTES,
)
from connector.providers.qonto.documents.transfers import BENEFICIARIES, TRANSFERS
from connector.unified.mapped import Mapped

SAMPLES = Path(mapping.__file__).parents[1] / "samples"
GOLDEN = Path(__file__).parent / "golden"
NOW = mapping.Calendar(datetime(2026, 11, 20, 12, 0, tzinfo=UTC))

OWN_IBAN = "FR1516958000010000000004342"
"""Of the second account in bank_accounts.list.json."""

Map = Callable[[Any], Mapped[Any]]
Maybe = Callable[[Any], Mapped[Any] | None]


def _now(mapped: Callable[[Any, mapping.Calendar], Mapped[Any]]) -> Map:
    return lambda document: mapped(document, NOW)


def _transaction(document: Any) -> Mapped[Any]:
    return mapping.map_transaction(document, NOW, own_ibans=frozenset({OWN_IBAN}))


def _user_info(document: Any) -> Mapped[Any]:
    return mapping.user_info(document, "018f71db-c635-78b5-b90a-ea05de98c2bf")


def _if(fits: Callable[[Any], bool], mapped: Map) -> Maybe:
    return lambda document: mapped(document) if fits(document) else None


def _is_credit(document: Any) -> bool:
    return bool(document.is_credit_note)


def _may_be_expense(document: Any) -> bool:
    """Those by card, and one of a kind that Qonto doesn't have yet."""
    return mapping.is_expense(document) or document.operation_type == "teleport"


MAPPINGS: dict[str, tuple[QontoResource[Any], dict[str, Maybe]]] = {
    "client_invoice": (
        CLIENT_INVOICES,
        {
            "invoice": _now(mapping.map_invoice),
            "booking_proposal": _now(mapping.propose_invoice),
            "payment": lambda document: mapping.map_invoice_payment(document, NOW),
        },
    ),
    "supplier_invoice": (
        SUPPLIER_INVOICES,
        {
            "bill": _if(lambda one: not _is_credit(one), _now(mapping.map_bill)),
            "vendor_credit": _if(_is_credit, _now(mapping.map_vendor_credit)),
            "booking_proposal": _now(mapping.propose_supplier_invoice),
            "payment": lambda document: mapping.map_bill_payment(document, NOW),
        },
    ),
    "credit_note": (
        CREDIT_NOTES,
        {
            "credit_note": _now(mapping.map_credit_note),
            "booking_proposal": _now(mapping.propose_credit_note),
        },
    ),
    "client": (
        CLIENTS,
        {"customer": _now(mapping.map_customer), "contact": _now(mapping.map_contact)},
    ),
    "product": (PRODUCTS, {"item": _now(mapping.map_item)}),
    "quote": (QUOTES, {"offer": _now(mapping.map_offer)}),
    "bank_account": (BANK_ACCOUNTS, {"bank_account": _now(mapping.map_bank_account)}),
    "transaction": (
        TRANSACTIONS,
        {
            "transaction": _transaction,
            "expense": _if(_may_be_expense, _now(mapping.map_expense)),
        },
    ),
    "membership": (MEMBERSHIP, {"user": _now(mapping.map_user), "user_info": _user_info}),
    "organization": (ORGANIZATION, {"company": _now(mapping.map_company)}),
    "transfer": (TRANSFERS, {"payment": _now(mapping.map_transfer)}),
    "beneficiary": (BENEFICIARIES, {"beneficiary": _now(mapping.map_beneficiary)}),
    "attachment": (ATTACHMENTS, {"file": _now(mapping.map_file)}),
}
"""By the first part of a sample's name: how it is read, and all that it becomes."""

NO_DOCUMENTS = {"attachment.upload"}
"""Samples of answers that hold an id only."""


def _cases() -> Iterator[tuple[str, str, Mapped[Any]]]:
    """Map every sample of a single document to everything that it is."""
    for file in sorted(SAMPLES.glob("*.json")):
        resource, maps = MAPPINGS.get(file.name.partition(".")[0], (None, {}))
        if resource is None or file.stem in NO_DOCUMENTS:
            continue
        document, _ = resource.read_one(file.read_bytes())
        for kind, mapped in maps.items():
            result = mapped(document)
            if result is not None:
                yield file.stem, kind, result


CASES = list(_cases())


def _unified(result: Mapped[Any]) -> bytes:
    encoded = encode({"value": result.value, "warnings": result.warnings})
    return msgspec.json.format(encoded, indent=2) + b"\n"


@pytest.mark.parametrize(
    ("sample", "kind", "result"), CASES, ids=[f"{sample} as {kind}" for sample, kind, _ in CASES]
)
def test_a_sample_becomes_exactly_this_document(
    sample: str, kind: str, result: Mapped[Any]
) -> None:
    """Every field of the unified document, digit for digit, and every warning."""
    assert _unified(result) == (GOLDEN / f"{sample}.{kind}.json").read_bytes()


def test_no_document_is_left_over() -> None:
    """Each file is some sample's, and the countries and odd cases are among them."""
    assert {file.name for file in GOLDEN.iterdir()} == {
        f"{one}.{kind}.json" for one, kind, _ in CASES
    }
    invoices = {sample for sample, kind, _ in CASES if kind == "invoice"}
    for case in ("get", "italian", "german", "spanish", "draft", "odd", "paid_by_hand"):
        assert f"client_invoice.{case}" in invoices


if __name__ == "__main__":
    for sample, kind, result in CASES:
        (GOLDEN / f"{sample}.{kind}.json").write_bytes(_unified(result))
