"""Every described write, made in an order in which each can succeed."""

from typing import Any

from oauth.payment_policies import PolicyChange
from tests.support.described_purchases import Caller, write_purchases

CUSTOMER: dict[str, Any] = {
    "contactType": "COMPANY",
    "companyName": "Café Lune",
    "emailAddresses": [{"email": "books@lune.example"}],
    "addresses": [
        {
            "addressLine1": "1 rue de la Paix",
            "city": "Paris",
            "postalCode": "75002",
            "countryCode": "FR",
        }
    ],
    "taxNumber": "552100554",
    "currency": "EUR",
    "locale": "fr",
    "eInvoicingAddress": "552100554",
}
INVOICE: dict[str, Any] = {
    "invoiceDate": "2026-11-20T00:00:00.000Z",
    "dueDate": "2026-12-20T00:00:00.000Z",
    "reference": "PO-42",
    "lineItems": [
        {"name": "Consulting", "quantity": 2, "unitAmount": 600, "taxRatePercentage": 20}
    ],
}
LINE: dict[str, Any] = {
    "name": "Travel",
    "quantity": 1,
    "unitAmount": 80,
    "taxRatePercentage": 20,
}
OFFER: dict[str, Any] = {
    "offerDate": "2026-11-20T00:00:00.000Z",
    "expiryDate": "2026-12-20T00:00:00.000Z",
    "termsAndConditions": "Good for 30 days.",
    "lineItems": INVOICE["lineItems"],
}
CREDIT: dict[str, Any] = {
    "reason": "Goodwill",
    "creditNoteDate": "2026-11-20T00:00:00.000Z",
    "creditNoteLines": [
        {"itemName": "Goodwill", "quantity": 1, "unitAmount": 100, "taxRatePercentage": 20}
    ],
}
ITEM: dict[str, Any] = {
    "name": "Consulting",
    "type": "SERVICE",
    "unitSalesPrice": 600,
    "taxRatePercentage": 20,
    "unitName": "DAY",
}
MAIL = {"recipients": ["books@lune.example"], "subject": "Your invoice"}


async def write_everything(walk: Caller) -> None:
    """Make, change, finish and delete one of each kind that can be written."""
    # its clock stands still, so nothing may take time
    walk.up.simulator.control.set_quirks(
        pdf_delay=0, file_delay=0, ocr_delay=0, attachment_delay=0, percent_vat_on_quotes=False
    )
    for path in ("customers", "contacts", "v2/contacts"):
        await _parties(walk, f"/accounting/{path}")
    for path in ("contacts/bulk", "batch/contacts"):
        await walk.call("POST", f"/accounting/{path}", body={"entries": [CUSTOMER]})
    customer = await walk.call("POST", "/accounting/customers", body=CUSTOMER)
    of = {"contactId": customer["data"]["id"]}
    await _invoices(walk, of)
    await _offers(walk, of)
    await _items(walk)
    await write_purchases(walk)
    await _payments(walk)
    invited = {"email": "ada@example.com", "firstName": "Ada", "lastName": "Lune"}
    await walk.call("POST", "/accounting/users", body={**invited, "role": "ACCOUNTANT"})
    opened = await walk.call("POST", "/accounting/bankAccounts", body={"name": "Taxes"})
    path, one = "/accounting/bankAccounts/{bankAccountId}", opened["data"]["id"]
    await walk.call("PATCH", path, body={"name": "VAT"}, bankAccountId=one)
    await walk.call("DELETE", path, bankAccountId=one)
    await _payouts(walk)


async def _payments(walk: Caller) -> None:
    """Make a beneficiary, pay one that is trusted, confirm a payee, cancel."""
    up = walk.up
    policies = up.container.oauth.payment_policies
    await policies.change(up.tenant_id, PolicyChange(enabled=True, per_day="20000.00"))
    path = "/accounting/beneficiaries"
    whom = {"name": "Papeterie du Centre", "iban": "FR7630006000011234567890189"}
    made = await walk.call("POST", path, body=whom)
    one = {"beneficiaryId": made["data"]["id"]}
    tag = {"activityTag": "office_supply"}
    await walk.call("PATCH", f"{path}/{{beneficiaryId}}", body=tag, **one)
    await walk.call("POST", f"{path}/{{beneficiaryId}}/untrust", **one)
    await walk.call("POST", "/accounting/payments/verify", body=whom)
    payee = up.simulator.control.add_beneficiary(trusted=True)
    line = {"amount": 120.5, "beneficiaryId": payee["id"], "description": "F-2026-117"}
    asked = {"currency": "EUR", "paymentLines": [line]}
    paid = await walk.call("POST", "/accounting/payments", body=asked)
    await walk.call("DELETE", "/accounting/payments/{paymentId}", paymentId=str(paid["data"]["id"]))
    up.simulator.control.set_payee(str(payee["iban"]), outcome="MATCH_RESULT_CLOSE_MATCH")
    waits = await walk.call("POST", "/accounting/payments", body=asked)
    await walk.call(
        "POST",
        "/accounting/payments/{paymentId}/confirm",
        query={"confirm": "PAYEE_CLOSE_MATCH"},
        paymentId=str(waits["data"]["taskId"]),
    )


async def _parties(walk: Caller, path: str) -> None:
    made = await walk.call("POST", path, body=CUSTOMER)
    one = {"contactId": made["data"]["id"]}
    for method in ("PATCH", "PUT"):
        await walk.call(method, f"{path}/{{contactId}}", body={"vatId": "FR40303265045"}, **one)
    await walk.call("DELETE", f"{path}/{{contactId}}", **one)


async def _invoices(walk: Caller, of: dict[str, str]) -> None:
    asked = {**INVOICE, **of}
    path = "/accounting/invoices/{invoiceId}"
    draft = await walk.call("POST", "/accounting/invoices", body=asked)
    await walk.call("DELETE", path, invoiceId=draft["data"]["id"])
    made = await walk.call("POST", "/accounting/invoices", body=asked)
    one = {"invoiceId": made["data"]["id"]}
    await walk.call("PATCH", path, body={"footer": "Thank you."}, **one)
    await _lines(walk, path, "lineItemId", **one)
    for action, body in (
        ("finalize", None),
        ("send", MAIL),
        ("sendAsEInvoice", None),
        ("markAsPaid", {"paidDate": "2026-11-20T00:00:00.000Z"}),
        ("unmarkAsPaid", None),
    ):
        await walk.call("POST", f"{path}/{action}", body=body, **one)
    credited = {**CREDIT, "invoiceId": made["data"]["id"]}
    await walk.call("POST", "/accounting/creditNotes", body=credited)
    await _issue(walk)


async def _issue(walk: Caller) -> None:
    issued = {**INVOICE, "customer": {**CUSTOMER, "taxNumber": "404833048"}}
    done = await walk.call("POST", "/accounting/invoices/issue", body=issued)
    await walk.call("GET", "/accounting/asyncTask/{taskId}", taskId=done["data"]["taskId"])
    one = {"invoiceId": done["data"]["invoiceId"]}
    await walk.call("POST", "/accounting/invoices/{invoiceId}/cancel", **one)


async def _offers(walk: Caller, of: dict[str, str]) -> None:
    path = "/accounting/offers/{offerId}"
    made = await walk.call("POST", "/accounting/offers", body={**OFFER, **of})
    one = {"offerId": made["data"]["id"]}
    await walk.call("PATCH", path, body={"footer": "Thank you."}, **one)
    await _lines(walk, path, "id", **one)
    await walk.call("POST", f"{path}/send", body=MAIL, **one)
    unwanted = await walk.call("POST", "/accounting/offers", body={**OFFER, **of})
    await walk.call("DELETE", path, offerId=unwanted["data"]["id"])


async def _lines(walk: Caller, path: str, line_id: str, **one: str) -> None:
    """Add a line to a draft, change it, and take it away."""
    added = await walk.call("POST", f"{path}/lineItems", body=LINE, **one)
    line = {**one, "lineItemId": added["data"][line_id]}
    at = f"{path}/lineItems/{{lineItemId}}"
    await walk.call("PATCH", at, body={"quantity": 3}, **line)
    await walk.call("DELETE", at, **line)


async def _items(walk: Caller) -> None:
    made = await walk.call("POST", "/accounting/items", body=ITEM)
    await walk.call("DELETE", "/accounting/items/{itemId}", itemId=made["data"]["id"])


async def _payouts(walk: Caller) -> None:
    """Store a payout, confirm it, stop it, and run it to its end."""
    line = {"name": "Marie Durand", "iban": "FR7630006000011234567890189"}
    lines = [
        {**line, "amount": 1250.5, "reference": "Invoice 17", "endToEndId": "S-2026-17"},
        {**line, "amount": 80, "reference": "Refund 4"},
    ]
    body = {"fileName": "friday", "lines": lines}
    made = await walk.call("POST", "/accounting/payouts", body=body)
    one = {"payoutId": made["data"]["id"]}
    path = "/accounting/payouts/{payoutId}"
    confirmed = {"total": 1330.5, "count": 2, "run": False}
    await walk.call("POST", f"{path}/confirm", body=confirmed, **one)
    for action in ("stop", "run"):
        await walk.call("POST", f"{path}/{action}", **one)
    await walk.up.container.payout_runs.run_due()
    await walk.call("GET", path, **one)
    await walk.call("POST", f"{path}/refresh", **one)
    await walk.call("GET", f"{path}/lines", **one)
    await walk.call("GET", "/accounting/payouts")
