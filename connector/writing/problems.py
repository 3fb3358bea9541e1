"""Everything that is wrong with a write, told at once."""

from collections.abc import Iterable, Mapping
from datetime import date

from connector.unified.upload import UploadedItem
from storage.errors import FieldError, Invalid


class Problems:
    """Collects what is wrong; `check` raises it all."""

    def __init__(self, confirmed: frozenset[str] = frozenset()) -> None:
        self._found: list[FieldError] = []
        self._confirmed = confirmed

    def add(self, field: str, code: str, message: str, hint: str | None = None) -> None:
        """Note that a field is wrong; `hint` is what to do about it."""
        self._found.append(FieldError(field, code, message, hint))

    def doubt(self, field: str, code: str, message: str) -> None:
        """Note what is most likely a mistake, unless the caller has confirmed it by its code."""
        if code not in self._confirmed:
            hint = f"If it is meant, send the parameter confirm={code}."
            self._found.append(FieldError(field, code, message, hint))

    def unused(self, fields: Mapping[str, object], why: str) -> tuple[str, ...]:
        """Return warnings for fields that were given and can't be used."""
        return tuple(
            f"{name} was not used: {why}" for name, value in fields.items() if value is not None
        )

    def __bool__(self) -> bool:
        return bool(self._found)

    def check(self) -> None:
        """Raise Invalid if anything is wrong."""
        if self._found:
            count = len(self._found)
            noun = "thing is" if count == 1 else "things are"
            raise Invalid(f"{count} {noun} wrong with what was to be written.", self._found)


def read_day(text: str | None, field: str, problems: Problems) -> date | None:
    """Read a day, or the day of a moment as it is written."""
    try:
        return None if text is None else date.fromisoformat(text[:10])
    except ValueError:
        problems.add(field, "NOT_A_DATE", f"{field} is a date such as 2026-11-20.")
        return None


def none_of(items: Iterable[UploadedItem]) -> Invalid:
    """Make the error for a request of whose files no bill came."""
    return Invalid(
        "No bill was made; what was wrong with each is listed.",
        [FieldError(f"files.{one.index}", one.code or "", one.message or "") for one in items],
    )
