"""Which of Qonto's calls a vendor may make in Qonto's own words."""

import pytest

from connector.errors import PassThroughRefused
from connector.pass_through import Mode, PassedCall
from connector.providers.qonto.session.pass_through import LISTED, judge
from storage.errors import Invalid

ID = "019d07ca-0000-7000-8000-000000000001"

SPELLINGS = [
    "",
    "/",
    "v2",
    "/v2/",
    "//v2/client_invoices",
    "/v2//client_invoices",
    "/v2/client_invoices/",
    "/v2/client_invoices//",
    "/v2/./client_invoices",
    "/v2/../oauth2/token",
    "/v2/client_invoices/..",
    "/v2/client_invoices/../webhook_subscriptions",
    "/v2/client_invoices/%2e%2e/webhook_subscriptions",
    "/v2/client_invoices/%2E%2E/webhook_subscriptions",
    "/v2/client_invoices/.%2e/webhook_subscriptions",
    "/v2/client_invoices/%252e%252e/webhook_subscriptions",
    "/v2/client_invoices%2f..%2fwebhook_subscriptions",
    "/v2/client_invoices%2Fx",
    "/v2/client_invoices\\..\\webhook_subscriptions",
    "/v2/client_invoices/..\\webhook_subscriptions",
    "/v2/client_invoices%5c..%5cwebhook_subscriptions",
    "\\\\evil.example\\v2\\client_invoices",
    "https://evil.example/v2/client_invoices",
    "HTTPS://evil.example/v2/client_invoices",
    "http:/v2/client_invoices",
    "https:///v2/client_invoices",
    "//evil.example/v2/client_invoices",
    "@evil.example/v2/client_invoices",
    ":80/v2/client_invoices",
    ".evil.example/v2/client_invoices",
    "/@evil.example/v2/client_invoices",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "/v2/client_invoices?exclude_imported=false",
    "/v2/client_invoices#part",
    "/v2/client_invoices;x=1",
    "/v2/client_invoices%3fx=1",
    "/v2/client_invoices%23part",
    "/v2/client_invoices%00",
    "/v2/client_invoices\x00",
    "/v2/client_invoices\r\nX-Evil: 1",
    "/v2/client_invoices\n",
    "\n/v2/client_invoices",
    "/v2/client_invoices ",
    " /v2/client_invoices",
    "/v2/client_invoices\t",
    "/v2/client_invoices\u2028",
    "/v2/client\u200b_invoices",
    "/v2\u2215client_invoices",
    "/v2/\uff0e\uff0e/oauth2",
    "/v\u0662/client_invoices",
    "/v2/client_invoices/\u0661",
    "/v2/clients/" + "a" * 65,
    "/v2" + "/a" * 7,
    "/v1/client_invoices",
    "/V2/client_invoices",
    "/oauth2/token",
    "/client_invoices",
    "/v2.0/client_invoices",
    "/v2/client_invoices/{id}",
    "/v2/client_invoices/*",
    "/v2/client_invoices.json",
]


@pytest.mark.parametrize("path", SPELLINGS)
@pytest.mark.parametrize("mode", ["off", "read", "write"])
def test_no_spelling_of_a_path_gets_past_the_list(path: str, mode: Mode) -> None:
    """Refused before anything is sent, and the refusal doesn't repeat what was sent."""
    for method in ("GET", "POST", "DELETE"):
        with pytest.raises(Invalid) as caught:
            judge(PassedCall(method, path), mode)
        assert [field.field for field in caught.value.fields] == ["path"]


@pytest.mark.parametrize(
    "path",
    [
        "/v2/webhook_subscriptions",
        f"/v2/webhook_subscriptions/{ID}",
        "/v2/sepa/transfers",
        "/v2/sepa/beneficiaries",
        f"/v2/sepa/beneficiaries/{ID}",
        "/v2/sepa/bulk_transfers",
        "/v2/sepa/verify_payee",
        "/v2/internal_transfers",
        "/v2/external_transfers",
        "/v2/international/transfers",
        "/v2/memberships/invite_employee_or_accountant",
        "/v2/cards",
        "/v2/requests",
        f"/v2/bank_accounts/{ID}/close",
        f"/v2/bank_accounts/{ID}/iban_certificate",
        "/v2/attachments",
        "/v2/supplier_invoices/bulk",
        f"/v2/transactions/{ID}",
        f"/v2/payment_links/{ID}/deactivate",
        "/v2/oauth2/token",
        "/v2/client_invoices/unknown",
        f"/v2/client_invoices/{ID}/unknown",
        "/v2/Client_Invoices",
    ],
)
def test_what_moves_money_or_people_or_the_relay_is_not_passed_through(path: str) -> None:
    """Not even where writes are allowed; of these only single transactions may be read."""
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        if method == "GET" and path == f"/v2/transactions/{ID}":
            continue
        with pytest.raises(PassThroughRefused):
            judge(PassedCall(method, path), "write")


@pytest.mark.parametrize("one", LISTED, ids=lambda one: f"{one.method} {one.route}")
def test_a_listed_call_is_passed_through_as_far_as_the_operator_allows(one) -> None:
    path = one.route.replace("{id}", ID)
    assert judge(PassedCall(one.method, path), "write") == (path, one)
    assert judge(PassedCall(one.method, path.removeprefix("/")), "write") == (path, one)
    with pytest.raises(PassThroughRefused, match="switched off"):
        judge(PassedCall(one.method, path), "off")
    if one.method == "GET":
        assert judge(PassedCall(one.method, path), "read") == (path, one)
    else:
        with pytest.raises(PassThroughRefused, match="operator"):
            judge(PassedCall(one.method, path), "read")


def test_the_list_is_without_doubles_and_below_the_api() -> None:
    calls = [(one.method, one.route) for one in LISTED]
    assert len(set(calls)) == len(calls)
    assert all(route.startswith("/v2/") for _, route in calls)
    assert not any("webhook" in route or "sepa" in route for _, route in calls)
