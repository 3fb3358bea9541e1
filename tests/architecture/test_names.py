"""The four generic top-level names belong to this project alone."""

from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["connector", "oauth", "webhooks", "storage"])
def test_no_other_distribution_claims_a_name(name: str) -> None:
    assert set(packages_distributions().get(name, ["qonto-connector"])) == {"qonto-connector"}


def test_the_installed_alembic_wins_over_the_folder_of_revisions() -> None:
    import alembic

    assert alembic.__file__ is not None
    assert not (ROOT / "alembic" / "__init__.py").exists()


def test_every_folder_of_tests_is_a_package() -> None:
    folders = {path.parent for path in (ROOT / "tests").rglob("*.py")}
    assert [str(folder) for folder in folders if not (folder / "__init__.py").exists()] == []
