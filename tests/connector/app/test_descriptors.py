"""How many callers can be connected, by the descriptors that the process may have."""

import resource

import pytest

from connector.app.descriptors import allowed, besides, make_room
from connector.app.settings import ServerGroup, Settings

SETTINGS = Settings(server=ServerGroup(connections=1000))
OTHERS = besides(SETTINGS)


class Limit:
    """The process' limit, as the kernel keeps it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, soft: int, hard: int) -> None:
        self.now = soft, hard
        monkeypatch.setattr(resource, "getrlimit", lambda _: self.now)
        monkeypatch.setattr(resource, "setrlimit", self._set)

    def _set(self, _: int, wanted: tuple[int, int]) -> None:
        assert wanted[0] <= wanted[1] or wanted[1] == resource.RLIM_INFINITY
        self.now = wanted


@pytest.mark.parametrize(
    ("soft", "hard", "raised", "connections"),
    [
        (256, 100_000, 1000 + OTHERS, 1000),
        (256, resource.RLIM_INFINITY, 1000 + OTHERS, 1000),
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY, resource.RLIM_INFINITY, 1000),
        (90_000, 100_000, 90_000, 1000),
        (256, 1024, 1024, 1024 - OTHERS),
        (256, 256, 256, 16),
    ],
)
def test_the_limit_is_raised_as_far_as_needed_and_connections_fit_into_it(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, raised: int, connections: int
) -> None:
    limit = Limit(monkeypatch, soft, hard)
    assert make_room(SETTINGS) == connections
    assert limit.now == (raised, hard)
    assert allowed() >= raised
