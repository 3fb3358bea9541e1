"""In which unit Qonto writes rates, for each kind of document.

    client invoices, credit notes, products   fraction, 0.2 is 20 %
    quotes                                    fraction as a rule, see below

Qonto takes and answers fractions on quotes too, while examples in its documentation show percent.
So a quote's own figures decide: a rate above 1 would be more than 100 % as a fraction, which no tax
and no discount is; and a tax that is about a hundredth of net times rate was reckoned in percent.
"""

from collections.abc import Iterable
from decimal import Decimal
from enum import Enum

from connector.providers.qonto.documents.amounts import Discount, MoneyField
from connector.providers.qonto.documents.sales import QontoItem
from connector.providers.qonto.mapping.amounts import read_amount, read_decimal


class RateUnit(Enum):
    """How a rate of 20 % is written."""

    FRACTION = "0.2"
    PERCENT = "20"


def tax_unit_on_quote(items: Iterable[QontoItem]) -> RateUnit:
    """Tell in which unit a quote's tax rates are: PERCENT if any line shows it, else FRACTION."""
    return RateUnit.PERCENT if any(map(_is_in_percent, items)) else RateUnit.FRACTION


def discount_unit_on_quote(discount: Discount | None) -> RateUnit:
    """Tell in which unit a percentage discount on a quote is: PERCENT if it is above 1."""
    value = None if discount is None else read_decimal(discount.value)
    return RateUnit.FRACTION if value is None or value <= 1 else RateUnit.PERCENT


def _is_in_percent(item: QontoItem) -> bool:
    rate, net, tax = read_decimal(item.vat_rate), _value(item.subtotal), _value(item.total_vat)
    if rate is None:
        return False
    if rate > 1:
        return True
    return bool(tax) and abs(tax) * 10 < abs(net * rate)  # 0 may be a tax below half a cent


def _value(money: MoneyField) -> Decimal:
    return read_amount(money) or Decimal(0)
