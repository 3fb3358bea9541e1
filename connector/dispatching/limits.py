"""How much a template may ask for: no template takes more than these, whatever its data."""

from dataclasses import dataclass, field
from time import thread_time
from typing import cast

from storage.errors import Invalid

CONTENT = 64 * 1024
"""Characters of a stored template."""
NODES = 2_000
"""Values in a stored template."""
TEXTS = 300
"""Texts in it that are rendered: each has to be compiled."""
DEPTH = 16
"""Levels that values may be nested in a template, and in its data."""
LEAF = 4_000
"""Characters of one text in a template."""
EXPRESSION_DEPTH = 40
"""Levels that an expression may be nested."""

DATA_NODES = 5_000
"""Values in the data."""
DATA_TEXT = 10_000
"""Characters of one text in the data."""

OUTPUT_NODES = 10_000
"""Values in what is rendered."""
OUTPUT = 256 * 1024
"""Characters in what is rendered."""
REPEATS = 1_000
"""Entries that one `$each` goes through."""
SECONDS = 0.5
"""Of processor time."""

TEMPLATES = 1_000
"""Templates of one tenant."""


def too_much(field: str, words: str) -> Invalid:
    """Return the refusal of what goes beyond a limit."""
    return Invalid.one(field, "TEMPLATE_LIMIT", words)


@dataclass
class Allowance:
    """What is left while a template is rendered."""

    ends_at: float = field(default_factory=lambda: thread_time() + SECONDS)
    nodes: int = OUTPUT_NODES
    characters: int = OUTPUT

    def take(self, characters: int = 0) -> None:
        """Count one more value. Raises Invalid when it is too much."""
        self.nodes -= 1
        self.characters -= characters
        if self.nodes < 0 or self.characters < 0:
            raise too_much("template", "What the template makes of this data is too large.")
        if thread_time() > self.ends_at:
            raise too_much("template", f"The template takes longer than {SECONDS} s.")


def check_data(data: object) -> None:
    """Raise Invalid for data that is too large, looking at it without recursion."""
    count = 0
    left: list[tuple[object, int]] = [(data, 0)]
    while left:
        value, depth = left.pop()
        count += 1
        if count > DATA_NODES:
            raise too_much("template.data", f"The data has more than {DATA_NODES} values.")
        if depth > DEPTH:
            raise too_much("template.data", f"The data is nested deeper than {DEPTH} levels.")
        match value:
            case str():
                if len(value) > DATA_TEXT:
                    words = f"A text in the data has more than {DATA_TEXT} characters."
                    raise too_much("template.data", words)
            case dict():
                members = cast("dict[str, object]", value)
                left += [(one, depth + 1) for one in (*members, *members.values())]
            case list():
                left += [(one, depth + 1) for one in cast("list[object]", value)]
            case _:
                pass
