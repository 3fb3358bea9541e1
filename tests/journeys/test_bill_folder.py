"""The command that makes bills of a folder's files, beside a service that is running."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from connector.app.sandbox import Sandbox
from tests.journeys.uploading import BULK, Uploader, digests, pdf, uploader
from tests.support import commands

pytestmark = [pytest.mark.loopback, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def linked(lasting: Sandbox) -> AsyncIterator[Uploader]:
    async with uploader(lasting) as one:
        yield one


@pytest.fixture
def up(linked: Uploader) -> Uploader:
    return linked.begin()


def environment(up: Sandbox) -> dict[str, str]:
    """Return what a command needs to work for the same installation."""
    settings = up.container.settings
    return {
        "CONNECTOR_ENVIRONMENT": "development",
        "CONNECTOR_PUBLIC_URL": settings.public_url,
        "CONNECTOR_DATABASE__URL": settings.database.url.get_secret_value(),
        "CONNECTOR_SEALING__KEYS": settings.sealing.keys.get_secret_value(),
        "CONNECTOR_QONTO__API_URL": settings.qonto.api_url,
        "CONNECTOR_QONTO__OAUTH_URL": settings.qonto.oauth_url,
    }


async def account_id(up: Sandbox) -> str:
    async with up.container.storage.work.reading() as tx:
        return (await tx.accounts.all())[0].id


async def upload(up: Sandbox, folder: Path, *options: str) -> tuple[int, str]:
    account = await account_id(up)
    code, out, err = await commands.run(
        "bills", "upload", str(folder), "--account", account, *options, env=environment(up)
    )
    assert "Traceback" not in err, err
    return code, out


def filled(folder: Path, count: int) -> list[tuple[str, bytes]]:
    files = [(f"{number:03}.pdf", pdf(f"{folder.name} {number}")) for number in range(count)]
    for name, content in files:
        (folder / name).write_bytes(content)
    return files


async def test_a_folder_with_odd_files(lasting: Sandbox, up: Uploader, tmp_path: Path) -> None:
    """A line for each that failed, none for what is no PDF; run again, nothing is made twice."""
    files = filled(tmp_path, 22)
    (tmp_path / "broken.pdf").write_bytes(b"no PDF")
    (tmp_path / "notes.txt").write_bytes(b"notes")
    (tmp_path / "zz same.PDF").write_bytes(files[0][1])
    code, out = await upload(lasting, tmp_path)
    assert code == 1
    assert out.splitlines() == [
        "broken.pdf: FILE_TYPE_NOT_ALLOWED: broken.pdf is none of: PDF.",
        "20 of 22 files sent",
        "22 of 22 files sent",
        "22 bills made, 1 were there already, 1 failed.",
    ]
    assert up.contents() == digests(files)
    (tmp_path / "broken.pdf").unlink()
    (tmp_path / "more.pdf").write_bytes(pdf("one more"))
    code, out = await upload(lasting, tmp_path, "--json")
    told = json.loads(out)
    assert (code, list(told["made"]), told["alreadyThere"]) == (0, ["more.pdf"], 23)
    assert up.contents() == digests([*files, ("", pdf("one more"))])


async def test_stopped_in_the_middle(lasting: Sandbox, up: Uploader, tmp_path: Path) -> None:
    """A run that ended before it could note what was made makes nothing twice."""
    files = filled(tmp_path, 3)
    assert (await upload(lasting, tmp_path))[0] == 0
    (tmp_path / ".qonto-uploads.jsonl").unlink()
    code, out = await upload(lasting, tmp_path, "--json")
    assert (code, len(json.loads(out)["made"])) == (0, 3)
    assert len(up.calls(BULK)) == 1
    assert up.contents() == digests(files)


async def test_a_failure_that_does_not_pass(lasting: Sandbox, up: Uploader, tmp_path: Path) -> None:
    """It says so and stops; run again it goes on."""
    files = filled(tmp_path, 1)
    up.simulator.control.fault(BULK, "status", status=403, times=1)
    code, out = await upload(lasting, tmp_path)
    assert (code, "Stopped: DOWNSTREAM_FORBIDDEN" in out) == (1, True), out
    assert up.contents() == []
    assert (await upload(lasting, tmp_path))[0] == 0
    assert up.contents() == digests(files)


async def test_no_such_account(lasting: Sandbox, tmp_path: Path) -> None:
    code, _, err = await commands.run(
        "bills", "upload", str(tmp_path), "--account", "acct_x", env=environment(lasting)
    )
    assert (code, "there is no such account" in err) == (1, True)
