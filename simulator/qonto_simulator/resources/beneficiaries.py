"""``/v2/sepa/beneficiaries``. Bodies are wrapped, but for those of trust."""

from __future__ import annotations

from collections.abc import Callable

from qonto_simulator.api import Call, Endpoint, Reply, list_reply
from qonto_simulator.collection import Selection
from qonto_simulator.errors import not_found, refuse
from qonto_simulator.fields import Fields
from qonto_simulator.filters import flag, many, sorting, statuses, window
from qonto_simulator.paging import read_page
from qonto_simulator.records.catalogue import Beneficiary
from qonto_simulator.render.beneficiaries import beneficiary
from qonto_simulator.render.common import Document
from qonto_simulator.rules import beneficiaries as rules
from qonto_simulator.rules import sca

from .payee_bodies import read_beneficiary, read_email, read_name

PER_PAGE = 25
MOST_IDS = 400


async def index(call: Call) -> Reply:
    """Filters come with and without the ``filter[...]`` around them."""
    query = call.request.query_params
    order, direction = sorting(query, ("created_at", "updated_at"), "updated_at:desc")
    where: list[Callable[[Beneficiary], bool]] = []
    ibans = [*many(query, "iban"), *many(query, "filter[iban]")]
    if ibans:
        where.append(lambda one: one.iban in ibans)
    name = (query.get("name", "") or query.get("filter[name]", "")).lower()
    if name:
        where.append(lambda one: name in one.name.lower())
    trusted = flag(query, "trusted")
    if trusted is not None:
        where.append(lambda one: one.trusted == trusted)
    wanted: Selection[Beneficiary] = Selection(
        statuses=statuses(query, "status", rules.STATUSES),
        updated=window(query, "updated_at", "{}"),
        where=tuple(where),
        order="updated_at" if order == "updated_at" else "created_at",
        descending=direction == "desc",
    )
    page = read_page(query, default=PER_PAGE)
    return list_reply(call, "beneficiaries", call.books.beneficiaries, wanted, page, beneficiary)


def _find(call: Call) -> Beneficiary:
    one = call.books.beneficiaries.get(call.id)
    if one is None:
        raise not_found("beneficiary")
    return one


def _one(call: Call, one: Beneficiary) -> Document:
    return {"beneficiary": call.shaped(beneficiary(one))}


async def _body(call: Call) -> tuple[Fields, Fields]:
    """The body, and what is inside ``beneficiary``."""
    body = Fields(await call.json(), pointer=lambda name: f"/{name}")
    return body, body.nested("beneficiary", required=True) or Fields({})


async def show(call: Call) -> Reply:
    return Reply(document=_one(call, _find(call)))


async def create(call: Call) -> Reply:
    body, inner = await _body(call)
    fields = read_beneficiary(inner)
    body.check()
    if fields is None:
        raise refuse(422, "invalid", "the body can't be used")
    one = rules.remember(call.world, call.books, fields, at=call.now)
    return call.created(_one(call, one), 201)


async def update(call: Call) -> Reply:
    """Name, e-mail and activity tag alone; whatever else is sent is not seen."""
    one = _find(call)
    body, fields = await _body(call)
    changes: dict[str, str] = {}
    if "name" in fields:
        changes["name"] = read_name(fields) or ""
    if "email" in fields:
        changes["email"] = read_email(fields) or ""
    tag = fields.choice("activity_tag", rules.ACTIVITY_TAGS)
    if tag is not None:
        changes["activity_tag"] = tag
    body.check()
    rules.change(call.world, call.books, one, changes, at=call.now)
    return Reply(document=_one(call, one))


async def trust(call: Call) -> Reply:
    """Only who was found to be real can be trusted, and a person has to approve it."""
    chosen = await _chosen(call)
    for one in chosen:
        if one.status != "validated":
            detail = f"the beneficiary {one.id} is not validated"
            raise refuse(422, "invalid", detail, pointer="/ids")
    await sca.require(call, "beneficiary.trust")
    return _set_trust(call, chosen, True)


async def untrust(call: Call) -> Reply:
    return _set_trust(call, await _chosen(call), False)


async def _chosen(call: Call) -> list[Beneficiary]:
    """The beneficiaries of ``{ids}``; one that isn't there refuses them all."""
    fields = Fields(await call.json(), pointer=lambda name: f"/{name}")
    ids = fields.texts("ids", most=MOST_IDS, required=True)
    fields.check()
    chosen = [one for one in map(call.books.beneficiaries.get, ids) if one is not None]
    if len(chosen) < len(ids):
        raise not_found("beneficiary")
    return chosen


def _set_trust(call: Call, chosen: list[Beneficiary], trusted: bool) -> Reply:
    rules.set_trust(call.world, call.books, chosen, trusted, at=call.now)
    return Reply(document={"beneficiaries": [call.shaped(beneficiary(one)) for one in chosen]})


ENDPOINTS = (
    Endpoint("GET", "/sepa/beneficiaries", index),
    Endpoint("POST", "/sepa/beneficiaries", create, replays=True),
    Endpoint("PATCH", "/sepa/beneficiaries/trust", trust),
    Endpoint("PATCH", "/sepa/beneficiaries/untrust", untrust),
    Endpoint("GET", "/sepa/beneficiaries/{id}", show),
    Endpoint("PATCH", "/sepa/beneficiaries/{id}", update),
)
