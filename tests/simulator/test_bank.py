"""Organisation, accounts, transactions, and small banking resources."""

from __future__ import annotations

import json
import uuid
from decimal import Decimal
from typing import Any

import pytest

from .support import Api

LIST = "/v2/transactions"
COUNTERPARTY = {
    "counterparty_account_number",
    "counterparty_account_number_format",
    "counterparty_bank_identifier",
    "counterparty_bank_identifier_format",
}


async def accounts(api: Api) -> list[dict[str, Any]]:
    return (await api.take("GET", "/v2/organization"))["organization"]["bank_accounts"]


async def listed(api: Api, **params: Any) -> list[dict[str, Any]]:
    account = (await accounts(api))[0]
    answer = await api.take("GET", LIST, params={"bank_account_id": account["id"], **params})
    return answer["transactions"]


async def test_the_accounts_are_in_the_organisation_and_in_their_list(api: Api) -> None:
    embedded = await accounts(api)
    listed = (await api.take("GET", "/v2/bank_accounts"))["bank_accounts"]
    assert [one["id"] for one in embedded] == [one["id"] for one in listed]
    assert [one["main"] for one in embedded] == [True, False, False]
    single = await api.take("GET", f"/v2/bank_accounts/{embedded[1]['id']}")
    assert single["bank_account"]["iban"] == embedded[1]["iban"]
    await api.problem("GET", "/v2/bank_accounts/nope", 404)
    certificate = await api.get(f"/v2/bank_accounts/{embedded[0]['id']}/iban_certificate")
    assert certificate.headers["content-type"] == "application/pdf"
    assert certificate.content.startswith(b"%PDF")


@pytest.mark.covers("QX-41")
async def test_banking_amounts_are_json_numbers_with_integer_cents(api: Api) -> None:
    response = await api.get("/v2/organization")
    organization = json.loads(response.content, parse_float=Decimal)["organization"]
    for account in organization["bank_accounts"]:
        assert isinstance(account["balance"], Decimal)
        assert int(account["balance"] * 100) == account["balance_cents"]
    for one in await listed(api):
        assert isinstance(one["amount"], float | int)
        assert isinstance(one["amount_cents"], int)


async def test_an_account_must_be_named(api: Api) -> None:
    problem = await api.problem("GET", LIST, 422)
    assert problem["source"]["parameter"] == "bank_account_id"
    account = (await accounts(api))[0]
    by_iban = await api.take("GET", LIST, params={"iban": account["iban"]})
    assert by_iban["transactions"] == await listed(api)
    await api.problem("GET", LIST, 404, params={"bank_account_id": "nope"})


async def test_only_completed_ones_unless_asked(api: Api) -> None:
    assert {one["status"] for one in await listed(api)} == {"completed"}
    every = await listed(api, **{"status[]": ["completed", "pending", "declined"]})
    assert {one["status"] for one in every} == {"completed", "pending", "declined"}
    pending = await listed(api, **{"status[]": "pending"})
    assert pending[0]["settled_at"] is None
    await api.problem("GET", f"{LIST}?iban=x&status[]=open", 404)


@pytest.mark.parametrize(
    ("params", "name", "value"),
    [
        ({"side": "credit"}, "side", "credit"),
        ({"operation_type[]": "card"}, "operation_type", "card"),
    ],
)
async def test_filters_keep_what_fits(
    api: Api, params: dict[str, str], name: str, value: str
) -> None:
    kept = await listed(api, **params)
    assert kept
    assert {one[name] for one in kept} == {value}


@pytest.mark.parametrize(
    "params", [{"side": "left"}, {"operation_type[]": "magic"}, {"includes[]": "logo"}]
)
async def test_values_outside_the_lists_are_refused(api: Api, params: dict[str, str]) -> None:
    account = (await accounts(api))[0]
    await api.problem("GET", LIST, 422, params={"bank_account_id": account["id"], **params})


async def test_windows_and_orders(api: Api) -> None:
    newest = await listed(api)
    assert newest == sorted(newest, key=lambda one: one["settled_at"], reverse=True)
    middle = newest[3]["settled_at"]
    since = await listed(api, settled_at_from=middle)
    assert [one["id"] for one in since] == [one["id"] for one in newest[:4]]
    up = await listed(api, sort_by="updated_at:asc")
    assert up == sorted(up, key=lambda one: one["updated_at"])


@pytest.mark.parametrize(
    ("sort_by", "field", "descending"),
    [
        ("settled_at", "settled_at", True),
        ("updated_at", "updated_at", True),
        (":asc", "settled_at", False),
        (":desc", "settled_at", True),
        ("emitted_at:asc", "emitted_at", False),
    ],
)
async def test_an_order_may_lack_its_property_or_its_direction(
    api: Api, sort_by: str, field: str, descending: bool
) -> None:
    found = await listed(api, sort_by=sort_by)
    assert found == sorted(found, key=lambda one: one[field], reverse=descending)
    assert found[0][field] != found[-1][field]


@pytest.mark.parametrize(
    ("params", "code", "parameter"),
    [
        ({"sort_by": "amount:asc"}, "sort_invalid", "sort_by"),
        ({"sort_by": "settled_at:up"}, "sort_invalid", "sort_by"),
        ({"settled_at_from": "yesterday"}, "date_invalid", "settled_at_from"),
        ({"updated_at_to": "2026-13-01"}, "date_invalid", "updated_at_to"),
        ({"created_at_from": "x"}, "date_invalid", "created_at_from"),
    ],
)
async def test_orders_and_dates_that_make_no_sense_are_400_with_a_message(
    api: Api, params: dict[str, str], code: str, parameter: str
) -> None:
    account = (await accounts(api))[0]
    query = {"bank_account_id": account["id"], **params}
    problem = await api.problem("GET", LIST, 400, params=query)
    assert (problem["code"], problem["source"]) == (code, {"parameter": parameter})
    assert problem["message"]


@pytest.mark.parametrize(
    ("operation", "key", "inner"),
    [
        ("cheque", "check", {"check_number", "check_key"}),
        ("pagopa_payment", "pagopa_payment", {"notice_number", "creditor_fiscal_code", "iuv"}),
        (
            "financing_installment",
            "financing_installment",
            {"total_installments_number", "current_installment_number"},
        ),
        ("direct_debit_hold", "direct_debit_hold", {"guarding_rate"}),
        ("direct_debit_collection", "direct_debit_collection", COUNTERPARTY),
        ("transfer", "transfer", COUNTERPARTY),
        ("swift_income", "swift_income", COUNTERPARTY),
    ],
)
async def test_a_transaction_tells_of_its_subject(
    api: Api, operation: str, key: str, inner: set[str]
) -> None:
    money = {"amount": "10", "operation_type": operation}
    made = await api.take("POST", "/_simulator/transactions", 201, json=money)
    path = f"{LIST}/{made['transaction']['id']}"
    one = (await api.take("GET", path))["transaction"]
    assert set(one[key]) == inner
    assert [each["id"] for each in await listed(api, **{"operation_type[]": operation})].count(
        one["id"]
    ) == 1


@pytest.mark.covers("QX-45")
async def test_transactions_can_move_between_pages(api: Api) -> None:
    order = {"sort_by": "updated_at:desc"}
    before = [one["id"] for one in await listed(api, **order)]
    await api.take("POST", "/_simulator/clock", json={"advance": 60})
    await api.take("POST", "/_simulator/quirks", json={"churn": 3})
    assert [one["id"] for one in await listed(api, **order)] == before
    after = [one["id"] for one in await listed(api, **order)]
    assert after != before
    assert sorted(after) == sorted(before)


@pytest.mark.covers("QX-44")
async def test_a_page_beyond_the_last_is_refused(api: Api) -> None:
    account = (await accounts(api))[0]
    await api.problem("GET", LIST, 422, params={"bank_account_id": account["id"], "page": 2})
    last = (await accounts(api))[-1]
    answer = await api.take(
        "GET", LIST, params={"bank_account_id": last["id"], "side": "debit", "page": 1}
    )
    assert answer["transactions"] == []


async def test_more_than_ten_thousand_matches_are_too_many(api: Api) -> None:
    await api.take(
        "POST", "/_simulator/generate", 201, json={"kind": "transactions", "count": 10_001}
    )
    account = (await accounts(api))[0]
    params = {"bank_account_id": account["id"]}
    problem = await api.problem("GET", LIST, 422, params=params)
    assert problem["code"] == "search_limit_reached"
    assert await api.take("GET", LIST, params={**params, "settled_at_from": "2026-10-01"})


async def test_money_moves_the_balance(api: Api) -> None:
    before = (await accounts(api))[0]["balance_cents"]
    money = {"amount": "12.34", "side": "debit", "status": "pending"}
    made = await api.take("POST", "/_simulator/transactions", 201, json=money)
    assert (await accounts(api))[0]["balance_cents"] == before
    id = made["transaction"]["id"]
    done = await api.take("POST", f"/_simulator/transactions/{id}/conclude")
    assert done["transaction"]["settled_balance_cents"] == before - 1234
    assert (await accounts(api))[0]["balance_cents"] == before - 1234
    await api.take("POST", f"/_simulator/transactions/{id}/conclude", 400)


async def attach(api: Api, path: str, name: str) -> None:
    """A file on a transaction: accepted with an empty answer."""
    files = {"file": (name, b"%PDF-", "application/pdf")}
    key = {"X-Qonto-Idempotency-Key": str(uuid.uuid4())}
    assert await api.take("POST", path, files=files, headers=key) is None


@pytest.mark.covers("QX-56")
async def test_attachments_come_and_go(api: Api) -> None:
    id = (await listed(api))[0]["id"]
    path = f"{LIST}/{id}/attachments"
    assert (await api.take("GET", path))["attachments"] == []
    for name in ("a.pdf", "b.pdf"):
        await attach(api, path, name)
    assert (await api.take("GET", path))["attachments"] == []
    await api.take("POST", "/_simulator/clock", json={"advance": 3})
    stored = (await api.take("GET", path))["attachments"]
    assert [one["file_name"] for one in stored] == ["a.pdf", "b.pdf"]
    shown = await listed(api, **{"includes[]": "attachments", "with_attachments": "true"})
    assert [one["id"] for one in shown] == [id]
    link = shown[0]["attachments"][0]["url"]
    del api.headers["Authorization"]
    assert (await api.get(link)).content == b"%PDF-"


async def test_attaching_a_file_wants_an_idempotency_key(api: Api) -> None:
    path = f"{LIST}/{(await listed(api))[0]['id']}/attachments"
    await api.take("POST", "/_simulator/quirks", json={"attachment_delay": 0})
    files = {"file": ("a.pdf", b"%PDF-", "application/pdf")}
    await api.problem("POST", path, 400, files=files)
    key = {"X-Qonto-Idempotency-Key": str(uuid.uuid4())}
    for _ in range(2):
        await api.take("POST", path, files=files, headers=key)
    assert len((await api.take("GET", path))["attachments"]) == 1


async def test_single_attachments_are_removed(api: Api) -> None:
    id = (await listed(api))[0]["id"]
    path = f"{LIST}/{id}/attachments"
    await api.take("POST", "/_simulator/quirks", json={"attachment_delay": 0})
    for name in ("a.pdf", "b.pdf", "c.pdf"):
        await attach(api, path, name)
    first = (await api.take("GET", path))["attachments"][0]["id"]
    assert await api.take("DELETE", f"{path}/{first}") is None
    missing = (await api.take("DELETE", f"{path}/{first}", 404))["errors"]
    assert (missing["code"], missing["source"]) == ("not_found", {"parameter": "attachment_id"})
    assert len((await api.take("GET", path))["attachments"]) == 2
    assert await api.take("DELETE", path) is None
    assert (await api.take("GET", path))["attachments"] == []


async def test_labels_are_embedded_on_request(api: Api) -> None:
    labels = (await api.take("GET", "/v2/labels"))["labels"]
    assert any(one["parent_id"] == labels[0]["id"] for one in labels)
    assert (await api.take("GET", f"/v2/labels/{labels[1]['id']}"))["label"] == labels[1]
    cards = await listed(api, **{"operation_type[]": "card", "includes[]": "labels"})
    assert cards[0]["labels"] == [labels[1]]
    one = await api.take("GET", f"{LIST}/{cards[0]['id']}", params={"includes[]": "vat_details"})
    assert "vat_details" in one["transaction"]


async def test_statements_are_monthly_files(api: Api) -> None:
    account = (await accounts(api))[0]
    params = {"bank_account_ids[]": account["id"], "period_from": "09-2026"}
    found = (await api.take("GET", "/v2/statements", params=params))["statements"]
    assert [one["period"] for one in found] == ["10-2026", "09-2026"]
    by_iban = {"ibans[]": account["iban"], "period_from": "09-2026"}
    same = (await api.take("GET", "/v2/statements", params=by_iban))["statements"]
    assert [one["id"] for one in same] == [one["id"] for one in found]
    await api.problem("GET", "/v2/statements", 422, params={**params, **by_iban})
    upward = {**params, "sort_by": "period:asc"}
    turned = (await api.take("GET", "/v2/statements", params=upward))["statements"]
    assert [one["period"] for one in turned] == ["09-2026", "10-2026"]
    unknown = {"ibans[]": "FR7630006000011234567890189"}
    assert (await api.take("GET", "/v2/statements", params=unknown))["statements"] == []
    one = (await api.take("GET", f"/v2/statements/{found[0]['id']}"))["statement"]
    assert one["bank_account_id"] == account["id"]
    await api.problem("GET", "/v2/statements?period_from=2026-09", 422)
    del api.headers["Authorization"]
    assert (await api.get(one["file"]["file_url"])).content.startswith(b"%PDF")


async def test_people_and_settings(api: Api) -> None:
    mine = (await api.take("GET", "/v2/membership"))["membership"]
    everybody = (await api.take("GET", "/v2/memberships"))["memberships"]
    assert mine.items() <= everybody[0].items()
    assert set(everybody[0]) - set(mine) == {
        *("residence_country", "birthdate", "nationality", "birth_country", "ubo")
    }
    assert mine["role"] == "owner"
    assert await api.take("GET", "/v2/einvoicing/settings") == {
        "sending_status": "enabled",
        "receiving_status": "enabled",
    }


async def test_beneficiaries_are_listed_by_iban_and_name(api: Api) -> None:
    everyone = (await api.take("GET", "/v2/sepa/beneficiaries"))["beneficiaries"]
    one = everyone[0]
    for params in ({"iban[]": one["iban"]}, {"name": one["name"][:6]}):
        found = await api.take("GET", "/v2/sepa/beneficiaries", params=params)
        assert one["id"] in [each["id"] for each in found["beneficiaries"]]
    trusted = await api.take("GET", "/v2/sepa/beneficiaries", params={"trusted": "true"})
    assert all(each["trusted"] for each in trusted["beneficiaries"])
    path = f"/v2/sepa/beneficiaries/{one['id']}"
    assert (await api.take("GET", path))["beneficiary"] == one


class TestAttachments:
    async def test_a_link_is_good_for_thirty_minutes_and_needs_no_token(self, api: Api) -> None:
        bill = (await api.take("GET", "/v2/supplier_invoices"))["supplier_invoices"][0]
        path = f"/v2/attachments/{bill['attachment_id']}"
        stored = (await api.take("GET", path))["attachment"]
        assert "X-Amz-Expires=1800" in stored["url"]
        mixed = await api.get(stored["url"])
        assert (mixed.status_code, "InvalidArgument" in mixed.text) == (400, True)
        del api.headers["Authorization"]
        file = await api.get(stored["url"])
        assert file.headers["content-type"] == "application/pdf"
        assert len(file.content) == int(stored["file_size"])
        forged = await api.get(stored["url"].replace(bill["attachment_id"], str(uuid.uuid4())))
        assert forged.status_code == 403
        await api.take("POST", "/_simulator/clock", json={"advance": 1801})
        late = await api.get(stored["url"])
        assert late.status_code == 403
        assert late.headers["content-type"] == "application/xml"
        assert "Request has expired" in late.text

    @pytest.mark.covers("QX-41")
    async def test_a_size_is_a_string_or_as_told_a_number(self, api: Api) -> None:
        bill = (await api.take("GET", "/v2/supplier_invoices"))["supplier_invoices"][0]
        path = f"/v2/attachments/{bill['attachment_id']}"
        assert isinstance((await api.take("GET", path))["attachment"]["file_size"], str)
        await api.take("POST", "/_simulator/quirks", json={"numeric_file_size": True})
        assert isinstance((await api.take("GET", path))["attachment"]["file_size"], int)

    @pytest.mark.covers("QX-56")
    async def test_an_upload_answers_with_the_id_alone(self, api: Api) -> None:
        key = {"X-Qonto-Idempotency-Key": str(uuid.uuid4())}
        file = {"file": ("a.png", b"\x89PNG\r\n\x1a\n", "image/png")}
        answer = await api.take("POST", "/v2/attachments", files=file, headers=key)
        assert list(answer["attachment"]) == ["id"]
        stored = await api.take("GET", f"/v2/attachments/{answer['attachment']['id']}")
        assert stored["attachment"]["file_content_type"] == "image/png"

    @pytest.mark.parametrize(
        ("files", "code"),
        [
            ({"file": ("a.txt", b"hello", "text/plain")}, "invalid"),
            ({"other": ("a.pdf", b"%PDF-", "application/pdf")}, "required"),
            ({"file": ("a.pdf", b"%PDF-" + b"x" * 15 * 1024 * 1024, "a/b")}, "invalid"),
        ],
    )
    async def test_what_is_no_document_is_refused(
        self, api: Api, files: dict[str, Any], code: str
    ) -> None:
        key = {"X-Qonto-Idempotency-Key": str(uuid.uuid4())}
        problem = await api.problem("POST", "/v2/attachments", 422, files=files, headers=key)
        assert problem["code"] == code

    async def test_the_idempotency_key_is_mandatory_here(self, api: Api) -> None:
        file = {"file": ("a.pdf", b"%PDF-", "application/pdf")}
        await api.problem("POST", "/v2/attachments", 400, files=file)

    @pytest.mark.covers("QX-20", "QX-21")
    async def test_a_success_is_replayed_for_thirty_minutes_whatever_the_body(
        self, api: Api
    ) -> None:
        key = {"X-Qonto-Idempotency-Key": str(uuid.uuid4())}

        async def upload(content: bytes) -> Any:
            files = {"file": ("a.pdf", content, "application/pdf")}
            return await api.take("POST", "/v2/attachments", files=files, headers=key)

        first = await upload(b"%PDF-1")
        await api.take("POST", "/_simulator/clock", json={"advance": 1799})
        assert await upload(b"%PDF-2") == first
        await api.take("POST", "/_simulator/clock", json={"advance": 1})
        assert await upload(b"%PDF-1") != first

    @pytest.mark.covers("QX-21")
    async def test_a_failure_is_not_replayed(self, api: Api) -> None:
        key = {"X-Qonto-Idempotency-Key": str(uuid.uuid4())}
        wrong = {"file": ("a.txt", b"hello", "text/plain")}
        await api.problem("POST", "/v2/attachments", 422, files=wrong, headers=key)
        right = {"file": ("a.pdf", b"%PDF-", "application/pdf")}
        assert await api.take("POST", "/v2/attachments", files=right, headers=key)
