"""What clients were told, held against Qonto's books. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from tests.chaos.errands import Errand, Kind

Effects = Mapping[Kind, Counter[str]]


@dataclass(frozen=True, slots=True)
class BooksSeen:
    """What Qonto has: effects by kind and mark, and what else must be right.

    `drafted` counts all invoices by their mark, final or not. `credits` are what each invoice comes
    to and what is credited of it. `numbers` are the legal ones, by kind, in their order.
    """

    effects: Effects
    drafted: Counter[str] = field(default_factory=Counter[str])
    customers: Counter[str] = field(default_factory=Counter[str])
    credits: Sequence[tuple[str, Decimal, Decimal]] = ()
    numbers: Mapping[str, Sequence[int]] = field(default_factory=dict[str, Sequence[int]])
    applied: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(slots=True)
class _Count:
    """What clients were told of one mark."""

    done: int = 0
    unknown: int = 0
    errands: int = 0


def complaints(errands: Iterable[Errand], seen: BooksSeen) -> list[str]:
    """List what broke the promise that nothing is done twice and nothing is lost, in words."""
    errands = list(errands)
    return [
        *(f"{one.kind} {one.marks[0]}: {what}" for one in errands for what in one.wrong),
        *_disagreeing(errands),
        *_counted(errands, seen.effects),
        *_drafted_twice(errands, seen),
        *(
            f"{of}: {credited} of {total} is credited"
            for of, total, credited in seen.credits
            if credited > total
        ),
        *(
            f"the {kind} numbers have gaps or repeat themselves"
            for kind, numbers in seen.numbers.items()
            if numbers and sorted(numbers) != list(range(min(numbers), min(numbers) + len(numbers)))
        ),
        *(
            f"{path} was done {times} times"
            for path, times in seen.applied.items()
            if path.endswith("/finalize") and times > 1
        ),
    ]


def _disagreeing(errands: Iterable[Errand]) -> list[str]:
    """All who asked with one key were told the same, and each record belongs to one key."""
    found: list[str] = []
    owners: defaultdict[str, set[str]] = defaultdict(set)
    for one in errands:
        if not one.said:
            found.append(f"{one.kind} {one.marks[0]} was never told")
        elif len({told for said in one.said for told in said.certain}) > 1:
            told = [(said.outcomes, said.ids) for said in one.said]
            found.append(f"{one.kind} {one.marks[0]}: askers with one key were told {told}")
        if one.kind not in ("finalize", "mail"):
            for made in {made for said in one.said for made in said.ids}:
                owners[made].add(one.key)
    return found + [
        f"{made} was told to {len(keys)} keys" for made, keys in owners.items() if len(keys) > 1
    ]


def _counted(errands: Sequence[Errand], effects: Effects) -> list[str]:
    counts: defaultdict[tuple[Kind, str], _Count] = defaultdict(_Count)
    for one in errands:
        outcomes = one.outcomes
        for mark in one.marks:
            count = counts[one.kind, mark]
            count.errands += 1
            count.done += outcomes.get(mark) == "done"
            count.unknown += outcomes.get(mark, "unknown") == "unknown"
    found: list[str] = []
    for (kind, mark), count in counts.items():
        there = effects[kind][mark]
        if kind == "finalize":  # whoever asks for what is final already may be told that it is
            count.done = min(count.done, 1)
        if there > count.done + count.unknown:
            found.append(
                f"{kind} {mark}: {there} are there, {count.done} were said to be done "
                f"and {count.unknown} to be unknown, of {count.errands}: "
                + "; ".join(
                    one.history for one in errands if one.kind == kind and mark in one.marks
                )
            )
        if there < count.done:
            found.append(f"{kind} {mark}: {count.done} were said to be done, {there} are there")
    for kind, marks in effects.items():
        found += [
            f"{kind} {mark} was never asked for" for mark in marks if (kind, mark) not in counts
        ]
    return found


def _drafted_twice(errands: Iterable[Errand], seen: BooksSeen) -> list[str]:
    """An issued invoice leaves no second draft behind, and its customer is made once."""
    asked = Counter(one.marks[0] for one in errands if one.kind == "issue")
    return [
        *(
            f"issue {mark}: {seen.drafted[mark]} invoices, drafts among them, for {times} requests"
            for mark, times in asked.items()
            if seen.drafted[mark] > times
        ),
        *(
            f"issue {mark}: its customer is there {seen.customers[mark]} times"
            for mark in asked
            if seen.customers[mark] > 1
        ),
    ]


def tally(errands: Iterable[Errand]) -> Mapping[str, int]:
    """Count how errands ended."""
    told = Counter(outcome for one in errands for outcome in one.outcomes.values())
    return {outcome: told[outcome] for outcome in ("done", "refused", "unknown")}
