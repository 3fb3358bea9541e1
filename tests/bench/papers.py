"""A simulated Qonto whose invoices' files are as large as real ones: 60 to 200 kB each.

Run as a program with a number of invoices it prints how to use it, as one line of JSON, and serves
until it is ended. A file is made anew for each download, so that thousands take no memory.
"""

import asyncio
import json
import sys
from random import Random

from qonto_simulator import Simulator, pdf
from qonto_simulator.records.attachment import Attachment
from qonto_simulator.records.client_invoice import ClientInvoice
from qonto_simulator.serve import serving

SMALLEST, LARGEST = 60_000, 200_000
"""Bytes."""

_NOISE = Random(1).randbytes(LARGEST + 4096)


def paper(invoice: ClientInvoice, *_: object, **__: object) -> bytes:
    """Return a file of its own for an invoice; the same each time."""
    chance = Random(invoice.id)
    begin = chance.randrange(4096)
    size = chance.randrange(SMALLEST, LARGEST)
    head = f"%PDF-1.4\n% {invoice.id}\n".encode()
    return head + _NOISE[begin : begin + size] + b"\n%%EOF\n"


def _read(attachment: Attachment) -> bytes:
    return attachment.make() if attachment.content is None else attachment.content


async def _main(count: int) -> None:
    pdf.client_invoice = paper
    Attachment.read = _read
    simulator = Simulator(seed=1)
    # Airbyte's connector takes no key with a hyphen
    organisation = simulator.world.first.organisation
    organisation.secret_key = organisation.secret_key.replace("-", "")
    simulator.control.generate("client_invoices", count)
    async with serving(simulator) as address:
        facts = {
            "url": address,
            "accessToken": simulator.issue_access_token(),
            "apiKey": f"{simulator.login}:{organisation.secret_key}",
        }
        print(json.dumps(facts), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1])))
