"""Which form of a file a request prefers: JSON around it, or the file itself. Pure.

`Accept` as RFC 9110 has it: the most specific range that fits a form decides its quality. JSON wins
unless the file's own form has more, or as much by a more specific range: `*/*` alone is JSON,
`application/pdf, */*` a PDF.
"""

from collections.abc import Iterator
from dataclasses import dataclass

JSON = "application/json"
BYTES = "application/octet-stream"
"""What every file may be sent as."""


@dataclass(frozen=True, slots=True)
class _Preference:
    quality: float
    specificity: int


_NONE = _Preference(0.0, -1)


def choose_form(accept: str | None, media_type: str) -> str | None:
    """Return the media type to answer with: JSON, the file's own or BYTES; None when none fits."""
    ranges = list(_ranges(accept or "*/*"))
    forms = dict.fromkeys((JSON, media_type, BYTES) if media_type != JSON else (JSON, BYTES))
    best, preference = None, _NONE
    for form in forms:
        found = _preference(ranges, form)
        if found.quality <= 0:
            continue
        # with bytes only when these are named: a wildcard is a wish for any form, so for a better
        if form == BYTES != media_type and found.specificity < 2:
            continue
        if (found.quality, found.specificity) > (preference.quality, preference.specificity):
            best, preference = form, found
    return best


def _ranges(accept: str) -> Iterator[tuple[str, _Preference]]:
    """Read the ranges of the header; what can't be read accepts nothing."""
    for part in accept.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        kind, slash, subtype = name.partition("/")
        if not slash or not kind or not subtype or (kind == "*" and subtype != "*"):
            continue
        quality = _quality(parameters)
        if quality is not None:
            specificity = 0 if kind == "*" else 1 if subtype == "*" else 2
            yield name, _Preference(quality, specificity)


def _quality(parameters: list[str]) -> float | None:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() != "q":
            continue
        try:
            quality = float(value.strip())
        except ValueError:
            return None
        return quality if 0 <= quality <= 1 else None
    return 1.0


def _preference(ranges: list[tuple[str, _Preference]], form: str) -> _Preference:
    """The most specific range that fits; of equal ones, the one with the highest quality."""
    kind = form.partition("/")[0]
    fitting = [found for name, found in ranges if name in (form, f"{kind}/*", "*/*")]
    return max(fitting, key=lambda found: (found.specificity, found.quality), default=_NONE)
