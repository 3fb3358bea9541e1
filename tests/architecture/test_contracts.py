"""The import contracts that list the product's parts list all of them."""

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACTS = {
    one["name"]: one
    for one in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
}
PARTS = {
    f"connector.{one.stem}"
    for one in (ROOT / "connector").iterdir()
    if (one / "__init__.py").exists() or (one.suffix == ".py" and one.stem != "__init__")
}


@pytest.mark.parametrize(
    ("contract", "key", "but"),
    [
        ("what an endpoint is knows no feature", "forbidden_modules", {"api"}),
        ("oauth knows storage, and what an endpoint is", "forbidden_modules", {"api"}),
        ("the product knows neither the relay nor the roof", "source_modules", {"api", "app"}),
        (
            "the list engine stands on ports, errors and the model",
            "forbidden_modules",
            {"errors", "listing", "ports", "unified"},
        ),
    ],
)
def test_a_part_that_is_new_is_bound_like_the_others(
    contract: str, key: str, but: set[str]
) -> None:
    listed = set(CONTRACTS[contract][key]) & PARTS
    assert PARTS - listed == {f"connector.{name}" for name in but}
