"""Offers at Qonto: its quotes.

Rates are sent as fractions, as everywhere, though some pages of Qonto's show percent. So what comes
back is compared with what was expected, and an offer whose total differs isn't sent to a customer
without being asked twice. Once a quote shows its rates in percent, it gets them so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connector.ports import PreparedWrite, Writer, WriteRequest
from connector.providers.qonto.documents.sales import Quote
from connector.providers.qonto.mapping.rates import RateUnit
from connector.providers.qonto.session.lists import known_id
from connector.providers.qonto.writing.acts import prepared_act
from connector.providers.qonto.writing.existing_lines import (
    as_quote_takes,
    check_stated_sums,
    discount_there,
    quote_discount,
    stated_sums,
    unit_on,
)
from connector.providers.qonto.writing.line_defaults import with_defaults
from connector.providers.qonto.writing.line_writes import LineKind, line_writers
from connector.providers.qonto.writing.lines import discount_of, lines_of, unused_of
from connector.providers.qonto.writing.mails import mail_body
from connector.providers.qonto.writing.matching import holds, without_nothing
from connector.providers.qonto.writing.patience import UNTIL_THE_PDF_IS_MADE
from connector.providers.qonto.writing.sums import Sums, check_totals, differs, plain, sums_of
from connector.providers.qonto.writing.surroundings import Surroundings, check_customer
from connector.providers.qonto.writing.texts import check_lengths
from connector.providers.qonto.writing.wire import QontoRequest, Records, prepared
from connector.providers.qonto.writing.writers import Change, Creation, Deletion, Sending
from connector.writing.problems import Problems, read_day
from connector.writing.requests.invoice import MailRequest
from connector.writing.requests.offer import OfferChange, OfferFields, OfferRequest

_LONGEST = {"offer_number": 40}
_NOT_IN_ANSWERS = frozenset({"upload_id"})
_WAITING = "pending_approval"


@dataclass(frozen=True)
class Offers:
    """What is sent to Qonto for an offer, or everything that is wrong with it."""

    records: Records[Quote, Any]
    around: Surroundings

    async def create(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        request: OfferRequest = asked.body
        problems = Problems(asked.confirmed)
        issuer = await self.around.issuer(account_id)
        customer = await self.around.customer(account_id, request.contact_id, problems)
        if customer is not None:
            check_customer(customer, problems, for_offer=True)
        if request.terms_and_conditions is None:
            problems.add("termsAndConditions", "REQUIRED", "Qonto takes no offer without terms.")
        whole = await with_defaults(
            self.around, account_id, request.line_items, problems, document=request
        )
        lines = lines_of(whole, request, issuer.country, problems)
        discount = discount_of(request, "", problems)
        sums = sums_of(lines, discount)
        check_totals(request, sums, problems)
        body = {
            "client_id": request.contact_id,
            "currency": "EUR",
            **_printed(request, None, problems),
            **_reckoned(lines, discount, RateUnit.FRACTION),
        }
        problems.check()
        warnings = (*_warnings(request, problems), *unused_of(request.line_items, problems))
        return _prepared("POST", body, None, sums, warnings)

    async def update(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        request: OfferChange = asked.body
        record_id = known_id(asked.record_id or "")
        problems = Problems(asked.confirmed)
        document, _ = await self.records.one(account_id, record_id)
        _check_change(document, problems)
        if request.contact_id not in (None, document.client and document.client.id):
            problems.add("contactId", "NOT_ALLOWED", "An offer stays with its customer.")
        unit = unit_on(document)
        there = LINES.there(document)
        lines = there
        if request.line_items is not None:
            issuer = await self.around.issuer(account_id)
            whole = await with_defaults(
                self.around,
                account_id,
                request.line_items,
                problems,
                record_id,
                there,
                document=request,
            )
            lines = lines_of(whole, request, issuer.country, problems)
        discount = discount_of(request, "", problems)
        sums = sums_of(lines, discount or discount_there(document))
        check_totals(request, sums, problems)
        body = {
            **_printed(request, document, problems),
            **_reckoned(lines if request.line_items is not None else [], discount, unit),
        }
        if not without_nothing(body):
            problems.add("body", "REQUIRED", "There is nothing to change.")
        problems.check()
        unused = unused_of(request.line_items or (), problems)
        return _prepared("PATCH", body, record_id, sums, (*_warnings(request, problems), *unused))

    async def delete(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        del account_id
        return prepared(QontoRequest("DELETE", record_id=known_id(asked.record_id or "")))

    async def send(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        request: MailRequest = asked.body
        record_id = known_id(asked.record_id or "")
        problems = Problems(asked.confirmed)
        document, found = await self.records.one(account_id, record_id)
        if document.status == "canceled":
            problems.add("status", "WRONG_STATUS", "An offer that is canceled can't be sent.")
        check_stated_sums(document, "totalGrossAmount", problems)
        body = mail_body(request, problems)
        problems.check()
        return prepared_act(QontoRequest("POST", body, record_id, "send"), found)


def offer_writers(records: Records[Quote, Any], around: Surroundings) -> dict[str, Writer[Any]]:
    """Return the writers of offers."""
    offers = Offers(records, around)
    return {
        "offers.create": Creation(
            records,
            offers.create,
            view=_as_sent,
            shown=_shown,
            since="filter[created_at_from]",
            told=_told,
        ),
        "offers.update": Change(
            records,
            offers.update,
            is_done=lambda sent, record: holds(_shown(sent.body or {}), _as_sent(record)),
            told=_told,
            patience=UNTIL_THE_PDF_IS_MADE,
        ),
        "offers.delete": Deletion(
            records,
            offers.delete,
            "Qonto deletes no quote that was sent to the customer, approved, canceled or invoiced.",
        ),
        "offers.send": Sending(records, offers.send),
        **line_writers("offerLines", records, around, LINES),
    }


def _prepared(
    method: str,
    body: Mapping[str, Any],
    record_id: str | None,
    sums: Sums | None,
    warnings: tuple[str, ...],
) -> PreparedWrite:
    sent = QontoRequest(
        method,
        without_nothing(body),
        record_id,
        total=sums and plain(sums.gross),
        tax=sums and plain(sums.tax),
    )
    return prepared(sent, warnings, {} if sums is None else sums.shown_elsewhere)


def _reckoned(
    lines: list[dict[str, Any]], discount: Mapping[str, str] | None, unit: RateUnit
) -> dict[str, Any]:
    return {
        "items": [without_nothing(one) for one in as_quote_takes(lines, unit)],
        "discount": quote_discount(discount, unit),
    }


def _told(sent: QontoRequest, document: Quote) -> tuple[str, ...]:
    """Tell that Qonto reckons otherwise: than was asked for, or than the quote's lines say."""
    expected = stated_sums(document)
    if sent.total is not None and sent.tax is not None:
        expected = Sums(Decimal(sent.total) - Decimal(sent.tax), Decimal(sent.tax))
    told = differs(document, expected)
    return () if told is None else (f"offer: its total is not what was expected: {told}",)


def _check_change(document: Quote, problems: Problems) -> None:
    if document.status != _WAITING:
        problems.add(
            "status", "WRONG_STATUS", f"An offer that is {document.status} can't be changed."
        )


LINES: LineKind[Quote] = LineKind(
    _check_change,
    as_quote_takes,
    lambda sums: sums.shown_elsewhere,
    _told,
    UNTIL_THE_PDF_IS_MADE,
)
"""The lines of offers."""


def _as_sent(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Say a quote of Qonto's in the words of a request, as far as it shows what was sent."""
    client: Mapping[str, Any] = record.get("client") or {}
    items: list[Mapping[str, Any]] = record.get("items") or []
    return {
        **record,
        "client_id": client.get("id"),
        "items": [{**item, "discount": _named(item.get("discount"))} for item in items],
        "discount": _named(record.get("discount")),
    }


def _named(discount: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Call a discount of an amount what requests call it, whatever the answer does."""
    if not discount or discount.get("type") != "absolute":
        return discount
    return {**discount, "type": "amount"}


def _shown(body: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out of a request what an answer doesn't show."""
    shown = {name: value for name, value in body.items() if name not in _NOT_IN_ANSWERS}
    if "items" in body:
        items: list[dict[str, Any]] = body["items"]
        shown["items"] = [
            {name: value for name, value in item.items() if name != "currency"} for item in items
        ]
    return shown


def _printed(
    request: OfferFields | OfferRequest | OfferChange, document: Quote | None, problems: Problems
) -> dict[str, Any]:
    check_lengths(request, _LONGEST, problems)
    if request.currency is not None and request.currency.upper() != "EUR":
        problems.add("currency", "NOT_ALLOWED", "Qonto takes prices in EUR only.")
    issued = read_day(getattr(request, "offer_date", None), "offerDate", problems)
    ends = read_day(getattr(request, "expiry_date", None), "expiryDate", problems)
    begins = issued or read_day(document and document.issue_date, "offerDate", problems)
    last = ends or read_day(document and document.expiry_date, "expiryDate", problems)
    if begins is not None and last is not None and last < begins:
        problems.add("expiryDate", "TOO_EARLY", "It can't end before it is made.")
    return {
        "issue_date": issued and issued.isoformat(),
        "expiry_date": ends and ends.isoformat(),
        "number": request.offer_number,
        "header": request.header,
        "footer": request.footer,
        "terms_and_conditions": request.terms_and_conditions,
        "upload_id": request.file_id,
    }


def _warnings(request: OfferFields, problems: Problems) -> tuple[str, ...]:
    return problems.unused(
        {
            "addresses": request.addresses or None,
            "name": request.name,
            "oneLineAddress": request.one_line_address,
            "reference": request.reference,
            "taxText": request.tax_text,
        },
        "Qonto's quotes have nothing of the kind.",
    )
