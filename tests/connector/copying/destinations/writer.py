"""Writes one batch after the other until it is killed: `python -m ... TO NAME`."""

import asyncio
import itertools
import sys

from connector.copying.destinations.opening import open_destination
from connector.copying.ports import CopiedRecord
from tests.connector.copying.destinations.samples import ACCOUNT, copied

RECORDS = 40
RESOURCES = ("invoices", "bills", "transactions")


def batch_of(version: str) -> list[CopiedRecord]:
    """Return one version of all records."""
    return [
        copied(f"i{number}", version, resource=resource)
        for resource in RESOURCES
        for number in range(RECORDS)
    ]


async def run(to: str, name: str) -> None:
    """Write versions, and say so on a line after each."""
    opened = open_destination(to)
    for number in itertools.count():
        version = f"{name}-{number:06}"
        await opened.write(ACCOUNT, batch_of(version))
        print(version, flush=True)


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], sys.argv[2]))
