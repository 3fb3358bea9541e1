"""``/v2/international``: whether and in which currencies money may leave the euro area."""

from __future__ import annotations

from qonto_simulator.api import Call, Endpoint, Reply
from qonto_simulator.errors import not_in_list, refuse
from qonto_simulator.exchange import CURRENCIES

_COUNTRIES = {"USD": "US", "GBP": "GB", "CHF": "CH"}


async def eligibility(_: Call) -> Reply:
    return Reply(document={"eligible": "eligible", "reason": None})


async def currencies(call: Call) -> Reply:
    """The targets for a ``source``, which is required; accounts are in euros alone."""
    source = call.request.query_params.get("source", "")
    if not source:
        raise refuse(422, "required", "source is required", parameter="source")
    if source not in ("EUR",):
        raise not_in_list("source", "source", ("EUR",))
    targets = [one for one in CURRENCIES if one != source]
    return Reply(
        document={
            "currencies": [
                {
                    "currency_code": one,
                    "country_code": _COUNTRIES[one],
                    "suggestion_priority": position,
                }
                for position, one in enumerate(targets, start=1)
            ]
        }
    )


ENDPOINTS = (
    Endpoint("GET", "/international/eligibility", eligibility),
    Endpoint("GET", "/international/currencies", currencies),
)
