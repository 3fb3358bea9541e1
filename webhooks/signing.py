"""Signatures on what we send. Pure.

Every message carries two: Standard Webhooks (`webhook-id`, `webhook-timestamp`,
`webhook-signature`: base64 HMAC-SHA256 over `id.timestamp.body`), which binds the time and so stops
replays, and Maesn's `X-MAESN-SIGNATURE` (hex HMAC-SHA256 over the body alone).

Both come from one secret R of 32 random bytes. Standard Webhooks is keyed with R itself, Maesn's
header with the text of R in hex, which is what vendors know as `secret`.
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


def signed_headers(message_id: str, body: bytes, secret: bytes, at: datetime) -> dict[str, str]:
    """Answer the headers that prove a message, sent at `at`, is ours."""
    timestamp = str(int(at.timestamp()))
    standard = hmac.digest(secret, f"{message_id}.{timestamp}.".encode() + body, "sha256")
    maesn = hmac.digest(maesn_secret(secret).encode(), body, "sha256")
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": "v1," + base64.b64encode(standard).decode(),
        "X-MAESN-SIGNATURE": maesn.hex(),
    }
