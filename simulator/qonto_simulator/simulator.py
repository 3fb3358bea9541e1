"""Puts the simulated Qonto together."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from types import TracebackType
from typing import Self

import httpx2
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import ASGIApp

from .api import Api, no_route
from .approvals import ApprovalPage
from .clock import Clock
from .control import Control
from .control.parts import Parts
from .control.routes import routes as control_routes
from .edge import Edge
from .faults import Faults
from .files import FileLinks
from .home import HomePage
from .ids import IdSource
from .journal import Journal
from .limits import Limits
from .oauth.applications import Applications, OAuthClient
from .oauth.authorize import AuthorizePages, TestUser
from .oauth.grants import Grants
from .oauth.oddities import Oddities
from .oauth.token import TokenEndpoints
from .public import PublicPages
from .quirks import Quirks
from .resources import ENDPOINTS
from .seeding import seed as seed_world
from .seeding.companies import USERNAME
from .tally import Tally
from .webhooks.courier import Courier
from .webhooks.hub import Hub
from .world import World

APP_NAME = "Demo Ledger"


class RefusedInProduction(RuntimeError):
    """The environment says ``production``; a pretended bank has no place there."""


def _refuse_production() -> None:
    for name in ("ENVIRONMENT", "CONNECTOR_ENVIRONMENT"):
        if os.environ.get(name, "").strip().lower() == "production":
            raise RefusedInProduction(f"{name} is production: the simulator does not start here")


class Simulator:
    """One offline Qonto: authorization server, API, file links, webhooks, control and a page.

    ``app`` is the ASGI application. ``seed`` decides every id, token and document; ``clock`` is an
    instant to stand still at, a callable to follow, or ``None`` for the machine's time. With
    ``sandbox`` the staging token is asked for. ``deliver`` carries webhook posts instead of the
    network. ``base_url`` is where the simulator is reached; links in documents begin with it, and
    it may be set later.

    Use it as an asynchronous context manager, or call ``start`` and ``stop``; either runs the
    delivery of webhooks. Serving ``app`` with its lifespan does the same.
    """

    def __init__(
        self,
        seed: int = 1,
        sandbox: bool = False,
        clock: Clock | Callable[[], datetime] | datetime | None = None,
        base_url: str = "http://127.0.0.1:9000",
        deliver: httpx2.AsyncBaseTransport | None = None,
        *,
        app_name: str = APP_NAME,
        redirect_uris: Iterable[str] = (),
    ) -> None:
        _refuse_production()
        self.seed = seed
        self.sandbox = sandbox
        self._ids = IdSource(f"{seed}/{'sandbox' if sandbox else 'production'}")
        self.clock = clock if isinstance(clock, Clock) else Clock(clock)
        self.world = World(self._ids, self.clock, Hub(self._ids, self.clock))
        self.world.base_url = base_url.rstrip("/")
        self.world.sandbox = sandbox
        self.client_id = self._ids.stable("client")
        self.client_secret = self._ids.stable_text("client secret", 40)
        self.staging_token = self._ids.stable_text("staging token", 32)
        self.username = USERNAME
        self.password = self._ids.stable_text("password", 16)
        self.recorder = Journal()
        self.faults = Faults()
        self.limits = Limits()
        self._tally = Tally()
        self.grants = Grants(self._ids, self._tally)
        self._applications = Applications(
            self._ids,
            OAuthClient(self.client_id, self.client_secret, app_name, set(redirect_uris)),
        )
        self._oddities = Oddities()
        self.courier = Courier(self.world, deliver)
        seed_world(self.world)
        self.login = self.world.first.organisation.slug
        self.secret = self.world.first.organisation.secret_key
        self._running = 0
        self.control = Control(
            Parts(
                world=self.world,
                grants=self.grants,
                applications=self._applications,
                oddities=self._oddities,
                courier=self.courier,
                journal=self.recorder,
                tally=self._tally,
                faults=self.faults,
                limits=self.limits,
                password=self.password,
                reset=self.reset,
            )
        )
        self._api = Api(self.world, self.grants)
        self._user = TestUser(self.username, self.password)
        self._pages = AuthorizePages(self.world, self.grants, self._applications, self._user)
        self.app: ASGIApp = self._assemble()

    @property
    def base_url(self) -> str:
        """Where the simulator is reached, without a slash at the end."""
        return self.world.base_url

    @base_url.setter
    def base_url(self, value: str) -> None:
        self.world.base_url = value.rstrip("/")

    def _assemble(self) -> ASGIApp:
        tokens = TokenEndpoints(
            self.world, self.grants, self._applications, self._oddities, self._tally
        )
        staging_token = self.staging_token if self.sandbox else None
        home = HomePage(
            self.world,
            self.control,
            application=self._applications.first,
            user=self._user,
            staging_token=staging_token,
        )
        files = FileLinks(self.world)
        routes = [
            Route("/oauth2/auth", self._pages.start, methods=["GET"]),
            Route("/oauth2/auth/continue", self._pages.proceed, methods=["GET", "POST"]),
            Route("/oauth2/token", tokens.token, methods=["POST"]),
            Route("/oauth2/revoke", tokens.revoke, methods=["POST"]),
            Route("/files/{id}/{name:path}", files.get, methods=["GET"]),
            *self._api.routes(ENDPOINTS),
            *control_routes(self.control),
            *home.routes(),
            *PublicPages(self.world).routes(),
            *ApprovalPage(self.world, self.control).routes(),
        ]
        inner = Starlette(
            routes=routes,
            lifespan=self._lifespan,
            exception_handlers={HTTPException: no_route},
        )
        inner.router.redirect_slashes = False  # a path with a slash at its end is another path
        return Edge(
            inner,
            world=self.world,
            journal=self.recorder,
            tally=self._tally,
            faults=self.faults,
            limits=self.limits,
            staging_token=staging_token,
        )

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncGenerator[None]:
        async with self:
            yield

    def start(self) -> None:
        """Begins to deliver webhooks; needs a running event loop. May be called again."""
        self._running += 1
        self.courier.start()

    async def stop(self) -> None:
        """Ends what the matching ``start`` began; undelivered events stay where they are."""
        self._running = max(0, self._running - 1)
        if not self._running:
            await self.courier.stop()

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    def register_redirect_uri(self, uri: str) -> None:
        """Lets the application be returned to at exactly this address."""
        self.control.register_redirect_uri(uri)

    def issue_access_token(
        self, scopes: Iterable[str] | None = None, *, organization_id: str | None = None
    ) -> str:
        """A valid access token without the pages: all scopes and the first organisation unless
        told otherwise."""
        granted = None if scopes is None else list(scopes)
        return self.control.issue_access_token(granted, organization_id=organization_id)

    def reset(self) -> None:
        """Back to the seeded state; redirect addresses, clock and base address stay."""
        world = self.world
        world.books.clear()
        world.attachments.clear()
        world.payees.clear()
        world.sca_sessions.clear()
        world.declined_transfers.clear()
        world.agenda.clear()
        world.directory.clear()
        world.hub.clear()
        world.quirks = Quirks()
        for part in (
            *(self.grants, self._applications, self._oddities, self._pages, self._api),
            *(self.faults, self.limits, self.recorder, self._tally),
        ):
            part.clear()
        self._ids.restart()
        world.traces.restart()
        world.order.restart()
        seed_world(world)
