"""What is read by a short way is what the long way reads.

The long ways are written down here; they are how everything was read before.
"""

import gc
import importlib
import pkgutil
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from types import ModuleType
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import connector.providers.qonto.documents
import connector.providers.qonto.mapping
import connector.unified
from connector.providers.qonto import mapping
from connector.providers.qonto.documents.amounts import Discount, Money
from connector.providers.qonto.documents.mending import BROKEN
from connector.providers.qonto.documents.reading import Unreadable
from connector.providers.qonto.documents.sales import CLIENT_INVOICES, ClientInvoice, QontoItem
from connector.providers.qonto.mapping.amounts import read_decimal
from connector.providers.qonto.mapping.calendar import (
    read_day,
    read_instant,
    rewrite_date,
    write_day,
    write_instant,
)
from connector.providers.qonto.mapping.tax_rule import tax_rule_of

CALENDAR = mapping.Calendar(datetime(2026, 11, 20, 12, 0, tzinfo=UTC))
WRITTEN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,9})?", re.ASCII)
OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
LIST: msgspec.json.Decoder[list[msgspec.Raw] | None] = msgspec.json.Decoder(
    list[msgspec.Raw] | None
)


def _with_seconds(parts: tuple[datetime, int, str]) -> str:
    moment, offset, timespec = parts
    return moment.replace(tzinfo=timezone(timedelta(minutes=offset))).isoformat(timespec=timespec)


instants = st.tuples(
    st.datetimes(),
    st.integers(-15 * 60, 15 * 60) | st.sampled_from((0, 60, 120)),
    st.sampled_from(("auto", "minutes", "seconds", "milliseconds", "microseconds")),
).map(_with_seconds)
"""Instants as Qonto writes them, and near to it."""

dates = (
    instants
    | instants.map(lambda text: text.replace("+00:00", "Z"))
    | instants.map(lambda text: text.replace("T", " ").lower())
    | st.dates().map(date.isoformat)
    | st.from_regex(r"\A\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d([.,]\d{1,7})?(Z|[+-]\d\d:?\d\d)?)?\Z")
    | st.text(alphabet="0123456789-:.,TZW+ ٣", max_size=26)
)


@given(dates)
@example("2026-10-10T24:00:00Z")
@example("2026-W41-6T10:10:10Z")
@example("20261010T101010.123Z")
@example("2026-10-10T10:10:10,123Z")
@example("2026-10-10t10:10:10.123z")
@example("2026-10-10T10:10:60Z")
@example("2026-10-10T10:10:10+24:00")
@example("2026-10-10T10:10:10-00:00")
@example("0001-01-01T00:00:00+02:00")
@example("9999-12-31T23:59:59-02:00")
@example("2026-12-31T23:59:59-00:01")
@example("2026-10-10T10:10:10\n")
def test_a_date_is_written_as_if_it_were_made_up_anew(text: str) -> None:
    """What stands in the text already is taken over, and is never taken for something else."""
    day, moment = read_day(text), read_instant(text)
    expected = None if moment is None else write_instant(moment)
    if day is not None:
        expected = write_day(day)
    assert rewrite_date(text) == expected
    assert rewrite_date(text) == expected  # from what is kept, too


def _is_amount(number: Decimal) -> bool:
    if not number.is_finite():
        return False
    _, digits, exponent = number.as_tuple()
    return len(digits) <= 400 and abs(int(exponent)) <= 400


def _decimal(value: object) -> Decimal | None:
    number: Decimal | None = None
    if isinstance(value, str):
        number = Decimal(value) if WRITTEN.fullmatch(value) else None
    elif isinstance(value, Decimal):
        number = value
    elif isinstance(value, int) and not isinstance(value, bool):
        number = Decimal(value)
    if number is None or not _is_amount(number):
        return None
    return Decimal(format(number, "f")) if int(number.as_tuple().exponent) > 0 else number


numbers = st.decimals(allow_nan=True, allow_infinity=True) | st.integers() | st.booleans()
texts = (
    st.text(alphabet="0123456789.-+eE_ ٣²½", max_size=12)
    | st.from_regex(r"\A[+-]?[0-9]{0,60}\.?[0-9]{0,60}([eE][+-]?[0-9]{1,3})?\Z")
    | numbers.map(str)
)


@given(texts | numbers | st.none() | st.floats() | st.lists(st.integers(), max_size=1))
@example("")
@example("-")
@example(".")
@example("-.5")
@example("5.")
@example("--5")
@example("1.2.3")
@example("-0.00")
@example(Decimal("-0"))
@example(Decimal("1E+3"))
@example(Decimal("0E-7"))
@example(Decimal("sNaN"))
@example(10**48)
@example(-(10**48))
@example(10**400)
@example("9" * 48 + ".")
@example("9" * 401)
def test_a_usual_number_is_read_as_an_unusual_one(value: object) -> None:
    """Digit for digit, with its sign and its places."""
    expected, found = _decimal(value), read_decimal(value)
    assert (found is None) == (expected is None)
    if found is not None and expected is not None:
        assert found.as_tuple() == expected.as_tuple()


def _rule(items: Iterable[QontoItem]) -> object:
    rules: set[object] = {tax_rule_of([item]) for item in items}
    return rules.pop() if len(rules) == 1 else None


reasons = st.sampled_from((None, "", "S293B", "S19.1", "S13B", "N6", "N3.1", "N2.1", "new"))
lines = st.builds(
    QontoItem,
    vat_exemption_reason=reasons,
    vat_rate=st.sampled_from(("0", "0.0", "0.2", None, "x")),
)


@given(st.lists(lines, max_size=4))
def test_a_document_is_under_the_rule_that_each_of_its_lines_is_under(
    items: list[QontoItem],
) -> None:
    """And under none when they differ, or when there are none."""
    assert tax_rule_of(items) == _rule(items)


def _in_steps(body: bytes) -> tuple[Sequence[bytes], bytes] | None:
    """Split a list answer by its outer object, then by its list; None where that can't be."""
    try:
        body.decode()
        outer = OBJECT.decode(body)
        raws = LIST.decode(outer["client_invoices"]) or []
    except (*BROKEN, KeyError):
        return None
    return [bytes(raw) for raw in raws], bytes(outer.get("meta", b"null"))


values = st.sampled_from(
    [
        *("null", "[]", "[null]", "{}", '""', "5", "[1,{}]", "[", "1e999999", "\ud800"),
        '[{"id":"a","new":"\xe9"},{"id":"b"}]',
        '[{"id":5,"items":{}}]',
        '{"total_count":7,"current_page":"1"}',
        '{"total_count":[]}',
    ]
)
keys = st.sampled_from(("client_invoices", "meta", "new", "client\\u005finvoices", "\\q", "\ud800"))


@given(st.lists(st.tuples(keys, values), max_size=4))
def test_an_answer_split_in_one_go_has_the_parts_that_it_has_in_steps(
    fields: list[tuple[str, str]],
) -> None:
    """Whatever is said twice, is not there, or isn't what it should be."""
    said = ",".join(f'"{key}":{value}' for key, value in fields)
    body = f"{{{said}}}".encode(errors="surrogatepass")
    expected = _in_steps(body)
    if expected is None:
        with pytest.raises(Unreadable):
            CLIENT_INVOICES.read_page(body)
        return
    page = CLIENT_INVOICES.read_page(body)
    raws, meta = expected
    assert [record.raw for record in page.records] == raws
    again = CLIENT_INVOICES.read_page(b'{"client_invoices":[],"meta":%b}' % meta)
    assert page.meta == again.meta


def test_each_field_of_an_invoice_line_has_its_own_value() -> None:
    """A line is made by position, so that two fields could change places."""
    item = QontoItem(
        title="name",
        description="description",
        quantity="3",
        unit_price=Money("7", "EUR"),
        vat_rate="0.2",
        discount=Discount("percentage", "0.1", Money("5", "EUR")),
        subtotal=Money("11", "EUR"),
        total_amount=Money("13", "EUR"),
    )
    document = ClientInvoice(id="invoice", currency="EUR", items=[item])
    (line,) = mapping.map_invoice(document, CALENDAR).value.line_items
    assert msgspec.structs.asdict(line) == {
        "line_item_id": "invoice-1",
        "account_id": None,
        "created_date": None,
        "description": "description",
        "dimensions": (),
        "discount_item_amount": Decimal(5),
        "discount_item_percentage": Decimal(10),
        "gross_amount": Decimal(13),
        "items_amount": Decimal(11),
        "item_id": None,
        "name": "name",
        "quantity": Decimal(3),
        "tax_code": None,
        "tax_rate_percentage": Decimal(20),
        "unit_amount": Decimal(7),
        "updated_date": None,
    }


def _modules(package: ModuleType) -> list[ModuleType]:
    return [
        importlib.import_module(f"{package.__name__}.{found.name}")
        for found in pkgutil.iter_modules(package.__path__)
    ]


def test_what_is_kept_for_the_next_reading_is_bounded() -> None:
    """Texts come from outside: no number of them fills the memory."""
    packages = connector.providers.qonto.mapping, connector.providers.qonto.documents
    caches: list[Any] = [
        value
        for package in packages
        for module in _modules(package)
        for value in vars(module).values()
        if hasattr(value, "cache_info")
    ]
    assert len(caches) >= 4
    assert all(cache.cache_info().maxsize is not None for cache in caches)


@pytest.mark.parametrize("package", [connector.providers.qonto.documents, connector.unified])
def test_values_of_a_page_are_no_work_for_the_garbage_collector(package: ModuleType) -> None:
    """Thousands of them are made for a page, and none can hold what holds it."""
    kinds: list[type[msgspec.Struct]] = [
        value
        for module in _modules(package)
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, msgspec.Struct) and value.__struct_fields__
    ]
    assert kinds
    assert [
        kind for kind in kinds if kind.__struct_config__.gc and kind is not msgspec.Struct
    ] == []
    assert not gc.is_tracked(Money())
