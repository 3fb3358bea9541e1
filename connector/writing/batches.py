"""Many writes of one kind at once: all are checked before the first leaves, then one by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from connector.errors import DownstreamForbidden, DownstreamRefused, WriteOutcomeUnknown
from connector.ports import WriteRequest
from connector.reading import ReadableAccount
from connector.writing.performed import Performed
from connector.writing.writing import Writing
from storage.errors import FieldError, Invalid, ServiceError


@dataclass(frozen=True, slots=True)
class EntryOutcome:
    """What came of one entry: it was done, or went wrong; neither when it wasn't tried."""

    done: Performed[Any] | None = None
    error: ServiceError | None = None


async def check_all(
    writing: Writing, account: ReadableAccount, name: str, entries: Sequence[WriteRequest]
) -> tuple[str, ...]:
    """Return warnings. Raises Invalid with everything that is wrong with any of them."""
    wrong: list[FieldError] = []
    warnings: list[str] = []
    for position, asked in enumerate(entries):
        at = f"entries.{position}"
        try:
            checked = await writing.check(account, name, asked)
        except Invalid as error:
            wrong.extend(
                FieldError(f"{at}.{one.field}", one.code, one.message, one.hint)
                for one in error.fields
            )
        else:
            warnings.extend(f"{at}: {warning}" for warning in checked.warnings)
    if wrong:
        raise Invalid(f"{len(wrong)} fields of the entries are wrong; nothing was written.", wrong)
    return tuple(warnings)


async def perform_all(
    writing: Writing,
    account: ReadableAccount,
    name: str,
    entries: Sequence[WriteRequest],
    key: str | None,
) -> tuple[EntryOutcome, ...]:
    """Do one after the other; each has a key of its own, made of the caller's and its place.

    What is wrong with an entry doesn't keep the next from being tried; what is wrong with the
    target system or the consent does. Raises that when nothing was done.
    """
    outcomes: list[EntryOutcome] = []
    for position, asked in enumerate(entries):
        own = None if key is None else f"{key} {position}"  # no key of a caller's has a space
        try:
            outcomes.append(EntryOutcome(await writing.perform(account, name, asked, own)))
        except ServiceError as error:
            outcomes.append(EntryOutcome(error=error))
            if not _is_of_entry(error):
                break
    if all(one.done is None for one in outcomes):
        for one in outcomes:
            if one.error is not None:
                raise one.error
    return (*outcomes, *(EntryOutcome() for _ in entries[len(outcomes) :]))


def _is_of_entry(error: ServiceError) -> bool:
    refused = isinstance(error, DownstreamRefused) and not isinstance(error, DownstreamForbidden)
    return refused or isinstance(error, Invalid | WriteOutcomeUnknown)
