"""Stores of documents, fresh for each test."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connector.copying.documents.opening import open_documents
from connector.copying.ports import DocumentStore
from tests.support import s3

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def s3_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The endpoint of a server that speaks S3's protocol."""
    if not s3.COMMAND.exists():
        pytest.skip(s3.WITHOUT)
    with s3.s3_server(tmp_path_factory.mktemp("s3")) as endpoint:
        yield endpoint


@pytest.fixture
def bucket(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a prefix of a bucket that nobody else uses."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3.KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3.KEY)
    return f"s3://{s3.BUCKET}/test-{next(_numbers)}?region=us-east-1&endpoint={s3_endpoint}"


@pytest.fixture(params=["folder", "s3"])
def opens(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], DocumentStore]:
    """Opens a store."""
    if request.param == "folder":
        return lambda: open_documents(f"folder:{tmp_path}/documents")
    url = request.getfixturevalue("bucket")
    return lambda: open_documents(url)
