"""The matrix: what follows from routes, readers and webhooks, and the facts it is held against."""

from collections import Counter
from typing import Any

import pytest

from connector.capabilities import (
    ACTIONS,
    RESOURCES,
    Capabilities,
    Concept,
    action_of,
    capabilities,
    resource_of,
    webhook_word,
)
from connector.faces.rest.contract import CONTRACT, OPERATIONS
from connector.providers.qonto.concepts import CONCEPTS
from tests.connector.maesn_matrix import MATRIX, TOTALS

WORDS = {"S": "supported", "D": "on_demand", "-": "not_supported"}
THING = {"invoices": Concept("S----", frozenset({"read", "create", "webhook"}), ("a.read",))}


def matrix(**given: Any) -> Capabilities:
    """A matrix of a target system that has invoices, of which nothing is offered unless given."""
    empty: dict[str, Any] = {"readable": (), "topics": (), "served": (), "relayed": ()}
    return capabilities("here", THING, **{**empty, **given})


def here(**given: Any) -> list[str]:
    """Return the row of invoices."""
    (row,) = [one for one in matrix(**given).resources if one.resource == "invoices"]
    return [row.cell(action).here for action in ACTIONS]


def test_the_baseline_is_maesns_matrix_cell_by_cell() -> None:
    """37 resources in the page's order, and no fact of the provider is about anything else."""
    facts = list(MATRIX.values())
    assert [name for name, _ in facts] == list(RESOURCES)
    assert set(CONCEPTS) - {"beneficiaries"} <= set(RESOURCES)
    found = capabilities("qonto", CONCEPTS, (), (), served=(), relayed=())
    for (name, letters), row in zip(facts, found.resources, strict=True):
        assert row.resource == name
        assert [row.cell(action).maesn for action in ACTIONS] == [WORDS[one] for one in letters]
    assert Counter("".join(letters for _, letters in facts)) == TOTALS
    told = found.totals.maesn
    assert (told.supported, told.on_demand, told.not_supported) == tuple(TOTALS.values())


def test_what_the_target_system_has_is_not_enabled_until_it_is_offered() -> None:
    """And the rest is not supported; the totals count all cells."""
    assert here() == ["not_enabled", "not_enabled", "not_supported", "not_supported", "not_enabled"]
    totals = matrix().totals.here
    assert (totals.supported, totals.not_enabled, totals.not_supported) == (0, 3, 37 * 5 - 3)


def test_reading_takes_an_operation_and_a_reader() -> None:
    """One without the other offers nothing."""
    read = {("invoices", "read")}
    assert here(served=read)[0] == "not_enabled"
    assert here(readable=["invoices"])[0] == "not_enabled"
    assert here(readable=["invoices"], served=read)[0] == "supported"


def test_an_operation_offers_what_it_does_and_nothing_else() -> None:
    """Even where the target system was not known to have it."""
    row = here(served={("invoices", "create"), ("invoices", "update")})
    assert row == ["not_enabled", "supported", "supported", "not_supported", "not_enabled"]
    row = here(served={("invoices", "delete")})
    assert row == ["not_enabled", "not_enabled", "not_supported", "supported", "not_enabled"]
    assert "supported" not in here(served={("bills", "read")})


def test_what_is_beyond_the_contract_has_a_row_as_well() -> None:
    found = matrix(readable=["labels"], served={("labels", "read")}).resources[-1]
    assert (found.resource, found.read.here, found.create.here) == (
        "labels",
        "supported",
        "not_supported",
    )


def test_webhooks_take_an_event_of_the_target_system_and_the_relay() -> None:
    """Both in the contract's word for the resource."""
    assert here(topics=["INVOICE"])[4] == "not_enabled"
    assert here(relayed=["INVOICE"])[4] == "not_enabled"
    assert here(topics=["INVOICE", "CUSTOMER"], relayed=["INVOICE", "TOKEN"])[4] == "supported"
    named = ("journalEntries", "bankAccounts", "creditNotes", "invoices", "trialBalance")
    assert [webhook_word(name) for name in named] == [
        "JOURNAL_ENTRY",
        "BANK_ACCOUNT",
        "CREDIT_NOTE",
        "INVOICE",
        "TRIAL_BALANCE",
    ]


@pytest.mark.parametrize(
    ("path", "resource"),
    [
        ("/accounting/invoices", "invoices"),
        ("/accounting/invoices/{invoiceId}/document", "invoices"),
        ("/accounting/invoices/{invoiceId}/lineItems/{lineItemId}", "invoiceLines"),
        ("/accounting/goodsReceipts/{goodsReceiptId}/lineItems", "goodsReceiptLines"),
        ("/accounting/v2/dimensions/{dimension}", "dimensions"),
        ("/accounting/batch/contacts", "contacts"),
        ("/accounting/vendorCredit", "vendorCredits"),
        ("/accounting/profile", None),
        ("/webhooks", None),
    ],
)
def test_a_path_tells_its_resource(path: str, resource: str | None) -> None:
    assert resource_of(path) == resource


def test_every_accounting_path_of_the_contract_is_about_a_resource() -> None:
    """But these, which no row of the matrix is about; and but users, every row has a path."""
    assert (len(CONTRACT), len(OPERATIONS)) == (128, 164)
    accounting = [path for path in CONTRACT if path.startswith("/accounting/")]
    assert {path for path in accounting if resource_of(path) is None} == {
        "/accounting/event-subscriptions",
        "/accounting/event-subscriptions/{eventSubscriptionId}",
        "/accounting/passThrough",
        "/accounting/profile",
    }
    assert set(RESOURCES) - {resource_of(path) for path in accounting} == {"users"}


@pytest.mark.parametrize(
    ("method", "path", "action"),
    [
        ("GET", "/accounting/bills/{billId}", "read"),
        ("POST", "/accounting/bills", "create"),
        ("POST", "/accounting/contacts/bulk", "create"),
        ("POST", "/accounting/bills/{billId}/lineItems", "create"),
        ("POST", "/accounting/invoices/{invoiceId}/cancel", "update"),
        ("PUT", "/accounting/bills/{billId}", "update"),
        ("PATCH", "/accounting/items/{itemId}", "update"),
        ("DELETE", "/accounting/bills/{billId}", "delete"),
    ],
)
def test_method_and_path_tell_what_is_done(method: str, path: str, action: str) -> None:
    assert action_of(method, path) == action
