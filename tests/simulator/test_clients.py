"""Clients and products."""

from __future__ import annotations

from typing import Any

import pytest

from .support import Api, Receiver, create_invoice, get_invoice, invoice_body, subscribe

PLACE = {
    "street_address": "1 rue Neuve",
    "city": "Lyon",
    "zip_code": "69001",
    "country_code": "FR",
}


async def create(api: Api, **fields: Any) -> dict[str, Any]:
    body = {"kind": "company", "name": "ACME", "billing_address": PLACE, **fields}
    return (await api.take("POST", "/v2/clients", 200, json=body))["client"]


async def names(api: Api, **params: str) -> list[str]:
    answer = await api.take("GET", "/v2/clients", params=params)
    return [one["name"] for one in answer["clients"]]


async def test_a_company_is_kept_as_it_was_sent(api: Api) -> None:
    client = await create(
        api,
        email="billing@acme.example",
        vat_number="FR44732829320",
        tax_identification_number="73282932000074",
        currency="EUR",
        locale="fr",
        phone={"country_code": "+33", "number": "612345678"},
        extra_emails=["a@acme.example"],
    )
    assert client["kind"] == client["type"] == "company"
    assert "first_name" not in client
    assert client["billing_address"]["country_code"] == "FR"
    assert client["country_code"] == "FR"
    assert client["extra_emails"] == ["a@acme.example"]
    again = (await api.take("GET", f"/v2/clients/{client['id']}"))["client"]
    assert again == client


async def test_a_person_has_first_and_last_names(api: Api) -> None:
    body = {"kind": "individual", "first_name": "Ada", "last_name": "Lovelace"}
    client = (await api.take("POST", "/v2/clients", 200, json=body))["client"]
    assert client["name"] == "Ada Lovelace"
    problem = await api.problem("POST", "/v2/clients", 422, json={"kind": "individual"})
    assert problem["source"]["pointer"] == "/data/attributes/first_name"


async def test_a_wrapped_body_misses_its_kind(api: Api) -> None:
    problem = await api.problem("POST", "/v2/clients", 422, json={"client": {"kind": "company"}})
    assert problem["detail"] == "kind is required"


async def test_flat_addresses_are_taken_as_well(api: Api) -> None:
    body = {
        "type": "company",
        "name": "Flat",
        "address": "2 rue Basse",
        "city": "Lille",
        "zip_code": "59000",
        "country_code": "fr",
    }
    client = (await api.take("POST", "/v2/clients", 200, json=body))["client"]
    assert client["billing_address"]["street_address"] == "2 rue Basse"
    assert client["billing_address"]["country_code"] == "FR"


@pytest.mark.parametrize(
    "part", [{"country_code": "fr"}, {"city": "Lyon"}, {"street_address": "1 rue Neuve"}, {}]
)
async def test_a_part_of_an_address_is_taken(api: Api, part: dict[str, str]) -> None:
    client = await create(api, billing_address=part)
    sent = {**part, **({"country_code": "FR"} if "country_code" in part else {})}
    place = client["billing_address"] or {}
    assert {name: value for name, value in place.items() if value} == sent
    path = f"/v2/clients/{client['id']}"
    assert (await api.take("GET", path))["client"] == client
    body = {"billing_address": {"country_code": "DE"}, "delivery_address": {"city": "Bonn"}}
    changed = (await api.take("PATCH", path, json=body))["client"]
    assert changed["billing_address"]["country_code"] == "DE"
    assert changed["billing_address"]["city"] == ""
    assert changed["delivery_address"]["city"] == "Bonn"


async def test_a_flat_part_of_an_address_is_taken_and_completed_later(api: Api) -> None:
    body = {"kind": "company", "name": "Flat", "country_code": "fr"}
    client = (await api.take("POST", "/v2/clients", json=body))["client"]
    assert client["billing_address"]["country_code"] == "FR"
    path = f"/v2/clients/{client['id']}"
    changed = (await api.take("PATCH", path, json={"city": "Lille"}))["client"]
    assert (changed["city"], changed["country_code"]) == ("Lille", "FR")


async def test_a_part_of_an_address_is_not_enough_for_an_invoice(api: Api) -> None:
    client = await create(
        api,
        billing_address={"country_code": "FR"},
        currency="EUR",
        locale="fr",
        tax_identification_number="73282932000074",
    )
    body = await invoice_body(api, client_id=client["id"])
    problem = await api.problem("POST", "/v2/client_invoices", 422, json=body)
    assert problem["source"]["pointer"] == "/data/attributes/billing_address"
    await api.take("PATCH", f"/v2/clients/{client['id']}", json={"billing_address": PLACE})
    await create_invoice(api, client_id=client["id"])


async def test_a_kind_is_for_good(api: Api) -> None:
    client = await create(api)
    path = f"/v2/clients/{client['id']}"
    changed = await api.take("PATCH", path, json={"kind": "individual", "email": "a@b.example"})
    assert (changed["client"]["kind"], changed["client"]["email"]) == ("company", "a@b.example")


@pytest.mark.covers("QX-48")
async def test_nothing_has_to_be_unique(api: Api) -> None:
    first, second = await create(api), await create(api)
    assert first["id"] != second["id"]
    assert (await names(api, **{"filter[name]": "acme"})) == ["ACME", "ACME"]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"kind": "club"}, "kind"),
        ({"name": ""}, "name"),
        ({"vat_number": "x" * 21}, "vat_number"),
        ({"tax_identification_number": "x" * 31}, "tax_identification_number"),
        ({"locale": "pt"}, "locale"),
        ({"currency": "euros"}, "currency"),
        ({"billing_address": {**PLACE, "city": "x" * 51}}, "billing_address/city"),
        ({"first_name": "x" * 61}, "first_name"),
        ({"billing_address": {**PLACE, "country_code": "FRA"}}, "billing_address/country_code"),
        ({"extra_emails": ["x@example.com"] * 101}, "extra_emails"),
    ],
)
async def test_what_is_wrong_is_pointed_at(api: Api, fields: dict[str, Any], pointer: str) -> None:
    body = {"kind": "company", "name": "ACME", **fields}
    problem = await api.problem("POST", "/v2/clients", 422, json=body)
    assert problem["source"]["pointer"] == f"/data/attributes/{pointer}"


async def test_names_are_found_in_part_and_without_accents(api: Api) -> None:
    assert await names(api, **{"filter[name]": "editions"}) == ["Éditions Vauquelin"]
    await api.problem("GET", "/v2/clients", 422, params={"filter[name]": "e"})


async def test_identifiers_are_found_exactly_but_in_any_case(api: Api) -> None:
    client = await create(api, email="Billing@acme.example", vat_number="FR44732829320")
    for params in (
        {"filter[email]": "billing@ACME.example"},
        {"filter[vat_number]": "fr44732829320", "filter[email]": "billing@acme.example"},
    ):
        answer = await api.take("GET", "/v2/clients", params=params)
        assert [one["id"] for one in answer["clients"]] == [client["id"]]
    assert await names(api, **{"filter[email]": "billing@acme"}) == []


async def test_clients_come_by_name(api: Api) -> None:
    found = await names(api)
    assert found.index("Brasserie du Parc SARL") < found.index("Éditions Vauquelin")
    assert await names(api, sort_by="name:desc") == found[::-1]


async def test_a_change_keeps_what_is_not_sent_and_clears_what_is_null(api: Api) -> None:
    client = await create(api, email="a@acme.example", currency="EUR")
    path = f"/v2/clients/{client['id']}"
    await api.take("POST", "/_simulator/clock", json={"advance": 5})
    changed = (await api.take("PATCH", path, json={"email": None, "city": "Nice"}))["client"]
    assert changed["email"] is None
    assert changed["currency"] == "EUR"
    assert changed["billing_address"]["city"] == "Nice"
    assert changed["billing_address"]["zip_code"] == "69001"
    assert changed["updated_at"] == "2026-11-20T09:00:05.000Z"
    await api.problem("PATCH", path, 422, json={"locale": "xx"})


async def test_documents_keep_the_client_they_were_made_with(api: Api) -> None:
    invoice = await create_invoice(api)
    client = invoice["client"]
    await api.take("PATCH", f"/v2/clients/{client['id']}", json={"name": "Renamed"})
    assert (await get_invoice(api, invoice["id"]))["client"]["name"] == client["name"]
    await api.take("DELETE", f"/v2/clients/{client['id']}", 204)
    await api.problem("GET", f"/v2/clients/{client['id']}", 404)
    path = f"/v2/client_invoices/{invoice['id']}"
    changed = await api.take("PATCH", path, json={"footer": "Thanks"})
    assert changed["client_invoice"]["client"]["name"] == client["name"]


PRODUCT = {
    "title": "Consulting hour",
    "type": "service",
    "unit_price": {"value": "150.00", "currency": "EUR"},
    "vat_rate": "0.2",
}


async def test_a_product_is_kept_as_it_was_sent(api: Api) -> None:
    links = [{"title": "Details", "url": "https://acme.example"}]
    body = {**PRODUCT, "unit": "hour", "links": links}
    product = (await api.take("POST", "/v2/products", 200, json=body))["product"]
    assert product["vat_rate"] == "0.2"
    assert product["links"] == links
    listed = (await api.take("GET", "/v2/products"))["products"]
    assert listed[0] == product


@pytest.mark.parametrize("name", list(PRODUCT))
async def test_each_required_field_of_a_product_is_named(api: Api, name: str) -> None:
    body = {key: value for key, value in PRODUCT.items() if key != name}
    problem = await api.problem("POST", "/v2/products", 422, json=body)
    assert problem["source"]["pointer"] == f"/data/attributes/{name}"


async def test_titles_of_products_have_120_letters_at_most(api: Api) -> None:
    await api.take("POST", "/v2/products", 200, json={**PRODUCT, "title": "é" * 120})
    await api.problem("POST", "/v2/products", 422, json={**PRODUCT, "title": "é" * 121})
    await api.problem("POST", "/v2/products", 422, json={**PRODUCT, "type": "goods"})
    await api.problem("POST", "/v2/products", 422, json={**PRODUCT, "vat_rate": "20"})


async def test_a_product_is_shown_and_removed_but_not_changed(api: Api, receiver: Receiver) -> None:
    await subscribe(api, "v1/products")
    product = (await api.take("POST", "/v2/products", json=PRODUCT))["product"]
    path = f"/v2/products/{product['id']}"
    assert (await api.take("GET", path))["product"] == product
    await api.problem("PATCH", path, 405, json={"title": "x"})
    await api.take("DELETE", path, 204)
    await api.problem("GET", path, 404)
    await api.problem("DELETE", path, 404)
    await api.take("POST", "/_simulator/settle")
    assert [one["data"]["event"] for one in receiver.events] == ["created", "deleted"]
