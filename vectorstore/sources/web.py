"""Articles by their address on the web: the one page that a person names, fetched as their browser would fetch it.

No link is followed but redirects, nothing is fetched again later, and robots.txt, which speaks to programs that go
from page to page by themselves, is not asked.

The machine that fetches may stand where the person who names the address cannot reach: beside a database, a router, a
cloud's store of keys. So a name is resolved once, what it resolves to is checked, and the connection goes to exactly
that; each redirect passes the same way. Proxies of the environment are not used, because they would resolve the name
again. Only the resolver's own time limit is not ours.
"""

from __future__ import annotations

import io
import ipaddress
import re
import socket
import ssl
import time
import zlib
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from typing import Any, cast
from urllib.parse import quote, urljoin, urlsplit

from vectorstore.errors import SourceRefused
from vectorstore.messages import Message
from vectorstore.sources.cleaning import clean_text
from vectorstore.sources.common import identity, refuse_binary
from vectorstore.sources.html import decode_page, page_article
from vectorstore.sources.text import text_article
from vectorstore.types import Article, Refusal

USER_AGENT = "article-assistant/0.1 (fetches single pages that a person names)"

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_LOGIN = re.compile(r"(?<=://)[/\\]*[^/?#]*@")
_HOST = re.compile(r"(?:[a-z0-9_-]+\.)*[a-z0-9_-]+\.?|[0-9a-f.]*:[0-9a-f.:]+", re.IGNORECASE)
_LONGEST = 2_000
"""Characters of an address; browsers and search engines read no longer ones."""

_SCHEMES = {"http": 80, "https": 443}
_REDIRECTS = (301, 302, 303, 307, 308)
_PAGES = ("", "text/html", "application/xhtml+xml")
_MAYBE_FEEDS = ("application/xml", "text/xml")
_FEED_TYPE = re.compile(r"application/(?:rss|atom|rdf|feed)\+(?:xml|json)")
_FEED = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<[?!][^>]*>\s*)*<(?:rss|feed|rdf:RDF)[\s>]", re.IGNORECASE)

FEED = Message("it is a feed (RSS or Atom), and feeds are not read yet; add the addresses of its articles")
_OWN_NETWORK = Message("for pages of your own network, set ASSISTANT_PRIVATE_ADDRESSES=allow")
_BY_HAND = Message("open it in a browser and add the saved page or its text")
_AGAIN = Message("try again, or open it in a browser and add the saved page or its text")

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


@dataclass(frozen=True, slots=True)
class _Page:
    """What came from ``address``, which is the last one after redirects."""

    address: str
    kind: str
    charset: str | None
    data: bytes


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
    """The article at ``address``, known by where its redirects end. Never raises for what the site does."""
    name = named(address)
    try:
        return _article(_fetch(address, name, limits), name)
    except SourceRefused as refused:
        return Refusal(refused.source, refused.reason)


def _article(page: _Page, name: str) -> Article:
    if _FEED_TYPE.fullmatch(page.kind) or is_feed(page.data[:4_000]):
        raise SourceRefused(name, FEED)
    if page.kind not in (*_PAGES, "text/plain") and not (page.kind in _MAYBE_FEEDS and b"<html" in page.data[:4_000]):
        raise SourceRefused(name, _unread(page.kind))
    refuse_binary(page.data[:65_536], name)
    known_by = identity("url", page.address)
    if page.kind == "text/plain":
        text = clean_text(decode_page(page.data, page.charset))
        return text_article(text, id=known_by, origin=name, url=page.address)
    return page_article(page.data, id=known_by, origin=name, charset=page.charset, address=page.address)


def _unread(kind: str) -> str:
    return Message(
        "it is {kind}, and only web pages and plain text are read; save it as text and add the file", kind=kind[:60]
    )


# -- fetching


def _fetch(address: str, name: str, limits: Limits) -> _Page:
    """The page at ``address`` or where it leads. Raises ``SourceRefused``."""
    until = time.monotonic() + limits.whole_seconds
    try:
        for hop in range(limits.redirects + 1):
            try:
                target = _target(address, name, limits)
            except SourceRefused as refused:
                raise SourceRefused(
                    name,
                    Message("it leads to another address: {reason}", reason=refused.reason) if hop else refused.reason,
                ) from None
            with _connected(target, name, limits, until) as connection:
                wire = _Wire(connection, limits, until)
                response = _ask(wire, target)
                led = response.getheader("Location") if response.status in _REDIRECTS else None
                if led is None:
                    return _page(response, target, name, limits)
            address = _next(target, led)
    except _TooMuch:
        raise SourceRefused(name, _too_large(limits)) from None
    except TimeoutError:
        raise SourceRefused(name, Message("the site takes too long to answer; try again later")) from None
    except (OSError, HTTPException, zlib.error, ValueError) as error:
        said = getattr(error, "verify_message", None)
        if said:
            reason = _with(Message("its certificate cannot be trusted ({why})", why=said), _BY_HAND)
            raise SourceRefused(name, reason) from None
        reason = _with(Message("the connection broke off ({why})", why=type(error).__name__), _AGAIN)
        raise SourceRefused(name, reason) from None
    reason = _with(Message("it leads on and on ({count} redirects)", count=limits.redirects), _BY_HAND)
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
        reason = Message("it names port {port}, and only 80 and 443 are asked", port=port)
        raise SourceRefused(name, _with(reason, _OWN_NETWORK))
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


def _connected(target: _Target, name: str, limits: Limits, until: float) -> socket.socket:
    """A connection, with TLS for https, to the first place of the target's host that may be asked and answers."""
    try:
        found = _resolve(target.host, target.port)
    except (OSError, UnicodeError):
        reason = Message("there is no site called {site}; check the address", site=target.host)
        raise SourceRefused(name, reason) from None
    places = [
        (family, place)
        for family, place in found
        if may_be_asked(ipaddress.ip_address(str(place[0])), private=limits.private)
    ]
    if not places:
        reason = Message(
            "{site} is not on the public web: it is at a private, local or reserved address", site=target.host
        )
        raise SourceRefused(name, _with(reason, _OWN_NETWORK))
    failure: OSError | None = None
    for family, place in places:
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            connection.settimeout(min(limits.connect_seconds, _left(until)))
            connection.connect(place)
        except OSError as error:
            connection.close()
            failure = error
            continue
        try:
            return _encrypted(connection, target.host) if target.scheme == "https" else connection
        except BaseException:
            connection.close()
            raise
    if isinstance(failure, TimeoutError):
        raise failure
    reason = Message("{site} does not take the connection; try again later", site=target.host)
    raise SourceRefused(name, reason) from failure


def _encrypted(connection: socket.socket, host: str) -> socket.socket:
    return ssl.create_default_context().wrap_socket(connection, server_hostname=host)


def _left(until: float) -> float:
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


class _TooMuch(Exception):
    """More bytes came than may."""


class _Wire(io.RawIOBase):
    """A connection's bytes, at most so many and in so much time, however slowly or endlessly they are sent."""

    def __init__(self, connection: socket.socket, limits: Limits, until: float) -> None:
        self.connection = connection
        self._limits = limits
        self._until = until
        self._room = limits.page_bytes + 100_000  # for the head, which http.client limits line by line

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self.connection.settimeout(min(self._limits.read_seconds, _left(self._until)))
        count = self.connection.recv_into(buffer)
        self._room -= count
        if self._room < 0:
            raise _TooMuch
        return count

    def makefile(self, mode: str) -> io.BufferedReader:
        """What ``http.client`` asks of a socket."""
        return io.BufferedReader(self)


def _ask(wire: _Wire, target: _Target) -> HTTPResponse:
    """Sends the request; the answer, read up to its body."""
    lines = (
        f"GET {target.path} HTTP/1.1",
        f"Host: {target.authority}",
        f"User-Agent: {USER_AGENT}",
        "Accept: text/html, application/xhtml+xml, text/plain;q=0.8",
        "Accept-Encoding: gzip",
        "Connection: close",
    )
    wire.connection.sendall("\r\n".join((*lines, "", "")).encode("ascii"))
    response = HTTPResponse(cast(socket.socket, wire), method="GET")
    response.begin()
    return response


def _page(response: HTTPResponse, target: _Target, name: str, limits: Limits) -> _Page:
    """The body of a good answer, unpacked. Raises ``SourceRefused`` for another, before its body is read."""
    if response.status != 200:
        raise SourceRefused(name, _why_no_page(response.status))
    declared = response.getheader("Content-Type") or ""
    kind = declared.partition(";")[0].strip().lower()
    if kind not in (*_PAGES, *_MAYBE_FEEDS, "text/plain"):
        raise SourceRefused(name, FEED if _FEED_TYPE.fullmatch(kind) else _unread(kind))
    charset = re.search(r"charset\s*=\s*[\"']?([\w:.-]+)", declared, re.IGNORECASE)
    return _Page(target.address, kind, charset[1] if charset else None, _body(response, name, limits))


def _body(response: HTTPResponse, name: str, limits: Limits) -> bytes:
    packing = (response.getheader("Content-Encoding") or "identity").strip().lower()
    if packing not in ("identity", "gzip", "x-gzip"):
        reason = Message("the site sends it packed as {packing}, which was not asked for", packing=packing[:20])
        raise SourceRefused(name, _with(reason, _BY_HAND))
    unpacking = zlib.decompressobj(31) if packing != "identity" else None
    if (response.length or 0) > limits.page_bytes:
        raise _TooMuch
    data = bytearray()
    while piece := response.read(65_536):
        # Never more than the limit and one byte, whatever it would unpack to.
        data += unpacking.decompress(piece, limits.page_bytes + 1 - len(data)) if unpacking else piece
        if len(data) > limits.page_bytes:
            raise _TooMuch
    if response.length or (unpacking and not unpacking.eof):
        raise SourceRefused(name, _with(Message("the connection broke off before its end"), _AGAIN))
    if not data.strip():
        raise SourceRefused(name, _with(Message("the page is empty"), _BY_HAND))
    return bytes(data)


def _too_large(limits: Limits) -> str:
    return Message(
        "it has more than {size} MB; save the article’s text and add the file",
        size=f"{limits.page_bytes / 1_000_000:g}",
    )


def _with(cause: str, advice: str) -> str:
    return Message.joined(cause, advice, by="; ")


def _why_no_page(status: int) -> str:
    match status:
        case 404 | 410:
            return Message("there is no page at this address ({status}); check it in a browser", status=status)
        case 401 | 402 | 403 | 407 | 451:
            return _with(Message("the site does not let this program read it ({status})", status=status), _BY_HAND)
        case 429 | 503:
            return Message("the site has too much to do ({status}); try again later", status=status)
        case _ if status >= 500:
            return Message("the site has a fault ({status}); try again later", status=status)
    return _with(Message("the site answers without a page ({status})", status=status), _BY_HAND)
