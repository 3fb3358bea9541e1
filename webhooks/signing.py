"""Signatures on what we send. Pure.

Every message carries two: Standard Webhooks (`webhook-id`, `webhook-timestamp`,
`webhook-signature`: base64 HMAC-SHA256 over `id.timestamp.body`), which binds the time and so stops
replays, and Maesn's `X-MAESN-SIGNATURE` (hex HMAC-SHA256 over the body alone).

Both come from one secret R of 32 random bytes. Standard Webhooks is keyed with R itself, Maesn's
header with the text of R in hex, which is what vendors know as `secret`.

While a secret is being replaced, `webhook-signature` has a signature of each, and Maesn's header,
which has room for one only, stays with the old one: receivers change over when they are ready.
"""

import base64
import hmac
import secrets
from datetime import datetime

SECRET_BYTES = 32


def new_secret() -> bytes:
    """Make R."""
    return secrets.token_bytes(SECRET_BYTES)


def maesn_secret(secret: bytes) -> str:
    """Write R as Maesn's clients know it: 64 hex characters."""
    return secret.hex()


def standard_secret(secret: bytes) -> str:
    """Write R as Standard Webhooks libraries take it: `whsec_` and base64."""
    return "whsec_" + base64.b64encode(secret).decode()


def signed_headers(
    message_id: str, body: bytes, secret: bytes, at: datetime, *, previous: bytes | None = None
) -> dict[str, str]:
    """Return the headers that prove a message, sent at `at`, is ours.

    `previous` is the secret before this one, as long as both count.
    """
    timestamp = str(int(at.timestamp()))
    signed = f"{message_id}.{timestamp}.".encode() + body
    keys = (secret,) if previous is None else (secret, previous)
    standard = [base64.b64encode(hmac.digest(key, signed, "sha256")).decode() for key in keys]
    maesn = hmac.digest(maesn_secret(keys[-1]).encode(), body, "sha256")
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{one}" for one in standard),
        "X-MAESN-SIGNATURE": maesn.hex(),
    }
