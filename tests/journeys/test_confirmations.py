"""What can't be undone is shown first and confirmed, where the vendor wants it so."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from connector.app.sandbox import Sandbox
from tests.journeys.desk import Desk, at_desk, code, invoice

pytestmark = [pytest.mark.loopback, pytest.mark.asyncio(loop_scope="module")]

MAIL: dict[str, Any] = {"recipients": ["books@lune.example"], "subject": "Your invoice"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(lasting: Sandbox) -> AsyncIterator[Desk]:
    tenants = lasting.container.oauth.tenants
    (tenant,) = await tenants.all()
    async with at_desk(lasting) as one:
        one.control.set_quirks(pdf_delay=0, file_delay=0)
        await tenants.demand_confirmation(tenant)
        yield one
        await tenants.demand_confirmation(tenant, False)


async def shown(desk: Desk, path: str, body: Any = None, key: str | None = None) -> Any:
    """Check an act; return what a person is shown."""
    answer = await desk.ask("POST", path, body, key=key, dryRun="true")
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def test_without_a_token_nothing_is_done(desk: Desk) -> None:
    """Whatever can't be undone; what can be undone needs no token."""
    customer = await desk.customer("Confirm 1")
    id = await desk.draft("confirm-1", customer)
    calls = [(f"invoices/{id}/finalize", None), ("invoices/issue", invoice("confirm-2", customer))]
    for path, body in calls:
        refused = await desk.ask("POST", path, body)
        assert (refused.status_code, code(refused)) == (409, "CONFIRMATION_REQUIRED")
    kept = desk.invoice(id)
    assert kept is not None and kept.status == "draft" and desk.invoices("confirm-2") == []


async def test_an_account_is_closed_as_shown(desk: Desk) -> None:
    made = (await desk.done("POST", "bankAccounts", {"name": "Confirm"}))["id"]
    path = f"bankAccounts/{made}"
    refused = await desk.ask("DELETE", path)
    assert (refused.status_code, code(refused)) == (409, "CONFIRMATION_REQUIRED")
    checked = await desk.ask("DELETE", path, dryRun="true")
    header = {"Confirmation-Token": checked.json()["data"]["confirmationToken"]}
    begun = [await desk.client.delete(f"/accounting/{path}", headers=header) for _ in range(2)]
    assert [one.status_code for one in begun] == [202, 202]
    assert begun[0].json()["data"] == begun[1].json()["data"]


async def test_what_was_shown_is_done_once(desk: Desk) -> None:
    """The token counts as the key; sent again it is told what came of it the first time."""
    id = await desk.draft("confirm-3", await desk.customer("Confirm 3"))
    seen = await shown(desk, f"invoices/{id}/finalize")
    assert (seen["expected"]["status"], seen["expected"]["totalAmount"]) == ("DRAFT", 1440)
    token = seen["confirmationToken"]
    first = await desk.confirm(f"invoices/{id}/finalize", token)
    assert (first.status_code, first.json()["data"]["status"]) == (200, "OPEN")
    again = await desk.confirm(f"invoices/{id}/finalize", token)
    assert again.headers["Idempotent-Replayed"] == "true"
    mail = await shown(desk, f"invoices/{id}/send", MAIL)
    posts = desk.sent("POST", f"/v2/client_invoices/{id}/send")
    for _ in range(2):
        answer = await desk.confirm(f"invoices/{id}/send", mail["confirmationToken"], MAIL)
        assert answer.status_code == 200, answer.text
    assert desk.sent("POST", f"/v2/client_invoices/{id}/send") == posts + 1


async def test_a_changed_record_has_to_be_shown_again(desk: Desk) -> None:
    id = await desk.draft("confirm-4", await desk.customer("Confirm 4"))
    token = (await shown(desk, f"invoices/{id}/finalize"))["confirmationToken"]
    line = {"name": "More", "quantity": 1, "unitAmount": 10, "taxRatePercentage": 20}
    assert (await desk.ask("POST", f"invoices/{id}/lineItems", line)).status_code == 201
    refused = await desk.confirm(f"invoices/{id}/finalize", token)
    assert (refused.status_code, code(refused)) == (409, "CONFIRMATION_STALE")
    kept = desk.invoice(id)
    assert kept is not None and kept.status == "draft"


async def test_a_token_is_for_one_act(desk: Desk) -> None:
    """Not for another record, act, body or key."""
    customer = await desk.customer("Confirm 5")
    one, other = [await desk.draft(f"confirm-5{end}", customer) for end in "ab"]
    token = (await shown(desk, f"invoices/{one}/finalize", key="k-one"))["confirmationToken"]
    for path, key in ((f"invoices/{other}/finalize", "k-one"), (f"invoices/{one}/finalize", "k2")):
        refused = await desk.confirm(path, token, key=key)
        assert (refused.status_code, code(refused)) == (409, "CONFIRMATION_STALE")
    odd = await desk.confirm(f"invoices/{one}/finalize", "two words")
    assert odd.status_code == 400
    assert (await desk.confirm(f"invoices/{one}/finalize", token, key="k-one")).status_code == 200


async def test_an_invoice_is_issued_as_shown(desk: Desk) -> None:
    customer = await desk.customer("Confirm 6")
    body = invoice("confirm-6", customer)
    token = (await shown(desk, "invoices/issue", body))["confirmationToken"]
    changed = await desk.confirm("invoices/issue", token, {**body, "footer": "else"})
    assert (changed.status_code, code(changed)) == (409, "CONFIRMATION_STALE")
    for status in (201, 201):
        issued = await desk.confirm("invoices/issue", token, body)
        assert issued.status_code == status, issued.text
    assert issued.headers["Idempotent-Replayed"] == "true"
    assert [one.status for one in desk.invoices("confirm-6")] == ["unpaid"]
