"""What was asked so far, how often, and what goes wrong next."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from qonto_simulator.faults import LONGEST, Fault, Kind
from qonto_simulator.render.common import Document
from qonto_simulator.tally import Counts

from .call import call
from .desk import Desk
from .fields import Last, Times


class Traffic(Desk):
    """Requests: those that came, as a journal and as counts, and failures of those to come."""

    @call(
        "GET",
        "/journal",
        "The last 10,000 requests, oldest first, with secrets masked; no control calls and pages.",
        answers="requests",
    )
    def journal(
        self,
        *,
        method: Annotated[str | None, Meta(description="Only of this method")] = None,
        path: Annotated[
            str | None, Meta(description="Only those whose path begins like this")
        ] = None,
        since: Annotated[
            int, Meta(ge=0, description="Only those after the entry of this `number`")
        ] = 0,
        limit: Last = None,
    ) -> list[Document]:
        entries = self._parts.journal.entries(method=method, path=path, since=since, limit=limit)
        return [entry.document() for entry in entries]

    @call("DELETE", "/journal", "Forget the requests; counts stay.")
    def clear_journal(self) -> None:
        self._parts.journal.clear()

    @call(
        "GET",
        "/counts",
        "Counts of requests, refreshes, ended families and answers 401; quick after any load.",
    )
    def counts(self) -> Counts:
        return self._parts.tally.counts(self._parts.limits.refusals(self._world.clock.now()))

    @call("DELETE", "/counts", "Count from zero; the journal and the limits stay.")
    def clear_counts(self) -> None:
        self._parts.tally.clear()

    @call(
        "POST",
        "/faults",
        "Plan a failure. `status` and `html` answer without doing anything, `malformed` cuts the"
        " JSON of the answer in half, `drop` closes the connection before anything happens,"
        " `lost_response` after the work was done, `latency` only waits.",
        status=201,
        example={"path": "/v2/client_invoices*", "kind": "status", "status": 503, "times": 2},
    )
    def fault(
        self,
        path: Annotated[
            str,
            Meta(
                pattern="^/",
                examples=["/v2/client_invoices*"],
                description="Which requests, as a shell pattern with `*` and `?`",
            ),
        ],
        kind: Annotated[Kind, Meta(description="What goes wrong")] = "status",
        *,
        method: Annotated[str | None, Meta(description="Only of this method")] = None,
        status: Annotated[
            int, Meta(ge=200, le=599, description="For the kinds `status` and `html`")
        ] = 500,
        body: Annotated[
            object, Meta(description="For the kind `status`: a document, or text; else an error")
        ] = None,
        headers: Annotated[
            dict[str, str] | None, Meta(description="For the kinds `status` and `html`")
        ] = None,
        latency: Annotated[
            float, Meta(ge=0, le=LONGEST, description="Real seconds to wait, on top of any kind")
        ] = 0.0,
        times: Times = 1,
        skip: Annotated[
            int, Meta(ge=0, description="How many fitting requests are spared first")
        ] = 0,
    ) -> Document:
        planned = Fault(
            path=path,
            kind=kind,
            method=method,
            status=status,
            body=body,
            headers=headers or {},
            latency=latency,
            times=times,
            skip=skip,
        )
        return self._parts.faults.add(planned).document()

    @call("GET", "/faults", "The failures that still wait for their requests.")
    def faults(self) -> list[Document]:
        return [fault.document() for fault in self._parts.faults.waiting()]

    @call("DELETE", "/faults", "Forget planned failures.")
    def clear_faults(self) -> None:
        self._parts.faults.clear()
