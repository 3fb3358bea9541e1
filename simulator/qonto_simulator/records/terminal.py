"""A device on which customers pay in person."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Terminal:
    id: str
    name: str
    serial_number: str
    status: str
    bank_account_id: str
