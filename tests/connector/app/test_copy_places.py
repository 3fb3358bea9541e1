"""Where copies go is known to be a place before anything is served."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from connector.app.copy_places import check
from connector.app.doctor import Finding, examine
from connector.app.processes import serve, work
from connector.app.settings import Settings, SettingsInvalid, SyncGroup


def group(to: str, documents: str = "") -> SyncGroup:
    return SyncGroup(to=SecretStr(to), documents=SecretStr(documents))


def is_there(path: Path) -> bool:
    return path.exists()


@pytest.mark.parametrize(
    ("to", "documents", "said"),
    [
        ("garbage", "", "CONNECTOR_SYNC__TO: There is no such destination"),
        ("sqlite:books.db", "", "CONNECTOR_SYNC__TO: After sqlite: there are three slashes"),
        ("sqlite:////nowhere/books.db", "", "CONNECTOR_SYNC__TO: There is no folder /nowhere"),
        ("sqlite:///books.db", "s3:bucket", "CONNECTOR_SYNC__DOCUMENTS: There is no such store"),
        ("", "folder:papers", "CONNECTOR_SYNC__DOCUMENTS is set, and CONNECTOR_SYNC__TO isn't"),
        ("mysql://u:canary@db/books", "", "CONNECTOR_SYNC__TO: There is no such destination"),
    ],
)
async def test_what_is_no_place_is_named_by_its_setting(to: str, documents: str, said: str) -> None:
    settings = Settings(sync=group(to, documents))
    for start in (serve(settings, worker=True, announce=print), work(settings, announce=print)):
        with pytest.raises(SettingsInvalid) as refused:
            await start
        assert refused.value.message.startswith(said)
        assert "canary" not in refused.value.message
    found = [one async for one in examine(settings) if one.subject == "copies"]
    assert found == [Finding("problem", "copies", refused.value.message)]


async def test_a_place_is_told_without_its_address(tmp_path: Path) -> None:
    assert check(SyncGroup()) is None
    sync = group("postgresql://u:canary@db/books", f"folder:{tmp_path}/papers")
    found = [one async for one in examine(Settings(sync=sync)) if one.subject == "copies"]
    assert found == [Finding("ok", "copies", "of all accounts, to postgresql and folder")]
    assert not is_there(tmp_path / "papers"), "it was looked at, and nothing made"
