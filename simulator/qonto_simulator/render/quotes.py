"""Quotes as the API writes them."""

from __future__ import annotations

from decimal import Decimal
from typing import cast

from qonto_simulator.money import cents, money
from qonto_simulator.records.organisation import Organisation
from qonto_simulator.records.quote import Quote
from qonto_simulator.times import with_offset

from .client_invoices import issuer
from .common import Document, discount, embedded_client, line, withholding

PUBLIC_PAGE = "/pay/quotes/"
"""Where the client sees a quote and decides."""


def quote_document(
    quote: Quote, organisation: Organisation, base: str, *, percent: bool
) -> Document:
    """Links begin with ``base``; with ``percent`` rates and discounts are written as ``"20"``."""
    currency = quote.currency
    items = [line(one) for one in quote.lines]
    reduction = discount(quote.discount, currency)
    if percent:
        for item in items:
            item["vat_rate"] = _percent(item["vat_rate"])
            item["discount"] = _percent_discount(cast("Document | None", item["discount"]))
        reduction = _percent_discount(reduction)
    return {
        "id": quote.id,
        "organization_id": organisation.id,
        "number": quote.number,
        "status": quote.status,
        "currency": currency,
        "total_amount": money(quote.total, currency),
        "total_amount_cents": cents(quote.total),
        "vat_amount": money(quote.vat, currency),
        "vat_amount_cents": cents(quote.vat),
        "issue_date": quote.issue_date.isoformat(),
        "expiry_date": quote.expiry_date.isoformat(),
        "created_at": with_offset(quote.created_at),
        "updated_at": with_offset(quote.updated_at),
        "approved_at": with_offset(quote.approved_at) if quote.approved_at else None,
        "canceled_at": with_offset(quote.canceled_at) if quote.canceled_at else None,
        "attachment_id": quote.attachment_id,
        "quote_url": base + PUBLIC_PAGE + quote.id,
        "contact_email": quote.contact_email,
        "terms_and_conditions": quote.terms_and_conditions,
        "header": quote.header,
        "footer": quote.footer,
        "discount": reduction,
        "items": items,
        "client": embedded_client(quote.client),
        "organization": issuer(organisation, quote.settings),
        "invoice_ids": list(quote.invoice_ids),
        "welfare_fund": quote.welfare_fund,
        "withholding_tax": withholding(quote.withholding_tax, quote.total - quote.vat, currency),
        "stamp_duty_amount": quote.stamp_duty_amount,
    }


def _percent(rate: object) -> str:
    return format((Decimal(str(rate)) * 100).normalize(), "f")


def _percent_discount(reduction: Document | None) -> Document | None:
    if reduction is None or reduction["type"] != "percentage":
        return reduction
    return {**reduction, "value": _percent(reduction["value"])}
