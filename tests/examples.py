"""Write connector/app/examples.json again, from the simulator: `python -m tests.examples`.

The same seed and clock give the same file. What is random all the same (keys, our own ids, link
state) is replaced by text that nobody takes for a secret; lists are cut to one record.
"""

import asyncio
import json
import re
import tempfile
from contextlib import suppress
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import structlog

from connector.copying.run_ended import SyncEnded
from oauth.accounts import Status
from oauth.delivery import linked_notice
from oauth.endings import _body as ended_notice
from storage.clock import iso_millis
from storage.repositories.accounts import Account
from tests.support.described import NOW, TARGET, in_process
from tests.support.described_calls import Made, Walk, richness, succeeded
from webhooks.envelope import event_body
from webhooks.subscription_notice import SubscriptionChanged

FILE = Path(__file__).parent.parent / "connector" / "app" / "examples.json"

_SHOWN_ONCE = {
    "accountKey": "acc_your-customers-account-key",
    "apiKey": "sk_your-api-key",
    "clientId": "your-client-id",
    "clientSecret": "your-client-secret",
    "code": "one-time-code",
    "digest": "the-files-sha-256-in-hex-digits",
    "hint": "abc_defg",
    "secret": "64-hex-digits-shown-this-once",
    "signingSecret": "64-hex-digits-shown-this-once",
    "whsecSecret": "whsec_shown-this-once",
}
_OWN_ID = re.compile(r"\b([a-z]{2,5})_([0-9A-HJKMNP-TV-Z]{10})([0-9A-HJKMNP-TV-Z]{16})\b")
_RANDOM = re.compile(r"\b(state|code_challenge|client_id)=[^&]+")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
_SOLID = re.compile(r"[A-Za-z0-9+/=]+")
"""Base64: the content of a file."""
_NESTED, _LONGEST, _CUT = 2, 200, 40


async def examples() -> dict[str, Any]:
    """Make every call and answer one example for each operation, and one for each webhook."""
    with tempfile.TemporaryDirectory() as folder:
        async with in_process(Path(folder)) as up:
            walk = Walk(up)
            await walk.everything()
            return {
                "operations": {
                    name: _example(made) for name, made in sorted(succeeded(walk.made).items())
                },
                "webhooks": {name: _stable(body, {}) for name, body in _messages(walk).items()},
            }


def _example(made: Made) -> dict[str, Any]:
    ids: dict[str, str] = {}
    example: dict[str, Any] = {}
    if made.body is not None:
        example["request"] = _stable(made.body, ids)
    answer = _stable(made.answer.json(), ids)
    if isinstance(answer, dict) and isinstance(answer.get("data"), list):
        told = json.dumps(answer["data"])
        warnings = answer["meta"].get("warnings", [])
        answer["meta"]["warnings"] = [
            one for one in warnings if set(_UUID.findall(one)) & set(_UUID.findall(told))
        ]
    example["answer"] = answer
    return example


def _stable(value: Any, ids: dict[str, str], name: str = "") -> Any:
    """Cut lists short and put plain words in the place of what is random."""
    if isinstance(value, dict):
        return {key: _stable(one, ids, key) for key, one in value.items()}
    if isinstance(value, list):
        most = 1 if name == "data" else _NESTED
        kept = sorted(value, key=richness, reverse=True)[:most] if name == "data" else value[:most]
        return [_stable(one, ids, name) for one in (kept if _are_records(value) else value)]
    if not isinstance(value, str) or not value:
        return value
    if name in _SHOWN_ONCE and "*" not in value:
        return _SHOWN_ONCE[name]
    numbers = count(len(ids) + 1)

    def own(found: re.Match[str]) -> str:
        with suppress(KeyError):
            return ids[found[0]]
        return ids.setdefault(found[0], f"{found[1]}_{found[2]}{next(numbers):016}")

    text = _RANDOM.sub(r"\1=example", _OWN_ID.sub(own, value))
    return text if len(text) < _LONGEST or not _SOLID.fullmatch(text) else text[:_CUT]


def _are_records(values: list[Any]) -> bool:
    return all(isinstance(one, dict) for one in values)


def _messages(walk: Walk) -> dict[str, Any]:
    """Write one of each message that goes to a vendor, by the code that writes them."""
    invoice = walk.records("/accounting/invoices")[0]
    account = Account(
        id="acct_01KAH4Q2V00000000000000001",
        tenant_id="ten_01KAH4Q2V00000000000000002",
        target=TARGET,
        organization_id="organization",
        organization_name=None,
        membership_id=None,
        status=Status.ACTIVE,
        reference="customer-42",
        linked_at=NOW,
        updated_at=NOW,
    )
    linked = linked_notice(
        TARGET, account_key="acc_", reference="customer-42", relinked=False, at=NOW
    )
    paused = SubscriptionChanged(
        event_type="SUBSCRIPTION_PAUSED",
        subscription_id="whk_01KBNE8Q2T6W3X0YV9M4C7R5DA",
        account_id=account.id,
        resource="INVOICE",
        reason="FAILING",
        failing_since=iso_millis(NOW - timedelta(days=2)),
        reference=account.reference,
        changed_date=iso_millis(NOW),
    )
    copied = SyncEnded(
        event_type="SYNC_ENDED",
        account_id=account.id,
        run_id="run_01KBNE8Q2T6W3X0YV9M4C7R5DB",
        resource="invoices",
        status="SUCCESS",
        changed=12,
        gone=1,
        downloaded=11,
        pending=1,
        code=None,
        reference=account.reference,
        ended_date=iso_millis(NOW),
    )
    event = event_body(event_type="UPDATED", resource="INVOICE", resource_id=invoice["id"])
    return {
        "event": json.loads(event),
        "accountEnded": json.loads(ended_notice(account, Status.REAUTH_REQUIRED, NOW)),
        "subscriptionChanged": msgspec.to_builtins(paused),
        "syncEnded": msgspec.to_builtins(copied),
        "accountLinked": json.loads(linked),
    }


def written(made: dict[str, Any]) -> str:
    """Write them as the file has them."""
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    structlog.configure(processors=[], wrapper_class=structlog.make_filtering_bound_logger(50))
    FILE.write_text(written(asyncio.run(examples())))
