"""Three hundred ways to an address that may not be asked, and whether one of them is."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from html import escape
from itertools import cycle
from pathlib import Path
from typing import Any
from unittest.mock import patch

from httpcore2 import ConnectError, NetworkStream, SyncBackend

from tests.scripted_site import Reply, Site
from vectorstore.sources import read
from vectorstore.types import Article, Refusal

PUBLIC = "93.184.215.14"
FOUR = (
    "0.0.0.0 10.0.0.1 10.255.255.254 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 168.63.129.16 "
    "169.254.169.254 169.254.170.2 172.16.0.1 172.31.255.254 192.0.0.192 192.0.2.1 192.168.0.1 192.168.255.254 "
    "198.18.0.1 198.51.100.7 203.0.113.9 224.0.0.1 240.0.0.1 255.255.255.255"
).split()
SIX = (
    ":: ::1 ::127.0.0.1 64:ff9b:1::1 100::1 2001::1 2001:db8::1 2001:20::1 3fff::1 4000::1 5f00::1 fc00::1 fdff::1 "
    "fd00:ec2::254 fd00:c1::a9fe:a9fe fd20:ce::254 fe80::1 fe80::a9fe:a9fe fec0::1 ff02::1 ff0e::1 2600::5efe:a00:1"
).split()


def _spelled(four: str) -> list[str]:
    """An IPv4 address as systems also read it, and as IPv6 carries it."""
    number, parts = int(ipaddress.ip_address(four)), four.split(".")
    high, low = f"{number >> 16:x}", f"{number & 0xFFFF:x}"
    return [
        four,
        str(number),
        hex(number),
        ".".join(f"0{int(part):o}" for part in parts),
        ".".join(map(hex, map(int, parts))),
        f"{parts[0]}.{number & 0xFFFFFF}",
        f"{four}.",
        four.translate({ord("0") + digit: ord("０") + digit for digit in range(10)} | {ord("."): "。"}),
        four.replace("1", "%31"),
        f"[::ffff:{four}]",
        f"[64:ff9b::{high}:{low}]",
        f"[2002:{high}:{low}::]",
    ]


def _hosts() -> list[str]:
    return [host for four in FOUR[::2] for host in _spelled(four)] + [f"[{six}]" for six in SIX]


@contextmanager
def _watched(site: Site, resolved: dict[str, str], reached: list[str]) -> Iterator[None]:
    """While this lasts, names lead where ``resolved`` says; the public address is the site, others note who came."""
    connect, look_up = SyncBackend.connect_tcp, socket.getaddrinfo

    def connecting(self: SyncBackend, host: str, port: int, *rest: Any) -> NetworkStream:
        if host == PUBLIC:
            return connect(self, "127.0.0.1", site.port, *rest)
        reached.append(host)
        raise ConnectError(host)

    def looking_up(host: str, port: int, *rest: Any, **named: Any) -> Any:
        # Numbers, in whatever form, are for the system to read; no name is asked for.
        return look_up(resolved.get(host, host), port, *rest, **{**named, "flags": socket.AI_NUMERICHOST})

    with patch.object(SyncBackend, "connect_tcp", connecting), patch.object(socket, "getaddrinfo", looking_up):
        yield


def asked(folder: Path) -> tuple[int, list[str], list[str]]:
    """How many ways were tried, the addresses that were connected to, and what was not refused."""
    resolved = {"public.example": PUBLIC}
    reached: list[str] = []
    hosts = _hosts()
    for number, host in enumerate([*FOUR, *SIX]):
        resolved[f"inside-{number}.example"] = host
    names = [name for name in resolved if name != "public.example"]
    listed = [*names[:22], *hosts[::7]]
    found: list[Article | Refusal] = []
    with ExitStack() as opened:
        site = opened.enter_context(closing(Site()))
        opened.enter_context(_watched(site, resolved, reached))
        for scheme, host in zip(cycle(("http", "http", "https")), (*hosts, *names)):
            found += read(f"{scheme}://{host}/latest/meta-data/")
        for number, host in enumerate(listed):
            site.replies[f"/{number}"] = Reply(b"", 302, headers={"Location": f"http://{host}/"})
            found += read(f"http://public.example/{number}")
        links = [f"http://{host}/item" for host in listed]
        items = "".join(f"<item><title>{n}</title><link>{escape(link)}</link></item>" for n, link in enumerate(links))
        (folder / "inside.rss").write_text(f'<rss version="2.0"><channel>{items}</channel></rss>', encoding="utf-8")
        pages = "".join(f"<url><loc>{escape(link)}</loc></url>" for link in links)
        space = "http://www.sitemaps.org/schemas/sitemap/0.9"
        (folder / "inside.xml").write_text(f'<urlset xmlns="{space}">{pages}</urlset>', encoding="utf-8")
        found += [*read(folder / "inside.rss"), *read(folder / "inside.xml")]
    return len(found), reached, [str(item) for item in found if isinstance(item, Article)]
