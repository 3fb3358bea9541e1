"""What a batch changes, in which order."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from connector.copying.ports import CopiedRecord, Gone


@dataclass(frozen=True, slots=True)
class ChangeRound:
    """Changes of one resource in which no record comes twice, so that their order is free."""

    resource: str
    records: list[CopiedRecord] = field(default_factory=list[CopiedRecord])
    gone: list[Gone] = field(default_factory=list[Gone])


def rounds_of(batch: Sequence[CopiedRecord | Gone]) -> list[ChangeRound]:
    """Part a batch into rounds, to be carried out one after the other.

    A record that comes a second time belongs to a later round than the first.
    """
    rounds: dict[tuple[str, int], ChangeRound] = {}
    seen: dict[tuple[str, str], int] = {}
    for one in batch:
        key = one.resource, one.id
        number = seen[key] = seen.get(key, -1) + 1
        found = rounds.setdefault((one.resource, number), ChangeRound(one.resource))
        match one:
            case CopiedRecord():
                found.records.append(one)
            case Gone():
                found.gone.append(one)
    return [rounds[key] for key in sorted(rounds, key=lambda key: (key[1], key[0]))]
