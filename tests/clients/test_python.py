"""A client in Python, by openapi-python-client."""

import json
from pathlib import Path

import pytest

from tests.clients.conftest import Served, run
from tests.support.node import TOOLS

PYTHON = TOOLS / "bin" / "python"
MOST_FILES = 800

pytestmark = [
    pytest.mark.loopback,
    pytest.mark.skipif(not PYTHON.exists(), reason="no generators: python -m tests.clients"),
]

PROGRAM = """
import json, os
from client.api.accounting import get_invoice, list_invoices
from client.client import Client
from client.models import InvoiceListAnswer, NotFoundError, PageSize

keys = {"X-API-KEY": os.environ["API_KEY"], "X-ACCOUNT-KEY": os.environ["ACCOUNT_KEY"]}
client = Client(base_url=os.environ["URL"], headers=keys)
page = list_invoices.sync(client=client, limit=PageSize.VALUE_5)
assert isinstance(page, InvoiceListAnswer), page
first = page.data[0]
missing = get_invoice.sync("00000000-0000-4000-8000-000000000000", client=client)
assert isinstance(missing, NotFoundError), missing
print(json.dumps({
    "count": len(page.data),
    "total": page.meta.pagination.total,
    "id": first.id,
    "status": first.status.value,
    "year": first.created_date.year,
    "code": missing.errors.code.value,
}))
"""


async def test_a_generated_client_lists_invoices_and_tells_errors_by_their_codes(
    served: Served, tmp_path: Path
) -> None:
    """Few files, none left out with a warning; words, moments and codes are types of their own."""
    told = await run(
        *(PYTHON, "-m", "openapi_python_client", "generate", "--meta", "none"),
        *("--path", served.description, "--output-path", tmp_path / "client"),
        "--fail-on-warning",
        within=tmp_path,
        environment={"PATH": f"{TOOLS / 'bin'}:/usr/bin:/bin"},
    )
    assert "warning" not in told.lower(), told
    assert len([*(tmp_path / "client").rglob("*.py")]) < MOST_FILES
    said = await run(PYTHON, "-c", PROGRAM, within=tmp_path, environment=served.environment)
    answer = json.loads(said)
    assert answer["count"] == 5 < answer["total"]
    assert (answer["year"] in (2025, 2026), answer["code"]) == (True, "NOT_FOUND")
    assert answer["id"] and answer["status"].isupper()
