"""What holds for every banking record, not only for the samples."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Context, Decimal, Inexact
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connector.api.envelope import encode
from connector.providers.qonto import mapping
from connector.providers.qonto.documents.attachments import ATTACHMENTS, Attachment
from connector.providers.qonto.documents.bank import (
    BANK_ACCOUNTS,
    MEMBERSHIPS,
    ORGANIZATION,
    TRANSACTIONS,
    Counterparty,
    Membership,
    Organization,
    QontoBankAccount,
    QontoTransaction,
    accounts_of,
)
from connector.providers.qonto.documents.purchases import SupplierInvoice
from connector.providers.qonto.documents.reading import QontoResource
from connector.providers.qonto.documents.sales import ClientInvoice, PaymentMethod
from connector.providers.qonto.mapping.iban import is_iban
from connector.unified.iso import BANK_CURRENCY_CODES
from connector.unified.mapped import Mapped

CALENDAR = mapping.Calendar(datetime(2026, 11, 20, 12, 0, tzinfo=UTC))
EXACT = Context(prec=3000, traps=[Inexact])
Map = Callable[[Any, mapping.Calendar], Mapped[Any]]
OWN_IBAN = "DE89370400440532013000"

numbers = st.decimals(allow_nan=False, allow_infinity=False, places=None).filter(
    lambda value: abs(value.adjusted()) < 300
)
in_json = st.one_of(
    numbers.map(str),
    numbers.map(lambda value: format(value, "f")),
    st.from_regex(r"\A-?(0|[1-9][0-9]{0,39})(\.[0-9]{1,20})?\Z"),
)
cents = st.integers(0, 10**11)
anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3)
    ),
    max_leaves=8,
)


def _on_the_wire(value: object) -> Decimal:
    return json.loads(encode(value), parse_float=Decimal, parse_int=Decimal)


def _transaction(**numbers_as_written: str) -> QontoTransaction:
    fields = {"id": '"x"', "status": '"completed"', "operation_type": '"card"'}
    written = {**fields, "side": '"debit"', **numbers_as_written}
    body = ",".join(f'"{name}":{value}' for name, value in written.items())
    return TRANSACTIONS.read_one(b'{"transaction":{%b}}' % body.encode())[0]


@pytest.mark.covers("QX-41")
@given(in_json, in_json)
@example("0.1", "0.30000000000000004")
@example("9" * 39, "1E-299")
def test_no_banking_amount_ever_changes(amount: str, vat: str) -> None:
    """A JSON number arrives as the very same number, and net is exactly the difference."""
    document = _transaction(amount=amount, vat_amount=vat, vat_rate="20")
    transaction = mapping.map_transaction(document, CALENDAR).value
    assert _on_the_wire(transaction.amount) == Decimal(amount)
    expense = mapping.map_expense(document, CALENDAR).value
    assert _on_the_wire(expense.total_gross_amount) == Decimal(amount).copy_negate()
    assert _on_the_wire(expense.total_net_amount) == EXACT.subtract(Decimal(vat), Decimal(amount))
    body = b'{"bank_account":{"id":"x","balance":%b}}' % amount.encode()
    account, _ = BANK_ACCOUNTS.read_one(body)
    balance = mapping.map_bank_account(account, CALENDAR).value.balance
    assert _on_the_wire(balance) == Decimal(amount)


@pytest.mark.covers("QX-41")
@given(cents, st.integers(-4, 4))
def test_a_floats_noise_is_put_right_by_the_cents(whole: int, steps: int) -> None:
    """A sum of floats misses the cent by a little; the integer beside it says which was meant."""
    noisy = whole / 100
    for _ in range(abs(steps)):
        noisy += noisy * 2.0**-52 * (1 if steps > 0 else -1)
    document = _transaction(amount=repr(noisy), amount_cents=str(whole))
    mapped = mapping.map_transaction(document, CALENDAR)
    assert _on_the_wire(mapped.value.amount) == EXACT.scaleb(Decimal(whole), -2)
    assert not any("agree" in warning for warning in mapped.warnings)


@pytest.mark.parametrize(
    ("amount", "twin", "expected", "agree"),
    [
        ("18.40", "1840", "18.40", True),
        ("18.4", "1840", "18.4", True),
        ("9", "900", "9", True),
        ('"12.50"', '"1250"', "12.50", True),
        ("0.30000000000000004", "30", "0.30", True),
        ("null", "142143", "1421.43", True),
        ('""', "5", "0.05", True),
        ("74.90", "null", "74.90", True),
        ("74.90", '"many"', "74.90", True),
        ("12.345", "1234", "12.345", False),
        ("1000", "1000", "1000", False),
        ("10.00", "1001", "10.00", False),
        ("10.00001", "1000", "10.00001", False),
    ],
)
def test_an_amount_and_its_twin_in_cents(
    amount: str, twin: str, expected: str, agree: bool
) -> None:
    """The number counts, digit for digit, since cents can't say a Kuwaiti or a Japanese amount."""
    mapped = mapping.map_transaction(_transaction(amount=amount, amount_cents=twin), CALENDAR)
    assert encode(mapped.value.amount).decode() == expected
    assert any("don't agree" in warning for warning in mapped.warnings) != agree


@given(cents)
def test_a_huge_number_of_cents_alone_keeps_every_digit(whole: int) -> None:
    """Also where it has more digits than a decimal usually keeps."""
    huge = whole + 10**40
    document = _transaction(amount_cents=str(huge))
    amount = mapping.map_transaction(document, CALENDAR).value.amount
    assert _on_the_wire(amount) == EXACT.scaleb(Decimal(huge), -2)


@pytest.mark.parametrize(
    ("side", "kind", "amount", "net"),
    [
        ('"debit"', "EXPENSE", "-24.00", "-20.00"),
        ('"credit"', "REFUND", "24.00", "20.00"),
        ('"sideways"', None, "null", "null"),
        ("null", None, "null", "null"),
    ],
)
def test_a_purchase_is_negative_and_a_refund_positive(
    side: str, kind: str | None, amount: str, net: str
) -> None:
    """In the totals and in the line; without a direction there is no sign, so no amount."""
    document = _transaction(amount="24.00", vat_amount="4.00", vat_rate="20", side=side)
    expense = mapping.map_expense(document, CALENDAR).value
    assert expense.type == kind
    for holder in (expense, *expense.expense_lines):
        assert encode(holder.total_gross_amount).decode() == amount
        assert encode(holder.total_net_amount).decode() == net


def test_nothing_spent_has_no_sign() -> None:
    """Zero, not minus zero."""
    expense = mapping.map_expense(_transaction(amount="0.00"), CALENDAR).value
    assert encode(expense.total_gross_amount) == b"0.00"


@pytest.mark.covers("QX-40")
@given(st.integers(0, 1000).map(lambda permille: Decimal(permille) / 10))
def test_a_transactions_rate_is_percent_already(rate: Decimal) -> None:
    """Invoices have fractions and transactions percent; the unified model has percent."""
    transaction = mapping.map_transaction(_transaction(vat_rate=str(rate)), CALENDAR).value
    assert transaction.tax_rate_percentage is not None
    assert _on_the_wire(transaction.tax_rate_percentage) == rate
    (line,) = mapping.map_expense(_transaction(vat_rate=str(rate)), CALENDAR).value.expense_lines
    assert line.tax_rate is not None
    assert line.tax_rate.tax_rate_percentage == str(rate)


@pytest.mark.parametrize(
    ("rate", "vat", "tax", "noted"),
    [
        ("-1", "0", "null", False),
        ("-1", "3.07", "-3.07", False),
        ("-1.0", "0.0", "null", False),
        ("null", "0", "null", False),
        ("null", "null", "null", False),
        ("0", "0", "0", False),
        ("20", "4", "-4", False),
        ("-20", "4", "-4", True),
        ("100.01", "4", "-4", True),
    ],
)
def test_a_rate_of_minus_one_means_unknown_or_several(
    rate: str, vat: str, tax: str, noted: bool
) -> None:
    """And a VAT of zero beside it says nothing."""
    document = _transaction(vat_rate=rate, vat_amount=vat, amount="24")
    mapped = mapping.map_expense(document, CALENDAR)
    assert encode(mapped.value.total_tax_amount).decode() == tax
    known = rate in ("0", "20")
    assert (mapped.value.expense_lines[0].tax_rate is not None) == known
    transaction = mapping.map_transaction(document, CALENDAR)
    assert (transaction.value.tax_rate_percentage is not None) == known
    assert bool(transaction.warnings) == noted


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("completed", "BOOKED"),
        ("pending", "AUTHORISED"),
        ("declined", "DELETED"),
        ("reversed", None),
        ("brand_new", None),
        ("", None),
        (None, None),
    ],
)
def test_every_status_of_a_transaction(status: str | None, expected: str | None) -> None:
    """The whole table; what has no counterpart is null with a warning."""
    document = QontoTransaction(id="x", side="credit", status=status)
    mapped = mapping.map_transaction(document, CALENDAR)
    assert mapped.value.status == expected
    assert bool(mapped.warnings) == (expected is None)


@pytest.mark.parametrize(
    ("number", "subject", "kinds"),
    [
        (OWN_IBAN, "transfer", ("SPEND-TRANSFER", "RECEIVE-TRANSFER")),
        ("de89 3704 0044 0532 0130 00", "income", ("SPEND-TRANSFER", "RECEIVE-TRANSFER")),
        ("FR1420041010050500013M02606", "transfer", ("SPEND", "RECEIVE")),
        (None, "transfer", ("SPEND", "RECEIVE")),
        ("", "swift_income", ("SPEND", "RECEIVE")),
    ],
)
def test_a_transfer_is_between_own_accounts_for_certain(
    number: str | None, subject: str, kinds: tuple[str, str]
) -> None:
    """It takes the counterparty's number among the organisation's own, however it is written."""
    party = Counterparty(counterparty_account_number=number)
    for side, kind in zip(("debit", "credit"), kinds, strict=True):
        fields: dict[str, Any] = {"side": side, subject: party}
        document = QontoTransaction(id="x", **fields)
        own = frozenset({"DE89 3704 0044 0532 0130 00", ""})
        mapped = mapping.map_transaction(document, CALENDAR, own_ibans=own)
        assert mapped.value.type == kind
        unknown = mapping.map_transaction(document, CALENDAR).value.type
        assert unknown == kind.removesuffix("-TRANSFER")


@given(st.text(max_size=5) | st.sampled_from(["EUR", "eur", "BYN", "BYR", "MRU", "XBT", "ZWR"]))
def test_a_currency_outside_the_contracts_list_is_null(code: str) -> None:
    """Strict clients would drop the page; an older list than ISO 4217 decides."""
    account = mapping.map_bank_account(
        QontoBankAccount(id="x", currency=code, status="active"), CALENDAR
    )
    transaction = mapping.map_transaction(QontoTransaction(id="x", currency=code), CALENDAR)
    expense = mapping.map_expense(QontoTransaction(id="x", currency=code), CALENDAR)
    known = code.upper() in BANK_CURRENCY_CODES
    for currency in (
        account.value.currency,
        transaction.value.currency,
        expense.value.currency,
        expense.value.expense_lines[0].currency,
    ):
        assert currency == (code.upper() if known else None)
    assert any("currency" in warning for warning in account.warnings) == (not known and code != "")


@pytest.mark.covers("QX-60")
@given(st.text(min_size=1, max_size=40))
@example("FR7616958000010000000000042")
@example("FR76 3000 6000 0112 3456 7890 180")
def test_a_dirty_iban_never_fails_a_read(number: str) -> None:
    """It is passed on as Qonto has it, with a warning; the rest of the page is there."""
    body = msgspec.json.encode({"bank_accounts": [{"iban": number}, {"iban": OWN_IBAN}]})
    dirty, good = BANK_ACCOUNTS.read_page(body).records
    assert dirty.document is not None
    assert good.document is not None
    mapped = mapping.map_bank_account(dirty.document, CALENDAR)
    assert mapped.value.iban == number
    assert any("iban" in warning for warning in mapped.warnings) != is_iban(number)
    clean = mapping.map_bank_account(good.document, CALENDAR)
    assert not any("iban" in warning for warning in clean.warnings)


@pytest.mark.covers("QX-60")
@given(st.text(min_size=1, max_size=40))
@example("FR7616958000010000000000042")
@example(OWN_IBAN)
def test_a_dirty_iban_on_a_document_is_noted(number: str) -> None:
    """A supplier's is read from a file, and the organisation's own may be a sample's."""
    bill = SupplierInvoice(id="x", iban=number, analyzed_at="2026-11-01", status="paid")
    invoice = ClientInvoice(id="x", payment_methods=PaymentMethod(iban=number), status="paid")
    for proposed in (
        mapping.propose_supplier_invoice(bill, CALENDAR),
        mapping.propose_invoice(invoice, CALENDAR),
    ):
        assert proposed.value.iban == number
        assert any("iban" in warning for warning in proposed.warnings) != is_iban(number)


@given(st.integers(4, 21), st.integers(1, 9))
def test_one_wrong_digit_shows_in_an_iban(place: int, shift: int) -> None:
    """The check digits find every single mistake."""
    assert is_iban(OWN_IBAN)
    assert is_iban("gb29 nwbk 6016 1331 9268 19")
    digit = str((int(OWN_IBAN[place]) + shift) % 10)
    assert not is_iban(OWN_IBAN[:place] + digit + OWN_IBAN[place + 1 :])


@pytest.mark.covers("QX-42")
@given(
    st.dictionaries(
        st.sampled_from(
            sorted(
                {
                    *QontoTransaction.__struct_fields__,
                    *QontoBankAccount.__struct_fields__,
                    *Membership.__struct_fields__,
                    *Attachment.__struct_fields__,
                    "new",
                }
            )
        ),
        anything,
    )
)
def test_any_banking_record_is_mapped_or_left_out_but_never_fails_its_page(
    fields: dict[str, Any],
) -> None:
    """Whatever Qonto puts into a record, the page and the other record survive."""
    every: list[tuple[QontoResource[Any], Sequence[Map]]] = [
        (BANK_ACCOUNTS, [mapping.map_bank_account]),
        (TRANSACTIONS, [mapping.map_transaction, mapping.map_expense]),
        (MEMBERSHIPS, [mapping.map_user]),
        (ATTACHMENTS, [mapping.map_file]),
    ]
    for resource, maps in every:
        body = msgspec.json.encode({resource.plural: [fields, {"id": "good"}], "meta": {}})
        page = resource.read_page(body)
        assert len(page.records) == 2
        assert page.records[1].document is not None
        for record in page.records:
            if record.document is not None:
                for mapped in maps:
                    json.loads(encode(mapped(record.document, CALENDAR).value))


def test_one_bad_account_costs_only_itself_in_its_organisation() -> None:
    """Linking must not fail because of an account; nor because there is no list."""
    body = b'{"organization":{"id":"o","bank_accounts":[7,{"id":"b","balance":1.10}]}}'
    organization, _ = ORGANIZATION.read_one(body)
    bad, good = accounts_of(organization)
    assert bad.document is None
    assert good.document is not None
    assert mapping.map_bank_account(good.document, CALENDAR).value.balance == Decimal("1.10")
    assert accounts_of(Organization()) == ()
    for other in (b"null", b"7", b'"none"', b"{}"):
        organization, _ = ORGANIZATION.read_one(b'{"id":"o","bank_accounts":%b}' % other)
        assert accounts_of(organization) == ()


@pytest.mark.parametrize(
    ("status", "expected"), [("active", "ACTIVE"), ("closed", "ARCHIVED"), ("frozen", None)]
)
def test_every_status_of_a_bank_account(status: str, expected: str | None) -> None:
    """What has no counterpart is null with a warning."""
    mapped = mapping.map_bank_account(QontoBankAccount(id="x", status=status), CALENDAR)
    assert mapped.value.status == expected
    assert bool(mapped.warnings) == (expected is None)


@pytest.mark.parametrize(
    ("bic", "bank"),
    [("QNTOFRP1XXX", "Qonto"), ("qntodeb2", "Qonto"), ("BNPAFRPP", None), (None, None)],
)
def test_the_bank_is_told_from_its_code(bic: str | None, bank: str | None) -> None:
    """An account elsewhere, connected to Qonto, isn't Qonto's."""
    assert (
        mapping.map_bank_account(QontoBankAccount(id="x", bic=bic), CALENDAR).value.bank_name
        == bank
    )


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ("48213", 48213),
        (48213, 48213),
        (Decimal("48213.0"), 48213),
        ("0", 0),
        ("", None),
        (None, None),
        ("-1", None),
        ("1.5", None),
        ("1E+300", None),
        (2**70, None),
        ([], None),
    ],
)
def test_a_size_is_a_whole_number_of_bytes(size: object, expected: int | None) -> None:
    """A string or a number at Qonto; what isn't one is null with a warning."""
    mapped = mapping.map_file(Attachment(id="x", file_size=size), CALENDAR)
    assert mapped.value.size == expected
    assert bool(mapped.warnings) == (expected is None and size not in ("", None))


def test_links_to_files_are_not_shown() -> None:
    """Whoever has one can read the file; so it isn't in `repr`, nor in the unified file."""
    link = "https://files.example/x?X-Amz-Signature=secret"
    document = Attachment(id="x", url=link)
    assert "secret" not in repr(document)
    assert b"secret" not in encode(mapping.map_file(document, CALENDAR).value)


@pytest.mark.parametrize(
    "role", ["owner", "admin", "manager", "reporting", "employee", "accountant", "wizard", None]
)
def test_every_role_of_a_member(role: str | None) -> None:
    """Ours in upper case; an unknown one is null with a warning."""
    mapped = mapping.map_user(Membership(id="x", role=role, status="active"), CALENDAR)
    known = role not in ("wizard", None)
    assert mapped.value.role == (str(role).upper() if known else None)
    assert bool(mapped.warnings) != known


@pytest.mark.parametrize(
    ("names", "name"),
    [(("Lea", "Durand"), "Lea Durand"), (("", "Durand"), "Durand"), ((None,) * 2, None)],
)
def test_who_linked_is_named_in_full(names: tuple[str | None, str | None], name: str) -> None:
    """And the account is the organisation."""
    info = mapping.user_info(Membership("m", *names), "o").value
    assert (info.id, info.account_id, info.name) == ("m", "o", name)
    assert info.family_name == names[1]
