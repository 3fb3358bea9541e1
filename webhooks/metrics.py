"""What the relay counts."""

from functools import lru_cache

from prometheus_client import CollectorRegistry, Counter, Histogram

_MOST_OUTCOMES = 256


class RelayMetrics:
    """The relay's part of /metrics."""

    def __init__(self, registry: CollectorRegistry) -> None:
        accepted = Counter(
            "qonto_connector_events_total",
            "Incoming events by what became of them.",
            ["outcome"],
            registry=registry,
        )
        self.accepted = lru_cache(_MOST_OUTCOMES)(accepted.labels)
        self.polls = Counter(
            "qonto_connector_polls_total",
            "Polls for changes by what became of them.",
            ["outcome"],
            registry=registry,
        )
        attempts = Counter(
            "qonto_connector_delivery_attempts_total",
            "Attempts to deliver, by what came of them.",
            ["outcome"],
            registry=registry,
        )
        self.attempts = lru_cache(_MOST_OUTCOMES)(attempts.labels)
        """Looking a label up costs more than counting."""
        self.attempt_seconds = Histogram(
            "qonto_connector_delivery_attempt_seconds",
            "How long an attempt took.",
            registry=registry,
        )
        self.waiting_seconds = Histogram(
            "qonto_connector_delivery_seconds",
            "From accepting an event to its arrival at the vendor.",
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600, 3600, 86400),
            registry=registry,
        )
        self.breaker_openings = Counter(
            "qonto_connector_breaker_openings_total",
            "Times that a host could not be reached and was given one attempt at a time.",
            registry=registry,
        )
