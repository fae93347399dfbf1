from __future__ import annotations

from collections.abc import Iterator

import pytest

from vectorstore.sources import close_worker


@pytest.fixture(scope="session", autouse=True)
def no_worker_is_left() -> Iterator[None]:
    yield
    close_worker()
