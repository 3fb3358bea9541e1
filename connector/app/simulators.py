"""Running an offline Qonto by itself."""

from collections.abc import Callable, Sequence
from typing import Any

from connector.app.serving import until_told
from connector.app.settings import SettingsInvalid
from connector.providers.qonto.simulator import RefusedInProduction, Simulator, serving


def offline_qonto(*, seed: int, sandbox: bool) -> Simulator:
    """Make a simulator. Raises SettingsInvalid where the environment says production."""
    try:
        return Simulator(seed=seed, sandbox=sandbox)
    except RefusedInProduction as error:
        raise SettingsInvalid(str(error)) from None


async def run_simulator(
    *,
    port: int,
    seed: int,
    sandbox: bool,
    redirect_uris: Sequence[str],
    announce: Callable[[dict[str, Any]], None],
) -> None:
    """Serve one until SIGTERM or Ctrl-C; `announce` is told how to reach and use it.

    Raises OSError when the port is taken.
    """
    simulator = offline_qonto(seed=seed, sandbox=sandbox)
    for uri in redirect_uris:
        simulator.register_redirect_uri(uri)
    with until_told() as told:
        async with serving(simulator, port) as address:
            announce(
                {
                    "url": address,
                    "login": simulator.login,
                    "secret": simulator.secret,
                    "username": simulator.username,
                    "password": simulator.password,
                    "clientId": simulator.client_id,
                    "clientSecret": simulator.client_secret,
                    "stagingToken": simulator.staging_token,
                    "accessToken": simulator.issue_access_token(),
                }
            )
            await told.wait()
