"""Libraries on the real Chroma, tantivy and SQLite, in temporary folders."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.scripted_site import Site
from tests.vectorstore.helpers import HashedEmbeddings, Opener, made_articles
from vectorstore.library import Library
from vectorstore.sources import close_worker


@pytest.fixture(scope="module")
def served() -> Iterator[Site]:
    """A site of the web on loopback; each module says in a fixture ``site`` what it begins with."""
    site = Site()
    yield site
    site.close()
    close_worker()


@pytest.fixture
def embeddings() -> HashedEmbeddings:
    return HashedEmbeddings()


@pytest.fixture
def open_library(tmp_path: Path, embeddings: HashedEmbeddings) -> Iterator[Opener]:
    """Opens the test's library; what it opened is closed when the test is over."""
    with ExitStack() as opened:

        def open_it(
            folder: Path = tmp_path / "library",
            *,
            embeddings: HashedEmbeddings = embeddings,
            read_only: bool = False,
            recover: bool = True,
        ) -> Library:
            library = Library.open(folder, embeddings=embeddings, read_only=read_only, recover=recover)
            opened.callback(library.close)
            return library

        yield open_it


@pytest.fixture
def library(open_library: Opener) -> Library:
    """An empty one."""
    return open_library()


@pytest.fixture(scope="session")
def _stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stored") / "library"
    with Library.open(folder, embeddings=HashedEmbeddings()) as library:
        library.add_articles(made_articles(40))
    return folder


@pytest.fixture
def stored(_stored: Path, tmp_path: Path) -> Path:
    """The folder of a closed library of 40 made articles, 80 passages."""
    return Path(shutil.copytree(_stored, tmp_path / "library"))
