"""Whom the organisation pays."""

from operator import attrgetter

from connector.listing.query import Condition, ListQuery, ask, changed_since
from connector.ports import Query
from connector.providers.qonto.client import BENEFICIARIES as LIST
from connector.providers.qonto.mapping import map_beneficiary
from connector.providers.qonto.mapping.iban import normalized
from connector.providers.qonto.mapping.names import has_part
from connector.providers.qonto.session.lists import UPDATED, QontoList
from connector.unified.beneficiary import Beneficiary


def _beneficiaries(query: Query) -> ListQuery[Beneficiary]:
    """Leave account number, status and trust to Qonto; no search by name is documented."""
    params: list[tuple[str, str]] = []
    if (iban := query.value_of("iban")) is not None:
        params.append(("iban[]", normalized(iban)))
    if query.status is not None:
        params.append(("status[]", query.status.lower()))
    if (trusted := query.value_of("trusted")) is not None:
        params.append(("trusted", trusted))
    return ask(
        query,
        params=params,
        conditions=[_named(query.value_of("name")), changed_since(query, attrgetter(_CHANGED))],
    )


def _named(part: str | None) -> Condition[Beneficiary] | None:
    if part is None or not part.strip():
        return None
    wanted = part.strip()
    return lambda one: has_part(one.name or "", wanted)


_CHANGED = "updated_date"

BENEFICIARIES = QontoList(
    "beneficiary", LIST, map_beneficiary, age=UPDATED, moment=attrgetter("updated_at")
).kind_of(_beneficiaries)
