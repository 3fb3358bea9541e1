"""Canaries: after a full run, no secret is where it could be read."""

import re
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest
from structlog.testing import capture_logs

from oauth.errors import ProviderUnavailable, ReauthRequired
from oauth.grants import read_consent
from oauth.requests import LinkRequest, RegisterSystemRequest
from storage.base import BaseRow
from tests.oauth.conftest import CALLBACK, Floor, query_of

HOOK = "https://app.example/hooks/account-key"


async def every_value(floor: Floor) -> str:
    """Everything in the database, as text."""
    shown: list[str] = []
    async with floor.work.reading() as tx:
        for table in BaseRow.metadata.sorted_tables:
            for row in await tx.connection.execute(table.select()):
                shown += [
                    value.decode("latin-1") if isinstance(value, bytes) else str(value)
                    for value in row
                ]
    return "\n".join(shown)


@pytest.mark.covers("MAE-11")
async def test_no_secret_is_in_the_database_the_logs_or_a_repr(floor: Floor) -> None:
    secrets: list[str] = ["app-secret-canary", "staging-canary"]
    values: list[Any] = []
    with capture_logs() as logs:
        tenant, api_key = await floor.tenant()
        signing = await floor.tenants.create_signing_secret(tenant)
        tenant = await floor.tenants.get(tenant.id)
        secrets += [api_key, signing.hex]
        for target, hook in (("acme", None), ("acme-sandbox", HOOK)):
            wish = LinkRequest(callback_url=CALLBACK, webhook_callback_url=hook)
            started = await floor.links.start(tenant, target, wish)
            back = floor.provider.consent(started.url)
            answer = read_consent(urlencode(back))
            redirect = await floor.returning.finish(target, answer)
            secrets += [back["code"], floor.provider.requests[-1][1]["code_verifier"]]
            values += [answer, redirect]
            if hook is None:
                code = query_of(redirect.url)["code"]
                exchanged = await floor.links.exchange(tenant, code)
                secrets += [code, exchanged.account_key]
                values.append(exchanged)
        async with floor.work.reading() as tx:
            (notice,) = await tx.notices.unplanned()
            values.append(notice)
            body = floor.ring.open(
                notice.body or b"", associated_data=notice.associated_data
            ).decode()
        secrets += re.findall(r"acc_[A-Za-z0-9_-]+", body)
        floor.clock.move(hours=2)
        for account_id in floor.told:
            access = await floor.vault.get(account_id)
            async with floor.work.reading() as tx:
                values += [access, await tx.tokens.of_account(account_id)]
        floor.provider.refresh_tokens.clear()
        floor.clock.move(hours=2)
        for account_id in floor.told:
            with pytest.raises(ReauthRequired) as caught:
                await floor.vault.get(account_id)
            values.append(caught.value)
        async with floor.work.reading() as tx:
            values += await tx.systems.of_tenant(tenant.id)
            values += await tx.api_keys.of_tenant(tenant.id)
            values += await tx.accounts.keys_of(floor.told)
    secrets += [*floor.provider.access_tokens]
    secrets += [
        form["refresh_token"] for _, form, _ in floor.provider.requests if "refresh_token" in form
    ]
    assert len(set(secrets)) >= 16
    everything = await every_value(floor)
    shown = f"{values!r} {[vars(value) for value in values if hasattr(value, '__dict__')]}"
    for secret in secrets:
        assert secret not in everything
        assert secret not in shown
        assert secret not in str(logs)
    assert {entry["event"] for entry in logs} >= {
        "link.started", "link.finished", "token.refreshed", "account.reauth_required",
    }  # fmt: skip


async def test_an_error_from_the_wire_carries_no_request(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    account = await floor.account(tenant)
    floor.clock.move(hours=2)
    floor.provider.answers.append(httpx2.ConnectError("app-secret-canary"))
    with pytest.raises(ProviderUnavailable) as caught:
        await floor.vault.get(account.id)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert "canary" not in f"{caught.value} {caught.value!r} {caught.value.message}"


def test_a_request_hides_what_it_must_not_show() -> None:
    body = RegisterSystemRequest.model_validate(
        {
            "targetSystem": "acme",
            "clientId": "client",
            "clientSecret": "canary",
            "customValues": [{"key": "stagingToken", "value": "canary"}],
        }
    )
    assert "canary" not in repr(body)
    assert "canary" not in str(body)
