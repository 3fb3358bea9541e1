"""Open files, which connections are: how many are needed, and how many there may be."""

import resource

from connector.app.settings import Settings

_TO_QONTO = 100
_ANY_NUMBER = 1_000_000
_ELSE = 64
"""Files, the log, listening sockets, the connections of a command beside the service."""


def besides(settings: Settings) -> int:
    """Return how many are needed besides those of callers: the database, Qonto, deliveries."""
    return 2 * settings.database.pool_size + 1 + _TO_QONTO + settings.delivery.at_once + _ELSE


def allowed() -> int:
    """Return how many this process may open once it has asked for all it can get."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return _ANY_NUMBER if most == resource.RLIM_INFINITY else most


def make_room(settings: Settings) -> int:
    """Raise this process' limit as far as is needed; return how many callers can be connected.

    These are at least 16: without any there would be no service at all.
    """
    wanted = settings.server.connections + besides(settings)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = min(wanted, allowed())
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    most = _ANY_NUMBER if soft == resource.RLIM_INFINITY else soft
    return max(16, min(settings.server.connections, most - besides(settings)))
