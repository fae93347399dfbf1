"""robots.txt: what a site asks programs not to read (RFC 9309), asked for once a site."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urljoin

from protego import Protego

from vectorstore.errors import SourceRefused
from vectorstore.messages import Message
from vectorstore.sources.html import decode_page
from vectorstore.sources.web.addresses import USER_AGENT, Page, demand_page, named

FORBIDDEN = Message("robots.txt asks programs not to read it; open it in a browser and add the saved page")

_MOST_CHARACTERS = 500_000
"""Of a robots.txt that are read, as RFC 9309 asks at least."""


class Robots:
    """The wishes of the sites that are asked with ``fetch``. Only for what no person has named page by page."""

    def __init__(self, fetch: Callable[[str], Page]) -> None:
        self._fetch = fetch
        self._known: dict[str, Protego] = {}

    def demand_permission(self, address: str) -> None:
        """Raises ``SourceRefused`` where ``address`` is forbidden, or the site does not even answer for robots.txt."""
        place = urljoin(address, "/robots.txt")
        if place not in self._known:
            page = self._fetch(place)
            if page.status >= 500:
                demand_page(page, named(address))
            text = decode_page(page.data) if page.status == 200 else ""
            self._known[place] = Protego.parse(text[:_MOST_CHARACTERS])
        if not self._known[place].can_fetch(address, USER_AGENT):
            raise SourceRefused(named(address), FORBIDDEN)
