"""The pages that clients see without logging in: invoices, credit notes, quotes to decide on."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from .chromium import PROGRAM, WITHOUT, browsing
from .support import Api, create_invoice, get_invoice, item
from .test_quotes import create

DAY = 86_400


@pytest.fixture
def api(key_api: Api) -> Api:
    """A key, which outlives the months that pass here."""
    return key_api


async def wait(api: Api, days: float) -> None:
    await api.take("POST", "/_simulator/clock", json={"advance": days * DAY})


async def seen(anybody: Api, url: str, status: int = 200) -> str:
    """The text of a page."""
    response = await anybody.get(url)
    assert response.status_code == status, response.text
    assert response.headers["content-type"].startswith("text/html")
    return response.text


def path_of(document: dict[str, Any], key: str = "quote_url") -> str:
    url = urlsplit(str(document[key]))
    assert (url.scheme, url.netloc) == ("http", "qonto.test")
    return url.path


class TestInvoice:
    async def test_everybody_with_the_link_sees_it(self, api: Api, anybody: Api) -> None:
        invoice = await create_invoice(api, status="unpaid", items=[item(title="<b>Audit</b>")])
        page = await seen(anybody, path_of(invoice, "invoice_url"))
        for text in (invoice["number"], "Atelier Mercure SAS", "unpaid", "2026-12-20"):
            assert text in page
        assert "&lt;b&gt;Audit&lt;/b&gt;" in page
        assert re.search(r"1\W440.00 EUR", page)
        assert invoice["payment_methods"][0]["iban"] in page
        assert "<button" not in page
        assert "Download" not in page

    async def test_its_file_can_be_had_once_there_is_one(self, api: Api, anybody: Api) -> None:
        invoice = await create_invoice(api, status="unpaid")
        await wait(api, 0.001)
        page = await seen(anybody, path_of(invoice, "invoice_url"))
        link = re.search(r'href="([^"]+)">Download', page)
        assert link is not None
        file = await anybody.get(link[1].replace("&amp;", "&"))
        assert file.content.startswith(b"%PDF")

    async def test_it_lives_for_half_a_year(self, api: Api, anybody: Api) -> None:
        invoice = await create_invoice(api, status="unpaid")
        path = path_of(invoice, "invoice_url")
        await wait(api, 180)
        await seen(anybody, path)
        await wait(api, 0.0001)
        await seen(anybody, path, 404)

    async def test_a_canceled_one_is_dead_and_a_draft_was_never_alive(
        self, api: Api, anybody: Api
    ) -> None:
        invoice, draft = await create_invoice(api, status="unpaid"), await create_invoice(api)
        path = path_of(invoice, "invoice_url")
        await api.take("POST", f"/v2/client_invoices/{invoice['id']}/mark_as_canceled")
        await seen(anybody, path, 404)
        assert draft["invoice_url"] == ""
        await seen(anybody, path.replace(invoice["id"], draft["id"]), 404)
        await seen(anybody, "/pay/invoices/nope", 404)

    async def test_a_credit_note_has_a_page_too(self, api: Api, anybody: Api) -> None:
        note = (await api.take("GET", "/v2/credit_notes"))["credit_notes"][0]
        page = await seen(anybody, path_of(note, "invoice_url"))
        assert note["number"] in page
        assert "Credit note" in page


class TestQuote:
    @pytest.mark.parametrize(
        ("answer", "status", "said"),
        [("accept", "approved", "accepted"), ("decline", "canceled", "declined")],
    )
    async def test_the_client_decides(
        self, api: Api, anybody: Api, answer: str, status: str, said: str
    ) -> None:
        quote = await create(api)
        path = path_of(quote)
        page = await seen(anybody, path)
        assert quote["number"] in page
        assert 'value="accept"' in page
        assert 'value="decline"' in page
        response = await anybody.post(path, data={"answer": answer})
        assert (response.status_code, response.headers["location"]) == (303, path)
        page = await seen(anybody, path)
        assert said in page
        assert "<button" not in page
        decided = await api.take("GET", f"/v2/quotes/{quote['id']}")
        assert decided["status"] == status
        assert decided[f"{status}_at"] == "2026-11-20T10:00:00+01:00"
        assert decided["updated_at"] == decided[f"{status}_at"]
        response = await anybody.post(path, data={"answer": "decline"})
        assert (response.status_code, "decided on before" in response.text) == (409, True)
        assert (await api.take("GET", f"/v2/quotes/{quote['id']}")) == decided

    @pytest.mark.parametrize("form", [{}, {"answer": ""}, {"answer": "approved"}])
    async def test_another_answer_decides_nothing(
        self, api: Api, anybody: Api, form: dict[str, str]
    ) -> None:
        quote = await create(api)
        response = await anybody.post(path_of(quote), data=form)
        assert response.status_code == 400
        unchanged = await api.take("GET", f"/v2/quotes/{quote['id']}")
        assert unchanged["status"] == "pending_approval"

    async def test_after_its_last_day_nobody_can_accept(self, api: Api, anybody: Api) -> None:
        quote = await create(api, expiry_date="2026-11-21")
        path = path_of(quote)
        await wait(api, 1)
        assert 'value="accept"' in await seen(anybody, path)
        await wait(api, 0.6)
        page = await seen(anybody, path)
        assert "expired" in page
        assert "<button" not in page
        response = await anybody.post(path, data={"answer": "accept"})
        assert response.status_code == 409
        late = await api.take("GET", f"/v2/quotes/{quote['id']}")
        assert (late["status"], late["approved_at"]) == ("pending_approval", None)

    async def test_what_is_not_there_can_not_be_seen_or_decided(
        self, api: Api, anybody: Api
    ) -> None:
        quote = await create(api)
        await api.take("DELETE", f"/v2/quotes/{quote['id']}", 204)
        await seen(anybody, path_of(quote), 404)
        response = await anybody.post(path_of(quote), data={"answer": "accept"})
        assert response.status_code == 404


class TestConversion:
    async def test_a_quote_knows_the_invoices_it_became(self, api: Api) -> None:
        quote = await create(api)
        draft = await create_invoice(api, quote_id=quote["id"])
        final = await create_invoice(api, quote_id=quote["id"], status="unpaid")
        assert (draft["quote_id"], final["quote_id"]) == (quote["id"], quote["id"])

        async def invoices() -> list[str]:
            return (await api.take("GET", f"/v2/quotes/{quote['id']}"))["invoice_ids"]

        assert await invoices() == [draft["id"], final["id"]]
        await api.problem("DELETE", f"/v2/quotes/{quote['id']}", 422)
        path = f"/v2/client_invoices/{draft['id']}"
        await api.take("PATCH", path, json={"footer": "x"})
        assert await invoices() == [draft["id"], final["id"]]
        await api.take("PATCH", path, json={"quote_id": None})
        assert await invoices() == [final["id"]]
        await api.take("PATCH", path, json={"quote_id": quote["id"]})
        await api.take("DELETE", path, 204)
        assert await invoices() == [final["id"]]

    async def test_an_unknown_quote_is_refused(self, api: Api) -> None:
        with pytest.raises(AssertionError, match="quote_id is unknown"):
            await create_invoice(api, quote_id="nope")

    async def test_a_quote_of_another_client_is_refused(self, api: Api) -> None:
        quote = await create(api)
        body = {"kind": "company", "name": "Other", "currency": "EUR", "locale": "fr"}
        place = {
            "street_address": "1 rue X",
            "city": "Lyon",
            "zip_code": "69001",
            "country_code": "FR",
        }
        body |= {"billing_address": place, "tax_identification_number": "73282932000074"}
        other = (await api.take("POST", "/v2/clients", json=body))["client"]["id"]
        with pytest.raises(AssertionError, match="quote_id belongs to another client"):
            await create_invoice(api, quote_id=quote["id"], client_id=other)
        draft = await create_invoice(api, client_id=other)
        path = f"/v2/client_invoices/{draft['id']}"
        problem = await api.problem("PATCH", path, 422, json={"quote_id": quote["id"]})
        assert problem["source"]["pointer"] == "/data/attributes/quote_id"
        assert (await get_invoice(api, draft["id"]))["quote_id"] is None


@pytest.mark.loopback
@pytest.mark.skipif(PROGRAM is None, reason=WITHOUT)
async def test_a_quote_is_accepted_on_a_phone() -> None:
    from qonto_simulator import Simulator, serving

    simulator = Simulator()
    quote = next(iter(simulator.world.first.quotes.with_status("pending_approval")))
    async with serving(simulator) as url, browsing() as tab:
        size = {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": False}
        await tab.call("Emulation.setDeviceMetricsOverride", **size)
        await tab.call("Page.navigate", url=f"{url}/pay/quotes/{quote.id}")
        await tab.see("document.querySelector('h1')?.textContent", f"Quote {quote.number}")
        assert await tab.read("document.documentElement.scrollWidth <= innerWidth")
        await tab.read("document.querySelector('button[value=accept]').click()")
        await tab.see("document.querySelector('.pill')?.textContent", "accepted")
    assert quote.status == "approved"
