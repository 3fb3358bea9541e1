"""After a whole run, no secret is found where it doesn't belong."""

import logging
import sqlite3
import subprocess
from pathlib import Path

import httpx2
import pytest

from connector.app.sandbox import TARGETS, ok, sandbox, walk
from connector.app.settings import LogGroup
from tests.journeys.conftest import QUICK
from tests.support.vendor import listening

pytestmark = pytest.mark.loopback


def process_list() -> bytes:
    """Return what every user of the machine can see of running processes."""
    return subprocess.run(["ps", "axww", "-o", "args"], capture_output=True, check=True).stdout


async def test_no_secret_reaches_database_logs_errors_or_processes(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Link, subscribe, deliver, fail; then look everywhere for every secret of the run."""
    database = tmp_path / "connector.db"
    errors: list[str] = []
    secrets: dict[str, str] = {}
    caplog.set_level(logging.DEBUG)
    async with (
        sandbox(
            database=f"sqlite:///{database}",
            delivery=QUICK,
            log=LogGroup(level="debug", format="json"),
        ) as running,
        listening() as vendor,
    ):
        secrets["API key"] = running.api_key
        for target in TARGETS:
            simulator = running.simulators[target]
            secrets[f"client secret of {target}"] = simulator.client_secret
            secrets[f"account key of {target}"] = await running.link(target)
        secrets["staging token"] = running.simulators["qonto-sandbox"].staging_token
        account_key = secrets["account key of qonto"]
        async with running.client() as client:
            answer = await ok(client.post("/tenants/signing-secret"))
            secrets["signing secret"] = answer.json()["data"]["signingSecret"]
            wish = {"webhookCallbackUrl": f"{vendor.address}/keys"}
            url = (await ok(client.post("/auth/qonto", json=wish))).text
            vendor.receiver.secret = secrets["signing secret"]
            await walk(url)
            secrets["account key by webhook"] = (await vendor.next()).body["accountKey"]
            secrets["state"] = httpx2.URL(url).params["state"]
        async with running.client(account_key) as client:
            body = {"callbackUrl": f"{vendor.address}/x", "resource": "INVOICE"}
            created = (await ok(client.post("/webhooks", json=body))).json()["data"]
            secrets["webhook secret"] = created["secret"]
            secrets["webhook secret in base64"] = created["whsecSecret"].removeprefix("whsec_")
            vendor.receiver.secret = created["secret"]
            vendor.receiver.failing = 1
            await running.simulators["qonto"].control.settle()
            running.simulators["qonto"].control.create_invoice()
            sent = (await vendor.next()).headers
            secrets["webhook signature"] = sent["webhook-signature"].removeprefix("v1,")
            secrets["webhook signature in hex"] = sent["x-maesn-signature"]
            path = f"/webhooks/{created['id']}"
            rotated = (await ok(client.post(f"{path}/rotateSecret"))).json()["data"]
            secrets["new webhook secret"] = rotated["secret"]
            secrets["new webhook secret in base64"] = rotated["whsecSecret"].removeprefix("whsec_")
            (delivery, *_) = (await ok(client.get(f"{path}/deliveries"))).json()["data"]
            shown = [await ok(client.get(f"/webhooks/deliveries/{delivery['id']}"))]
            shown += [await ok(client.get(one)) for one in ("/webhooks", path)]
            errors += [one.text for one in shown]
            running.simulators["qonto"].control.expire_tokens(kind="access")
            await ok(client.get("/accounting/invoices"))
            errors += [
                (await client.get("/accounting/invoices/unknown")).text,
                (await client.post("/webhooks", json={"callbackUrl": "x"})).text,
                (await client.post("/auth/exchange", json={"code": account_key})).text,
            ]
            running.simulators["qonto"].control.revoke_consent()
            errors.append((await client.get("/accounting/invoices")).text)
            errors.append(repr(running) + repr(running.container.settings))
        async with running.container.storage.work.reading() as tx:
            ring = running.container.storage.ring
            for account in await tx.accounts.all():
                for upstream in await tx.upstream_subscriptions.all_of(account.connection_id):
                    secrets[f"secret at Qonto {upstream.id}"] = ring.open_text(
                        upstream.secret, associated_data=upstream.associated_data
                    )
                stored = await tx.tokens.of_account(account.id)
                if stored is not None:
                    secrets[f"access token {account.id}"] = ring.open_text(
                        stored.access_token, associated_data=stored.access_associated_data
                    )
                    if stored.refresh_token is not None:
                        secrets[f"refresh token {account.id}"] = ring.open_text(
                            stored.refresh_token, associated_data=stored.refresh_associated_data
                        )
        processes = process_list()
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        dump = "\n".join(connection.iterdump())
    connection.close()
    captured = capfd.readouterr()
    places = {
        "the database file": database.read_bytes(),
        "the database's columns": dump.encode(),
        "the logs": (captured.err + captured.out + caplog.text).encode(),
        "an error or a later answer": "\n".join(errors).encode(),
        "the process list": processes,
    }
    assert b"http.request" in places["the logs"], "nothing was logged, so nothing was tested"
    assert len([name for name in secrets if name.startswith("secret at Qonto")]) >= 3
    assert len(secrets) >= 21
    for where, content in places.items():
        for name, secret in secrets.items():
            assert len(secret) >= 12
            assert secret.encode() not in content, f"{name} is in {where}"
            assert secret.encode().hex().encode() not in content, f"{name} is in {where}, in hex"
