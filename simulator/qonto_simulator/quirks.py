"""The oddities and delays that can be set while the simulator runs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

from msgspec import Meta

_MOST = 10_000_000
Count = Annotated[int, Meta(ge=0, le=_MOST)]
Few = Annotated[int, Meta(ge=1, le=100)]
Seconds = Annotated[float, Meta(ge=0, le=_MOST)]


def _means(text: str) -> dict[str, str]:
    return {"meaning": text}


@dataclass(frozen=True, slots=True)
class Quirks:
    """One value for every behaviour that real accounts show and tests want to force.

    Durations are seconds. The defaults are what Qonto's documentation describes. Limits and
    meanings are those of the control call that sets them.
    """

    omit_next_page: bool = field(
        default=False,
        metadata=_means("`meta.next_page` is absent on the last page instead of `null`"),
    )
    mix_empty: bool = field(
        default=False,
        metadata=_means(
            'No value is `null`, `""` or absent, changing from record to record and field to field'
        ),
    )
    omit_data_event: bool = field(
        default=False, metadata=_means("`data.event` is left out of `v1/client-invoices` events")
    )
    page_past_end_is_422: bool = field(
        default=False,
        metadata=_means("Every list refuses a page beyond the last; transactions always do"),
    )
    percent_vat_on_quotes: bool = field(
        default=False,
        metadata=_means(
            'Quotes read and write `vat_rate` as a percentage (`"20"`) instead of a fraction'
        ),
    )
    draft_by_default: bool = field(
        default=False,
        metadata=_means("A new client invoice without `status` is a draft instead of final"),
    )
    created_status: Annotated[int, Meta(ge=200, le=201)] | None = field(
        default=None,
        metadata=_means(
            "What creating an invoice, a quote, a client, ... answers, 200 or 201; as documented: "
            "201 for quotes, 200 for everything else"
        ),
    )
    churn: Count = field(
        default=0,
        metadata=_means("After every page of a list this many of its records are touched and move"),
    )
    list_omits_heavy: bool = field(
        default=False,
        metadata=_means(
            "Lists of client invoices leave out `organization` and the e-invoicing events"
        ),
    )
    wrapped_supplier_actions: bool = field(
        default=False,
        metadata=_means(
            'Actions on supplier invoices answer `{"supplier_invoice": ...}`, not the bare one'
        ),
    )
    numeric_file_size: bool = field(
        default=False, metadata=_means("`file_size` of attachments is a number instead of a string")
    )
    pdf_delay: Seconds = field(
        default=10.0, metadata=_means("Seconds from finalizing to `attachment_id`")
    )
    file_delay: Seconds = field(
        default=0.0,
        metadata=_means(
            "Seconds from `attachment_id` to an attachment that answers 200; 404 in between"
        ),
    )
    pdf_ready_event: bool = field(
        default=False,
        metadata=_means("A ready PDF emits `updated`; the documentation does not say"),
    )
    ocr_delay: Seconds = field(
        default=9.0,
        metadata=_means("Seconds from the arrival of a supplier invoice to `analyzed_at`"),
    )
    gate_redirects: bool = field(
        default=False,
        metadata=_means(
            "Without the staging token the sandbox answers 302 to a login page instead of 200 HTML"
        ),
    )
    strict_scopes: bool = field(
        default=True,
        metadata=_means(
            "Unknown or forbidden scopes fail the authorization; else they are silently left out"
        ),
    )
    strict_callbacks: bool = field(
        default=False,
        metadata=_means(
            "Webhook callbacks must be public HTTPS; otherwise loopback HTTP is taken as well"
        ),
    )
    rate_limits: bool = field(
        default=True, metadata=_means("Per-address limits, and the throttle for answers 401")
    )
    retry_after: Count | None = field(
        default=None, metadata=_means("`Retry-After` seconds on 429; absent by default")
    )
    delivery_timeout: Seconds = field(
        default=1.0, metadata=_means("How long a webhook receiver may take, in real seconds")
    )
    delivery_attempts: Few = field(
        default=10, metadata=_means("How often one event is tried before it is dropped for good")
    )
    retry_base: Seconds = field(
        default=20.0,
        metadata=_means(
            "Seconds to wait after the first failed attempt; three times as long every time"
        ),
    )
    parallel_deliveries: Few = field(
        default=1, metadata=_means("How many events of one subscription are on the wire at once")
    )
    most_per_page: Annotated[int, Meta(ge=1, le=_MOST)] | None = field(
        default=None,
        metadata=_means("No page of a list has more records, whatever `per_page` asks for"),
    )
    most_per_page_on: str = field(
        default="*",
        metadata=_means("The lists that `most_per_page` counts for: a shell pattern of paths"),
    )
    most_per_page_unsaid: bool = field(
        default=False,
        metadata=_means(
            "`meta` goes on counting pages of the size that was asked for, so that only "
            "`total_count` shows that records are missing"
        ),
    )
    unstable_order: bool = field(
        default=False,
        metadata=_means(
            "Records that share what a list is sorted by come in another order with every request"
        ),
    )
    callback_twice: bool = field(
        default=False,
        metadata=_means(
            "After consent the browser calls the application back twice, from a page in between"
        ),
    )
    buyer_answer: Literal[203, 204, 205, 206, 207, 208, 210, 211, 212, 213, 214] | None = field(
        default=None,
        metadata=_means(
            "What comes back for every e-invoice once it was received, by its French status code:"
            " 205 approved, 207 disputed, 210 refused, 212 paid, 213 rejected, ...; nothing if null"
        ),
    )
    buyer_answer_delay: Seconds = field(
        default=60.0, metadata=_means("Seconds from 202 to what `buyer_answer` says")
    )
    attachment_delay: Seconds = field(
        default=3.0,
        metadata=_means("Seconds from attaching a file to a transaction until it is there"),
    )
    indexed_bulk_pointers: bool = field(
        default=False,
        metadata=_means(
            "Errors of a bulk upload point at `/supplier_invoices/{position}/...` instead of at "
            "the idempotency key"
        ),
    )
    failing_bulk_files: str = field(
        default="",
        metadata=_means(
            "Files of a bulk upload that end in `internal_server_error`: a shell pattern of names"
        ),
    )
    beneficiary_delay: Seconds = field(
        default=60.0,
        metadata=_means("Seconds from a new beneficiary to `validated` or `declined`"),
    )
    self_automation: bool = field(
        default=False,
        metadata=_means(
            "Applications count as registered for automating a business's own operations, and may "
            "ask for the scope `beneficiary.trust`"
        ),
    )
    plain_proof_token: bool = field(
        default=False,
        metadata=_means(
            '`proof_token` of a verification of payee is a string instead of `{"token": ...}`'
        ),
    )
    unfollowed_verifications: Count = field(
        default=500,
        metadata=_means(
            "How many proofs of verified payees may wait for a transfer; beyond it 429"
        ),
    )
    transfer_delay: Seconds = field(
        default=5.0,
        metadata=_means("Seconds from a transfer to its processing; till then it can be canceled"),
    )
    instant_delay: Seconds = field(
        default=5.0,
        metadata=_means(
            "Seconds from processing to the arrival of an instant transfer, and of an internal one"
        ),
    )
    bulk_delay: Seconds = field(
        default=20.0,
        metadata=_means("Seconds from a bulk of transfers until the last of its lines is checked"),
    )
    sca_outcome: Literal["allow", "deny"] | None = field(
        default=None,
        metadata=_means("How a person answers every question for approval by itself; null waits"),
    )
    sca_delay: Seconds = field(
        default=0.0, metadata=_means("Seconds until `sca_outcome` answers the question")
    )
    sca_poll_every: Seconds = field(
        default=1.0, metadata=_means("Seconds between two looks at one SCA session, else 429")
    )
    sca_in_errors: bool = field(
        default=False,
        metadata=_means(
            "428 has a list of `errors` and no token, as the pages on cards and requests show it"
        ),
    )
    embed_partner: bool = field(
        default=False,
        metadata=_means(
            "The application may ask for codes by text message, and for the scope "
            "`beneficiary.trust`, as Embed partners may"
        ),
    )
    wrapped_quotes: bool = field(
        default=False,
        metadata=_means('A single quote answers `{"quote": ...}` instead of the bare one'),
    )

    @property
    def may_trust(self) -> bool:
        """Whether applications may ask for the scope that trusts beneficiaries."""
        return self.self_automation or self.embed_partner

    def changed(self, changes: dict[str, object]) -> Quirks:
        """A copy with the changes, which the control call has checked."""
        return replace(self, **changes)  # type: ignore[arg-type]
