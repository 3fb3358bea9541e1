"""What to do about the refusals of Qonto that mislead those who read them. Pure.

Most are from integrators' reports; `NOTES.md` tells where.
"""

from dataclasses import dataclass

from connector.providers.qonto.documents.errors import ReadError


@dataclass(frozen=True, slots=True)
class _Trap:
    """A hint, and the entry it is for: by its code, a part of its detail, its source, its status.

    Without statuses it's for every refusal; a failure (5xx) and a limit (429) have other causes.
    """

    hint: str
    code: str | None = None
    detail: str = ""
    source: str = ""
    statuses: tuple[int, ...] = ()

    def fits(self, status: int, entry: ReadError) -> bool:
        return (
            (status in self.statuses if self.statuses else 400 <= status < 500 and status != 429)
            and self.code in (None, entry.code)
            and self.detail in (entry.detail or "").lower()
            and self.source in (entry.source or "")
        )


_TRAPS = (
    _Trap(
        "Qonto searches at most 10,000 transactions of a bank account. Narrow the list down with "
        "bookingDateFrom and bookingDateTo, lastModifiedAt or bankAccountId.",
        code="search_limit_reached",
    ),
    _Trap(
        "Qonto gives no reason. It often answers so where the organisation's price plan lacks the "
        "feature.",
        code="unknown",
        statuses=(403,),
    ),
    _Trap(
        "The number is taken: look the invoice up before you send it again.",
        code="invoice_number_already_exists",
    ),
    _Trap(
        "Set the tax identification number of the client first; invoices and quotes need it.",
        detail="tin_number must have a value",
    ),
    _Trap(
        "The organisation numbers its documents by hand: send a number with the draft first.",
        code="required",
        source="/data/attributes/number",
    ),
    _Trap(
        "Set the currency of the client first; invoices need it.",
        source="/data/attributes/currency",
    ),
    _Trap(
        "The organisation has no IBAN for invoices: set one in the invoice settings of Qonto's "
        "app. Qonto says this also when a body's fields are wrapped in an object; they belong at "
        "its top level.",
        code="invalid_iban",
        detail="iban is empty",
    ),
    _Trap(
        "The PDF is still being made; try again in some seconds.", code="quote_has_no_attachment"
    ),
    _Trap(
        "A person has to confirm this in Qonto's app, which can't be done from here.",
        code="sca_required",
    ),
)


def hint_for(status: int, entry: ReadError) -> str | None:
    """Return what to do about one entry of a refusal, None when nothing more is known."""
    return next((trap.hint for trap in _TRAPS if trap.fits(status, entry)), None)
