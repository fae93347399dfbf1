"""The outlets of the articles: their names as they are written, and their sites, the most frequent first."""

from __future__ import annotations

from collections import Counter
from urllib.parse import urlsplit

from vectorstore.storage.database import Database
from vectorstore.types import Outlet


def read_outlets(database: Database) -> tuple[Outlet, ...]:
    """The outlet with most articles first. Spellings that differ in capitals are one, under the most frequent."""
    # Scheme and host are cut out by SQLite: 100,000 addresses become a few hundred rows.
    rows = database.all(
        "SELECT source, substr(url, 1, instr(substr(url, 9) || '/', '/') + 7) AS site, COUNT(*) FROM articles "
        "WHERE source IS NOT NULL GROUP BY source, site"
    )
    spellings: dict[str, Counter[str]] = {}
    sites: dict[str, Counter[str]] = {}
    for source, site, count in rows:
        spellings.setdefault(source.casefold(), Counter())[source] += count
        if host := _host(site):
            sites.setdefault(source.casefold(), Counter())[host] += count
    made = [
        Outlet(_most(written)[0], written.total(), tuple(_most(sites.get(key, Counter()))))
        for key, written in spellings.items()
    ]
    return tuple(sorted(made, key=lambda outlet: (-outlet.articles, outlet.name)))


def _host(site: str | None) -> str | None:
    try:
        host = urlsplit(site or "").hostname
    except ValueError:
        return None
    return host.removeprefix("www.") if host else None


def _most(counts: Counter[str]) -> list[str]:
    """The most frequent first, equals by name."""
    return sorted(counts, key=lambda name: (-counts[name], name))
