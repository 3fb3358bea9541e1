"""Items at Qonto: its products, which can be made and deleted, and nothing else."""

from dataclasses import dataclass
from typing import Any

from connector.ports import PreparedWrite, Writer, WriteRequest
from connector.providers.qonto.documents.sales import Product
from connector.providers.qonto.mapping.item import UNITS
from connector.providers.qonto.session.lists import known_id
from connector.providers.qonto.writing.lines import exemption_of, price_of, rate_of
from connector.providers.qonto.writing.matching import without_nothing
from connector.providers.qonto.writing.sums import plain
from connector.providers.qonto.writing.surroundings import Surroundings
from connector.providers.qonto.writing.texts import check_lengths
from connector.providers.qonto.writing.wire import QontoRequest, Records, prepared
from connector.providers.qonto.writing.writers import Creation, Deletion
from connector.unified.enums import UnitName
from connector.writing.problems import Problems
from connector.writing.requests.base import name_of
from connector.writing.requests.document import DocumentFields
from connector.writing.requests.item import ItemRequest

_LONGEST = {"name": 120, "description": 1800}
_UNIT_OF: dict[UnitName, str] = {"STÜCK": "piece", **{ours: qonto for qonto, ours in UNITS.items()}}
_UNUSED = (
    "asset_account_id",
    "expense_account_id",
    "income_account_id",
    "inventory_start_date",
    "item_number",
    "stock_count",
    "tax_code",
    "unit_purchase_price",
)
_WITH_TAX = DocumentFields.model_validate({"lineAmountTypes": "INCLUSIVE"})
_WITHOUT_TAX = DocumentFields.model_validate({})


@dataclass(frozen=True)
class Items:
    """What is sent to Qonto for an item, or everything that is wrong with it."""

    around: Surroundings

    async def create(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        request: ItemRequest = asked.body
        problems = Problems(asked.confirmed)
        issuer = await self.around.issuer(account_id)
        _check_texts(request, problems)
        if request.type is None:
            problems.add("type", "REQUIRED", "An item is a product or a service.")
        terms = _WITH_TAX if request.price_includes_tax else _WITHOUT_TAX
        rate = rate_of(request, "", terms, problems)
        price = price_of(request, rate, "", terms, problems)
        exemption = exemption_of(request, rate, "", terms, issuer.country, problems)
        problems.check()
        unit = None if request.unit_name is None else _UNIT_OF.get(request.unit_name)
        body = {
            "title": request.name,
            "type": "good" if request.type == "PRODUCT" else "service",
            "unit_price": {"value": price, "currency": "EUR"},
            "vat_rate": None if rate is None else plain(rate / 100),
            "vat_exemption_code": exemption,
            "unit": unit,
            "description": request.description,
            "internal_note": request.internal_note,
        }
        unused: dict[str, object] = {
            name_of(request, field): getattr(request, field) for field in _UNUSED
        }
        if request.unit_name is not None and unit is None:
            unused["unitName"] = request.unit_name
        return prepared(
            QontoRequest("POST", without_nothing(body)),
            problems.unused(unused, "Qonto's products have nothing of the kind."),
        )

    async def delete(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        del account_id
        return prepared(QontoRequest("DELETE", record_id=known_id(asked.record_id or "")))


def item_writers(records: Records[Product, Any], around: Surroundings) -> dict[str, Writer[Any]]:
    """Return the writers of items, whose list has no documented order: all of it is looked at."""
    items = Items(around)
    return {
        "items.create": Creation(records, items.create),
        "items.delete": Deletion(records, items.delete),
    }


def _check_texts(request: ItemRequest, problems: Problems) -> None:
    if request.name is None:
        problems.add("name", "REQUIRED", "An item has a name.")
    check_lengths(request, _LONGEST, problems)
