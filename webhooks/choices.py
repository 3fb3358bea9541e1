"""Words and bounds of the relay's calls and commands; whoever only names them imports no more."""

from typing import Literal

DeliveryStatus = Literal["PENDING", "DELIVERED", "GIVEN_UP", "CANCELED", "HELD", "MERGED"]
EventType = Literal["CREATED", "UPDATED", "DELETED", "REVOKED"]
Origin = Literal["EVENT", "REPLAY", "TEST"]

LONGEST_COALESCING = 300
"""Seconds."""
