"""`make bench`: run the benchmarks, print the table, write build/bench.json."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import uvloop

from tests.bench import (
    assistants,
    backoffice,
    dispatching,
    edge,
    payouts,
    reads,
    relay,
    simulator,
    start,
    sync,
    vault,
    writes,
)
from tests.bench.figures import Figure, report

BENCHMARKS: dict[str, Callable[[bool], Awaitable[Sequence[Figure]]]] = {
    "simulator": simulator.run,
    "relay": relay.run,
    "vault": vault.run,
    "reads": reads.run,
    "writes": writes.run,
    "payouts": payouts.run,
    "doors": dispatching.run,
    "backoffice": backoffice.run,
    "sync": sync.run,
    "edge": edge.run,
    "mcp": assistants.run,
    "start": start.run,
}
FILE = Path("build") / "bench.json"


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--only", help="one benchmark: " + ", ".join(BENCHMARKS))
    parser.add_argument("--long", action="store_true", help="the long ones too")
    arguments = parser.parse_args()
    if arguments.only and arguments.only not in BENCHMARKS:
        print(f"there is no benchmark {arguments.only!r} yet; there are: {', '.join(BENCHMARKS)}")
        return 1
    chosen = [arguments.only] if arguments.only else list(BENCHMARKS)
    figures: list[Figure] = []
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        for name in chosen:
            print(f"{name} ...", flush=True)
            figures += runner.run(BENCHMARKS[name](arguments.long))  # type: ignore[arg-type]
    report(figures, FILE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
