"""Articles by their address on the web: the one page that a person names, fetched as their browser would fetch it.

No link is followed but redirects, nothing is fetched again later, and robots.txt, which speaks to programs that go
from page to page by themselves, is not asked.

The machine that fetches may stand where the person who names the address cannot reach: beside a database, a router, a
cloud's store of keys. So a name is resolved once, what it resolves to is checked, and the connection goes to exactly
that (``network.GuardedNetwork``); each redirect passes the same way. Proxies of the environment are not used, because
they would resolve the name again. Only the resolver's own time limit is not ours.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin, urlsplit

from vectorstore.errors import SourceRefused
from vectorstore.messages import Message
from vectorstore.sources.cleaning.text import clean_text
from vectorstore.sources.common import identity, refuse_binary
from vectorstore.sources.documents.reading import is_document, read_fetched
from vectorstore.sources.documents.text import text_article
from vectorstore.sources.html import decode_page, page_article
from vectorstore.sources.limits import DEFAULT_LIMITS, Limits
from vectorstore.types import Article, Refusal

if TYPE_CHECKING:
    import httpcore2  # a tenth of a second to import, and most commands fetch nothing

USER_AGENT = f"article-assistant/{version('article-assistant')} (reads pages, feeds and sitemaps that a person names)"
_HEADERS = {
    "User-Agent": USER_AGENT,
    "Accept": "text/html, application/xhtml+xml, text/plain;q=0.8, application/pdf;q=0.8",
    "Accept-Encoding": "gzip",
    "Connection": "close",
}

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_LOGIN = re.compile(r"(?<=://)[/\\]*[^/?#]*@")
_HOST = re.compile(r"(?:[a-z0-9_-]+\.)*[a-z0-9_-]+\.?|[0-9a-f.]*:[0-9a-f.:]+", re.IGNORECASE)
_LONGEST = 2_000
"""Characters of an address; browsers and search engines read no longer ones."""

_SCHEMES = {"http": 80, "https": 443}
_REDIRECTS = (301, 302, 303, 307, 308)
_PAGES = ("", "text/html", "application/xhtml+xml")
_MAYBE_FEEDS = ("application/xml", "text/xml")
_DOCUMENTS = (
    "application/pdf",
    "application/epub+zip",
    "application/rtf",
    "text/rtf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.oasis.opendocument.text",
)
_FEED_TYPE = re.compile(r"application/(?:rss|atom|rdf|feed)\+(?:xml|json)")
_FEED = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<[?!][^>]*>\s*)*<(?:rss|feed|rdf:RDF)[\s>]", re.IGNORECASE)

FEED = Message("it is a feed, where one page was expected; add the feed by its own address")

# The special-purpose registries of IANA. Of IPv6 only 2000::/3 is given out for public use, which leaves out addresses
# that carry an IPv4 one (::ffff:0:0/96, NAT64), site-local fec0::/10 and multicast without naming them.
_PUBLIC_SIX = ipaddress.ip_network("2000::/3")
_PRIVATE = tuple(
    map(
        ipaddress.ip_network,
        "10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 172.16.0.0/12 192.168.0.0/16 ::1/128 fc00::/7".split(),
    )
)
# Nobody's intranet either: this network, link-local, where clouds keep their keys, protocol assignments with Teredo,
# examples, 6to4 and its relays, measurements, multicast, reserved. And what clouds answer to their own machines alone,
# outside of these, so that nobody else could mean it:
#   100.100.100.200   Alibaba, metadata: https://www.alibabacloud.com/help/en/ecs/user-guide/view-instance-metadata
#   168.63.129.16     Azure, its agent: https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
#   161.26.0.0/16, 166.8.0.0/14  IBM, services and endpoints: https://cloud.ibm.com/docs/vpc?topic=vpc-service-endpoints-for-vpc
#   fd00:ec2::/32     AWS, metadata: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
#   fd00:c1::a9fe:a9fe  Oracle, metadata: https://docs.oracle.com/en-us/iaas/Content/Compute/Tasks/gettingmetadata.htm
#   fd20:ce::254      Google, metadata: https://cloud.google.com/compute/docs/metadata/overview
_NEVER = tuple(
    map(
        ipaddress.ip_network,
        "0.0.0.0/8 169.254.0.0/16 100.100.100.200/32 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 198.18.0.0/15 "
        "198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 161.26.0.0/16 166.8.0.0/14 168.63.129.16/32 "
        "2001::/23 2001:db8::/32 2002::/16 3fff::/20 fd00:ec2::/32 fd00:c1::a9fe:a9fe/128 fd20:ce::254/128".split(),
    )
)
_ISATAP = 0x5EFE
"""In the second half of an IPv6 address, before an IPv4 one to which its packets are passed on (RFC 5214)."""


@dataclass(frozen=True, slots=True)
class Page:
    """What ``address`` answered, the last one after redirects. Names of ``headers`` are in small letters."""

    address: str
    status: int
    headers: Mapping[str, str]
    data: bytes = b""
    """Unpacked."""

    @property
    def kind(self) -> str:
        """``text/html``, without what follows it in the header."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def charset(self) -> str | None:
        """The encoding that the server states."""
        found = re.search(r"charset\s*=\s*[\"']?([\w:.-]+)", self.headers.get("content-type", ""), re.IGNORECASE)
        return found[1] if found else None


@dataclass(frozen=True, slots=True)
class _Target:
    """An address in its parts, ready to be asked for."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _SCHEMES[self.scheme] else f"{host}:{self.port}"

    @property
    def address(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"


def is_address(source: str) -> bool:
    """Whether ``source`` is meant as an address and not as a path; of any scheme, so that each is refused by name."""
    return bool(_ADDRESS.match(source))


def named(address: str) -> str:
    """``address`` as reports name it: as it was given, without a user's name and password."""
    given = _LOGIN.sub("", address.strip())[:_LONGEST]
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in given)


def is_feed(head: bytes) -> bool:
    """Whether a file that begins with ``head`` is a feed."""
    return bool(_FEED.match(head))


def read_address(address: str, limits: Limits = DEFAULT_LIMITS) -> Article | Refusal:
    """The one article at ``address``, known by where its redirects end. Never raises for what the site does."""
    name = named(address)
    try:
        return article_in(fetch(address, limits, head=lambda page: demand_page(page, name)), name)
    except SourceRefused as refused:
        return Refusal(refused.source, refused.reason)


def demand_page(page: Page, name: str) -> None:
    """Raises ``SourceRefused`` for an answer that can be no article; for ``fetch``, before its body has come."""
    if page.status != 200:
        raise SourceRefused(name, _why_no_page(page.status))
    if page.kind not in (*_PAGES, *_MAYBE_FEEDS, *_DOCUMENTS, "text/plain") and not is_document(page.data):
        raise SourceRefused(name, FEED if _FEED_TYPE.fullmatch(page.kind) else _unread(page.kind))


def article_in(page: Page, name: str) -> Article:
    """The one article in what was fetched from the address ``name``. Raises ``SourceRefused``."""
    found, *more = articles_in(page, name)
    if more:
        raise SourceRefused(name, Message("it holds several articles; add it by its own address"))
    if isinstance(found, Refusal):
        raise SourceRefused(found.source, found.reason)
    return found


def articles_in(page: Page, name: str) -> list[Article | Refusal]:
    """The article in a page, or those in a document, such as a PDF, that stands at its address. Raises
    ``SourceRefused``.
    """
    return read_fetched(page.data, page.address, name) if is_document(page.data) else [_page_article(page, name)]


def _page_article(page: Page, name: str) -> Article:
    if is_feed(page.data[:4_000]):
        raise SourceRefused(name, FEED)
    if page.kind in _MAYBE_FEEDS and b"<html" not in page.data[:4_000]:
        raise SourceRefused(name, _unread(page.kind))
    refuse_binary(page.data[:65_536], name)
    if not page.data.strip():
        reason = Message("the page is empty; open it in a browser and add the saved page or its text")
        raise SourceRefused(name, reason)
    known_by = identity("url", page.address)
    if page.kind == "text/plain":
        text = clean_text(decode_page(page.data, page.charset))
        return text_article(text, id=known_by, origin=name, url=page.address)
    return page_article(page.data, id=known_by, origin=name, charset=page.charset, address=page.address)


def _unread(kind: str) -> str:
    return Message(
        "it is {kind}, and only web pages, plain text, PDF, DOCX, ODT, RTF and EPUB are read; "
        "save it as text and add the file",
        kind=kind[:60],
    )


def _why_no_page(status: int) -> str:
    match status:
        case 404 | 410:
            return Message("there is no page at this address ({status}); check it in a browser", status=status)
        case 401 | 402 | 403 | 407 | 451:
            return Message(
                "the site does not let this program read it ({status}); "
                "open it in a browser and add the saved page or its text",
                status=status,
            )
        case 429 | 503:
            return Message("the site has too much to do ({status}); try again later", status=status)
        case _ if status >= 500:
            return Message("the site has a fault ({status}); try again later", status=status)
    return Message(
        "the site answers without a page ({status}); open it in a browser and add the saved page or its text",
        status=status,
    )


# -- fetching


def fetch(
    address: str,
    limits: Limits = DEFAULT_LIMITS,
    *,
    headers: Mapping[str, str] | None = None,
    head: Callable[[Page], None] | None = None,
) -> Page:
    """What stands at ``address`` or where its redirects lead, whatever its status and kind.

    ``headers`` are sent beside, or instead of, the usual ones, also where redirects lead. ``head`` gets the page before
    its data has come, and may refuse it. Raises ``SourceRefused`` where the address may not be asked, the site does not
    answer in time, or more comes than ``limits`` allow.
    """
    import httpcore2

    from vectorstore.sources.web.network import GuardedNetwork, NotTaken

    name = named(address)
    network = GuardedNetwork(partial(_places, name, limits), time.monotonic() + limits.whole_seconds)
    timeouts = {"connect": limits.connect_seconds, "read": limits.read_seconds, "write": limits.read_seconds}
    try:
        for hop in range(limits.redirects + 1):
            try:
                target = _target(address, name, limits)
            except SourceRefused as refused:
                reason = Message("it leads to another address: {reason}", reason=refused.reason)
                raise SourceRefused(name, reason if hop else refused.reason) from None
            url = httpcore2.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
            sent = [("Host", target.authority), *(_HEADERS | dict(headers or {})).items()]
            with (
                httpcore2.ConnectionPool(network_backend=network) as pool,
                pool.stream("GET", url, headers=sent, extensions={"timeout": timeouts}) as response,
            ):
                got = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in response.headers}
                page = Page(target.address, response.status, got)
                led = page.headers.get("location") if page.status in _REDIRECTS else None
                if led is None:
                    if head is not None:
                        head(page)
                    return replace(page, data=_body(response, page, name, limits))
            address = _next(target, led)
    except httpcore2.TimeoutException:
        raise SourceRefused(name, Message("the site takes too long to answer; try again later")) from None
    except NotTaken as error:
        reason = Message("{site} does not take the connection; try again later", site=str(error))
        raise SourceRefused(name, reason) from None
    except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError, EOFError, ValueError, zlib.error) as error:
        cause = error.args[0] if error.args and isinstance(error.args[0], Exception) else error  # httpcore2 wraps it
        if said := getattr(cause, "verify_message", None):
            reason = Message(
                "its certificate cannot be trusted ({why}); open it in a browser and add the saved page or its text",
                why=said,
            )
            raise SourceRefused(name, reason) from None
        reason = Message(
            "the connection broke off ({why}); try again, or open it in a browser and add the saved page or its text",
            why=type(cause).__name__,
        )
        raise SourceRefused(name, reason) from None
    reason = Message(
        "it leads on and on ({count} redirects); open it in a browser and add the saved page or its text",
        count=limits.redirects,
    )
    raise SourceRefused(name, reason)


def _next(target: _Target, location: str) -> str:
    """The address that a redirect names; what is not ASCII in a header comes as Latin-1 and is meant as UTF-8."""
    location = location.encode("latin-1", "replace").decode("utf-8", "replace")
    try:
        return urljoin(target.address, location)
    except ValueError:
        return location


def _target(address: str, name: str, limits: Limits) -> _Target:
    """``address`` in its parts, when it may be asked at all. Raises ``SourceRefused``."""
    try:
        parts = urlsplit(address.strip())
        scheme, host, port = parts.scheme, parts.hostname or "", parts.port
        host = host if host.isascii() else host.encode("idna").decode("ascii")
    except ValueError:
        scheme, host = "http", ""
    if scheme not in _SCHEMES:
        reason = Message(
            "only http and https are read, not {scheme}; save the page and add the file", scheme=scheme[:20]
        )
        raise SourceRefused(name, reason)
    if not _HOST.fullmatch(host) or len(address) > _LONGEST:
        raise SourceRefused(name, Message("it cannot be read as an address; copy it from the browser once more"))
    if "@" in parts.netloc:
        raise SourceRefused(name, Message("it holds a user’s name or password, which is not sent; add it without"))
    if port not in (None, 80, 443) and not limits.private:
        reason = Message(
            "it names port {port}, and only 80 and 443 are asked; "
            "for pages of your own network, set ASSISTANT_PRIVATE_ADDRESSES=allow",
            port=port,
        )
        raise SourceRefused(name, reason)
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~", errors="replace")
    if parts.query:
        path += "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~?[]", errors="replace")
    return _Target(scheme, host, port or _SCHEMES[scheme], path)


def may_be_asked(address: ipaddress.IPv4Address | ipaddress.IPv6Address, *, private: bool = False) -> bool:
    """Whether a page may be fetched from ``address``: a public one, or with ``private`` one of a private network."""
    if any(address in network for network in _NEVER):
        return False
    if address.version == 6 and int(address) >> 32 & 0xFCFFFFFF == _ISATAP:  # two bits tell who gave it out
        return False
    if any(address in network for network in _PRIVATE):
        return private
    return address.version == 4 or address in _PUBLIC_SIX


def _resolve(host: str, port: int) -> list[tuple[socket.AddressFamily, tuple[Any, ...]]]:
    """Where ``host`` is, in the order in which the system would try it."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, place) for family, _, _, _, place in found if family in (socket.AF_INET, socket.AF_INET6)]


def _places(name: str, limits: Limits, host: str, port: int) -> list[tuple[str, int]]:
    """Address and port of each place of ``host`` that may be asked. Raises ``SourceRefused`` where there is none."""
    try:
        found = _resolve(host, port)
    except (OSError, UnicodeError):
        reason = Message("there is no site called {site}; check the address", site=host)
        raise SourceRefused(name, reason) from None
    addresses = [(ipaddress.ip_address(str(place[0])), int(place[1])) for _, place in found]
    places = [(str(each), its_port) for each, its_port in addresses if may_be_asked(each, private=limits.private)]
    if not places:
        reason = Message(
            "{site} is not on the public web: it is at a private, local or reserved address; "
            "for pages of your own network, set ASSISTANT_PRIVATE_ADDRESSES=allow",
            site=host,
        )
        raise SourceRefused(name, reason)
    return places


def _body(response: httpcore2.Response, page: Page, name: str, limits: Limits) -> bytes:
    """The body, unpacked. httpcore2 itself raises where less comes than the head announces."""
    packing = page.headers.get("content-encoding", "identity").strip().lower()
    if packing not in ("identity", "gzip", "x-gzip"):
        reason = Message(
            "the site sends it packed as {packing}, which was not asked for; "
            "open it in a browser and add the saved page or its text",
            packing=packing[:20],
        )
        raise SourceRefused(name, reason)
    too_large = Message(
        "it has more than {size} MB; save the article’s text and add the file",
        size=f"{limits.page_bytes / 1_000_000:g}",
    )
    if int(page.headers.get("content-length", 0)) > limits.page_bytes:
        raise SourceRefused(name, too_large)
    unpacking = zlib.decompressobj(31) if packing != "identity" else None
    data, come = bytearray(), 0
    for piece in response.iter_stream():
        come += len(piece)
        # Never more than the limit and one byte, whatever it would unpack to.
        data += unpacking.decompress(piece, limits.page_bytes + 1 - len(data)) if unpacking else piece
        if max(come, len(data)) > limits.page_bytes:
            raise SourceRefused(name, too_large)
    if unpacking and not unpacking.eof:
        raise EOFError
    return bytes(data)
