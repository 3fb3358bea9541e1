"""``/v2/clients``: flat bodies, no uniqueness, no invoicing rules until an invoice is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from qonto_simulator.api import Call, Endpoint, Reply, list_reply
from qonto_simulator.collection import Selection
from qonto_simulator.directory import Directory
from qonto_simulator.errors import not_found, refuse
from qonto_simulator.fields import Fields
from qonto_simulator.filters import plain, sorting, window
from qonto_simulator.paging import read_page
from qonto_simulator.records.client import Client
from qonto_simulator.records.organisation import Address
from qonto_simulator.render.clients import client_document
from qonto_simulator.render.common import Document
from qonto_simulator.rules import clients as rules
from qonto_simulator.rules.reachability import may_be_french

_TEXTS = {
    "first_name": 60,
    "last_name": 60,
    "email": 250,
    "vat_number": 20,
    "tax_identification_number": 30,
    "e_invoicing_address": 100,
    "recipient_code": 7,
}
_EMAILS = 100


def _find(call: Call) -> Client:
    client = call.books.clients.get(call.id)
    if client is None:
        raise not_found("client")
    return client


def _one(call: Call, client: Client) -> Document:
    return {"client": call.shaped(client_document(client))}


async def index(call: Call) -> Reply:
    """By name unless asked otherwise; the name filter ignores accents."""
    query = call.request.query_params
    order, direction = sorting(query, ("created_at", "updated_at", "name"), "name:asc")
    wanted: Selection[Client] = Selection(
        created=window(query, "created_at"),
        updated=window(query, "updated_at"),
        where=_conditions(call),
        order="updated_at" if order == "updated_at" else "created_at",
        key=(lambda client: plain(client.display_name)) if order == "name" else None,
        descending=direction == "desc",
    )
    page = read_page(query)
    return list_reply(call, "clients", call.books.clients, wanted, page, client_document)


def _conditions(call: Call) -> tuple[Callable[[Client], bool], ...]:
    query = call.request.query_params
    conditions: list[Callable[[Client], bool]] = []
    for name in ("tax_identification_number", "vat_number", "email"):
        value = query.get(f"filter[{name}]", "").lower()
        if value:
            conditions.append(
                lambda client, name=name, value=value: (
                    (getattr(client, name) or "").lower() == value
                )
            )
    part = plain(query.get("filter[name]", ""))
    if part and len(part) < 2:
        detail = "name must have at least 2 characters"
        raise refuse(422, "invalid", detail, parameter="filter[name]")
    if part:
        conditions.append(lambda client: part in plain(client.display_name))
    return tuple(conditions)


async def show(call: Call) -> Reply:
    return Reply(document=_one(call, _find(call)))


async def create(call: Call) -> Reply:
    fields = Fields(await call.json())
    kind = _kind(fields, call.books.organisation.country)
    client = Client(
        id=call.world.ids.uuid7(call.now),
        kind=kind or "company",
        name="",
        created_at=call.now,
        updated_at=call.now,
    )
    write = _read(fields, client, call.world.directory)
    _require_names(fields, client.kind)
    fields.check()
    write()
    rules.add(call.world, call.books, client, at=call.now)
    return call.created(_one(call, client))


async def update(call: Call) -> Reply:
    """Fields that are not sent stay, those sent as null or empty are cleared.

    The kind stays, and a name that it asks for can't be cleared.
    """
    client = _find(call)
    fields = Fields(await call.json())
    write = _read(fields, client, call.world.directory)
    _require_names(fields, client.kind, sent_only=True)
    fields.check()
    write()
    rules.change(call.world, call.books, client, at=call.now)
    return Reply(document=_one(call, client))


async def delete(call: Call) -> Reply:
    rules.remove(call.world, call.books, _find(call), at=call.now)
    return Reply(204)


def _kind(fields: Fields, country: str) -> str | None:
    """``kind`` wins over its legacy twin ``type``; freelancers are for Italian companies alone."""
    name = "kind" if "kind" in fields or "type" not in fields else "type"
    return fields.choice(name, rules.kinds_of(country), required=True)


def _require_names(fields: Fields, kind: str, *, sent_only: bool = False) -> None:
    names = ("name",) if kind == "company" else ("first_name", "last_name")
    for name in names:
        if not fields.data.get(name) and (name in fields or not sent_only):
            fields.problem(name, "required", f"{name} is required")


def _read(fields: Fields, client: Client, directory: Directory) -> Callable[[], None]:
    """Reads what was sent; the result writes it, once nothing turned out to be wrong."""
    changes: dict[str, object] = {}
    if "name" in fields:
        changes["name"] = fields.text("name", most=250) or ""
    for name, most in _TEXTS.items():
        if name in fields:
            changes[name] = fields.text(name, most=most)
    if "currency" in fields:
        changes["currency"] = fields.currency("currency")
    if "locale" in fields:
        locale = fields.text("locale")
        if locale is not None and locale.lower() not in rules.LOCALES:
            fields.problem("locale", "not_in_list", f"must be one of: {', '.join(rules.LOCALES)}")
        changes["locale"] = locale.lower() if locale else None
    _read_contacts(fields, changes)
    _read_addresses(fields, client, changes)
    place = cast("Address | None", changes.get("billing_address", client.billing_address))
    where_to = changes.get("e_invoicing_address")
    if where_to and may_be_french(place) and not directory.has(str(where_to)):
        detail = "e_invoicing_address is not in the directory"
        fields.problem("e_invoicing_address", "invalid", detail)

    def write() -> None:
        for name, value in changes.items():
            setattr(client, name, value)

    return write


def _read_contacts(fields: Fields, changes: dict[str, object]) -> None:
    if "extra_emails" in fields:
        changes["extra_emails"] = _extra_emails(fields)
    if "phone" in fields:
        phone = fields.nested("phone")
        changes["phone_country_code"] = phone.text("country_code", most=5) if phone else None
        changes["phone_number"] = phone.text("number", most=20) if phone else None


def _extra_emails(fields: Fields) -> list[str]:
    sent = fields.data["extra_emails"]
    emails = cast("list[object]", sent) if isinstance(sent, list) else []
    texts = [one for one in emails if isinstance(one, str)]
    if (sent and not emails) or len(emails) > _EMAILS or texts != emails:
        detail = f"extra_emails must be a list of at most {_EMAILS} strings"
        fields.problem("extra_emails", "invalid", detail)
    return texts


def _read_addresses(fields: Fields, client: Client, changes: dict[str, object]) -> None:
    for name in ("billing_address", "delivery_address"):
        if name in fields:
            inner = fields.nested(name)
            changes[name] = _address(inner, "street_address") if inner else None
    flat = ("address", "city", "zip_code", "country_code", "province_code")
    if "billing_address" not in fields and any(fields.data.get(name) for name in flat):
        if client.billing_address is not None:
            old = client.billing_address
            fields.data.setdefault("address", old.street_address)
            fields.data.setdefault("city", old.city)
            fields.data.setdefault("zip_code", old.zip_code)
            fields.data.setdefault("country_code", old.country_code)
            fields.data.setdefault("province_code", old.province_code)
        changes["billing_address"] = _address(fields, "address")


def _address(fields: Fields, street: str) -> Address:
    """What was sent of an address; only a document asks for the whole of it."""
    country = fields.text("country_code") or ""
    if country and not (len(country) == 2 and country.isalpha()):
        fields.problem("country_code", "invalid", "country_code must be an ISO 3166 code")
    return Address(
        street_address=fields.text(street, most=250) or "",
        city=fields.text("city", most=50) or "",
        zip_code=fields.text("zip_code", most=20) or "",
        country_code=country.upper(),
        province_code=fields.text("province_code", most=5),
    )


ENDPOINTS = (
    Endpoint("GET", "/clients", index),
    Endpoint("POST", "/clients", create),
    Endpoint("GET", "/clients/{id}", show),
    Endpoint("PATCH", "/clients/{id}", update),
    Endpoint("DELETE", "/clients/{id}", delete),
)
