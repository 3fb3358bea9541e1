"""``/v2/products``: listed, made and removed; there is no change."""

from __future__ import annotations

from qonto_simulator.api import Call, Endpoint, Reply, list_reply
from qonto_simulator.collection import Selection
from qonto_simulator.errors import not_found, refuse
from qonto_simulator.fields import Fields
from qonto_simulator.filters import sorting
from qonto_simulator.paging import read_page
from qonto_simulator.records.catalogue import Product
from qonto_simulator.render.common import Document
from qonto_simulator.render.events import product_event
from qonto_simulator.render.products import product_document

from .lines import EXEMPTIONS, read_rate

TYPES = ("good", "service")
TYPE = "v1/products"


async def index(call: Call) -> Reply:
    query = call.request.query_params
    order, direction = sorting(query, ("created_at", "updated_at", "title"), "created_at:desc")
    wanted: Selection[Product] = Selection(
        order="updated_at" if order == "updated_at" else "created_at",
        key=(lambda product: product.title.lower()) if order == "title" else None,
        descending=direction == "desc",
    )
    page, organisation_id = read_page(query), call.books.organisation.id
    return list_reply(
        call,
        "products",
        call.books.products,
        wanted,
        page,
        lambda product: product_document(product, organisation_id),
    )


async def create(call: Call) -> Reply:
    fields = Fields(await call.json())
    title = fields.text("title", most=120, required=True)
    kind = fields.choice("type", TYPES, required=True)
    price = fields.money("unit_price", required=True)
    rate = read_rate(fields, "vat_rate", percent=False)
    exemption = fields.choice("vat_exemption_code", EXEMPTIONS)
    description = fields.text("description", most=1800)
    internal_note = fields.text("internal_note", most=1800)
    unit = fields.text("unit", most=20)
    links = tuple(
        (inner.text("title") or "", inner.text("url", required=True) or "")
        for _, inner in fields.each("links", "/product/links")
    )
    fields.check()
    if title is None or kind is None or price is None or rate is None:
        raise refuse(422, "invalid", "the body can't be used")
    product = Product(
        id=call.world.ids.uuid7(call.now),
        title=title,
        type=kind,
        unit_price=price[0],
        currency=price[1],
        vat_rate=rate,
        created_at=call.now,
        updated_at=call.now,
        description=description,
        internal_note=internal_note,
        unit=unit,
        vat_exemption_code=exemption,
        links=links,
    )
    call.books.products.add(product)
    _tell(call, product, "created")
    return call.created(_one(call, product))


async def show(call: Call) -> Reply:
    return Reply(document=_one(call, _find(call)))


async def delete(call: Call) -> Reply:
    product = _find(call)
    call.books.products.remove(product)
    _tell(call, product, "deleted")
    return Reply(204)


def _find(call: Call) -> Product:
    product = call.books.products.get(call.id)
    if product is None:
        raise not_found("product")
    return product


def _one(call: Call, product: Product) -> Document:
    return {"product": call.shaped(product_document(product, call.books.organisation.id))}


def _tell(call: Call, product: Product, event: str) -> None:
    organisation_id = call.books.organisation.id
    if call.world.hub.wants(organisation_id, TYPE):
        call.world.hub.emit(organisation_id, TYPE, product_event(product, event), call.now)


ENDPOINTS = (
    Endpoint("GET", "/products", index),
    Endpoint("POST", "/products", create),
    Endpoint("GET", "/products/{id}", show),
    Endpoint("DELETE", "/products/{id}", delete),
)
