"""A whole company at once: random calls, control calls, clock moves and answers that get lost.

After every step the books must add up: numbers are unique and stay with their document, credits
stay below their invoice, what is canceled or deleted stays so, amounts are those of the lines,
times only grow, and lists show what single reads show.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from decimal import Decimal
from typing import Any, cast

import httpx2
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from qonto_simulator import Simulator

from .support import NOW, ORIGIN, Api, item

KINDS = ("client_invoices", "quotes", "credit_notes", "supplier_invoices", "clients")
NUMBERED = ("client_invoices", "quotes", "credit_notes")
MOVES = {
    "client_invoices": {
        ("draft", "unpaid"),
        ("unpaid", "paid"),
        ("paid", "unpaid"),
        ("unpaid", "canceled"),
    },
    "quotes": {("pending_approval", "approved"), ("pending_approval", "canceled")},
    "supplier_invoices": {
        *((status, "paid") for status in ("to_review", "to_approve", "to_pay", "archived")),
        *((status, "paid") for status in ("awaiting_payment", "pending")),
        *((status, "rejected") for status in ("to_review", "to_approve", "awaiting_payment")),
        ("paid", "to_review"),
    },
}
"""What one call of the API may turn a status into."""
DELETED = {"client_invoices": {"draft"}, "quotes": {"pending_approval"}}
LOST = st.sampled_from([False, False, False, True])
PICK = st.integers(min_value=0, max_value=50)
CENTS = st.integers(min_value=1, max_value=200_000)
Document = dict[str, Any]


def euros(cents: int) -> dict[str, str]:
    return {"value": str(Decimal(cents) / 100), "currency": "EUR"}


def exempt(cents: int) -> Document:
    return item(quantity="1", unit_price=euros(cents), vat_rate="0", vat_exemption_reason="S293B")


class Company(RuleBasedStateMachine):
    """The first organisation of a fresh simulator, seen through its API."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.simulator = Simulator(clock=NOW, base_url=ORIGIN)
        self.simulator.control.set_quirks(rate_limits=False)
        self.api = Api(
            transport=httpx2.ASGITransport(self.simulator.app),
            base_url=ORIGIN,
            headers={"Authorization": f"{self.simulator.login}:{self.simulator.secret}"},
        )
        organization = self.call("GET", "/v2/organization").json()["organization"]
        self.iban = organization["bank_accounts"][0]["iban"]
        self.moved_by_hand: set[str] = set()
        self.seen = self.read()
        self.touched: list[tuple[str, str]] = []
        self.gone: set[tuple[str, str]] = set()
        self.numbers: dict[str, dict[str, str]] = {kind: {} for kind in NUMBERED}

    def teardown(self) -> None:
        self.runner.run(self.api.aclose())
        self.runner.close()

    def call(
        self, method: str, path: str, body: Document | None = None, lost: bool = False
    ) -> httpx2.Response:
        """The answer; one that gets lost is made up, as nothing is known of it."""
        if lost:
            self.simulator.control.fault(path, "lost_response", method=method)
        try:
            response = self.runner.run(self.api.request(method, path, json=body))
        except httpx2.RemoteProtocolError:
            assert lost
            return httpx2.Response(299)
        assert response.status_code < 500, response.text
        return response

    def read(self) -> dict[str, dict[str, Document]]:
        """Everything that the lists show, by kind and id."""
        found: dict[str, dict[str, Document]] = {}
        for kind in KINDS:
            query = "?per_page=100&exclude_imported=false&sort_by=created_at:asc"
            document = self.call("GET", f"/v2/{kind}{query}").json()
            assert document["meta"]["total_pages"] == 1
            found[kind] = {one["id"]: one for one in document[kind]}
            assert len(found[kind]) == document["meta"]["total_count"]
        return found

    def one(self, kind: str, pick: int) -> str:
        """The id of a document, rather a new one than a seeded one."""
        ids = list(self.seen[kind])
        id = ids[-1 - pick % min(len(ids), 6)]
        self.touched.append((kind, id))
        return id

    @rule(
        cents=CENTS,
        final=st.booleans(),
        quoted=st.booleans(),
        number=st.sampled_from([None, "N-1", "N-2"]),
        lost=LOST,
    )
    def invoice(
        self, cents: int, final: bool, quoted: bool, number: str | None, lost: bool
    ) -> None:
        clients = [one for one in self.seen["clients"].values() if one["name"] == "Walker"]
        body = {
            "client_id": clients[0]["id"] if clients else next(iter(self.seen["clients"])),
            "issue_date": "2026-11-20",
            "due_date": "2026-12-20",
            "currency": "EUR",
            "status": "unpaid" if final else "draft",
            "number": number,
            "quote_id": next(reversed(self.seen["quotes"])) if quoted else None,
            "payment_methods": {"iban": self.iban},
            "discount": {"type": "percentage", "value": "0.1"} if cents % 3 == 0 else None,
            "items": [exempt(cents), item(unit_price=euros(cents % 977 + 1), vat_rate="0.055")],
        }
        self.call("POST", "/v2/client_invoices", body, lost)

    @rule(
        pick=PICK,
        action=st.sampled_from(["finalize", "mark_as_paid", "unmark_as_paid", "mark_as_canceled"]),
        lost=LOST,
    )
    def move_invoice(self, pick: int, action: str, lost: bool) -> None:
        path = f"/v2/client_invoices/{self.one('client_invoices', pick)}/{action}"
        self.call("POST", path, lost=lost)

    @rule(pick=PICK, cents=CENTS, number=st.sampled_from([None, "N-1", "N-3"]), lost=LOST)
    def change_invoice(self, pick: int, cents: int, number: str | None, lost: bool) -> None:
        path = f"/v2/client_invoices/{self.one('client_invoices', pick)}"
        self.call("PATCH", path, {"items": [exempt(cents)], "number": number}, lost)

    @rule(kind=st.sampled_from(["client_invoices", "quotes", "clients"]), pick=PICK, lost=LOST)
    def delete(self, kind: str, pick: int, lost: bool) -> None:
        if len(self.seen[kind]) < 3:
            return
        id = self.one(kind, pick)
        status = self.seen[kind][id].get("status")
        response = self.call("DELETE", f"/v2/{kind}/{id}", lost=lost)
        there = self.call("GET", f"/v2/{kind}/{id}").status_code == 200
        assert there or status in DELETED.get(kind, {None})
        assert there == (response.status_code not in (204, 299)) or lost
        if not there:
            self.gone.add((kind, id))

    @rule(pick=PICK, cents=CENTS)
    def pay(self, pick: int, cents: int) -> None:
        path = f"/_simulator/invoices/{self.one('client_invoices', pick)}/pay"
        self.call("POST", path, {"amount": str(Decimal(cents) / 100)})

    @rule(pick=PICK, cents=CENTS, whole=st.booleans(), lost=LOST)
    def credit(self, pick: int, cents: int, whole: bool, lost: bool) -> None:
        id = self.one("client_invoices", pick)
        invoice = self.seen["client_invoices"][id]
        body = {
            "invoice_id": id,
            "issue_date": "2026-11-20",
            "reason": "Walk",
            "currency": invoice["currency"],
            "items": [exempt(invoice["total_amount_cents"] if whole else cents)],
        }
        self.call("POST", "/v2/credit_notes", body, lost)

    @rule(cents=CENTS, number=st.sampled_from([None, "Q-1"]), lost=LOST)
    def quote(self, cents: int, number: str | None, lost: bool) -> None:
        body = {
            "client_id": next(iter(self.seen["clients"])),
            "issue_date": "2026-11-20",
            "expiry_date": "2026-12-20",
            "currency": "EUR",
            "terms_and_conditions": "x",
            "number": number,
            "items": [exempt(cents)],
        }
        self.call("POST", "/v2/quotes", body, lost)

    @rule(pick=PICK, action=st.sampled_from(["approved", "canceled", "edit", "send"]), lost=LOST)
    def move_quote(self, pick: int, action: str, lost: bool) -> None:
        id = self.one("quotes", pick)
        if action == "edit":
            self.call("PATCH", f"/v2/quotes/{id}", {"footer": "x"}, lost)
        elif action == "send":
            mail = {"send_to": ["a@b.example"], "email_title": "x"}
            self.call("POST", f"/v2/quotes/{id}/send", mail, lost)
        else:
            self.call("POST", f"/_simulator/quotes/{id}/decide", {"status": action})

    @rule(lost=LOST)
    def client(self, lost: bool) -> None:
        place = {"street_address": "1 r", "city": "Lyon", "zip_code": "69001", "country_code": "FR"}
        body = {
            "kind": "company",
            "name": "Walker",
            "currency": "EUR",
            "locale": "fr",
            "tax_identification_number": "73282932000074",
            "billing_address": place,
        }
        self.call("POST", "/v2/clients", body, lost)

    @rule(pick=PICK, name=st.sampled_from(["Walker", "", "Other"]), lost=LOST)
    def change_client(self, pick: int, name: str, lost: bool) -> None:
        self.call("PATCH", f"/v2/clients/{self.one('clients', pick)}", {"name": name}, lost)

    @rule()
    def bill(self) -> None:
        self.call("POST", "/_simulator/supplier_invoices", {})

    @rule(
        pick=PICK,
        action=st.sampled_from(["mark_as_paid", "unmark_as_paid", "reject"]),
        lost=LOST,
    )
    def move_bill(self, pick: int, action: str, lost: bool) -> None:
        path = f"/v2/supplier_invoices/{self.one('supplier_invoices', pick)}/{action}"
        self.call("POST", path, {"supplier_invoice": {"declined_reason_code": "DOUBLON"}}, lost)

    @rule(pick=PICK, status=st.sampled_from(["to_approve", "to_pay", "archived", "scheduled"]))
    def move_bill_in_the_app(self, pick: int, status: str) -> None:
        id = self.one("supplier_invoices", pick)
        move = f"/_simulator/supplier_invoices/{id}/move"
        if self.call("POST", move, {"status": status}).status_code == 200:
            self.moved_by_hand.add(id)

    @rule(seconds=st.integers(min_value=1, max_value=4000))
    def time_passes(self, seconds: int) -> None:
        self.call("POST", "/_simulator/clock", {"advance": seconds})

    @precondition(lambda self: bool(cast("Company", self).gone))
    @rule(pick=PICK, method=st.sampled_from(["GET", "PATCH", "DELETE"]))
    def ask_for_what_is_gone(self, pick: int, method: str) -> None:
        kind, id = sorted(self.gone)[pick % len(self.gone)]
        assert self.call(method, f"/v2/{kind}/{id}", {}).status_code == 404

    @invariant()
    def the_books_add_up(self) -> None:
        now = self.read()
        for kind in KINDS:
            for id, document in now[kind].items():
                self.check_time(kind, self.seen[kind].get(id), document)
                assert (kind, id) not in self.gone
        for kind in NUMBERED:
            self.check_numbers(kind, now[kind])
            for document in now[kind].values():
                check_amounts(document)
        check_credits(now)
        for id, quote in now["quotes"].items():
            naming = {one["id"] for one in now["client_invoices"].values() if one["quote_id"] == id}
            assert set(quote["invoice_ids"]) == naming
        for kind, id in self.touched:
            response = self.call("GET", f"/v2/{kind}/{id}")
            assert (response.status_code == 200) == (id in now[kind])
            if id in now[kind]:
                single = response.json()
                assert single.get(kind.removesuffix("s"), single) == now[kind][id]
        self.touched.clear()
        self.moved_by_hand.clear()
        self.seen = now

    def check_time(self, kind: str, before: Document | None, document: Document) -> None:
        assert document["created_at"] <= document["updated_at"]
        if before is None:
            return
        assert before["created_at"] == document["created_at"]
        assert before["updated_at"] <= document["updated_at"]
        then, status = before.get("status"), document.get("status")
        if then != status and document["id"] not in self.moved_by_hand:
            assert (then, status) in MOVES[kind], (kind, then, status)

    def check_numbers(self, kind: str, documents: dict[str, Document]) -> None:
        """A legal number is one document's for good, whatever becomes of the others."""
        used = [one["number"] for one in documents.values()]
        assert len(set(used)) == len(used)
        legal = self.numbers[kind]
        for id, document in documents.items():
            if document.get("status") not in ("draft", "pending_approval"):
                assert legal.setdefault(document["number"], id) == id
        for number, id in legal.items():
            assert documents[id]["number"] == number


def check_amounts(document: Document) -> None:
    """Totals are those of the lines, less the discount; cents twins say the same."""
    net = vat = Decimal(0)
    lines: list[Document] = document["items"] or []
    for line in lines:
        subtotal, tax = (Decimal(line[name]["value"]) for name in ("subtotal", "total_vat"))
        assert Decimal(line["total_amount"]["value"]) == subtotal + tax
        assert line["subtotal_cents"] == subtotal * 100
        net, vat = net + subtotal, vat + tax
    discount = document["discount"]
    if discount is not None:
        net -= Decimal(discount["amount"]["value"])
        vat = Decimal(document["vat_amount"]["value"])
    total = Decimal(document["total_amount"]["value"])
    assert (total, Decimal(document["vat_amount"]["value"])) == (net + vat, vat)
    assert document["total_amount_cents"] == total * 100


def check_credits(now: dict[str, dict[str, Document]]) -> None:
    credited: defaultdict[str, int] = defaultdict(int)
    notes: defaultdict[str, set[str]] = defaultdict(set)
    for id, note in now["credit_notes"].items():
        credited[note["invoice_id"]] -= note["total_amount_cents"]
        notes[note["invoice_id"]].add(id)
    for id, invoice in now["client_invoices"].items():
        assert set(invoice["credit_notes_ids"]) == notes[id]
        assert 0 <= credited[id] <= invoice["total_amount_cents"] or not notes[id]
        final = invoice["status"] != "draft"
        assert final or not notes[id]
        assert (invoice["finalized_at"] is not None) == final
        assert bool(invoice["paid_at"]) == (invoice["status"] == "paid")


TestCompany = Company.TestCase
TestCompany.settings = settings(max_examples=8, stateful_step_count=25, deadline=None)
