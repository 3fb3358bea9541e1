"""Finding a provider by its target system."""

import pytest

from connector.registry import Registry
from oauth.errors import UnknownTarget
from tests.connector.providers.qonto.bank import Bank, provider


def test_a_known_target_system_is_found() -> None:
    """By its exact name."""
    qonto = provider(Bank())
    registry = Registry([qonto])
    assert registry.get("qonto") is qonto
    assert registry.targets() == ("qonto",)


@pytest.mark.parametrize("name", ["", "Qonto", "xero", "qonto-sandbox"])
def test_an_unknown_one_is_an_error_that_lists_the_known(name: str) -> None:
    """The name asked for isn't repeated, since anyone may have written it."""
    with pytest.raises(UnknownTarget, match="known are: qonto") as caught:
        Registry([provider(Bank())]).get(name)
    assert caught.value.code == "TARGET_SYSTEM_UNKNOWN"
    with pytest.raises(UnknownTarget, match="none"):
        Registry([]).get(name)
