"""``/v2/quotes``. VAT rates are fractions unless the simulator is told to use percentages."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from qonto_simulator.api import Call, Endpoint, Handler, Reply, list_reply
from qonto_simulator.collection import Selection
from qonto_simulator.errors import Wording, not_found, refuse
from qonto_simulator.fields import Fields
from qonto_simulator.filters import sorting, statuses, window
from qonto_simulator.paging import MOST_INVOICING, read_page
from qonto_simulator.records.lines import Discount
from qonto_simulator.records.quote import Quote
from qonto_simulator.render.common import Document
from qonto_simulator.render.quotes import quote_document
from qonto_simulator.rules import quotes as rules
from qonto_simulator.rules.mails import send

from .invoice_bodies import find_client, find_upload
from .levy_bodies import read_levies
from .lines import (
    QUOTE_DISCOUNTS,
    QUOTE_LINE_DISCOUNTS,
    lines_as_body,
    read_discount,
    read_lines,
)
from .mail_bodies import read_mail
from .settings_bodies import read_settings


def _find(call: Call) -> Quote:
    quote = call.books.quotes.get(call.id)
    if quote is None:
        raise not_found("quote", parameter="id")
    return quote


def _render(call: Call, quote: Quote) -> Document:
    percent = call.quirks.percent_vat_on_quotes
    return quote_document(quote, call.books.organisation, call.world.base_url, percent=percent)


def _one(call: Call, quote: Quote) -> Document:
    """Without an envelope, unlike in the list."""
    document = call.shaped(_render(call, quote))
    return {"quote": document} if call.quirks.wrapped_quotes else document


async def index(call: Call) -> Reply:
    query = call.request.query_params
    order, direction = sorting(query, ("created_at", "updated_at"), "created_at:desc")
    wanted: Selection[Quote] = Selection(
        statuses=statuses(query, "filter[status]", rules.STATUSES),
        created=window(query, "created_at"),
        updated=window(query, "updated_at"),
        order="updated_at" if order == "updated_at" else "created_at",
        descending=direction == "desc",
    )
    page = read_page(query, most=MOST_INVOICING)
    return list_reply(
        call, "quotes", call.books.quotes, wanted, page, lambda quote: _render(call, quote)
    )


async def show(call: Call) -> Reply:
    return Reply(document=_one(call, _find(call)))


async def create(call: Call) -> Reply:
    fields = _read(call, await call.json(), None)
    quote = rules.create(call.world, call.books, fields, at=call.now)
    return call.created(_one(call, quote), 201)


async def update(call: Call) -> Reply:
    quote = _find(call)
    rules.require_editable(quote)
    data = {**_as_body(call, quote), **(await call.json())}
    rules.edit(call.books, quote, _read(call, data, quote), at=call.now)
    return Reply(document=_one(call, quote))


async def delete(call: Call) -> Reply:
    rules.delete(call.books, _find(call))
    return Reply(204)


async def send_by_mail(call: Call) -> Reply:
    quote = _find(call)
    mail = await read_mail(call)
    send(call.books, mail, "quote", quote.id, at=call.now)
    quote.sent_at = call.now
    return Reply(204)


def _read(call: Call, data: dict[str, object], known: Quote | None) -> rules.QuoteFields:
    """A complete, valid set of fields; a ``known`` quote keeps its client."""
    percent = call.quirks.percent_vat_on_quotes
    fields = Fields(data)
    client = known.client if known else find_client(call, fields, on_quote=True)
    currency = fields.currency("currency", required=True)
    issue_date = fields.day("issue_date", required=True)
    expiry_date = fields.day("expiry_date", required=True)
    terms = fields.text("terms_and_conditions", most=3000, required=True)
    lines = read_lines(
        call.books,
        fields,
        "/quote/items",
        currency=currency,
        percent=percent,
        discounts=QUOTE_LINE_DISCOUNTS,
    )
    if issue_date and expiry_date and expiry_date < issue_date:
        fields.problem("expiry_date", "invalid", "expiry_date can't be before issue_date")
    discount = read_discount(fields, percent=percent, kinds=QUOTE_DISCOUNTS)
    number = fields.text("number", most=40)
    organisation = call.books.organisation
    contact_email = fields.text("contact_email", most=250) or organisation.owner.email
    header = fields.text("header", most=1800) or ""
    footer = fields.text("footer", most=1800) or ""
    upload_id = find_upload(call, fields)
    printed = known.settings if known else None
    settings = read_settings(fields, organisation, known=printed, on_quote=True)
    levies = read_levies(fields)
    fields.check()
    if client is None or currency is None or issue_date is None or expiry_date is None:
        raise refuse(422, "invalid", "the body can't be used")
    return rules.QuoteFields(
        client=client,
        currency=currency,
        issue_date=issue_date,
        expiry_date=expiry_date,
        terms_and_conditions=terms or "",
        lines=lines,
        number=number,
        contact_email=contact_email,
        header=header,
        footer=footer,
        discount=discount,
        upload_id=upload_id,
        settings=settings,
        **levies,
    )


def _as_body(call: Call, quote: Quote) -> dict[str, object]:
    """The body that would create this quote again, in the wire unit of the endpoint."""
    factor = Decimal(100 if call.quirks.percent_vat_on_quotes else 1)
    lines = tuple(
        replace(one, vat_rate=one.vat_rate * factor, discount=_scaled(one.discount, factor))
        for one in quote.lines
    )
    discount = _scaled(quote.discount, factor)
    return {
        "currency": quote.currency,
        "issue_date": quote.issue_date.isoformat(),
        "expiry_date": quote.expiry_date.isoformat(),
        "terms_and_conditions": quote.terms_and_conditions,
        "contact_email": quote.contact_email,
        "header": quote.header,
        "footer": quote.footer,
        "upload_id": quote.upload_id,
        "stamp_duty_amount": quote.stamp_duty_amount,
        "welfare_fund": quote.welfare_fund,
        "withholding_tax": quote.withholding_tax,
        "discount": {"type": discount.type, "value": discount.value} if discount else None,
        "items": lines_as_body(lines),
    }


def _scaled(discount: Discount | None, factor: Decimal) -> Discount | None:
    if discount is None or discount.type != "percentage":
        return discount
    return replace(discount, value=discount.value * factor)


def _endpoint(method: str, path: str, handle: Handler) -> Endpoint:
    return Endpoint(method, f"/quotes{path}", handle, wording=Wording.SINGLE_404)


ENDPOINTS = (
    _endpoint("GET", "", index),
    _endpoint("POST", "", create),
    _endpoint("GET", "/{id}", show),
    _endpoint("PATCH", "/{id}", update),
    _endpoint("DELETE", "/{id}", delete),
    _endpoint("POST", "/{id}/send", send_by_mail),
)
