"""The simulator on a real socket, and as fixtures of somebody else's project."""

from __future__ import annotations

import ast
import asyncio
import json
import socket
from pathlib import Path

import httpx2
import pytest
import qonto_simulator as package
from qonto_simulator import (
    RefusedInProduction,
    Simulator,
    give_consent,
    run,
    serving,
)
from qonto_simulator.serve import HOST
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router

from .support import REDIRECT, Api, authorization_url, create_invoice, subscribe

pytest_plugins = ["pytester"]


@pytest.mark.loopback
async def test_it_serves_everything_under_one_free_port() -> None:
    simulator = Simulator(redirect_uris=[REDIRECT])
    async with serving(simulator) as url, Api(base_url=url) as http:
        assert url == simulator.base_url
        assert url.startswith("http://127.0.0.1:")
        target = authorization_url(simulator, "offline_access").replace("http://qonto.test", url)
        back = await give_consent(http, target)
        assert back.startswith(REDIRECT)
        http.headers["Authorization"] = f"Bearer {simulator.issue_access_token()}"
        bills = (await http.take("GET", "/v2/supplier_invoices"))["supplier_invoices"]
        path = f"/v2/attachments/{bills[0]['attachment_id']}"
        link = (await http.take("GET", path))["attachment"]["url"]
        assert link.startswith(url)
        del http.headers["Authorization"]
        assert (await http.get(link)).content.startswith(b"%PDF")
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((HOST, int(url.rsplit(":", 1)[1])), timeout=1)


@pytest.mark.loopback
async def test_a_taken_port_is_an_error() -> None:
    async with serving(Simulator()) as url:
        with pytest.raises(OSError, match="in use"):
            async with serving(Simulator(), port=int(url.rsplit(":", 1)[1])):
                pass


@pytest.mark.loopback
async def test_it_runs_until_it_is_cancelled() -> None:
    with socket.create_server((HOST, 0)) as free:
        port = free.getsockname()[1]
    task = asyncio.create_task(run(Simulator(), port))
    async with httpx2.AsyncClient() as http, asyncio.timeout(30):
        while True:
            try:
                assert (await http.get(f"http://{HOST}:{port}/")).status_code == 200
                break
            except httpx2.ConnectError:
                await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.loopback
async def test_dropped_connections_and_lost_responses_look_so_on_the_wire() -> None:
    simulator = Simulator()
    async with serving(simulator) as url, Api(base_url=url) as api:
        api.headers["Authorization"] = f"{simulator.login}:{simulator.secret}"
        before = (await api.take("GET", "/v2/client_invoices"))["meta"]["total_count"]
        for kind, difference in (("drop", 0), ("lost_response", 1)):
            simulator.control.fault("/v2/client_invoices", kind, method="POST")
            with pytest.raises((httpx2.RemoteProtocolError, httpx2.ReadError)):
                await create_invoice(api)
            after = (await api.take("GET", "/v2/client_invoices"))["meta"]["total_count"]
            assert after == before + difference


@pytest.mark.loopback
async def test_events_go_out_over_the_network_and_retries_come_by_themselves() -> None:
    got: list[str] = []
    done = asyncio.Event()

    async def receive(request: Request) -> Response:
        got.append(json.loads(await request.body())["data"]["event"])
        if len(got) == 3:
            done.set()
        return Response(status_code=500 if len(got) == 1 else 204)

    import uvicorn

    listener = socket.create_server((HOST, 0))
    config = uvicorn.Config(
        Router([Route("/hook", receive, methods=["POST"])]), log_config=None, lifespan="off"
    )
    server = uvicorn.Server(config)
    receiver = asyncio.create_task(server._serve([listener]))
    simulator = Simulator()
    simulator.control.set_quirks(retry_base=0.05)
    async with serving(simulator) as url, Api(base_url=url) as api, asyncio.timeout(30):
        api.headers["Authorization"] = f"Bearer {simulator.issue_access_token()}"
        hook = f"http://{HOST}:{listener.getsockname()[1]}/hook"
        await subscribe(api, "v1/client-invoices", callback_url=hook)
        invoice = await create_invoice(api, status="unpaid")
        await api.take("POST", f"/_simulator/invoices/{invoice['id']}/pay")
        await done.wait()
    server.should_exit = True
    await receiver
    assert sorted(got) == ["created", "created", "updated"]


@pytest.mark.parametrize("name", ["ENVIRONMENT", "CONNECTOR_ENVIRONMENT"])
def test_it_does_not_start_in_production(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "Production")
    with pytest.raises(RefusedInProduction, match=name):
        Simulator()
    monkeypatch.setenv(name, "staging")
    assert Simulator()


async def test_the_lifespan_of_the_application_starts_and_stops_it() -> None:
    simulator = Simulator()
    to_app: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    from_app: asyncio.Queue[str] = asyncio.Queue()

    async def send(message: object) -> None:
        await from_app.put(message["type"])  # type: ignore[index]

    task = asyncio.create_task(simulator.app({"type": "lifespan"}, to_app.get, send))
    await to_app.put({"type": "lifespan.startup"})
    assert await from_app.get() == "lifespan.startup.complete"
    await to_app.put({"type": "lifespan.shutdown"})
    assert await from_app.get() == "lifespan.shutdown.complete"
    await task


def test_it_imports_nothing_from_the_connector_side() -> None:
    root = Path(package.__file__).parent
    allowed = package.__name__
    for path in root.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            for name in names:
                own = name == allowed or name.startswith(f"{allowed}.")
                foreign = name.split(".")[0] in ("connector", "oauth", "webhooks", "storage")
                assert own or not foreign, f"{path}: {name}"


@pytest.mark.loopback
def test_other_projects_get_it_as_fixtures(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function")
    pytester.makepyfile(
        """
        import urllib.request

        import httpx2
        import pytest


        @pytest.fixture
        def qonto_simulator_options():
            return {"seed": 3}


        async def test_in_process(qonto_simulator):
            transport = httpx2.ASGITransport(qonto_simulator.app)
            headers = {"Authorization": f"{qonto_simulator.login}:{qonto_simulator.secret}"}
            async with httpx2.AsyncClient(transport=transport, headers=headers) as http:
                answer = await http.get("http://qonto.test/v2/organization")
            assert answer.status_code == 200


        def test_over_http(qonto_simulator, qonto_simulator_url):
            assert qonto_simulator.seed == 3
            request = urllib.request.Request(
                f"{qonto_simulator_url}/v2/organization",
                headers={"Authorization": f"{qonto_simulator.login}:{qonto_simulator.secret}"},
            )
            with urllib.request.urlopen(request) as answer:
                assert answer.status == 200
        """
    )
    result = pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=2)
