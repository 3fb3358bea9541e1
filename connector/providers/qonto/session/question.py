"""What of a question Qonto can do itself, and what is left to do here. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from connector.ports import Query
from connector.providers.qonto.client import Params
from connector.providers.qonto.mapping.calendar import write_instant
from connector.providers.qonto.mapping.status import Standing
from connector.providers.qonto.session.index import Wanted

T = TypeVar("T")

Condition = Callable[[T], bool]
Key = Callable[[T], str | None]


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """A query as one list takes it.

    `params` is what Qonto is asked to leave out and `order` how it is asked to order, None for
    newest first; `wanted` is left to do here. `possible` is False when nothing can fit, so that
    Qonto needn't be asked.
    """

    params: Params = ()
    wanted: Wanted[T] = field(default_factory=lambda: Wanted())
    order: Params | None = None
    possible: bool = True


@dataclass(frozen=True, slots=True)
class Words:
    """Which of Qonto's words for a status can fit; None for all, also those yet unknown.

    `exact` says that every document with such a word fits.
    """

    words: tuple[str, ...] | None = None
    exact: bool = True


def ask(
    query: Query,
    *,
    params: Params = (),
    conditions: Sequence[Condition[T] | None] = (),
    checked: Sequence[Condition[T] | None] = (),
    keys: Mapping[str, Key[T]] | None = None,
    native: Mapping[str, str] | None = None,
    possible: bool = True,
) -> Question[T]:
    """Put a question together.

    `conditions` are those that Qonto can't check, None for one that isn't needed; `checked` are
    those that it does check, for records that change before they are shown. `keys` holds the
    text to order by for each of the contract's order fields; `native` names Qonto's own property
    for those that it orders by itself, which it is asked to do when nothing else is left.
    """
    keep, still = all_of(conditions), all_of(checked)
    if query.order is None:
        return Question(params, Wanted(keep, still=still), possible=possible)
    by, descending = query.order.field, query.order.descending
    if keep is None and native is not None and by in native:
        order = (("sort_by", f"{native[by]}:{'desc' if descending else 'asc'}"),)
        return Question(params, order=order, possible=possible)
    key = None if keys is None else keys.get(by)
    wanted = Wanted(keep, key, descending, still=still)
    return Question(params, wanted, possible=possible)


def words_for(query: Query, standings: Mapping[str, Sequence[Standing]]) -> Words:
    """Choose Qonto's words for the status and payment status asked for.

    `standings` holds, for each known word, every standing that it can mean. UNKNOWN is the payment
    status of words that aren't known, so that no word can be asked for.
    """
    if query.status is None and query.payment_status is None:
        return Words()
    if query.status is None and query.payment_status == "UNKNOWN":
        return Words(None, exact=False)

    def fits(standing: Standing) -> bool:
        return query.status in (None, standing.status) and query.payment_status in (
            None,
            standing.payment,
        )

    words = tuple(word for word, each in standings.items() if any(map(fits, each)))
    return Words(words, exact=all(fits(each) for word in words for each in standings[word]))


def is_in(attribute: str, value: str | None) -> Condition[T] | None:
    """Choose by the value of an attribute; None when nothing is asked of it."""
    if value is None:
        return None
    return lambda record: getattr(record, attribute) == value


def changed_since(query: Query, changed: Key[T]) -> Condition[T] | None:
    """Choose by the moment of the last change, for lists that Qonto can't filter by it.

    A record that doesn't tell when it changed may have changed.
    """
    if query.modified_since is None:
        return None
    from_then = write_instant(query.modified_since)

    def keep(record: T) -> bool:
        moment = changed(record)
        return moment is None or moment >= from_then

    return keep


def all_of(conditions: Sequence[Condition[T] | None]) -> Condition[T] | None:
    """Join conditions; None, which lets everything through, when there are none."""
    given = [condition for condition in conditions if condition is not None]
    if not given:
        return None
    if len(given) == 1:
        return given[0]
    return lambda record: all(condition(record) for condition in given)
