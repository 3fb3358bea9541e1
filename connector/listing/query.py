"""What of a query a target system does itself, and what is left to do here. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from connector.listing.source import NativeOrder, Params
from connector.ports import Query
from storage.clock import iso_millis

T = TypeVar("T")

Condition = Callable[[T], bool]
Key = Callable[[T], str | None]


@dataclass(frozen=True, slots=True)
class LocalFilter(Generic[T]):
    """What a target system can't do: choose records, and order them by a text of theirs.

    Without `order`, newest first, or as a list comes that can't be ordered. Records without the
    text come last; equal ones are in the order of their ids. `still` is what the target system
    chose by, to be asked again of records that are shown later.
    """

    keep: Condition[T] | None = None
    order: Key[T] | None = None
    descending: bool = True
    still: Condition[T] | None = None

    def fits(self, value: T) -> bool:
        """Say whether a record still belongs to what the query leaves."""
        return all(check is None or check(value) for check in (self.keep, self.still))


@dataclass(frozen=True, slots=True)
class ListQuery(Generic[T]):
    """A query as one list takes it.

    `params` is what the target system is asked to leave out and `order` how it is asked to order,
    None for newest first; `local` is left to do here. `possible` is False when nothing can fit, so
    that the target system needn't be asked.
    """

    params: Params = ()
    local: LocalFilter[T] = field(default_factory=lambda: LocalFilter())
    order: NativeOrder | None = None
    possible: bool = True


def ask(
    query: Query,
    *,
    params: Params = (),
    conditions: Sequence[Condition[T] | None] = (),
    checked: Sequence[Condition[T] | None] = (),
    keys: Mapping[str, Key[T]] | None = None,
    native: Mapping[str, NativeOrder] | None = None,
    possible: bool = True,
) -> ListQuery[T]:
    """Sort a query into what is asked and what is left.

    `conditions` are the conditions that the target system can't check, None for one that isn't
    needed. `checked` are the conditions that it checks: they are checked here again, since a record
    may change before it is shown. `keys` holds the text to order by for each of the contract's
    order fields. `native` holds the orders that the target system knows; one is used when no
    condition is left to check here.
    """
    keep, still = all_of(conditions), all_of(checked)
    if query.order is None:
        return ListQuery(params, LocalFilter(keep, still=still), possible=possible)
    by, descending = query.order.field, query.order.descending
    if keep is None and native is not None and by in native:
        order = native[by] if descending else native[by].turned()
        return ListQuery(params, order=order, possible=possible)
    key = None if keys is None else keys.get(by)
    return ListQuery(params, LocalFilter(keep, key, descending, still), possible=possible)


def is_in(attribute: str, value: str | None) -> Condition[T] | None:
    """Choose by the value of an attribute; None when nothing is asked of it."""
    if value is None:
        return None
    return lambda record: getattr(record, attribute) == value


def changed_since(query: Query, changed: Key[T]) -> Condition[T] | None:
    """Choose by the moment of the last change, for lists that can't be filtered by it.

    A record that doesn't tell when it changed may have changed.
    """
    if query.modified_since is None:
        return None
    from_then = iso_millis(query.modified_since)

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
