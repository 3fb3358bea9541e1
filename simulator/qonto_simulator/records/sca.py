"""A question to a person's phone: may this go ahead?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

METHODS = ("paired-device", "passkey", "sms-otp", "mock")
DEFAULT_METHOD = "paired-device"
RESULTS = ("waiting", "allow", "deny")


@dataclass(slots=True)
class ScaSession:
    """One challenge; ``request`` is a digest of what it was asked for, and ``used`` says that the
    approved request was made.

    ``code`` is what the text message said, where the method sends one.
    """

    token: str
    membership_id: str
    client_id: str
    action_type: str
    method: str
    request: str
    created_at: datetime
    expires_at: datetime
    result: str = "waiting"
    canceled_at: datetime | None = None
    used: bool = False
    code: str | None = None
    wrong_codes: int = 0
    polled_at: datetime | None = None
