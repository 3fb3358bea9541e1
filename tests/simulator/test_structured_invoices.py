"""The invoice inside of the PDF: what it says, and that it keeps the rules."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from qonto_simulator import Simulator
from qonto_simulator.einvoices.breakdowns import shares

from .einvoice_rules import broken, embedded, said
from .support import (
    NOW,
    ORIGIN,
    Api,
    client_named,
    create_invoice,
    download,
    get_invoice,
    item,
    opened,
)

GERMAN = "werkstatt-nord-7730"
_SETTLEMENT = "//ram:ApplicableHeaderTradeSettlement"
_SUMS = f"{_SETTLEMENT}/ram:SpecifiedTradeSettlementHeaderMonetarySummation"


async def wait(api: Api, seconds: int = 60) -> None:
    await api.take("POST", "/_simulator/clock", json={"advance": seconds})


async def pdf_of(api: Api, anybody: Api, invoice: dict[str, Any]) -> bytes:
    await wait(api, 10)
    attachment = (await get_invoice(api, invoice["id"]))["attachment_id"]
    return (await download(api, anybody, attachment))[1]


async def xml_of(api: Api, anybody: Api, invoice: dict[str, Any]) -> bytes:
    found = embedded(await pdf_of(api, anybody, invoice))
    assert found is not None
    assert found[0] == "factur-x.xml"
    return found[1]


async def credit(api: Api, **body: Any) -> dict[str, Any]:
    full = {"issue_date": "2026-11-20", "currency": "EUR", **body}
    return (await api.take("POST", "/v2/credit_notes", json=full))["credit_note"]


@pytest.fixture
def german_api(sim: Simulator, open_api: Callable[..., Api]) -> Api:
    return open_api(sim, Authorization=f"Bearer {sim.issue_access_token(organization_id=GERMAN)}")


@pytest.mark.covers("GUIDE-78")
async def test_the_pdf_of_an_invoice_embeds_the_invoice(api: Api, anybody: Api) -> None:
    made = await create_invoice(
        api,
        status="unpaid",
        purchase_order="PO-9",
        performance_start_date="2026-10-01",
        performance_end_date="2026-10-31",
        discount={"type": "percentage", "value": "0.1"},
        items=[item(), item(vat_rate="0.055", discount={"type": "absolute", "value": "50"})],
    )
    xml = await xml_of(api, anybody, made)
    assert broken(xml) == []
    assert said(xml, "//ram:GuidelineSpecifiedDocumentContextParameter/ram:ID") == [
        "urn:cen.eu:en16931:2017"
    ]
    assert said(xml, "//rsm:ExchangedDocument/ram:ID") == [made["number"]]
    assert said(xml, "//rsm:ExchangedDocument/ram:TypeCode") == ["380"]
    assert said(xml, f"{_SUMS}/ram:GrandTotalAmount") == [made["total_amount"]["value"]]
    assert said(xml, f"{_SUMS}/ram:TaxTotalAmount") == [made["vat_amount"]["value"]]
    assert said(xml, f"{_SUMS}/ram:AllowanceTotalAmount") == [made["discount"]["amount"]["value"]]
    rates = f"{_SETTLEMENT}/ram:ApplicableTradeTax/ram:RateApplicablePercent"
    assert said(xml, rates) == ["20", "5.5"]
    assert said(xml, "//ram:IBANID") == [made["payment_methods"][0]["iban"]]
    assert said(xml, "//ram:DueDateDateTime/udt:DateTimeString") == ["20261220"]
    assert said(xml, "//ram:BuyerOrderReferencedDocument/ram:IssuerAssignedID") == ["PO-9"]


@pytest.mark.covers("QX-61")
async def test_it_names_what_french_rules_ask_for(api: Api, anybody: Api) -> None:
    made = await create_invoice(api, status="unpaid")
    xml = await xml_of(api, anybody, made)
    seller = made["organization"]["legal_number"]
    buyer = made["client"]["tax_identification_number"][:9]
    assert said(xml, "//ram:SpecifiedLegalOrganization/ram:ID[@schemeID='0002']") == [seller, buyer]
    addresses = "//ram:URIUniversalCommunication/ram:URIID[@schemeID='0225']"
    assert said(xml, addresses) == [seller, buyer]
    assert said(xml, "//ram:BusinessProcessSpecifiedDocumentContextParameter/ram:ID") == ["S1"]
    codes = said(xml, "//ram:IncludedNote/ram:SubjectCode")
    assert codes == ["PMT", "PMD", "AAB", "BAR"]
    assert made["late_payment_penalties"] in said(xml, "//ram:IncludedNote/ram:Content")
    assert broken(xml) == []
    assert broken(xml.replace(b">PMT<", b">AAI<")) != []
    total = made["total_amount"]["value"].encode()
    assert broken(xml.replace(total, b"1.00")) != []


@pytest.mark.parametrize(
    ("name", "reason", "category"),
    [
        ("Brasserie", "S293B", "E"),
        ("Brasserie", "S283", "AE"),
        ("Brasserie", "S261", "E"),
        ("Northwind", "S262", "G"),
        ("Northwind", "S259", "AE"),
        ("Keller", "S259", "E"),
    ],
)
async def test_lines_without_vat_say_why(
    api: Api, anybody: Api, name: str, reason: str, category: str
) -> None:
    client = await client_named(api, name)
    free = item(vat_rate="0", vat_exemption_reason=reason)
    made = await create_invoice(api, status="unpaid", client_id=client["id"], items=[item(), free])
    xml = await xml_of(api, anybody, made)
    taxes = f"{_SETTLEMENT}/ram:ApplicableTradeTax"
    assert said(xml, f"{taxes}/ram:CategoryCode") == ["S", category]
    assert len(said(xml, f"{taxes}/ram:ExemptionReason")) == 1
    assert broken(xml) == []


async def test_goods_for_a_company_in_the_union_say_where_they_go(api: Api, anybody: Api) -> None:
    body = {
        "kind": "company",
        "name": "Bäckerei Sonne GmbH",
        "email": "post@sonne.example",
        "currency": "EUR",
        "locale": "de",
        "vat_number": "DE300158387",
        "billing_address": {
            "street_address": "Am Markt 1",
            "city": "Bonn",
            "zip_code": "53111",
            "country_code": "DE",
        },
    }
    client = (await api.take("POST", "/v2/clients", json=body))["client"]
    lines = [
        item(vat_rate="0", vat_exemption_reason=reason) for reason in ("S262.1", "S293B", "S261")
    ]
    made = await create_invoice(
        api,
        status="unpaid",
        client_id=client["id"],
        items=lines,
        settings={"transaction_type": "goods"},
    )
    xml = await xml_of(api, anybody, made)
    taxes = f"{_SETTLEMENT}/ram:ApplicableTradeTax"
    assert said(xml, f"{taxes}/ram:CategoryCode") == ["K", "E"]
    assert said(xml, "//ram:ShipToTradeParty/ram:PostalTradeAddress/ram:CountryID") == ["DE"]
    assert said(xml, "//ram:BusinessProcessSpecifiedDocumentContextParameter/ram:ID") == ["B1"]
    assert broken(xml) == []


@pytest.mark.parametrize(
    ("kind", "code", "process"), [("deposit", "386", "S1"), ("balance", "380", "S4")]
)
async def test_invoices_in_parts_have_their_types(
    api: Api, anybody: Api, kind: str, code: str, process: str
) -> None:
    answer = await api.take("POST", "/_simulator/invoices", 201, json={"invoice_type": kind})
    xml = await xml_of(api, anybody, answer["client_invoice"])
    assert said(xml, "//rsm:ExchangedDocument/ram:TypeCode") == [code]
    assert said(xml, "//ram:BusinessProcessSpecifiedDocumentContextParameter/ram:ID") == [process]
    assert broken(xml) == []


async def test_a_credit_note_is_positive_and_names_its_invoice(api: Api, anybody: Api) -> None:
    made = await create_invoice(api, status="unpaid")
    note = await credit(
        api,
        invoice_id=made["id"],
        reason="Geste commercial",
        items=[item(quantity="1")],
        discount={"type": "absolute", "value": "100"},
    )
    await wait(api, 10)
    shown = (await api.take("GET", f"/v2/credit_notes/{note['id']}"))["credit_note"]
    _, pdf = await download(api, anybody, shown["attachment_id"])
    found = embedded(pdf)
    assert found is not None
    xml = found[1]
    assert said(xml, "//rsm:ExchangedDocument/ram:TypeCode") == ["381"]
    preceding = "//ram:InvoiceReferencedDocument"
    assert said(xml, f"{preceding}/ram:IssuerAssignedID") == [made["number"]]
    assert said(xml, f"{preceding}//qdt:DateTimeString") == ["20261120"]
    total = said(xml, f"{_SUMS}/ram:GrandTotalAmount")
    assert Decimal(total[0]) == -Decimal(note["total_amount"]["value"]) > 0
    assert broken(xml) == []


async def test_all_seeded_documents_keep_the_rules(api: Api, german_api: Api, anybody: Api) -> None:
    for one, french in ((api, True), (german_api, False)):
        listed = await one.take("GET", "/v2/client_invoices")
        issued = [each for each in listed["client_invoices"] if each["attachment_id"]]
        notes = (await one.take("GET", "/v2/credit_notes"))["credit_notes"]
        electronic = await one.take(
            "GET", "/v2/supplier_invoices", params={"filter[source][]": "e_invoicing"}
        )
        documents = [*issued, *notes, *electronic["supplier_invoices"]]
        assert len(documents) >= 12
        for each in documents[:: 1 if french else 4]:
            found = embedded((await download(one, anybody, each["attachment_id"]))[1])
            assert found is not None
            assert broken(found[1], french=french) == []


async def test_an_invoice_in_dollars_has_its_vat_in_euros(api: Api, anybody: Api) -> None:
    listed = (await api.take("GET", "/v2/client_invoices"))["client_invoices"]
    dollars = next(one for one in listed if one["currency"] == "USD")
    found = embedded((await download(api, anybody, dollars["attachment_id"]))[1])
    assert found is not None
    assert said(found[1], "//ram:TaxCurrencyCode") == ["EUR"]
    assert said(found[1], f"{_SUMS}/ram:TaxTotalAmount/@currencyID") == ["USD", "EUR"]


@pytest.mark.parametrize("country", ["FR", "IT", "ES"])
async def test_where_e_invoicing_is_off_or_unknown_the_pdf_is_plain(
    api: Api, sim: Simulator, open_api: Callable[..., Api], anybody: Api, country: str
) -> None:
    slugs = {"IT": "officina-trastevere-1093"}
    listed = (await api.take("GET", "/_simulator/organizations"))["organizations"]
    slug = slugs.get(country) or next(one["slug"] for one in listed if one["country"] == country)
    if country == "FR":
        await api.take("PATCH", "/_simulator/organizations", json={"einvoicing": "disabled"})
    body = {"organization_id": slug}
    made = (await api.take("POST", "/_simulator/invoices", 201, json=body))["client_invoice"]
    token = sim.issue_access_token(organization_id=slug)
    own = open_api(sim, Authorization=f"Bearer {token}")
    assert embedded(await pdf_of(own, anybody, made)) is None


async def test_the_file_says_what_was_so_when_it_was_made_and_never_changes(
    api: Api, anybody: Api
) -> None:
    made = await create_invoice(api, status="unpaid", footer="before")
    await wait(api, 10)
    body = {"footer": "after"}
    await api.take("PATCH", f"/_simulator/invoices/{made['id']}", json=body)
    first = await pdf_of(api, anybody, made)
    await api.take("POST", f"/_simulator/invoices/{made['id']}/pay")
    assert await pdf_of(api, anybody, made) == first
    twin = Simulator(clock=NOW, base_url=ORIGIN)
    other, nobody = opened(twin)
    async with other, nobody:
        same = await create_invoice(other, status="unpaid", footer="before")
        assert await pdf_of(other, nobody, same) == first


@pytest.mark.parametrize("title", ["\x00\x0b<&>", "\ufffe\u200b", "]]>"])
async def test_texts_that_xml_cannot_hold_are_left_out(api: Api, anybody: Api, title: str) -> None:
    made = await create_invoice(api, status="unpaid", items=[item(title=f"a{title}")])
    names = said(await xml_of(api, anybody, made), "//ram:SpecifiedTradeProduct/ram:Name")
    assert names[0].startswith("a")
    assert "\x00" not in names[0]


async def test_a_client_that_says_little_still_gets_a_file(api: Api, anybody: Api) -> None:
    prospect = await client_named(api, "Nouveau")
    changes = {"currency": "EUR", "locale": "fr"}
    await api.take("PATCH", f"/v2/clients/{prospect['id']}", json=changes)
    body = {"client_id": prospect["id"]}
    made = (await api.take("POST", "/_simulator/invoices", 201, json=body))["client_invoice"]
    assert (await pdf_of(api, anybody, made)).startswith(b"%PDF")


@cache
def everything() -> Simulator:
    """One simulator for all that is made up."""
    return Simulator(clock=NOW, base_url=ORIGIN)


AMOUNTS = st.decimals("0.01", "9999.99", places=2).map(str)
DISCOUNTS = st.one_of(
    st.none(),
    st.builds(dict, type=st.just("percentage"), value=st.decimals("0", "1", places=3).map(str)),
    st.builds(dict, type=st.just("absolute"), value=AMOUNTS),
)
RATES = st.sampled_from(
    [("0.2", None), ("0.1", None), ("0.055", None), ("0.021", None), ("0", "S293B"), ("0", "S283")]
)


@st.composite
def lines(draw: st.DrawFn) -> dict[str, Any]:
    rate, reason = draw(RATES)
    sign = draw(st.sampled_from(["", "", "", "-"]))
    return item(
        quantity=draw(st.decimals("0.0001", "999", places=4).filter(bool).map(str)),
        unit_price={"value": sign + draw(AMOUNTS), "currency": "EUR"},
        vat_rate=rate,
        vat_exemption_reason=reason,
        discount=draw(DISCOUNTS),
        unit=draw(st.sampled_from(["hour", "day", "unit", "box", None])),
    )


@pytest.mark.covers("QX-61")
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(items=st.lists(lines(), min_size=1, max_size=6), discount=DISCOUNTS)
async def test_whatever_is_invoiced_keeps_the_rules(
    items: list[dict[str, Any]], discount: dict[str, Any] | None
) -> None:
    api, anybody = opened(everything())
    async with api, anybody:
        made = await create_invoice(api, status="unpaid", items=items, discount=discount)
        xml = await xml_of(api, anybody, made)
    assert broken(xml) == []
    assert said(xml, f"{_SUMS}/ram:GrandTotalAmount") == [made["total_amount"]["value"]]
    assert said(xml, f"{_SUMS}/ram:TaxTotalAmount") == [made["vat_amount"]["value"]]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(items=st.lists(lines(), min_size=1, max_size=4), discount=DISCOUNTS)
async def test_whatever_is_credited_keeps_the_rules(
    items: list[dict[str, Any]], discount: dict[str, Any] | None
) -> None:
    api, anybody = opened(everything())
    async with api, anybody:
        huge = item(unit_price={"value": "99999999", "currency": "EUR"})
        made = await create_invoice(api, status="unpaid", items=[huge])
        # No credit note is for less than nothing, whatever its single lines are.
        whole = [*items, item(quantity="1", unit_price={"value": "49999999", "currency": "EUR"})]
        note = await credit(
            api, invoice_id=made["id"], reason="Erreur", items=whole, discount=discount
        )
        await wait(api, 10)
        shown = (await api.take("GET", f"/v2/credit_notes/{note['id']}"))["credit_note"]
        found = embedded((await download(api, anybody, shown["attachment_id"]))[1])
    assert found is not None
    assert broken(found[1]) == []
    total = Decimal(said(found[1], f"{_SUMS}/ram:GrandTotalAmount")[0])
    assert total == -Decimal(note["total_amount"]["value"])


@given(
    amount=st.decimals("-99999", "99999", places=2),
    weights=st.lists(st.decimals("-9999", "9999", places=2), min_size=1, max_size=6),
)
def test_shares_come_to_the_whole(amount: Decimal, weights: list[Decimal]) -> None:
    parts = shares(amount, weights)
    whole = sum(weights)
    assert sum(parts) == (amount if whole else 0)
    for part, weight in zip(parts, weights, strict=True):
        exact = amount * weight / whole if whole else Decimal(0)
        assert abs(part - exact) <= Decimal("0.01")
        assert weight or not part
