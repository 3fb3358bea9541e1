"""Whatever happens to answers and processes: no second record, none lost, and doubt is told."""

import asyncio
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.errors import WriteInProgress, WriteOutcomeUnknown
from storage.errors import ServiceError
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork
from tests.connector.writing.shop import Office, order

ANSWERS = st.lists(st.sampled_from(["ok", "lost", "dropped", "refused", "unreached"]), max_size=8)
WRITES = st.lists(st.sampled_from(["one", "two"]), min_size=1, max_size=4)


@pytest.fixture
async def office(work: UnitOfWork, ring: KeyRing) -> Office:
    return Office(work, ring)


def test_random_histories(office: Office) -> None:
    """Concurrent writes, some alike, are repeated until they are told for sure."""
    runner = asyncio.Runner()

    @settings(max_examples=60)
    @given(texts=WRITES, answers=ANSWERS, processes=st.integers(1, 3))
    def history(texts: list[str], answers: list[str], processes: int) -> None:
        runner.run(_play(office, texts, answers, processes))

    with runner:
        history()


async def _play(office: Office, texts: list[str], answers: list[str], processes: int) -> None:
    office.shop.records.clear()
    office.shop.answers = list(answers)
    office.later(3600)
    account = await office.account()
    workers = [office.process() for _ in range(processes)]
    open_ = dict(enumerate(texts))
    done: dict[int, str] = {}
    for round_ in range(4 + 3 * len(answers)):  # each lost answer takes three
        if not open_:
            break

        async def write(number: int, text: str, round_: int = round_) -> None:
            worker = workers[(number + round_) % processes]
            try:
                told = await worker.perform(account, "orders.create", order(text), f"key {number}")
            except (WriteOutcomeUnknown, WriteInProgress):
                return
            except ServiceError:
                return
            assert told.record_id is not None
            done[number] = told.record_id
            del open_[number]

        await asyncio.gather(*(write(number, text) for number, text in list(open_.items())))
        office.later(31)
    assert not open_, "asking again long enough always tells"
    assert len(set(done.values())) == len(texts)
    assert Counter(one.text for one in office.shop.records) == Counter(texts)
