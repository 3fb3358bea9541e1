"""Token answers that are not as documented, on request."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Oddity:
    """How the next successful answers of the token endpoint differ; the tokens in them are real."""

    change: dict[str, object]
    omit: tuple[str, ...]
    reverse_scope: bool
    grant_type: str | None
    times: int | None

    def applied(self, document: dict[str, object]) -> dict[str, object]:
        changed = {**document, **self.change}
        if self.reverse_scope:
            changed["scope"] = " ".join(reversed(str(document["scope"]).split()))
        return {name: value for name, value in changed.items() if name not in self.omit}

    def document(self) -> dict[str, object]:
        return {
            "change": self.change,
            "omit": list(self.omit),
            "reverse_scope": self.reverse_scope,
            "grant_type": self.grant_type,
            "times": self.times,
        }


class Oddities:
    """The oddities that wait for their answers, oldest first."""

    def __init__(self) -> None:
        self._waiting: list[Oddity] = []

    def add(self, oddity: Oddity) -> Oddity:
        self._waiting.append(oddity)
        return oddity

    def shape(self, grant_type: str, document: dict[str, object]) -> dict[str, object]:
        """The answer as it goes out; the oldest oddity that fits is counted down."""
        for oddity in self._waiting:
            if oddity.grant_type not in (None, grant_type):
                continue
            if oddity.times is not None:
                oddity.times -= 1
                if oddity.times == 0:
                    self._waiting.remove(oddity)
            return oddity.applied(document)
        return document

    def waiting(self) -> list[Oddity]:
        return list(self._waiting)

    def clear(self) -> None:
        self._waiting.clear()
