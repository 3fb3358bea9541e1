"""Every list is whole, whatever the simulated Qonto does with its pages."""

from typing import Any

import pytest

from connector.ports import Query
from tests.connector.providers.qonto.test_filters import LISTS, World, made_world, readers_of


@pytest.fixture(scope="module")
def alike() -> World:
    """Thirty of each kind were made at one moment; nothing here changes it but its quirks."""
    world = made_world()
    for kind in ("client_invoices", "supplier_invoices"):
        world.simulator.control.set_moments(kind, count=30)
    world.simulator.control.set_moments(
        "transactions", stamps=("settled_at", "created_at", "updated_at"), count=30
    )
    return world


@pytest.fixture(scope="module")
def whole(alike: World) -> dict[str, set[str]]:
    """The ids of every list, read as Qonto documents its pages."""
    return {
        name: {one.id for one in alike.read(of, Query(limit=100))} for name, of in LISTS.items()
    }


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    "quirks",
    [
        {"most_per_page": 50},
        {"most_per_page": 30, "most_per_page_unsaid": True},
        {"unstable_order": True},
    ],
    ids=["small pages", "small pages unsaid", "unstable order"],
)
def test_a_list_is_whole_and_has_every_record_once(
    name: str, quirks: dict[str, Any], alike: World, whole: dict[str, set[str]]
) -> None:
    control = alike.simulator.control
    control.set_quirks(**quirks)
    try:
        world = World(alike.simulator, readers_of(alike.simulator))
        for limit in (100, 20):
            ids = [one.id for one in world.read(LISTS[name], Query(limit=limit))]
            assert len(ids) == len(set(ids))
            assert set(ids) == whole[name]
    finally:
        control.set_quirks(most_per_page=None, most_per_page_unsaid=False, unstable_order=False)
