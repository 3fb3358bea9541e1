"""What the tests of payments share: payees, proofs, bodies, and the person's consent."""

from __future__ import annotations

import uuid
from typing import Any

from .support import Api

TRANSFERS = "/v2/sepa/transfers"
BULKS = "/v2/sepa/bulk_transfers"
STANDING = "/v2/sepa/recurring_transfers"
INTERNAL = "/v2/internal_transfers"
KEY = "X-Qonto-Idempotency-Key"
TOKEN = "X-Qonto-Sca-Session-Token"
PREFERENCE = "X-Qonto-2fa-Preference"
IBAN = "FR7630006000011234567890189"
OTHER_IBAN = "DE89370400440532013000"
_HOUR = 3600


def keyed(**headers: str) -> dict[str, str]:
    """Headers with a new idempotency key."""
    return {KEY: str(uuid.uuid4()), **headers}


async def wait(api: Api, seconds: float) -> None:
    """Let time go by; the client gets a new token where its own has ended by then."""
    await api.take("POST", "/_simulator/clock", json={"advance": seconds})
    if seconds >= _HOUR:
        token = (await api.take("POST", "/_simulator/tokens", 201))["access_token"]
        api.headers["Authorization"] = f"Bearer {token}"


async def quirks(api: Api, **changes: Any) -> None:
    await api.take("POST", "/_simulator/quirks", json=changes)


async def main_account(api: Api) -> dict[str, Any]:
    return (await accounts(api))[0]


async def accounts(api: Api) -> list[dict[str, Any]]:
    return (await api.take("GET", "/v2/bank_accounts"))["bank_accounts"]


async def payee(api: Api, iban: str = IBAN, *, trusted: bool = False, **more: Any) -> str:
    """The id of a beneficiary with this IBAN."""
    body = {"name": "Papeterie du Centre", "iban": iban, "trusted": trusted, **more}
    answer = await api.take("POST", "/_simulator/beneficiaries", 201, json=body)
    return answer["beneficiary"]["id"]


async def prove(api: Api, *ibans: str) -> str:
    """A proof that the verification of exactly these accounts was skipped."""
    asked = [
        {"id": str(number), "iban": iban, "beneficiary_name": "Papeterie du Centre"}
        for number, iban in enumerate(ibans)
    ]
    answer = await api.take("POST", "/v2/sepa/skip_verify_payee", json={"requests": asked})
    return answer["proof_token"]["token"]


async def transfer_body(api: Api, *, trusted: bool = True, **changes: Any) -> dict[str, Any]:
    """A valid body for 60.00 EUR; a change to ``None`` leaves a field of the transfer out."""
    transfer = {
        "beneficiary_id": await payee(api, trusted=trusted),
        "bank_account_id": (await main_account(api))["id"],
        "reference": "2026-1188",
        "amount": "60.00",
        **changes,
    }
    kept = {name: value for name, value in transfer.items() if value is not None}
    return {"vop_proof_token": await prove(api, IBAN), "transfer": kept}


async def pay(api: Api, **changes: Any) -> dict[str, Any]:
    """A transfer to a trusted beneficiary, so that nobody is asked."""
    body = await transfer_body(api, **changes)
    return (await api.take("POST", TRANSFERS, json=body, headers=keyed()))["transfer"]


async def seen(api: Api, id: str) -> dict[str, Any]:
    return (await api.take("GET", f"{TRANSFERS}/{id}"))["transfer"]


async def ask(
    api: Api, path: str, body: dict[str, Any], headers: dict[str, str] | None = None
) -> tuple[str, dict[str, str]]:
    """The token of the challenge, and the headers to repeat the request with."""
    sent = headers or keyed()
    challenge = await api.take("POST", path, 428, json=body, headers=sent)
    return challenge["sca_session_token"], {**sent, TOKEN: challenge["sca_session_token"]}


async def decide(api: Api, token: str, result: str = "allow") -> None:
    await api.take("POST", f"/_simulator/sca_sessions/{token}/decide", json={"result": result})


async def approved(api: Api, path: str, body: dict[str, Any]) -> Any:
    """The answer after the person approved."""
    token, headers = await ask(api, path, body)
    await decide(api, token)
    return await api.take("POST", path, json=body, headers=headers)


async def upload(api: Api) -> str:
    """The id of a file."""
    file = ("bill.pdf", b"%PDF-1.7", "application/pdf")
    answer = await api.take("POST", "/v2/attachments", files={"file": file}, headers=keyed())
    return answer["attachment"]["id"]
