"""The oddities and delays that can be set while the simulator runs."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

_MOST = 10_000_000
_BOUNDS = {
    "created_status": (200, 201),
    "delivery_attempts": (1, 100),
    "parallel_deliveries": (1, 100),
}
"""What a number may be, unless from 0 to ``_MOST``."""


@dataclass(frozen=True, slots=True)
class Quirks:
    """One value for every behaviour that real accounts show and tests want to force.

    Durations are seconds. The defaults are what Qonto's documentation describes.
    """

    omit_next_page: bool = False
    """``meta.next_page`` is absent on the last page instead of ``null``."""
    mix_empty: bool = False
    """No value is ``null``, ``""`` or absent, changing from record to record and field to field."""
    omit_data_event: bool = False
    """``data.event`` is left out of ``v1/client-invoices`` events."""
    page_past_end_is_422: bool = False
    """Every list refuses a page beyond the last; transactions always do."""
    percent_vat_on_quotes: bool = False
    """Quotes read and write ``vat_rate`` as a percentage (``"20"``) instead of a fraction."""
    created_status: int | None = None
    """What creating an invoice, a quote, a client, ... answers, 200 or 201; as documented: 201 for
    quotes, 200 for everything else."""
    churn: int = 0
    """After every page of a list this many of its records are touched and move."""
    list_omits_heavy: bool = False
    """Lists of client invoices leave out ``organization`` and the e-invoicing events."""
    wrapped_supplier_actions: bool = False
    """Actions on supplier invoices answer ``{"supplier_invoice": ...}`` instead of the bare one."""
    numeric_file_size: bool = False
    """``file_size`` of attachments is a number instead of a string."""
    pdf_delay: float = 10.0
    """From finalizing to ``attachment_id``."""
    file_delay: float = 0.0
    """From ``attachment_id`` to an attachment that answers 200; 404 in between."""
    pdf_ready_event: bool = False
    """A ready PDF emits ``updated``; the documentation does not say."""
    ocr_delay: float = 9.0
    """From the arrival of a supplier invoice to ``analyzed_at``."""
    gate_redirects: bool = False
    """Without the staging token the sandbox answers 302 to a login page instead of 200 HTML."""
    strict_scopes: bool = True
    """Unknown or forbidden scopes fail the authorization; otherwise they are silently left out."""
    strict_callbacks: bool = False
    """Webhook callbacks must be public HTTPS; otherwise loopback HTTP is taken as well."""
    rate_limits: bool = True
    """Per-address limits, and the throttle for answers 401."""
    retry_after: int | None = None
    """``Retry-After`` seconds on 429; absent by default."""
    delivery_timeout: float = 1.0
    """How long a webhook receiver may take, in real seconds."""
    delivery_attempts: int = 10
    """How often one event is tried before it is dropped for good."""
    retry_base: float = 20.0
    """The wait after the first failed attempt; it triples every time."""
    parallel_deliveries: int = 1
    """How many events of one subscription are on the wire at once."""
    attachment_delay: float = 3.0
    """From attaching a file to a transaction to the moment at which it is there."""
    wrapped_quotes: bool = False
    """A single quote answers ``{"quote": ...}`` instead of the bare one."""

    def changed(self, changes: dict[str, object]) -> Quirks:
        """A copy with the changes; ``ValueError`` naming an unknown name or a wrong type."""
        known = {field.name: field.type for field in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"unknown quirk {name!r}; known: {', '.join(sorted(known))}")
            if not _fits(known[name], value):
                raise ValueError(f"{name} must be {known[name]}")
            low, high = _BOUNDS.get(name, (0, _MOST))
            if isinstance(value, int | float) and not low <= value <= high:
                raise ValueError(f"{name} must be between {low} and {high}")
        return replace(self, **changes)  # type: ignore[arg-type]  # checked just above


def _fits(kind: object, value: object) -> bool:
    match kind:
        case "bool":
            return isinstance(value, bool)
        case "int":
            return isinstance(value, int) and not isinstance(value, bool)
        case "float":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case _:
            return value is None or (isinstance(value, int) and not isinstance(value, bool))
