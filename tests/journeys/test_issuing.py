"""An invoice from nothing to its file in one call, beside what the simulated Qonto then has."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from qonto_simulator import Simulator

from connector.app.sandbox import Sandbox
from connector.errors import DocumentUnreadable
from connector.issuing.files import check_file
from tests.connector.issuing.test_files import Opened

pytestmark = [pytest.mark.loopback, pytest.mark.asyncio(loop_scope="module")]

_numbers = itertools.count(1)

ISSUE = "/accounting/invoices/issue"


class Desk:
    """A linked account of a French organisation, and its Qonto."""

    def __init__(self, client: httpx2.AsyncClient, simulator: Simulator) -> None:
        self.client = client
        self.simulator = simulator
        self.control = simulator.control
        self.books = simulator.world.first
        self.name = f"Café {next(_numbers)}"
        """Of the customer of one test."""

    async def issue(
        self, status: int = 201, key: str | None = None, **changes: Any
    ) -> dict[str, Any]:
        headers = {} if key is None else {"Idempotency-Key": key}
        answer = await self.client.post(ISSUE, json=self.body(**changes), headers=headers)
        assert answer.status_code == status, answer.text
        document = answer.json()
        return document["data"] or document["errors"]

    def clients(self) -> int:
        return sum(one.name == self.name for one in self.books.clients)

    def invoices(self, reference: str) -> list[Any]:
        wanted = f"{self.name} {reference}"
        return [one for one in self.books.client_invoices if one.purchase_order == wanted]

    def body(self, **changes: Any) -> dict[str, Any]:
        reference = f"{self.name} {changes.pop('reference', 'one')}"
        return {
            "customer": self.customer(),
            "reference": reference,
            "invoiceDate": "2026-11-20",
            "paymentTermDuration": 30,
            "lineItems": [
                {"name": "Consulting", "quantity": 2, "unitAmount": 600, "taxRatePercentage": 20}
            ],
            **changes,
        }

    def customer(self, **changes: Any) -> dict[str, Any]:
        return {
            "contactType": "COMPANY",
            "companyName": self.name,
            "taxNumber": siren(int(self.name.split()[1])),
            "currency": "EUR",
            "locale": "fr",
            "emailAddresses": [{"email": f"{self.name.split()[1]}@example.com", "type": "INVOICE"}],
            "addresses": [
                {
                    "addressLine1": "1 rue A",
                    "city": "Paris",
                    "postalCode": "75001",
                    "countryCode": "FR",
                }
            ],
            **changes,
        }


def siren(number: int) -> str:
    """A number of a French company, with its check digit."""
    body = f"{80_000_000 + number:08d}"
    double = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(body)]
    total = sum(value - 9 if value > 9 else value for value in double)
    return f"{body}{-total % 10}"


@pytest_asyncio.fixture(loop_scope="module")
async def desk(lasting: Sandbox) -> AsyncIterator[Desk]:
    simulator = lasting.simulators["qonto"]
    simulator.control.set_quirks(pdf_delay=0.2)
    async with lasting.client(await lasting.link("qonto")) as client:
        yield Desk(client, simulator)


@pytest.mark.covers("GUIDE-70", "GUIDE-71", "GUIDE-72", "GUIDE-73", "GUIDE-74", "GUIDE-79")
async def test_from_nothing_to_a_file(desk: Desk) -> None:
    issued = await desk.issue(reference="one")
    (invoice,) = desk.invoices("one")
    assert issued["invoiceId"] == invoice.id and issued["invoiceNumber"] == invoice.number
    assert (issued["status"], issued["taskStatus"]) == ("OPEN", "SUCCESS")
    assert issued["totalAmount"] == "1440.00" and issued["totalTaxAmount"] == "240.00"
    assert invoice.iban == desk.books.organisation.main_account.iban
    file = await desk.client.get(
        f"/accounting/invoices/{invoice.id}/document", headers={"Accept": "application/pdf"}
    )
    assert file.content.startswith(b"%PDF")
    task = (await desk.client.get(f"/accounting/asyncTask/{issued['taskId']}")).json()["data"]
    assert task["status"] == "SUCCESS" and task["responseData"]["invoiceId"] == invoice.id


async def test_the_same_customer_is_found_again(desk: Desk) -> None:
    first = await desk.issue()
    second = await desk.issue(customer=desk.customer(companyName="Café de la Lune"))
    third = await desk.issue(customer=desk.customer(taxNumber=None, emailAddresses=[]))
    assert first["customerIsNew"] and not second["customerIsNew"] and not third["customerIsNew"]
    assert first["customerId"] == second["customerId"] == third["customerId"]
    assert desk.clients() == 1
    other = await desk.issue(
        customer=desk.customer(
            taxNumber=siren(9_999_999 + int(desk.name.split()[1])), emailAddresses=[]
        )
    )
    assert other["customerIsNew"] and desk.clients() == 2
    told = await desk.issue(400, customer=desk.customer(taxNumber=None, emailAddresses=[]))
    assert told["validationErrors"][0]["code"] == "CUSTOMER_AMBIGUOUS"


async def test_everything_wrong_is_told_before_anything_is_made(desk: Desk) -> None:
    before = len(desk.books.clients), len(desk.books.client_invoices)
    told = await desk.issue(
        400,
        customer={"contactType": "COMPANY", "companyName": "Nobody"},
        paymentTermDuration=None,
        iban="FR7630006000011234567890189",
        lineItems=[{"name": "x", "quantity": 1, "unitAmount": 5, "taxRatePercentage": 0.2}],
    )
    assert {(one["field"], one["code"]) for one in told["validationErrors"]} == {
        ("customer.currency", "REQUIRED"),
        ("customer.locale", "REQUIRED"),
        ("customer.addresses", "REQUIRED"),
        ("dueDate", "REQUIRED"),
        ("iban", "NOT_ONES_OWN"),
        ("lineItems.0.taxRatePercentage", "TAX_RATE_BELOW_ONE_PERCENT"),
    }
    both = await desk.issue(400, contactId="x")
    assert both["validationErrors"][0]["field"] == "contactId"
    assert (len(desk.books.clients), len(desk.books.client_invoices)) == before


async def test_a_dry_run_says_what_it_would_come_to(desk: Desk) -> None:
    before = len(desk.books.client_invoices)
    answer = await desk.client.post(f"{ISSUE}?dryRun=true", json=desk.body())
    assert answer.status_code == 200
    assert answer.json()["data"]["expected"]["totalAmount"] == 1440
    assert len(desk.books.client_invoices) == before and desk.clients() == 0


@pytest.mark.parametrize(
    "path", ["/v2/clients", "/v2/client_invoices", "/v2/client_invoices/*/finalize"]
)
async def test_a_lost_answer_at_any_step_makes_nothing_twice(desk: Desk, path: str) -> None:
    desk.control.fault(path, "lost_response", method="POST")
    issued = await desk.issue(reference="lost", key=f"lost-{len(path)}")
    assert issued["taskStatus"] == "SUCCESS"
    assert len(desk.invoices("lost")) == 1 and desk.clients() == 1


async def test_a_draft_of_which_nobody_can_tell_yet_is_not_made_again(desk: Desk) -> None:
    """The answer was lost and nobody could look; the same key finds it, and goes on from there."""
    desk.control.fault("/v2/client_invoices", "lost_response", method="POST")
    desk.control.fault("/v2/client_invoices", "status", method="GET", status=503, times=None)
    told = await desk.issue(502, reference="unseen", key="unseen")
    assert told["code"] == "OUTCOME_UNKNOWN"
    desk.control.clear_faults()
    issued = await desk.issue(reference="unseen", key="unseen")
    (invoice,) = desk.invoices("unseen")
    assert issued["invoiceId"] == invoice.id and invoice.status != "draft"


async def test_what_was_issued_is_told_whatever_has_become_wrong_since(desk: Desk) -> None:
    """Checks are for what is to be done, not for what was."""
    first = await desk.issue(reference="told", key="told")
    await desk.client.post(
        "/accounting/customers",
        json=desk.customer(companyName=f"{desk.name} again"),
        headers={"Idempotency-Key": "again"},
    )
    assert (await desk.issue(400, reference="other"))["code"] == "VALIDATION_FAILED"
    assert await desk.issue(reference="told", key="told") == first


async def test_a_key_issues_once(desk: Desk) -> None:
    first = await desk.issue(reference="once", key="once")
    second = await desk.issue(reference="once", key="once")
    assert first == second and len(desk.invoices("once")) == 1
    told = await desk.issue(409, reference="twice", key="once")
    assert told["code"] == "IDEMPOTENCY_KEY_REUSED"


async def test_what_stops_it_says_what_was_made_and_the_key_goes_on(desk: Desk) -> None:
    desk.control.fault("/v2/client_invoices/*/finalize", "status", method="POST", status=422)
    told = await desk.issue(400, reference="stopped", key="stopped")
    (draft,) = desk.invoices("stopped")
    assert draft.status == "draft" and draft.id in told["message"]
    issued = await desk.issue(reference="stopped", key="stopped")
    assert issued["invoiceId"] == draft.id and issued["status"] == "OPEN"
    assert len(desk.invoices("stopped")) == 1


@pytest.mark.covers("GUIDE-75", "GUIDE-76", "GUIDE-77")
async def test_a_slow_file_is_waited_for_by_a_task(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both stages may be slow; beyond the budget of a request a worker goes on."""
    monkeypatch.setattr("connector.issuing.issuing.WITHIN", 0.3)
    desk.control.set_quirks(pdf_delay=1.5, file_delay=1.0)
    begun = await desk.issue(202, reference="slow")
    assert begun["taskStatus"] == "IN_PROGRESS" and begun["fileId"] is None
    (invoice,) = desk.invoices("slow")
    assert begun["invoiceNumber"] == invoice.number
    task: dict[str, Any] = {}
    for _ in range(100):
        answer = await desk.client.get(f"/accounting/asyncTask/{begun['taskId']}")
        task = answer.json()["data"]
        if task["status"] == "SUCCESS":
            break
        await asyncio.sleep(0.2)
    assert task["status"] == "SUCCESS" and task["responseData"]["fileId"] == invoice.attachment_id


@pytest.mark.covers("GUIDE-78")
async def test_the_e_invoice_in_its_file_says_the_same(desk: Desk) -> None:
    on_it = desk.customer(eInvoicingAddress=desk.customer()["taxNumber"])
    issued = await desk.issue(reference="file", asEInvoice=True, customer=on_it)
    assert issued["eInvoice"]["problems"] == []
    assert issued["eInvoice"]["profile"] == "en16931"
    assert issued["eInvoice"]["totalAmount"] == "1440.00"
    path = f"/accounting/invoices/{issued['invoiceId']}/document"
    file = await desk.client.get(path, headers={"Accept": "application/pdf"})
    with pytest.raises(DocumentUnreadable, match=r"totalAmount is 1440.00 .* and 1440.01 on"):
        await check_file(Opened(file.content), {"totalAmount": "1440.01"})


async def test_it_goes_through_the_network_or_not_at_all(desk: Desk) -> None:
    number = desk.customer()["taxNumber"]
    on_it = desk.customer(eInvoicingAddress=number)
    issued = await desk.issue(reference="sent", asEInvoice=True, customer=on_it)
    (invoice,) = desk.invoices("sent")
    assert issued["eInvoicingStatus"] == "PENDING" and invoice.einvoicing_status is not None
    client = desk.books.clients.get(invoice.client.id)
    assert client is not None
    client.e_invoicing_reachable = False
    told = await desk.issue(
        400, contactId=invoice.client.id, customer=None, asEInvoice=True, reference="no"
    )
    assert told["validationErrors"][0]["code"] == "NOT_REACHABLE"
    desk.control.set_organization(einvoicing="disabled")
    told = await desk.issue(400, asEInvoice=True, reference="no", customer=on_it)
    assert told["validationErrors"][0]["code"] == "E_INVOICING_OFF"
    assert not desk.invoices("no") and not desk.control.mails()
    desk.control.set_organization(einvoicing="enabled")
