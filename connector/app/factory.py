"""The HTTP app, from an assembled container."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from connector.api.errors import error_response
from connector.api.routing import OperationRoute
from connector.app.access_log import AccessLog
from connector.app.assistants import assistant_routes
from connector.app.back_office import office_routes
from connector.app.container import Container
from connector.app.edge import Closed, Edge, EdgeLimits
from connector.app.gate import KeyGate
from connector.app.opening import upload_folder
from connector.app.operations import routes
from connector.faces.backoffice.answers import failed
from connector.faces.backoffice.door import OneCompany
from connector.faces.backoffice.office import PREFIX
from connector.faces.dispatch import PREFIX as DISPATCH
from storage import schema
from webhooks.operations import TAKE_IN
from webhooks.pauses import Pauses

_FAILED = partial(error_response, with_word=True)


def create_app(
    container: Container,
    *,
    worker: bool = True,
    pauses: Pauses | None = None,
    company: OneCompany | None = None,
) -> Starlette:
    """Make the app. Its lifespan checks the schema and runs the worker if asked.

    `pauses` are those before events are refused. With `company` its back office is served too.

    The lifespan raises SchemaMismatch, saying what to run, when the database isn't at this version.
    Closing the container is left to whoever assembled it.
    """

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncGenerator[None]:
        await schema.require_current(container.storage.database)
        # one process does everything on SQLite, unless its worker was taken out of it
        await container.oauth.vault.start(alone=container.storage.database.is_sqlite and worker)
        if worker:
            container.worker.start()
        try:
            yield
        finally:
            if assistants is not None:
                await assistants.close()
            if worker:
                await container.worker.stop()

    settings = container.settings
    gate = KeyGate(container.oauth.callers, container.oauth.users)
    office = () if company is None else office_routes(container, company)
    served = [*routes(container, gate), *office]
    for_assistants, assistants = assistant_routes(container, gate)
    app = Starlette(
        routes=[*served, *for_assistants],
        middleware=[
            Middleware(
                Edge,
                metrics=container.metrics.http,
                direct=_direct(served),
                uploads=_with_files(served),
                pauses=pauses,
                limits=EdgeLimits(
                    settings.server.body_bytes,
                    settings.server.upload_bytes,
                    settings.server.connections_per_address,
                    settings.server.bad_keys_per_minute,
                ),
                access_log=AccessLog(settings.log.format) if settings.log.access else None,
                secure=settings.public_url.startswith("https://"),
                error_writers={**({PREFIX: failed} if office else {}), DISPATCH: _FAILED},
            )
        ],
        exception_handlers={HTTPException: Closed(gate).answer},
        lifespan=lifespan,
    )
    app.state.upload_folder = upload_folder(settings, container.storage.database)
    app.router.redirect_slashes = False  # a redirect would be built from the Host header
    return app


def _direct(served: Iterable[BaseRoute]) -> OperationRoute:
    """Find the route of events, which needs no router to be found."""
    return next(
        one for one in served if isinstance(one, OperationRoute) and one.operation is TAKE_IN
    )


def _with_files(served: Iterable[BaseRoute]) -> list[OperationRoute]:
    """Find the routes whose requests may bring files."""
    return [
        one
        for one in served
        if isinstance(one, OperationRoute) and one.operation.upload is not None
    ]
