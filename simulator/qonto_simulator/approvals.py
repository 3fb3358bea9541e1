"""The page on the person's phone that asks for approval."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .control import Control
from .pages import page
from .records.sca import ScaSession
from .world import World


class ApprovalPage:
    """``/approvals/{token}``: what is asked for, and two buttons."""

    def __init__(self, world: World, control: Control) -> None:
        self._world = world
        self._control = control

    def routes(self) -> list[Route]:
        path = "/approvals/{token}"
        return [
            Route(path, self.show, methods=["GET"]),
            Route(path, self.answer, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        session = self._world.sca_sessions.get(request.path_params["token"])
        if session is None:
            return page(
                "message.html",
                status=404,
                heading="Nothing to approve",
                text="This link was never given out, or the simulator was reset since.",
            )
        return self._page(session)

    async def answer(self, request: Request) -> Response:
        session = self._world.sca_sessions.get(request.path_params["token"])
        if session is None:
            return await self.show(request)
        wanted = (await request.form()).get("result")
        problem = ""
        try:
            self._control.decide_sca(session.token, "allow" if wanted == "allow" else "deny")
        except ValueError as refusal:
            problem = str(refusal)
        return self._page(session, problem)

    def _page(self, session: ScaSession, problem: str = "") -> Response:
        books, person = self._world.membership(session.membership_id)
        expired = session.result == "waiting" and self._world.now() >= session.expires_at
        return page(
            "approval.html",
            session=session,
            problem=problem,
            state="expired" if expired else session.result,
            person=f"{person.first_name} {person.last_name}",
            organisation=books.organisation.legal_name,
        )
