"""The outlets of the articles: their names as they are written, and their sites, the most frequent first."""

from __future__ import annotations

from collections import Counter
from urllib.parse import urlsplit

from vectorstore.storage.articles.outlet_names import OutletNames
from vectorstore.storage.database import Database
from vectorstore.types import Outlet


def read_outlets(database: Database, names: OutletNames) -> tuple[Outlet, ...]:
    """The outlet with most articles first. Spellings that differ in capitals are one, under the most frequent."""
    called = names.names()
    spellings: dict[str, Counter[str]] = {}
    sites: dict[str, Counter[str]] = {}
    for source, host, count in _sites(database):
        name = called.get(source.casefold(), source)
        spellings.setdefault(name.casefold(), Counter())[name] += count
        # Whoever asks for "cnn.com" means what is now called CNN.
        for known in filter(None, {host, source.casefold() if name != source else None}):
            sites.setdefault(name.casefold(), Counter())[known] += count
    made = [
        Outlet(_most(written)[0], written.total(), tuple(_most(sites.get(key, Counter()))))
        for key, written in spellings.items()
    ]
    return tuple(sorted(made, key=lambda outlet: (-outlet.articles, outlet.name)))


def learn_names(database: Database, names: OutletNames) -> None:
    """Calls outlets that are stored under their host as that host's own pages do."""
    names.learn([(source, host) for source, host, _ in _sites(database)])


def _sites(database: Database) -> list[tuple[str, str | None, int]]:
    """Outlets as stored, each with the host of an address and how many articles have both."""
    # Scheme and host are cut out by SQLite: 100,000 addresses become a few hundred rows.
    rows = database.all(
        "SELECT source, substr(url, 1, instr(substr(url, 9) || '/', '/') + 7) AS site, COUNT(*) FROM articles "
        "WHERE source IS NOT NULL GROUP BY source, site"
    )
    return [(source, _host(site), count) for source, site, count in rows]


def _host(site: str | None) -> str | None:
    try:
        host = urlsplit(site or "").hostname
    except ValueError:
        return None
    return host.removeprefix("www.") if host else None


def _most(counts: Counter[str]) -> list[str]:
    """The most frequent first, equals by name."""
    return sorted(counts, key=lambda name: (-counts[name], name))
