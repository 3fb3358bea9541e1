"""Offers are made, changed, sent and deleted through the shipped app, whatever Qonto's quirks."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from connector.app.sandbox import Sandbox
from connector.providers.qonto.writing import patience
from tests.journeys.bookkeeper import Bookkeeper, bookkeeper

pytestmark = [pytest.mark.loopback, pytest.mark.asyncio(loop_scope="module")]

UNKNOWN = "01890000-0000-7000-8000-000000000000"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def account(lasting: Sandbox) -> AsyncIterator[Bookkeeper]:
    async with bookkeeper(lasting) as one:
        yield one


@pytest.fixture(autouse=True)
def usual(account: Bookkeeper) -> Iterator[None]:
    """PDFs are there at once, and rates are fractions, unless a test says otherwise."""
    account.control.set_quirks(pdf_delay=0, percent_vat_on_quotes=False)
    yield
    account.control.clear_faults()


def line(**changes: object) -> dict[str, Any]:
    return {
        "name": "Consulting",
        "quantity": 2,
        "unitAmount": 600,
        "taxRatePercentage": 20,
        **changes,
    }


def offer(account: Bookkeeper, **changes: object) -> dict[str, Any]:
    """An offer over 1,440 that is all right but for the changes."""
    client = next(
        one
        for one in account.books.clients
        if one.kind == "company" and one.tax_identification_number and one.currency
    )
    return {
        "contactId": client.id,
        "addresses": [],
        "currency": "EUR",
        "offerDate": "2026-11-20",
        "expiryDate": "2026-12-20",
        "termsAndConditions": "Good for 30 days.",
        "lineItems": [line()],
        **changes,
    }


MAIL = {"recipients": ["books@example.com"], "subject": "Our offer"}


@pytest.mark.covers("MAE-121")
@pytest.mark.covers("MCP-32")
async def test_an_offer_is_made_changed_and_deleted(account: Bookkeeper) -> None:
    made = await account.call("POST", "offers", offer(account, totalGrossAmount=1440))
    assert made.status == 201 and made.warnings == ()
    assert (made.data["status"], made.data["totalGrossAmount"]) in {
        ("SENT", 1440),
        ("EXPIRED", 1440),
    }
    path = f"offers/{made.data['id']}"
    quote = account.books.quotes.get(made.data["id"])
    assert quote is not None and quote.status == "pending_approval"
    changed = await account.ok("PATCH", path, {"header": "Hello", "lineItems": [line(quantity=1)]})
    assert changed["totalGrossAmount"] == 720 and quote.header == "Hello"
    assert quote.terms_and_conditions == "Good for 30 days."
    assert await account.ok("GET", path) == changed
    assert await account.ok("DELETE", path) == {"id": made.data["id"]}
    assert (await account.call("GET", path)).status == 404


async def test_a_dry_run_says_what_it_comes_to_and_makes_nothing(account: Bookkeeper) -> None:
    before = len(account.books.quotes)
    lines = [line(totalDiscountPercentage=10), line(totalDiscountAmount=100)]
    told = await account.call(
        "POST", "offers", offer(account, lineItems=lines, totalDiscountPercentage=50), dryRun=True
    )
    assert told.data["expected"] == {
        "totalNetAmount": 1090,
        "totalTaxAmount": 218,
        "totalGrossAmount": 1308,
    }
    assert len(account.books.quotes) == before


async def test_discounts_in_percent_and_amounts_are_reckoned_as_expected(
    account: Bookkeeper,
) -> None:
    lines = [line(totalDiscountPercentage=10), line(totalDiscountAmount=100)]
    made = await account.call(
        "POST",
        "offers",
        offer(account, lineItems=lines, totalDiscountAmount=90, totalGrossAmount=2508),
    )
    assert made.status == 201 and made.warnings == (), made
    assert made.data["totalGrossAmount"] == 2508


@pytest.mark.covers("MCP-33")
@pytest.mark.parametrize("rate", [0, "0.0", "0.00"])
async def test_a_line_without_tax_needs_a_code(account: Bookkeeper, rate: object) -> None:
    lines = [line(), line(taxRatePercentage=rate)]
    told = await account.call("POST", "offers", offer(account, lineItems=lines))
    assert told.codes == {"lineItems.1.taxExemptionReason": "REQUIRED"}
    lines[1]["taxExemptionReason"] = "S293B"
    fine = await account.call("POST", "offers", offer(account, lineItems=lines), dryRun=True)
    assert fine.status == 200


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"contactId": UNKNOWN}, {"contactId": "NOT_FOUND"}),
        ({"offerDate": "soon"}, {"offerDate": "NOT_A_DATE"}),
        ({"expiryDate": "2026-11-19"}, {"expiryDate": "TOO_EARLY"}),
        ({"termsAndConditions": ""}, {"termsAndConditions": "REQUIRED"}),
        ({"currency": "USD"}, {"currency": "NOT_ALLOWED"}),
        ({"offerNumber": "n" * 41}, {"offerNumber": "TOO_LONG"}),
        ({"totalGrossAmount": 1441}, {"totalGrossAmount": "TOTAL_DIFFERS"}),
        ({"totalTaxAmount": 1}, {"totalTaxAmount": "TOTAL_DIFFERS"}),
        (
            {"lineItems": [line(unitDiscountAmount=5)]},
            {"lineItems.0.unitDiscountAmount": "NOT_ALLOWED"},
        ),
        (
            {"lineItems": [line(totalGrossAmount=1)]},
            {"lineItems.0.totalGrossAmount": "TOTAL_DIFFERS"},
        ),
        ({"lineItems": [line(itemId=UNKNOWN)]}, {"lineItems.0.itemId": "NOT_FOUND"}),
        (
            {"offerDate": "x", "termsAndConditions": None},
            {"offerDate": "NOT_A_DATE", "termsAndConditions": "REQUIRED"},
        ),
    ],
)
async def test_what_is_wrong_is_told_by_its_field(
    account: Bookkeeper, changes: dict[str, object], expected: dict[str, str]
) -> None:
    told = await account.call("POST", "offers", offer(account, **changes))
    assert (told.status, told.codes) == (400, expected)


async def test_fields_without_a_place_are_told(account: Bookkeeper) -> None:
    asked = offer(
        account, reference="A", addresses=[{"city": "Paris"}], lineItems=[line(accountId="4000")]
    )
    told = await account.call("POST", "offers", asked, dryRun=True)
    assert [one.partition(" ")[0] for one in told.warnings] == [
        "addresses",
        "reference",
        "lineItems.0.accountId",
    ]


async def test_a_customer_without_tax_number_is_offered_nothing(account: Bookkeeper) -> None:
    customer = await account.ok(
        "POST",
        "customers",
        {
            "contactType": "COMPANY",
            "companyName": "Nova",
            "currency": "EUR",
            "locale": "de",
            "addresses": [
                {"addressLine1": "1", "city": "Bonn", "postalCode": "53111", "countryCode": "DE"}
            ],
        },
    )
    told = await account.call("POST", "offers", offer(account, contactId=customer["id"]))
    assert told.codes == {"contactId": "CUSTOMER_INCOMPLETE"}
    assert "tax number" in told.errors["validationErrors"][0]["message"]


async def test_a_lost_creation_is_found_by_its_content(account: Bookkeeper) -> None:
    """Drafts that are alike but not the same aren't taken for it."""
    await account.ok("POST", "offers", offer(account, header="Lost", footer="other"))
    for fault in ("lost_response", "malformed"):
        account.control.fault("/v2/quotes", fault, method="POST")
        wanted = offer(account, header=f"Lost {fault}", totalDiscountAmount=10)
        made = await account.call("POST", "offers", wanted, key=fault)
        assert made.status == 201, made
        again = await account.call("POST", "offers", wanted, key=fault)
        assert again.data == made.data
        alike = [one.id for one in account.books.quotes if one.header == f"Lost {fault}"]
        assert alike == [made.data["id"]]


async def test_a_lost_change_and_a_lost_deletion_are_done_once(account: Bookkeeper) -> None:
    for fault in ("lost_response", "drop"):
        made = await account.ok("POST", "offers", offer(account))
        path = f"offers/{made['id']}"
        account.control.fault("/v2/quotes/*", fault, method="PATCH")
        changed = await account.ok("PATCH", path, {"lineItems": [line(unitAmount=1)]})
        assert changed["totalNetAmount"] == 2
        account.control.fault("/v2/quotes/*", fault, method="DELETE")
        assert await account.ok("DELETE", path) == {"id": made["id"]}
        assert account.books.quotes.get(made["id"]) is None


async def test_lines_that_are_named_keep_what_is_not_sent(account: Bookkeeper) -> None:
    made = await account.ok("POST", "offers", offer(account, lineItems=[line(), line(name="Two")]))
    path, first = f"offers/{made['id']}", made["lineItems"][0]["id"]
    lines = [line(name="New"), {"id": first, "quantity": 1}]
    changed = await account.ok("PATCH", path, {"lineItems": lines})
    assert [(one["name"], one["quantity"]) for one in changed["lineItems"]] == [
        ("New", 2),
        ("Consulting", 1),
    ]
    told = await account.call("PATCH", path, {"lineItems": [{"id": "else", "quantity": 1}]})
    assert told.codes["lineItems.0.id"] == "NOT_FOUND"


async def test_an_offer_stays_with_its_customer(account: Bookkeeper) -> None:
    made = await account.ok("POST", "offers", offer(account))
    path = f"offers/{made['id']}"
    told = await account.call("PATCH", path, {"contactId": UNKNOWN})
    assert told.codes["contactId"] == "NOT_ALLOWED"
    assert (await account.call("PATCH", path, {})).codes == {"body": "REQUIRED"}
    assert (await account.call("PATCH", "offers/no-uuid", {"header": "x"})).status == 404


async def test_an_offer_that_is_decided_is_not_changed(account: Bookkeeper) -> None:
    made = await account.ok("POST", "offers", offer(account))
    account.control.decide_quote(made["id"], "canceled")
    path = f"offers/{made['id']}"
    for method, where, body in (
        ("PATCH", path, {"header": "x"}),
        ("POST", f"{path}/lineItems", line()),
        ("POST", f"{path}/send", MAIL),
    ):
        told = await account.call(method, where, body)
        assert (told.status, told.codes) == (400, {"status": "WRONG_STATUS"}), where


@pytest.mark.covers("MCP-36")
@pytest.mark.covers("QX-53")
async def test_a_sent_offer_keeps_its_status_and_is_not_deleted(account: Bookkeeper) -> None:
    made = await account.ok("POST", "offers", offer(account))
    path = f"offers/{made['id']}"
    assert (await account.call("POST", f"{path}/send", {**MAIL, "recipients": []})).status == 400
    wrong = await account.call("POST", f"{path}/send", {**MAIL, "recipients": ["nobody"]})
    assert wrong.codes == {"recipients.0": "NOT_AN_EMAIL"}
    mails = len(account.control.mails())
    sent = await account.ok("POST", f"{path}/send", MAIL, key="mail")
    assert sent["status"] == made["status"]
    await account.ok("POST", f"{path}/send", MAIL, key="mail")
    assert len(account.control.mails()) == mails + 1
    refused = await account.call("DELETE", path)
    assert refused.status == 400 and "no quote that was sent" in refused.errors["message"]
    assert "sent" in refused.errors["downstreamErrors"][0]["hint"]


async def test_a_lost_mail_is_not_sent_again(account: Bookkeeper) -> None:
    made = await account.ok("POST", "offers", offer(account))
    account.control.fault("/v2/quotes/*/send", "lost_response", method="POST")
    mails = len(account.control.mails())
    told = await account.call("POST", f"offers/{made['id']}/send", MAIL)
    assert (told.status, told.errors["code"]) == (502, "OUTCOME_UNKNOWN")
    assert len(account.control.mails()) == mails + 1


async def test_a_total_that_comes_back_different_is_told_and_holds_the_mail(
    account: Bookkeeper,
) -> None:
    """Qonto takes 0.2 for 0.2 percent: both figures are told, at a replay too."""
    account.control.set_quirks(percent_vat_on_quotes=True)
    made = await account.call("POST", "offers", offer(account), key="percent")
    (told,) = [one for one in made.warnings if "expected" in one]
    assert "1202.4 with 2.4 of tax" in told and "1440 with 240" in told
    again = await account.call("POST", "offers", offer(account), key="percent")
    assert told in again.warnings
    path = f"offers/{made.data['id']}"
    held = await account.call("POST", f"{path}/send", MAIL)
    assert held.codes == {"totalGrossAmount": "TOTALS_DIFFER"}
    assert "1440" in held.errors["validationErrors"][0]["message"]
    assert (await account.call("POST", f"{path}/send", MAIL, confirm="TOTALS_DIFFER")).status == 200


async def test_a_total_can_be_put_right_in_the_unit_that_the_quote_shows(
    account: Bookkeeper,
) -> None:
    account.control.set_quirks(percent_vat_on_quotes=True)
    made = await account.call("POST", "offers", offer(account))
    path = f"offers/{made.data['id']}"
    put = await account.call("PATCH", path, {"lineItems": [line()]})
    assert put.data["totalGrossAmount"] == 1440
    assert not [one for one in put.warnings if "expected" in one]
    added = await account.call("POST", f"{path}/lineItems", line(quantity=1))
    assert added.data["totalGrossAmount"] == 720 and added.data["taxRatePercentage"] == 20
    assert (await account.call("POST", f"{path}/send", MAIL)).status == 200


@pytest.mark.covers("QX-53")
async def test_a_change_waits_for_the_pdf(account: Bookkeeper) -> None:
    account.control.set_quirks(pdf_delay=0.3)
    made = await account.ok("POST", "offers", offer(account))
    patches = account.asked("PATCH", f"/v2/quotes/{made['id']}")
    changed = await account.ok("PATCH", f"offers/{made['id']}", {"footer": "Bye"})
    assert changed["id"] == made["id"]
    assert account.asked("PATCH", f"/v2/quotes/{made['id']}") == patches + 2


@pytest.mark.covers("QX-53")
async def test_a_pdf_that_takes_long_is_told(
    account: Bookkeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.control.set_quirks(pdf_delay=3600)
    ask = patience.Patience.ask

    async def ask_at_once(self: patience.Patience, call: Any) -> Any:
        return await ask(replace(self, sleep=_at_once), call)

    monkeypatch.setattr(patience.Patience, "ask", ask_at_once)
    made = await account.ok("POST", "offers", offer(account))
    for method, where, body in (
        ("PATCH", "", {"footer": "Bye"}),
        ("POST", "/lineItems", line()),
    ):
        told = await account.call(method, f"offers/{made['id']}{where}", body)
        assert (told.status, told.errors["code"]) == (409, "NOT_READY"), told
        assert told.headers["Retry-After"] == "5"
    account.control.advance(3600)
    assert (await account.call("PATCH", f"offers/{made['id']}", {"footer": "Bye"})).status == 200


async def _at_once(seconds: float) -> None:
    del seconds
