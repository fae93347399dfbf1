"""What holds for every test: no setting of the developer's own, no model hub, no network but loopback."""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

_OURS = ("OPENAI_", "AZURE_OPENAI_", "ASSISTANT_", "LANGCHAIN_", "LANGSMITH_", "OTEL_", "LC_OUTPUT_VERSION")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")

for _name in [name for name in os.environ if name.startswith(_OURS) or name in _PROXIES]:
    # At import, so that modules which read the environment when they are first loaded see the clean one too.
    del os.environ[_name]
# A scripted model has the answers that a test gave it; the further request of the check is tested where it is wanted.
os.environ["ASSISTANT_CHECK"] = "reader"
os.environ["LC_ALL"] = "C.UTF-8"  # the command line speaks the language of its terminal
# A shell starts what it runs in the background deaf to Ctrl-C, and so would be every process that a test interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)
# Under CI the same examples in each run: a change is judged by what it changed. Elsewhere new ones are looked for.
# No limit on time: how long an example takes depends on what else the machine does.
_made = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=bool(os.environ.get("CI")))
settings.register_profile("few", _made, max_examples=50)
settings.register_profile("many", _made, max_examples=1_000)  # make test-all
settings.load_profile("few")
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["ANONYMIZED_TELEMETRY"] = "False"


SLOW = ("browser", "vectorstore/test_crash", "vectorstore/retrieval", "test_readme", "vectorstore/test_library")
"""The files that take longest, begun first: one that is begun last is waited for by the other worker."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        name = item.path.relative_to(Path(__file__).parent).as_posix()
        return next((number for number, slow in enumerate(SLOW) if name.startswith(slow)), len(SLOW))

    items.sort(key=place)


class OutsideNetwork(AssertionError):
    """A test tried to reach a machine other than this one."""


def _is_loopback(host: str) -> bool:
    if host in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _refuse_outside(family: int, address: Any) -> None:
    if family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(str(address[0])):
        raise OutsideNetwork(f"a test tried to connect to {address!r}; only loopback is allowed")


@pytest.fixture(autouse=True, scope="session")
def loopback_only() -> Iterator[None]:
    """Connecting elsewhere, or asking for the address of another host, fails the test that does it."""
    connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def checked_connect(self: socket.socket, address: Any) -> None:
        _refuse_outside(self.family, address)
        connect(self, address)

    def checked_connect_ex(self: socket.socket, address: Any) -> int:
        _refuse_outside(self.family, address)
        return connect_ex(self, address)

    def checked_getaddrinfo(host: Any, *rest: Any, **named: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name is not None and not _is_loopback(str(name)):
            raise OutsideNetwork(f"a test asked for the address of {name!r}; only loopback is allowed")
        return getaddrinfo(host, *rest, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", checked_connect)
        patch.setattr(socket.socket, "connect_ex", checked_connect_ex)
        patch.setattr(socket, "getaddrinfo", checked_getaddrinfo)
        yield


@pytest.fixture(autouse=True, scope="session")
def state_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The key of the seals is not the developer's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test may set such a variable for itself; none leaks into the next one."""
    for name in [name for name in os.environ if name.startswith(_OURS)]:
        monkeypatch.delenv(name)
