"""The command ``qonto-simulator``."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Sequence
from importlib.metadata import version

EXAMPLE = """\
example:
  qonto-simulator serve --port 8090 --redirect-uri http://127.0.0.1:3000/callback
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit code. A known failure is one line on stderr."""
    options = _parser().parse_args(arguments)
    try:
        return asyncio.run(_serve(options))
    except KeyboardInterrupt:
        return 0
    except (OSError, RuntimeError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else None
        print(f"error: {reason or problem}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="qonto-simulator",
        description="An offline Qonto for tests: OAuth2, the Business API, signed webhooks.",
    )
    parser.add_argument("--version", action="version", version=version("qonto-simulator"))
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser(
        "serve",
        help="serve until SIGTERM or Ctrl-C",
        description="Serve an offline Qonto until SIGTERM or Ctrl-C, and print how to use it.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = serve.add_argument
    add("--port", type=int, default=8090, help="0 is any free one (default: 8090)")
    add("--host", default="127.0.0.1", help="the address to listen on; in a container 0.0.0.0")
    add("--base-url", help="how clients reach it, when not at the address it listens on")
    add("--seed", type=int, default=1, help="the same seed gives the same data (default: 1)")
    add("--sandbox", action="store_true", help="ask for the staging token, as Qonto's sandbox does")
    add("--redirect-uri", action="append", default=[], help="register one; repeatable")
    add("--json", action="store_true", help="print one line of JSON instead of a table")
    return parser


async def _serve(options: argparse.Namespace) -> int:
    from .serve import serving
    from .simulator import Simulator

    simulator = Simulator(
        seed=options.seed, sandbox=options.sandbox, redirect_uris=options.redirect_uri
    )
    done, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, done.set)
    async with serving(simulator, options.port, host=options.host, base_url=options.base_url):
        facts = {
            "url": simulator.base_url,
            "login": simulator.login,
            "secret": simulator.secret,
            "username": simulator.username,
            "password": simulator.password,
            "clientId": simulator.client_id,
            "clientSecret": simulator.client_secret,
            "stagingToken": simulator.staging_token,
            "accessToken": simulator.issue_access_token(),
        }
        if options.json:
            print(json.dumps(facts), flush=True)
        else:
            print("\n".join(f"{name:<14} {value}" for name, value in facts.items()), flush=True)
        await done.wait()
    return 0
