"""The HTTP app, from an assembled container."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

import connector.routes
import oauth.routes
import webhooks.routes
from connector.app import capabilities_endpoint, docs_routes, health, unlink_endpoint
from connector.app.access_log import AccessLog
from connector.app.container import Container
from connector.app.edge import Edge, EdgeLimits, answer_http_exception
from connector.app.unserved import complete
from connector.app.write_probe import WriteProbe
from storage import migrations
from webhooks.pauses import Pauses


def create_app(
    container: Container, *, worker: bool = True, pauses: Pauses | None = None
) -> Starlette:
    """Make the app. Its lifespan checks the schema and runs the worker if asked.

    `pauses` are those before events are refused.

    The lifespan raises SchemaMismatch, saying what to run, when the database isn't at this version.
    Closing the container is left to whoever assembled it.
    """

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncGenerator[None]:
        await migrations.require_current(container.database)
        # one process does everything on SQLite, unless its worker was taken out of it
        await container.vault.start(alone=container.database.is_sqlite and worker)
        if not worker:
            yield
            return
        container.worker.start()
        try:
            yield
        finally:
            await container.worker.stop()

    settings = container.settings
    app = Starlette(
        routes=complete(
            [
                *health.routes,
                *docs_routes.routes,
                # before /auth/{target}, which would take what lies below /auth for a target system
                *connector.routes.routes,
                *oauth.routes.routes,
                *webhooks.routes.routes,
                *unlink_endpoint.routes,
                *capabilities_endpoint.routes,
            ]
        ),
        middleware=[
            Middleware(
                Edge,
                callers=container.callers,
                metrics=container.http_metrics,
                direct=webhooks.routes.incoming,
                pauses=pauses,
                limits=EdgeLimits(
                    settings.server.body_bytes,
                    settings.server.connections_per_address,
                    settings.server.bad_keys_per_minute,
                ),
                access_log=AccessLog(settings.log.format) if settings.log.access else None,
                secure=settings.public_url.startswith("https://"),
            )
        ],
        exception_handlers={HTTPException: answer_http_exception},
        lifespan=lifespan,
    )
    app.state.container = container
    app.state.write_probe = WriteProbe(container.work, container.clock)
    app.router.redirect_slashes = False  # a redirect would be built from the Host header
    return app
