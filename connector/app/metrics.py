"""What the HTTP surface and the calls to providers count, in Prometheus' terms."""

from functools import lru_cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_MOST_LABELS = 1_000
"""Looking a label up costs more than counting."""

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class HttpMetrics:
    """Requests by route; never by path, which may hold ids."""

    def __init__(self, registry: CollectorRegistry) -> None:
        requests = Counter(
            "qonto_connector_http_requests_total",
            "Requests answered.",
            ["method", "route", "status"],
            registry=registry,
        )
        seconds = Histogram(
            "qonto_connector_http_request_seconds",
            "How long answering took.",
            ["route"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._keys = Counter(
            "qonto_connector_keys_refused_total",
            "Requests refused for their key: missing, unknown, denied, or slowed down.",
            ["reason"],
            registry=registry,
        )
        self._connections = Counter(
            "qonto_connector_connections_ended_total",
            "Connections that were refused or ended for what they did or didn't do.",
            ["reason"],
            registry=registry,
        )
        self._requests = lru_cache(_MOST_LABELS)(requests.labels)
        self._seconds = lru_cache(_MOST_LABELS)(seconds.labels)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        self._requests(method, route, status).inc()
        self._seconds(route).observe(seconds)

    def key_refused(self, reason: str) -> None:
        self._keys.labels(reason).inc()

    def connection_ended(self, reason: str) -> None:
        self._connections.labels(reason).inc()


class UpstreamMetrics:
    """Calls to providers, token calls included."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._calls = Counter(
            "qonto_connector_upstream_calls_total",
            "Calls to the provider; status 0 when none came back.",
            ["method", "route", "status"],
            registry=registry,
        )
        self._seconds = Histogram(
            "qonto_connector_upstream_call_seconds",
            "How long the provider took.",
            ["route"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.refreshes = Counter(
            "qonto_connector_token_refreshes_total",
            "Token refreshes by outcome.",
            ["outcome"],
            registry=registry,
        )

    def refresh_ended(self, outcome: str) -> None:
        """Count a refresh of tokens."""
        self.refreshes.labels(outcome).inc()

    def observe(self, method: str, route: str, status: int | None, seconds: float) -> None:
        self._calls.labels(method, route, status or 0).inc()
        self._seconds.labels(route).observe(seconds)


class BudgetMetrics:
    """Calls that the rate budget did not let through at once."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._held = Counter(
            "qonto_connector_rate_budget_held_total",
            "Calls that waited, or were refused: limited (429) or suspended (503; 401 for good).",
            ["target", "outcome"],
            registry=registry,
        )

    def observe(self, target: str, outcome: str) -> None:
        self._held.labels(target, outcome).inc()


class QueueMetrics:
    """How much waits to be delivered; read when asked for."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.due = Gauge(
            "qonto_connector_deliveries_due", "Deliveries whose time has come.", registry=registry
        )
        self.age = Gauge(
            "qonto_connector_delivery_oldest_seconds",
            "How long the oldest of them has been due.",
            registry=registry,
        )
        self.held = Gauge(
            "qonto_connector_deliveries_held",
            "Deliveries kept for subscriptions that are paused.",
            registry=registry,
        )
        self.endpoints = Gauge(
            "qonto_connector_endpoints",
            "Vendors' subscriptions by state.",
            ["state"],
            registry=registry,
        )
