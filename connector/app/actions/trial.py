"""Runs the sandbox and the demo, which need the simulator beside the connector."""

import json
from importlib.util import find_spec
from typing import Any

from connector.app.terminal import fail, out, run


def run_sandbox(
    *,
    port: int,
    simulator_port: int,
    database: str | None,
    copy_to: str | None,
    documents_to: str | None,
    as_json: bool,
) -> None:
    """Serve connector and simulators until SIGTERM or Ctrl-C."""
    _require_simulator()
    from connector.app import sandbox

    run(
        sandbox.run_sandbox(
            port=port,
            simulator_port=simulator_port,
            database=database,
            copy_to=copy_to,
            documents_to=documents_to,
            announce=lambda facts: _announce(facts, as_json),
        )
    )


def play_demo() -> None:
    """Play the whole journey."""
    _require_simulator()
    from connector.app.demo import DemoFailed, play

    try:
        run(play(out))
    except DemoFailed as error:
        fail(f"the demo stopped: {error}")


def _require_simulator() -> None:
    if find_spec("qonto_simulator") is None:
        fail(
            "this command needs the distribution qonto-simulator, which isn't installed; "
            "from a checkout: pip install ./simulator"
        )


def _announce(facts: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(facts), flush=True)
        return
    for name, value in facts.items():
        shown = json.dumps(value) if isinstance(value, dict) else value
        out.print(f"{name:<14} {shown}", highlight=False, soft_wrap=True)
