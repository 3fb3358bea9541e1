"""The human page."""

from __future__ import annotations

import re

import httpx2
import pytest
from qonto_simulator import Simulator

from .support import Api, authorization_url


async def press(http: Api, action: str, **fields: str) -> httpx2.Response:
    """Presses a button and follows to the page it leads to."""
    form = {"action": action, "organization": "atelier-mercure-4821", **fields}
    response = await http.post("/", data=form, follow_redirects=True)
    assert response.status_code == 200
    return response


def id_of(page: str, number: str) -> str:
    """The id behind the buttons of a row."""
    row = page.split(f'scope="row">{number}</th>')[1]
    return row.split('name="id" value="')[1].split('"')[0]


async def test_it_shows_an_organisation_and_its_documents(anybody: Api, sim: Simulator) -> None:
    page = (await anybody.get("/")).text
    for text in (
        "Atelier Mercure SAS",
        "F-2026-010",
        "Brasserie du Parc SARL",
        "INV-3382",
        "D-2026-003",
        "49\u202f078.25 EUR",
        sim.client_id,
        sim.username,
    ):
        assert text in page
    other = (await anybody.get("/", params={"organization": "werkstatt-nord-7730"})).text
    assert '<h1 id="company">Werkstatt Nord GmbH</h1>' in other
    unknown = await anybody.get("/", params={"organization": "nope"})
    assert "Atelier Mercure SAS" in unknown.text


async def test_its_buttons_make_things_happen(anybody: Api) -> None:
    issued = await press(anybody, "create_invoice")
    assert "Invoice F-2026-011 was issued." in issued.text
    paid = await press(anybody, "pay", id=id_of(issued.text, "F-2026-011"))
    assert "Invoice F-2026-011 was paid by bank transfer." in paid.text
    draft = await press(anybody, "create_draft")
    number = re.findall(r"Draft (\S+) was written", draft.text)[0]
    final = await press(anybody, "finalize", id=id_of(draft.text, number))
    assert "Invoice F-2026-012 is final." in final.text
    canceled = await press(anybody, "cancel", id=id_of(final.text, "F-2026-012"))
    assert "Invoice F-2026-012 was canceled." in canceled.text
    approved = await press(anybody, "approve", id=id_of(final.text, "D-2026-003"))
    assert "Quote D-2026-003 was approved." in approved.text
    for action in ("receive", "transaction", "revoke", "advance"):
        assert 'role="status"' in (await press(anybody, action)).text


async def test_what_goes_wrong_is_said_on_the_page(anybody: Api) -> None:
    page = await press(anybody, "pay", id="nope")
    assert 'role="alert"' in page.text
    home = (await anybody.get("/")).text
    id = id_of(home, "F-2026-010")
    await press(anybody, "cancel", id=id)
    page = await press(anybody, "pay", id=id)
    assert "status canceled can&#39;t be paid" in page.text
    assert 'role="alert"' in (await press(anybody, "dance")).text


async def test_each_button_of_a_row_says_what_it_is_about(anybody: Api) -> None:
    page = (await anybody.get("/")).text
    words = re.sub(r"<[^>]+>", "", page)
    for said in ("Client pays: F-2026-010", "Cancel: F-2026-010", "Client approves: D-2026-003"):
        assert said in words


@pytest.mark.parametrize("path", ["/", "authorize"])
async def test_pages_need_nothing_from_elsewhere_and_say_what_they_are(
    anybody: Api, sim: Simulator, path: str
) -> None:
    url = authorization_url(sim, "webhook") if path == "authorize" else path
    page = (await anybody.get(url)).text
    assert "<script" not in page
    assert not re.search(r'(src|href)="(https?:)?//', page)
    assert '<html lang="en">' in page
    assert "<title>" in page
    assert '<main id="content"' in page
    for field in re.findall(r"<(?:input|select)[^>]*>", page):
        if 'type="hidden"' in field:
            continue
        id = re.findall(r'id="([^"]+)"', field)[0]
        assert f'for="{id}"' in page
