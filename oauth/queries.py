"""Query parameters, each of which has one meaning and so may come once."""

from collections import Counter

from starlette.datastructures import QueryParams

from storage.errors import FieldError, Invalid


def given_once(parameters: QueryParams) -> dict[str, str]:
    """Return the parameters that have a value; an empty one is as good as none.

    Raises Invalid for those that come more than once: taking one of their values would leave the
    others out without a word.
    """
    pairs = [(name, value) for name, value in parameters.multi_items() if value]
    repeated = [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]
    if repeated:
        raise Invalid(
            "Some query parameters come more than once; each is listed.",
            [FieldError(name[:60], "REPEATED", f"{name[:60]} may come once.") for name in repeated],
        )
    return dict(pairs)
