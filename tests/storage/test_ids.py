"""Ids."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from storage.clock import iso_millis
from storage.ids import new_id

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2200, 1, 1)).map(  # noqa: DTZ001
    lambda moment: moment.replace(tzinfo=UTC)
)


@given(MOMENTS, st.integers(1, 10**9))
def test_ids_sort_by_the_time_they_were_made(moment: datetime, later: int) -> None:
    assert new_id("evt", moment) < new_id("evt", moment + timedelta(milliseconds=later))


def test_ids_of_one_moment_differ() -> None:
    moment = datetime(2026, 11, 20, tzinfo=UTC)
    made = {new_id("evt", moment) for _ in range(10_000)}
    assert len(made) == 10_000
    assert {len(one) for one in made} == {30}


@given(MOMENTS)
def test_a_moment_on_the_wire_has_milliseconds_and_a_z(moment: datetime) -> None:
    written = iso_millis(moment)
    assert len(written) == 24
    assert written.endswith("Z")
    assert abs(datetime.fromisoformat(written) - moment) < timedelta(milliseconds=1)
