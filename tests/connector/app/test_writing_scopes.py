"""A write without the scope that it takes says which one is missing, and nothing is written."""

from pathlib import Path
from typing import Any

import pytest

from connector.providers.qonto.provider import FULL_SCOPES, SCOPE_MEANINGS
from tests.connector.app.test_reading_scopes import link
from tests.support.described import in_process

COMPANY = {"contactType": "COMPANY", "companyName": "Lune"}
PERSON = {"email": "a@b.fr", "firstName": "Ada", "lastName": "L", "role": "EMPLOYEE"}

WRITES: dict[str, list[tuple[str, str, Any]]] = {
    "client.write": [
        ("POST", "customers", COMPANY),
        ("POST", "contacts", COMPANY),
        ("POST", "v2/contacts", COMPANY),
        ("POST", "contacts/bulk", {"entries": [COMPANY]}),
    ],
    "membership.write": [("POST", "users", PERSON)],
    "bank_account.write": [
        ("POST", "bankAccounts", {"name": "Taxes"}),
        ("DELETE", "bankAccounts/{draft}", None),
    ],
    "client_invoice.write": [("DELETE", "invoices/{draft}", None)],
}


@pytest.mark.parametrize("scope", WRITES)
async def test_the_missing_scope_is_named(scope: str, tmp_path: Path) -> None:
    async with in_process(tmp_path) as up, await link(up, {*FULL_SCOPES} - {scope}) as vendor:
        draft = str(up.simulator.control.create_invoice(status="draft")["id"])
        for method, path, body in WRITES[scope]:
            path = f"/accounting/{path}".replace("{draft}", draft)
            answer = await vendor.request(method, path, json=body)
            assert answer.status_code == 403, (path, answer.text)
            error = answer.json()["errors"]
            assert error["code"] == "MISSING_SCOPE" and scope in error["message"], path


def test_every_scope_of_a_write_is_asked_for_and_has_words() -> None:
    for scope in WRITES:
        assert scope in FULL_SCOPES and SCOPE_MEANINGS[scope].writes
