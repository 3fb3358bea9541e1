"""What each read of the contract answers and takes, against the facts of Maesn's contract.

`contract_reads.json` lists, by path, the model that `data` is, with `[]` where it is a list, and
the query parameters with the values they are limited to; `unified/test_contract.py` compares the
models themselves. Left out are parameters for target systems with several environments or
companies, and the profile, which is any object.
"""

import json
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest

from connector.api.operation import Operation
from connector.api.routing import operations
from connector.faces.rest import GROUPS
from connector.faces.rest.contract import OPERATIONS

READS: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "contract_reads.json").read_text()
)
OURS: dict[str, Operation[Any]] = {
    one.path: one for one in operations(GROUPS) if one.method == "GET"
}
NOT_OURS = {("/accounting/expenses/{expenseId}", "journalCode")}
"""Qonto has no journals; the parameter gets a warning."""


def _told(operation: Operation[Any]) -> str:
    """Name the model of `data` as the facts do."""
    data, _ = get_args(operation.response)
    if get_origin(data) is tuple:
        return f"{get_args(data)[0].__name__}[]"
    return data.__name__


def test_every_read_of_the_contract_that_is_served_is_compared() -> None:
    """None is left out by mistake."""
    served = {path for method, path in OPERATIONS if method == "GET" and path in OURS}
    assert set(READS) == served - {"/accounting/profile", "/accounting/asyncTask/{taskId}"}


@pytest.mark.parametrize("path", sorted(READS))
def test_a_read_answers_the_contracts_model(path: str) -> None:
    """A record of another shape would fail a client that checks, and its whole page with it."""
    assert _told(OURS[path]) == READS[path]["answer"]


@pytest.mark.parametrize("path", sorted(READS))
def test_a_read_takes_the_contracts_parameters(path: str) -> None:
    """Under their names, with at least the contract's values."""
    ours = {one.name: one.schema for one in OURS[path].parameters if one.place == "query"}
    for name, values in READS[path]["parameters"].items():
        if (path, name) in NOT_OURS:
            continue
        assert name in ours
        assert set(values or ()) <= set(ours[name].get("enum", ())), name
