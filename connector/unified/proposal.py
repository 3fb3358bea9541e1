"""Payments that people approve or decline at the target system."""

import msgspec


class Proposal(msgspec.Struct, frozen=True, gc=False):
    """A proposal as it stands: `status` is PENDING, APPROVED, DECLINED or CANCELED."""

    id: str
    status: str
    note: str | None = None
