"""Supplier invoices: arrival, reading, lists, actions and uploads."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from qonto_simulator import Simulator

from .support import Api, Receiver, subscribe

LIST = "/v2/supplier_invoices"
PDF = b"%PDF-1.7 an invoice"
PNG = b"\x89PNG\r\n\x1a\n a scan"

Part = tuple[str, tuple[str | None, bytes | str, str] | tuple[None, str]]


def document(content: bytes = PDF, key: str | None = "new", name: str = "bill.pdf") -> list[Part]:
    parts: list[Part] = [("supplier_invoices[][file]", (name, content, "application/pdf"))]
    if key is not None:
        text = str(uuid.uuid4()) if key == "new" else key
        parts.append(("supplier_invoices[][idempotency_key]", (None, text)))
    return parts


async def upload(api: Api, *documents: list[Part], status: int = 200, **options: str) -> Any:
    files = [part for one in documents for part in one]
    files += [(name, (None, value)) for name, value in options.items()]
    return await api.take("POST", f"{LIST}/bulk", status, files=files)


async def arrive(api: Api, **fields: Any) -> dict[str, Any]:
    made = await api.take("POST", "/_simulator/supplier_invoices", 201, json=fields)
    return made["supplier_invoice"]


async def get(api: Api, id: str) -> dict[str, Any]:
    return (await api.take("GET", f"{LIST}/{id}"))["supplier_invoice"]


async def found(api: Api, **params: Any) -> list[dict[str, Any]]:
    answer = await api.take("GET", LIST, params={"per_page": 100, **params})
    return answer["supplier_invoices"]


async def wait(api: Api, seconds: float = 9) -> None:
    await api.take("POST", "/_simulator/clock", json={"advance": seconds})


class TestReading:
    async def test_an_arrived_document_is_empty_until_it_was_read(self, api: Api) -> None:
        bill = await arrive(api, supplier_name="Atelier Vidal", net="100.00")
        assert bill["status"] == "to_review"
        assert bill["source"] == "email_forward"
        for name in ("supplier_name", "total_amount", "invoice_number", "iban", "analyzed_at"):
            assert bill[name] is None
        assert bill["available_actions"]["pay"] is False
        assert bill["available_actions"]["reasons"]["pay"] == ["missing_iban", "missing_data"]
        await wait(api)
        read = await get(api, bill["id"])
        assert read["supplier_name"] == "Atelier Vidal"
        assert read["total_amount"] == {"value": "120.00", "currency": "EUR"}
        assert read["taxes"][0]["tax_rate"] == "0.20"
        assert read["analyzed_at"] == read["updated_at"] == "2026-11-20T09:00:09Z"
        assert read["available_actions"]["pay"] is True

    async def test_the_file_is_there_at_once(self, api: Api) -> None:
        bill = await arrive(api)
        assert await api.take("GET", f"/v2/attachments/{bill['attachment_id']}")

    async def test_the_same_number_of_the_same_supplier_is_a_duplicate(self, api: Api) -> None:
        first = await arrive(api, invoice_number="X-1")
        second = await arrive(api, invoice_number="X-1")
        await wait(api)
        assert (await get(api, first["id"]))["has_duplicates"] is True
        assert (await get(api, second["id"]))["has_duplicates"] is True

    @pytest.mark.covers("QX-46")
    async def test_the_list_holds_documents_that_are_no_invoices(self, api: Api) -> None:
        bills = await found(api)
        categories = {one["attachment_category"] for one in bills}
        assert {"INVOICE", "CREDIT_NOTE", "OTHER_NON_FINANCIAL_DOCUMENT"} <= categories
        paper = next(one for one in bills if one["is_attachment_non_financial"])
        assert paper["total_amount"] is None

    @pytest.mark.covers("QX-60")
    async def test_some_ibans_are_wrong(self, api: Api) -> None:
        def is_valid(iban: str) -> bool:
            turned = iban[4:] + iban[:4]
            return int("".join(str(int(letter, 36)) for letter in turned)) % 97 == 1

        ibans = [one["iban"] for one in await found(api) if one["iban"]]
        assert any(not is_valid(iban) for iban in ibans)
        assert any(is_valid(iban) for iban in ibans)

    @pytest.mark.covers("QX-12")
    async def test_no_event_tells_of_supplier_invoices(self, api: Api, receiver: Receiver) -> None:
        await subscribe(api, "v1/client-invoices", "v1/transactions", "v1/clients")
        await arrive(api)
        await wait(api)
        await api.take("POST", "/_simulator/settle")
        assert receiver.posts == []
        body = {"callback_url": "https://hooks.example/x", "types": ["v1/supplier-invoices"]}
        await api.problem("POST", "/v2/webhook_subscriptions", 400, json=body)


class TestLists:
    async def test_twenty_five_to_a_page_unless_asked(self, api: Api) -> None:
        await api.take(
            "POST", "/_simulator/generate", 201, json={"kind": "supplier_invoices", "count": 30}
        )
        meta = (await api.take("GET", LIST))["meta"]
        assert (meta["per_page"], meta["next_page"]) == (25, 2)

    @pytest.mark.covers("QX-47")
    @pytest.mark.parametrize(
        ("query", "statuses"),
        [
            ("filter[status][]=paid", {"paid"}),
            ("filter[status][]=paid&filter[status][]=to_pay", {"paid", "to_pay"}),
            ("filter[status]=scheduled,archived", {"scheduled", "archived"}),
            ("filter[status]=discarded", set()),
        ],
    )
    async def test_statuses_filter(self, api: Api, query: str, statuses: set[str]) -> None:
        answer = await api.take("GET", f"{LIST}?{query}")
        assert {one["status"] for one in answer["supplier_invoices"]} == statuses

    @pytest.mark.covers("QX-47")
    async def test_an_unknown_status_is_refused(self, api: Api) -> None:
        problem = await api.problem("GET", f"{LIST}?filter[status][]=open", 422)
        assert problem["code"] == "not_in_list"

    @pytest.mark.parametrize(
        ("status", "order"),
        [
            ("to_review", "created_at:desc"),
            ("to_pay,awaiting_payment", "payment_date:asc"),
            ("paid,archived", "payment_date:desc"),
            ("to_review,paid", "created_at:desc"),
        ],
    )
    async def test_the_default_order_goes_by_status(
        self, api: Api, status: str, order: str
    ) -> None:
        more = {"kind": "supplier_invoices", "count": 50}
        await api.take("POST", "/_simulator/generate", 201, json=more)
        params = {"filter[status]": status, "per_page": 100}
        assert await found(api, **params) == await found(api, **params, sort_by=order)

    @pytest.mark.parametrize(
        ("params", "check"),
        [
            ({"filter[due_date]": "missing_date"}, lambda b: b["due_date"] is None),
            ({"filter[due_date]": "future"}, lambda b: b["due_date"] > "2026-11-20"),
            ({"filter[due_date]": "past_and_today"}, lambda b: b["due_date"] <= "2026-11-20"),
            ({"filter[issue_date]": "this_month"}, lambda b: b["issue_date"] >= "2026-11-01"),
            ({"filter[issue_date_from]": "2026-11-01"}, lambda b: b["issue_date"] >= "2026-11-01"),
            ({"filter[missing_data]": "true"}, lambda b: not b["iban"] or not b["total_amount"]),
            ({"filter[exclude_credit_notes]": "true"}, lambda b: not b["is_credit_note"]),
            ({"filter[document_type]": "duplicates"}, lambda b: b["has_duplicates"]),
            (
                {"filter[document_type]": "non_financial_documents"},
                lambda b: b["is_attachment_non_financial"],
            ),
            (
                {"filter[payable_amount]": "lte:100.00:EUR"},
                lambda b: float(b["payable_amount"]["value"]) <= 100,
            ),
            ({"query": "menuiserie"}, lambda b: b["supplier_name"] == "Menuiserie Aubert"),
            (
                {"query": "energie", "query_fields": "supplier_name"},
                lambda b: b["supplier_name"] == "Énergie Claire",
            ),
            ({"query": "INV-3382"}, lambda b: b["invoice_number"] == "INV-3382"),
            ({"filter[source][]": "e_invoicing"}, lambda b: b["is_einvoice"]),
        ],
    )
    async def test_filters_keep_what_fits(
        self, api: Api, params: dict[str, str], check: Callable[[dict[str, Any]], bool]
    ) -> None:
        everything, kept = await found(api), await found(api, **params)
        assert 0 < len(kept) < len(everything)
        assert all(check(bill) for bill in kept)

    @pytest.mark.parametrize(
        ("period", "first", "last"),
        [
            ("today", "2026-11-20", "2026-11-20"),
            ("yesterday", "2026-11-19", "2026-11-19"),
            ("this_week", "2026-11-16", "2026-11-22"),
            ("past_week", "2026-11-09", "2026-11-15"),
            ("this_month", "2026-11-01", "2026-11-30"),
            ("past_month", "2026-10-01", "2026-10-31"),
        ],
    )
    async def test_periods_are_counted_from_today(
        self, api: Api, period: str, first: str, last: str
    ) -> None:
        count = {"kind": "supplier_invoices", "count": 80, "days": 80}
        await api.take("POST", "/_simulator/generate", 201, json=count)
        every = await found(api)
        for name in ("issue_date", "payment_date"):
            kept = await found(api, **{f"filter[{name}]": period})
            expected = [one["id"] for one in every if one[name] and first <= one[name] <= last]
            assert [one["id"] for one in kept] == expected

    @pytest.mark.parametrize(
        "params",
        [
            {"filter[due_date]": "soon"},
            {"filter[issue_date]": "last_year"},
            {"filter[document_type]": "poems"},
            {"filter[payable_amount]": "under 100"},
            {"query": "x", "query_fields": "colour"},
            {"sort_by": "colour:asc"},
            {"filter[matched_transactions]": "maybe"},
        ],
    )
    async def test_values_outside_the_lists_are_refused(
        self, api: Api, params: dict[str, str]
    ) -> None:
        await api.problem("GET", LIST, 422, params=params)

    @pytest.mark.parametrize(
        "name", ["created_at", "updated_at", "file_name", "due_date", "payment_date"]
    )
    async def test_orders(self, api: Api, name: str) -> None:
        async def values(way: str) -> list[str]:
            bills = await found(api, sort_by=f"{name}:{way}")
            return [one[name].replace("é", "e") for one in bills if one[name]]

        assert await values("asc") == sorted(await values("asc"))
        assert await values("desc") == sorted(await values("asc"), reverse=True)

    async def test_changes_in_a_window_come_in_order(self, api: Api) -> None:
        bill = (await found(api))[5]
        await wait(api, 60)
        await api.take("POST", f"{LIST}/{bill['id']}/mark_as_paid")
        window = {"filter[updated_at_from]": "2026-11-20T09:00:30Z", "sort_by": "updated_at:asc"}
        assert [one["id"] for one in await found(api, **window)] == [bill["id"]]


class TestActions:
    @pytest.mark.parametrize(
        "status",
        ["to_review", "to_approve", "to_pay", "awaiting_payment", "pending", "archived", "paid"],
    )
    async def test_what_waits_can_be_marked_as_paid(self, api: Api, status: str) -> None:
        bill = await self.in_status(api, status)
        body = {"supplier_invoice": {"payment_date": "2026-11-18"}}
        answer = await api.take("POST", f"{LIST}/{bill['id']}/mark_as_paid", json=body)
        assert answer["id"] == bill["id"]
        assert answer["status"] == "paid"
        if status != "paid":
            assert answer["payment_date"] == "2026-11-18"
        again = await api.take("POST", f"{LIST}/{bill['id']}/mark_as_paid")
        assert again == answer

    @pytest.mark.parametrize("status", ["scheduled", "rejected"])
    async def test_the_rest_is_an_invalid_transition(self, api: Api, status: str) -> None:
        bill = await self.in_status(api, status)
        problem = await api.problem("POST", f"{LIST}/{bill['id']}/mark_as_paid", 400)
        assert "invalid transition" in problem["detail"]

    async def test_a_body_without_its_wrapper_is_not_seen(self, api: Api) -> None:
        bill = await self.in_status(api, "to_review")
        body = {"payment_date": "2026-11-18"}
        answer = await api.take("POST", f"{LIST}/{bill['id']}/mark_as_paid", json=body)
        assert answer["payment_date"] == "2026-11-20"

    async def test_unmarking_goes_back_to_the_review(self, api: Api) -> None:
        bill = await self.in_status(api, "to_pay")
        path = f"{LIST}/{bill['id']}/unmark_as_paid"
        await api.problem("POST", path, 400)
        await api.take("POST", f"{LIST}/{bill['id']}/mark_as_paid")
        answer = await api.take("POST", path)
        assert (answer["status"], answer["payment_date"]) == ("to_review", None)

    @pytest.mark.parametrize("status", ["to_review", "to_approve", "awaiting_payment"])
    async def test_rejecting_is_for_good(self, api: Api, status: str) -> None:
        bill = await self.in_status(api, status)
        body = {"supplier_invoice": {"declined_note": "Not ours"}}
        answer = await api.take("POST", f"{LIST}/{bill['id']}/reject", json=body)
        assert (answer["status"], answer["declined_note"]) == ("rejected", "Not ours")
        await api.problem("POST", f"{LIST}/{bill['id']}/reject", 400)
        await api.problem("POST", f"{LIST}/{bill['id']}/mark_as_paid", 400)

    @pytest.mark.parametrize("status", ["to_pay", "paid", "scheduled", "archived"])
    async def test_what_is_decided_is_not_rejected(self, api: Api, status: str) -> None:
        bill = await self.in_status(api, status)
        await api.problem("POST", f"{LIST}/{bill['id']}/reject", 400)

    @pytest.mark.parametrize(
        ("status", "possible"),
        [
            ("to_review", {"delete", "archive", "pay"}),
            ("paid", {"archive"}),
            ("archived", {"unarchive"}),
            ("rejected", set[str]()),
        ],
    )
    async def test_what_cannot_be_done_has_its_reason(
        self, api: Api, status: str, possible: set[str]
    ) -> None:
        id = (await self.in_status(api, status))["id"]
        await wait(api)
        actions = (await get(api, id))["available_actions"]
        names = ("delete", "archive", "unarchive", "pay")
        assert {name for name in names if actions[name]} == possible
        assert set(actions["reasons"]) == set(names) - possible
        assert all("invalid_status" in reasons for reasons in actions["reasons"].values())

    async def test_answers_can_be_wrapped(self, api: Api) -> None:
        await api.take("POST", "/_simulator/quirks", json={"wrapped_supplier_actions": True})
        bill = await self.in_status(api, "to_review")
        answer = await api.take("POST", f"{LIST}/{bill['id']}/mark_as_paid")
        assert list(answer) == ["supplier_invoice"]

    async def test_an_action_can_be_taken_away(self, api: Api) -> None:
        bill = await self.in_status(api, "to_review")
        hide = f"/_simulator/supplier_invoices/{bill['id']}/hide"
        await api.take("POST", hide, json={"actions": ["pay", "reject"]})
        assert (await get(api, bill["id"]))["available_actions"]["pay"] is False
        await api.problem("POST", f"{LIST}/{bill['id']}/reject", 400)
        await api.take("POST", hide, json={"actions": []})
        await api.take("POST", f"{LIST}/{bill['id']}/reject")

    async def test_paying_it_by_bank_matches_the_transaction(self, api: Api) -> None:
        bill = await arrive(api, invoice_number="Z-9", net="100.00")
        await wait(api)
        money = {"side": "debit", "amount": "120.00", "reference": "Z-9"}
        made = await api.take("POST", "/_simulator/transactions", 201, json=money)
        paid = await get(api, bill["id"])
        assert paid["status"] == "paid"
        assert paid["matched_transactions"][0]["transaction_id"] == made["transaction"]["id"]

    async def in_status(self, api: Api, status: str) -> dict[str, Any]:
        known = await found(api, **{"filter[status][]": status})
        if known:
            return known[0]
        bill = await arrive(api)
        path = f"/_simulator/supplier_invoices/{bill['id']}/move"
        return (await api.take("POST", path, json={"status": status}))["supplier_invoice"]


class TestUploads:
    async def test_documents_are_created_to_review_and_read_later(self, api: Api) -> None:
        meta = '{"integration_type": "erp", "connector": "demo"}'
        answer = await upload(
            api, document(), document(PNG, name="scan.png"), source="integration", meta=meta
        )
        assert answer["errors"] == []
        first, second = answer["supplier_invoices"]
        assert (first["status"], first["source_type"]) == ("to_review", "direct_upload")
        assert first["source"] == "integration"
        assert first["meta"]["connector"] == "demo"
        assert (first["file_name"], second["file_name"]) == ("bill.pdf", "scan.png")
        assert first["analyzed_at"] is None
        await wait(api)
        assert (await get(api, first["id"]))["total_amount"]

    async def test_each_document_has_its_own_fate(self, api: Api) -> None:
        both = [
            *document(),
            ("supplier_invoices[][attachment_id]", (None, "x")),
        ]
        unknown: list[Part] = [
            ("supplier_invoices[][idempotency_key]", (None, "k6")),
            ("supplier_invoices[][attachment_id]", (None, str(uuid.uuid4()))),
        ]
        await api.take("POST", "/_simulator/quirks", json={"failing_bulk_files": "broken.*"})
        sent = (
            document(),
            document(b"MZ", "k1", name="virus.exe"),
            document(PDF, key=None),
            both,
            document(PDF + b"x" * 10 * 1024 * 1024, "k4"),
            document(PDF, "k5", name="broken.pdf"),
            unknown,
        )
        answer = await upload(api, *sent)
        assert len(answer["supplier_invoices"]) == 1
        errors = [(one["code"], one["source"]["pointer"]) for one in answer["errors"]]
        key, by_key = sent[3][1][1][1], "/supplier_invoices/idempotency_key"
        assert errors == [
            ("invalid", f"{by_key}/k1"),
            ("required", "/supplier_invoices/2/idempotency_key"),
            ("invalid", f"{by_key}/{key}"),
            ("invalid", f"{by_key}/k4"),
            ("internal_server_error", f"{by_key}/k5"),
            ("invalid", f"{by_key}/k6"),
        ]
        await api.take("POST", "/_simulator/quirks", json={"indexed_bulk_pointers": True})
        again = (await upload(api, *sent))["errors"]
        assert [(one["code"], one["source"]["pointer"]) for one in again] == [
            ("invalid", "/supplier_invoices/1/file"),
            ("required", "/supplier_invoices/2/idempotency_key"),
            ("invalid", "/supplier_invoices/3/file"),
            ("invalid", "/supplier_invoices/4/file"),
            ("internal_server_error", "/supplier_invoices/5/file"),
            ("invalid", "/supplier_invoices/6/attachment_id"),
        ]

    async def test_a_stored_attachment_can_be_used_instead_of_a_file(self, api: Api) -> None:
        stored = await api.take(
            "POST",
            "/v2/attachments",
            files={"file": ("stored.pdf", PDF, "application/pdf")},
            headers={"X-Qonto-Idempotency-Key": str(uuid.uuid4())},
        )
        id = stored["attachment"]["id"]
        parts: list[Part] = [
            ("supplier_invoices[][attachment_id]", (None, id)),
            ("supplier_invoices[][idempotency_key]", (None, str(uuid.uuid4()))),
        ]
        answer = await upload(api, parts)
        assert answer["supplier_invoices"][0]["attachment_id"] == id
        assert answer["supplier_invoices"][0]["file_name"] == "stored.pdf"

    async def test_the_same_key_gives_the_same_document_for_thirty_minutes(self, api: Api) -> None:
        key = str(uuid.uuid4())
        first = await upload(api, document(PDF, key))
        again = await upload(api, document(PNG, key))
        assert again["supplier_invoices"][0]["id"] == first["supplier_invoices"][0]["id"]
        await wait(api, 1800)
        later = await upload(api, document(PDF, key))
        assert later["supplier_invoices"][0]["id"] != first["supplier_invoices"][0]["id"]

    async def test_twenty_at_once_and_no_more(self, api: Api) -> None:
        answer = await upload(api, *[document() for _ in range(19)], document(), document(key="k"))
        assert len(answer["supplier_invoices"]) == 20
        assert [(one["code"], one["source"]["pointer"]) for one in answer["errors"]] == [
            ("limit_reached", "/supplier_invoices/idempotency_key/k")
        ]

    async def test_more_than_fifteen_megabytes_refuse_the_whole_request(self, api: Api) -> None:
        large = PDF + b"x" * 8 * 1024 * 1024
        answer = await upload(api, document(large), document(large), status=400)
        assert answer["errors"][0]["code"] == "invalid"

    @pytest.mark.parametrize("options", [{"source": "fax"}, {"meta": "not json"}, {"meta": "[1]"}])
    async def test_wrong_options_refuse_the_whole_request(
        self, api: Api, options: dict[str, str]
    ) -> None:
        await upload(api, document(), status=400, **options)
        await api.problem("POST", f"{LIST}/bulk", 400, json={})

    async def test_uploads_need_their_scope(
        self, sim: Simulator, open_api: Callable[..., Api]
    ) -> None:
        reader = open_api(
            sim, Authorization=f"Bearer {sim.issue_access_token(['supplier_invoice.read'])}"
        )
        await upload(reader, document(), status=403)
