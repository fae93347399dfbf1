"""How far fetching from the web may go."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """How far fetching a page may go."""

    private: bool = False
    """Whether addresses inside a private network, and ports other than 80 and 443, may be asked."""
    page_bytes: int = 10_000_000
    """Of what comes and, again, of what it unpacks to; the longest of 180 real pages has 1.5 MB."""
    connect_seconds: float = 10.0
    read_seconds: float = 15.0
    """Without a byte."""
    whole_seconds: float = 30.0
    """For one address, its redirects included: as long as a person waits."""
    redirects: int = 5


DEFAULT_LIMITS = Limits()
