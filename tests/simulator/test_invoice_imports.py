"""Invoices that were made elsewhere and come in as files."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import Any

import pytest
from qonto_simulator import Simulator

from .made_elsewhere import JPEG, PNG, cii, pdf, ubl
from .support import Api, Receiver, client_named, create_invoice, get_invoice, subscribe

LIST = "/v2/client_invoices"
BULK = f"{LIST}/bulk"
ITALIAN = "officina-trastevere-1093"

Files = list[tuple[str, tuple[str, bytes, str]]]


def parts(*contents: bytes, names: tuple[str, ...] = ()) -> Files:
    """Each file as one part of a form; the type that is said counts for nothing."""
    named = zip(names or [f"file-{at}" for at, _ in enumerate(contents)], contents, strict=True)
    return [("client_invoices", (name, content, "application/x")) for name, content in named]


async def bring_in(api: Api, *contents: bytes) -> list[str]:
    """The ids of the imported invoices."""
    answer = await api.take("POST", BULK, files=parts(*contents))
    return [one["invoice_id"] for one in answer["client_invoices"]]


async def imported(api: Api, content: bytes) -> dict[str, Any]:
    return await get_invoice(api, (await bring_in(api, content))[0])


async def count(api: Api) -> int:
    params = {"exclude_imported": "false"}
    return (await api.take("GET", LIST, params=params))["meta"]["total_count"]


async def refusal(api: Api, *contents: bytes, status: int = 422) -> dict[str, Any]:
    """The first error, after making sure that nothing was created."""
    before = await count(api)
    problem = await api.problem("POST", BULK, status, files=parts(*contents))
    assert await count(api) == before
    return problem


class TestFormats:
    @pytest.mark.covers("QX-54")
    async def test_ubl_is_read_as_far_as_an_invoice_goes(self, api: Api) -> None:
        invoice = await imported(api, ubl())
        assert (invoice["number"], invoice["status"]) == ("EXT-001", "unpaid")
        assert (invoice["issue_date"], invoice["due_date"]) == ("2026-11-02", "2026-12-02")
        assert invoice["finalized_at"] == invoice["created_at"] == "2026-11-20T10:00:00+01:00"
        assert invoice["total_amount"] == {"value": "1440.00", "currency": "EUR"}
        assert invoice["vat_amount_cents"] == 24000
        assert invoice["purchase_order"] == "PO-77"
        assert invoice["terms_and_conditions"] == "Thirty days"
        assert invoice["contact_email"] == "ventes@mercure.example"
        assert invoice["payment_methods"][0]["iban"] == "DE89370400440532013000"
        assert invoice["payment_methods"][0]["bic"] == "COBADEFFXXX"
        (line,) = invoice["items"]
        assert (line["title"], line["description"]) == ("Consulting", "Two days on site")
        assert (line["quantity"], line["unit"], line["vat_rate"]) == ("2", "day", "0.2")
        assert line["unit_price"] == {"value": "600.00", "currency": "EUR"}
        assert (line["subtotal_cents"], line["total_amount_cents"]) == (120000, 144000)

    async def test_cii_is_read_as_far_as_an_invoice_goes(self, api: Api) -> None:
        invoice = await imported(api, cii())
        assert (invoice["number"], invoice["issue_date"]) == ("EXT-002", "2026-11-03")
        assert invoice["due_date"] is None
        assert (invoice["total_amount_cents"], invoice["vat_amount_cents"]) == (9495, 495)
        assert invoice["discount"]["type"] == "absolute"
        assert invoice["discount"]["amount_cents"] == 1000
        (line,) = invoice["items"]
        assert line["title"] == "Oak boards, planed on four sides, kiln-d"
        assert line["description"] == "Oak boards, planed on four sides, kiln-dried"
        assert line["unit_price"]["value"] == "1.666667"
        assert (line["unit"], line["vat_rate"]) == ("square_meter", "0.055")
        organization = (await api.take("GET", "/v2/organization"))["organization"]
        main = next(one for one in organization["bank_accounts"] if one["main"])
        assert invoice["payment_methods"][0]["iban"] == main["iban"]

    @pytest.mark.covers("QX-54")
    @pytest.mark.parametrize("name", ["factur-x.xml", "ZUGFeRD-invoice.xml", "xrechnung.xml"])
    async def test_the_xml_inside_a_pdf_is_read(self, api: Api, name: str) -> None:
        invoice = await imported(api, pdf(cii("FX-1"), name))
        assert (invoice["number"], invoice["total_amount_cents"]) == ("FX-1", 9495)

    @pytest.mark.parametrize("content", [pdf(), pdf(b"<x/>", "notes.xml"), PNG, JPEG])
    async def test_of_what_only_people_can_read_nothing_is_known(
        self, api: Api, content: bytes
    ) -> None:
        invoice = await imported(api, content)
        assert (invoice["status"], invoice["number"]) == ("unpaid", "")
        assert invoice["issue_date"] is invoice["due_date"] is invoice["items"] is None
        assert invoice["total_amount"] == {"value": "0.00", "currency": "EUR"}
        assert invoice["client"]["name"] == ""

    @pytest.mark.parametrize("content", [ubl(), cii(), pdf(cii()), pdf(), PNG])
    async def test_the_file_stays_as_it_was(self, api: Api, content: bytes) -> None:
        answer = await api.take("POST", BULK, files=parts(content, names=("a/b/My file.x",)))
        assert answer["client_invoices"][0]["file_name"] == "My file.x"
        invoice = await get_invoice(api, answer["client_invoices"][0]["invoice_id"])
        await api.take("POST", "/_simulator/clock", json={"advance": 60})
        assert (await get_invoice(api, invoice["id"])) == invoice
        served = await api.take("GET", f"/v2/attachments/{invoice['attachment_id']}")
        assert served["attachment"]["file_name"] == "My file.x"
        del api.headers["Authorization"]
        assert (await api.get(served["attachment"]["url"])).content == content

    async def test_other_encodings_of_xml_are_xml(self, api: Api) -> None:
        text = ubl().decode()
        marked = b"\xef\xbb\xbf" + text.encode()
        wide = text.replace('"UTF-8"', '"UTF-16"').replace("EXT-001", "EXT-016").encode("utf-16")
        first, second = await bring_in(api, marked, wide)
        assert (await get_invoice(api, first))["number"] == "EXT-001"
        assert (await get_invoice(api, second))["number"] == "EXT-016"


class TestClients:
    async def test_an_unknown_buyer_becomes_a_client(self, api: Api, receiver: Receiver) -> None:
        await subscribe(api, "v1/clients")
        invoice = await imported(api, ubl())
        client = await client_named(api, "Scierie des Aravis")
        assert client["id"] == invoice["client"]["id"]
        assert client["vat_number"] == "FR55798123451"
        assert client["tax_identification_number"] == client["e_invoicing_address"] == "798123451"
        assert (client["currency"], client["locale"], client["kind"]) == ("EUR", "fr", "company")
        assert client["billing_address"]["city"] == "Annecy"
        assert client["e_invoicing_reachable"] is True
        await api.take("POST", "/_simulator/settle")
        assert [one["data"]["event"] for one in receiver.events] == ["created"]

    async def test_an_e_mail_address_is_no_e_invoicing_address(self, api: Api) -> None:
        await imported(api, cii())
        client = await client_named(api, "Holzhandel Harz")
        assert client["email"] == "einkauf@harz.example"
        assert client["e_invoicing_address"] is None
        assert client["locale"] == "de"

    @pytest.mark.parametrize(
        "known",
        [
            {"vat_number": "FR 55 798123451"},
            {"tax_identification_number": "79812345100011"},
            {"name": "SCIERIE des Arâvis sarl"},
        ],
    )
    async def test_a_known_buyer_is_found(self, api: Api, known: dict[str, str]) -> None:
        body = {"kind": "company", "name": "Old name", **known}
        client = (await api.take("POST", "/v2/clients", json=body))["client"]
        invoice = await imported(api, ubl())
        assert invoice["client"]["id"] == client["id"]
        assert invoice["client"]["name"] == "Scierie des Aravis SARL"
        kept = (await api.take("GET", f"/v2/clients/{client['id']}"))["client"]
        assert kept == client

    async def test_two_invoices_to_one_new_buyer_make_one_client(self, api: Api) -> None:
        first, second = await bring_in(api, ubl("A-1"), ubl("A-2"))
        one, other = await get_invoice(api, first), await get_invoice(api, second)
        assert one["client"] == other["client"]


class TestOnce:
    @pytest.mark.covers("QX-54")
    async def test_the_same_bytes_are_the_same_invoice(self, api: Api, receiver: Receiver) -> None:
        await subscribe(api, "v1/client-invoices")
        before = await count(api)
        names = ("first.xml", "second.xml", "scan.png")
        answer = await api.take("POST", BULK, files=parts(ubl(), ubl(), PNG, names=names))
        made = answer["client_invoices"]
        assert [one["file_name"] for one in made] == list(names)
        assert made[0]["invoice_id"] == made[1]["invoice_id"] != made[2]["invoice_id"]
        again = await bring_in(api, PNG, ubl())
        assert again == [made[2]["invoice_id"], made[0]["invoice_id"]]
        assert await count(api) == before + 2
        await api.take("POST", "/_simulator/settle")
        events = [(one["data"]["event"], one["data"]["id"]) for one in receiver.events]
        ids = [made[0]["invoice_id"], made[2]["invoice_id"]]
        assert sorted(events) == sorted(("created", id) for id in ids)

    async def test_twins_at_the_same_time_make_one_invoice(self, api: Api) -> None:
        ids = await asyncio.gather(*(bring_in(api, ubl()) for _ in range(4)))
        assert len({id for (id,) in ids}) == 1

    async def test_organisations_do_not_share_their_files(self, api: Api, sim: Simulator) -> None:
        (mine,) = await bring_in(api, ubl())
        token = sim.issue_access_token(organization_id="werkstatt-nord-7730")
        api.headers["Authorization"] = f"Bearer {token}"
        (theirs,) = await bring_in(api, ubl())
        assert mine != theirs


class TestLists:
    @pytest.mark.covers("QX-54")
    async def test_imported_invoices_are_hidden_unless_asked_for(self, api: Api) -> None:
        hidden = (await api.take("GET", LIST))["meta"]["total_count"]
        (id,) = await bring_in(api, ubl())
        assert (await api.take("GET", LIST))["meta"]["total_count"] == hidden
        shown = await api.take("GET", LIST, params={"exclude_imported": "false"})
        assert shown["client_invoices"][0]["id"] == id
        assert shown["client_invoices"][0] == await get_invoice(api, id)


class TestAfterwards:
    async def test_it_is_paid_unpaid_and_canceled_like_any_other(self, api: Api) -> None:
        (id, scan) = await bring_in(api, ubl(), PNG)
        for one in (f"{LIST}/{id}", f"{LIST}/{scan}"):
            paid = await api.take("POST", f"{one}/mark_as_paid", json={"paid_at": "2026-11-19"})
            assert paid["client_invoice"]["status"] == "paid"
            await api.take("POST", f"{one}/unmark_as_paid")
            await api.take("POST", f"{one}/send", 204, json=MAIL)
            canceled = await api.take("POST", f"{one}/mark_as_canceled")
            assert canceled["client_invoice"]["status"] == "canceled"

    async def test_the_client_s_money_finds_it(self, api: Api) -> None:
        (id, scan) = await bring_in(api, ubl(), PNG)
        await api.take("POST", f"/_simulator/invoices/{id}/pay")
        assert (await get_invoice(api, id))["status"] == "paid"
        await api.take("POST", f"/_simulator/invoices/{scan}/pay", json={"amount": "10.00"})
        assert (await get_invoice(api, scan))["status"] == "unpaid"
        assert "EXT-001" in (await api.get("/")).text

    async def test_it_can_not_be_changed_or_deleted(self, api: Api) -> None:
        (id,) = await bring_in(api, ubl())
        problem = await api.problem("PATCH", f"{LIST}/{id}", 412, json={"footer": "x"})
        assert problem["code"] == "forbidden_invoice_update"
        problem = await api.problem("DELETE", f"{LIST}/{id}", 412)
        assert problem["code"] == "invoice_not_in_draft_status"
        await api.problem("POST", f"{LIST}/{id}/finalize", 422)

    async def test_it_is_credited(self, api: Api) -> None:
        (id,) = await bring_in(api, ubl())
        invoice = await get_invoice(api, id)
        kept = ("title", "quantity", "unit", "unit_price", "vat_rate")
        body = {
            "invoice_id": id,
            "issue_date": "2026-11-20",
            "reason": "returned",
            "currency": "EUR",
            "items": [{name: line[name] for name in kept} for line in invoice["items"]],
        }
        await api.take("POST", "/v2/credit_notes", json=body)
        assert (await get_invoice(api, id))["status"] == "canceled"

    async def test_one_to_an_address_outside_the_directory_does_not_go(self, api: Api) -> None:
        (id,) = await bring_in(api, ubl())
        gone = {"address": "798123451", "registered": False}
        await api.take("POST", "/_simulator/einvoicing/directory", json=gone)
        await api.take("POST", f"{LIST}/{id}/send_by_einvoice", 412)

    @pytest.mark.covers("QX-54")
    @pytest.mark.parametrize("content", [ubl(), pdf(ubl(), "factur-x.xml")])
    async def test_a_structured_one_goes_out_by_e_invoicing(self, api: Api, content: bytes) -> None:
        (id,) = await bring_in(api, content)
        await api.take("POST", f"{LIST}/{id}/send_by_einvoice", 204)
        await api.take("POST", "/_simulator/clock", json={"advance": 60})
        invoice = await get_invoice(api, id)
        assert invoice["einvoicing_status"] == "submitted"
        codes = [one["status_code"] for one in invoice["einvoicing_lifecycle_events"]]
        assert codes == [200, 201, 202]

    async def test_one_that_only_people_can_read_does_not(self, api: Api) -> None:
        (id, unreachable) = await bring_in(api, pdf(), cii())
        problem = await api.problem("POST", f"{LIST}/{id}/send_by_einvoice", 422)
        assert (problem["code"], problem["status"]) == ("invalid", "422")
        path = f"{LIST}/{unreachable}/send_by_einvoice"
        problem = await api.problem("POST", path, 412)
        assert problem["code"] == "recipient_not_reachable_on_einvoicing"


MAIL = {"send_to": ["achats@aravis.example"], "email_title": "Your invoice"}

_ENTITY = '<!DOCTYPE Invoice [<!ENTITY x "EXT-9">]>'
_OUTSIDE = '<!DOCTYPE Invoice [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
_LAUGHS = "<!DOCTYPE Invoice [<!ENTITY a0 'ha'>{}]>".format(
    "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 12))
)


class TestRefused:
    @pytest.mark.covers("QX-54")
    async def test_one_bad_file_fails_all(self, api: Api, receiver: Receiver) -> None:
        await subscribe(api, "v1/client-invoices", "v1/clients")
        answer = await api.take("POST", BULK, 422, files=parts(ubl(), b"MZ", PNG, b"GIF89a"))
        pointers = [one["source"]["pointer"] for one in answer["errors"]]
        assert pointers == ["/client_invoices/1", "/client_invoices/3"]
        assert answer["errors"][0]["detail"] == "file-1: file type is not supported"
        assert answer["errors"][0]["status"] == "422"
        await api.take("POST", "/_simulator/settle")
        assert receiver.posts == []
        assert (await refusal(api, ubl(), b"MZ"))["code"] == "invalid"

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"<",
            b"<Invoice/>",
            b"<html><body>an invoice</body></html>",
            b"\xff\xfe<\x00x",
            b"<a>" * 300_000,
            ubl(type="381"),
            ubl(total="a lot"),
            ubl(total="1" * 14),
            ubl(issued="yesterday"),
            ubl(issued="0001-01-01"),
            ubl(currency="euros"),
            ubl(number="X" * 41),
            ubl(buyer=" "),
            ubl(percent="120"),
            ubl(quantity="1E9"),
            ubl().replace(b"urn:cen.eu:en16931:2017", b"urn:nobody"),
            ubl(lines=1001),
            ubl("&x;", doctype=_ENTITY),
            ubl("&x;", doctype=_OUTSIDE),
            ubl("&a11;", doctype=_LAUGHS),
            ubl("&a11;", doctype=_LAUGHS).replace(b'"0225"', b'"&a11;"'),
            cii().replace(b'"102">20261103', b'"610">202611'),
            cii().replace(b"BuyerTradeParty", b"BuyerParty"),
            cii().replace(b">3</ram:BasisQuantity", b">-3</ram:BasisQuantity"),
            b"%PDF",
            b"%PDF-1.7 a stub",
            pdf()[:400],
            pdf(b"<Invoice/>"),
            pdf(b"no xml at all"),
            pdf(b"<!--" + b" " * 5_300_000 + b"-->" + cii()),
        ],
        ids=lambda content: repr(content[:12]),
    )
    async def test_garbage_is_told_what_is_wrong_with_it(self, api: Api, content: bytes) -> None:
        problem = await refusal(api, content)
        assert problem["code"] == "invalid"
        assert problem["source"] == {"pointer": "/client_invoices/0"}
        assert problem["detail"].startswith("file-0: ")

    async def test_numbers_are_used_once(self, api: Api) -> None:
        await create_invoice(api, status="unpaid", number="EXT-001")
        problem = await refusal(api, ubl("EXT-000"), ubl("EXT-001"), status=409)
        assert problem == {
            "status": "409",
            "code": "invoice_number_already_exists",
            "source": {"pointer": "/client_invoices/1"},
        }
        await refusal(api, ubl("B-1"), ubl("B-1", title="Other"), status=409)
        await bring_in(api, ubl("EXT-000"))
        await refusal(api, pdf(cii("EXT-000")), status=409)

    async def test_counts_and_sizes_are_limited(self, api: Api) -> None:
        assert (await refusal(api, *[PNG] * 6, status=400))["code"] == "limit_reached"
        five = 5 * 1024 * 1024
        assert (await refusal(api, PNG.ljust(five + 1)))["detail"] == "file-0: file is too large"
        large = [PNG.ljust(five, str(n).encode()) for n in range(4)]
        problem = await refusal(api, *large, status=400)
        assert problem["detail"] == "the files are larger than 15 MB together"
        assert len(await bring_in(api, *large[:3])) == 3

    async def test_a_request_without_files_is_no_import(self, api: Api) -> None:
        other = [("files", ("a.png", PNG, "image/png"))]
        assert (await api.problem("POST", BULK, 400, files=other))["code"] == "required"
        assert (await api.problem("POST", BULK, 400, json={}))["code"] == "bad_request"
        text = [("client_invoices", (None, "a text"))]
        problem = await api.problem("POST", BULK, 422, files=text)
        assert problem["detail"] == "client_invoices must be a file"

    async def test_italian_organisations_may_not(self, api: Api, sim: Simulator) -> None:
        token = sim.issue_access_token(organization_id=ITALIAN)
        api.headers["Authorization"] = f"Bearer {token}"
        assert (await refusal(api, ubl(), status=403))["code"] == "forbidden"


def test_what_reads_the_files_is_imported_with_the_first_file() -> None:
    code = "import sys, qonto_simulator.serve; print({'facturx', 'pypdf'} & {*sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "set()\n"
