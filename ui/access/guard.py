"""What stands between the network and Gradio: who may ask, which routes there are, and the page's headers.

The Content-Security-Policy is the second of two fences. The first are the templates (``ui.templates``), which let no
text become markup; if they ever failed, the policy alone still runs no script of the text (scripts carry a nonce) and
loads nothing from another host.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from ui.language import NOT_FOUND, PAGE_FAILED, words_of
from ui.templates import render

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")

# What the page itself asks for, found by listing the requests of a browser. Everything else that Gradio serves is shut:
# among it `file=https://…` and `proxy=`, through which a text could make this server fetch an outside address, and
# `cancel`, which ends an event by its number whoever began it.
_READ = re.compile(
    r"/|/(?:assets|static)/[\w./-]{1,200}|/page/.+|/(?:theme\.css|favicon\.ico|manifest\.json|healthz)"
    r"|/gradio_api/(?:queue/data|upload_progress|heartbeat/\w+|app_id)",
    re.ASCII,
)
_SENT = re.compile(r"/gradio_api/(?:queue/join|upload)|/page/share/[\w-]+/\d+", re.ASCII)

_POLICY = "; ".join(
    (
        "default-src 'none'",
        # Gradio compiles its templates with Function(), hence unsafe-eval; inline scripts need this reply's nonce.
        "script-src 'self' 'nonce-{nonce}' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'self'",
        "form-action 'none'",
        "frame-src 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}


_OWN_POLICY = frozenset(("/login", "/logout"))
"""Their replies bring a policy that is narrower, but lets a form be sent to the page itself."""


_HOST = re.compile(r"(?:[\w.-]+|\[[\da-f:.]+\])?(?::\d{1,5})?", re.ASCII | re.IGNORECASE)
_PROXYS = (b"x-forwarded-", b"forwarded", b"x-gradio-")
"""How the headers begin from which Gradio learns under which address it is read, and writes that into the page."""


@dataclass(frozen=True, slots=True)
class Additions:
    """What is put into Gradio's page: HTML of our own, and the language that it is in."""

    language: str = "en"
    head: str = ""
    body: str = ""


Dress = Callable[[HTTPConnection], Additions]


class Proxied(ProxyHeadersMiddleware):
    """ASGI middleware, the outermost: believes what proxies say of a request, of those alone that are named.

    That is who asks (``X-Forwarded-For``), how (``X-Forwarded-Proto``) and under which name (``X-Forwarded-Host``).
    """

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope.get("client") and scope["client"][0] in self.trusted_hosts:
            headers = MutableHeaders(scope=scope)
            # The last is what the nearest of them was asked; the client may have sent those before.
            if host := headers.get("x-forwarded-host", "").rpartition(",")[2].strip():
                headers["host"] = host
        await super().__call__(scope, receive, send)


class Guard:
    """ASGI middleware around the whole application.

    ``hosts`` are the names under which the page answers, empty for any: a page on a loopback address must not answer
    under a name that someone else's DNS points at it. ``site`` is where it is read from outside, scheme and host, if a
    server before it takes the requests there. ``dress`` says what is put into the page for a request, ``login`` whether
    there is a login.
    """

    def __init__(
        self,
        app: ASGIApp,
        hosts: Iterable[str] = (),
        dress: Dress | None = None,
        *,
        site: SplitResult | None = None,
        login: bool = False,
    ) -> None:
        self.app = app
        self.login = login
        self.site = site
        self.hosts = frozenset(hosts)
        self.dress = dress or (lambda _: Additions())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope = self._as_asked(scope)
        nonce = secrets.token_urlsafe(16)
        send = _with_headers(send, nonce, scope)
        refusal = self._refusal(scope, Headers(scope=scope))
        if refusal is not None:
            await refusal(scope, receive, send)
        elif scope["path"] == "/":
            additions = self.dress(HTTPConnection(scope))
            await self.app(uncompressed(scope), receive, _PageSender(send, nonce, additions))
        else:
            await self.app(scope, receive, send)

    def _as_asked(self, scope: Scope) -> Scope:
        """The request without what only a proxy may say of it, which ``Proxied`` has read; Gradio believes anybody.

        Under the name that the page has outside, also with the scheme and port that it has there.
        """
        headers = [(name, value) for name, value in scope["headers"] if not name.startswith(_PROXYS)]
        scope = {**scope, "headers": headers}
        if self.site is not None and _named(Headers(scope=scope)) == self.site.hostname:
            MutableHeaders(scope=scope)["host"] = self.site.netloc
            scope["scheme"] = self.site.scheme
        return scope

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        host = headers.get("host", "")
        words = words_of(HTTPConnection(scope))
        if not _HOST.fullmatch(host):
            said = words.gettext(
                "What is asked for here is the name of no host. Open the address that the page printed when it started."
            )
            return PlainTextResponse(said, status_code=400)
        if self.hosts and _named(headers) not in self.hosts:
            said = words.gettext(
                "This page answers under {names} only. For another name, start it with --public-url https://NAME.",
                names=", ".join(sorted(self.hosts)),
            )
            return PlainTextResponse(said, status_code=421)
        if not self._is_route(scope["method"], scope["path"]):
            said = words.gettext(NOT_FOUND)
            if "text/html" in headers.get("accept", ""):
                return HTMLResponse(render("nothing.html", words, said=said), status_code=404)
            return PlainTextResponse(said, status_code=404)
        if scope["method"] not in ("GET", "HEAD") and _is_foreign(headers, host):
            return PlainTextResponse(words.gettext("This page does not take requests from other sites."), 403)
        return None

    def _is_route(self, method: str, path: str) -> bool:
        if method in ("GET", "HEAD"):
            return _READ.fullmatch(path) is not None or (self.login and path == "/login")
        return method == "POST" and (_SENT.fullmatch(path) is not None or (self.login and path in _OWN_POLICY))


def failed(request: Request, error: Exception) -> Response:
    """What is sent after a fault of our own, which Starlette answers outside of all middleware; it logs the fault."""
    policy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    said = words_of(request).gettext(PAGE_FAILED)
    return PlainTextResponse(said, status_code=500, headers={**_HEADERS, "Content-Security-Policy": policy})


def _named(headers: Headers) -> str:
    """The host that is asked for, without its port."""
    return re.sub(r":\d+$", "", headers.get("host", "")).lower()


def _is_foreign(headers: Headers, host: str) -> bool:
    """Whether a page of another site sent this. Programs that are no browsers send neither header and may ask."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != host


def _with_headers(send: Send, nonce: str, scope: Scope) -> Send:
    async def sender(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            if scope["path"] not in _OWN_POLICY or "content-security-policy" not in headers:
                headers["Content-Security-Policy"] = _POLICY.format(nonce=nonce)
            for name, value in _HEADERS.items():
                headers[name] = value
        await send(message)

    return sender


def uncompressed(scope: Scope) -> Scope:
    """The request without leave to compress, so that the reply can be changed on its way out."""
    return {**scope, "headers": [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]}


class _PageSender:
    """Holds the page's HTML back until it is whole, then gives its scripts the nonce and its head our additions."""

    def __init__(self, send: Send, nonce: str, additions: Additions) -> None:
        self.send = send
        self.nonce = nonce
        self.additions = additions
        self.start: Message | None = None
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
            return
        self.body += message.get("body", b"")
        if message.get("more_body"):
            return
        assert self.start is not None
        headers = MutableHeaders(scope=self.start)
        if headers.get("content-type", "").startswith("text/html"):
            self.body = complete(self.body.decode("utf-8"), self.nonce, self.additions).encode("utf-8")
            headers["Content-Length"] = str(len(self.body))
            headers["Cache-Control"] = "no-store"
        await self.send(self.start)
        await self.send({"type": "http.response.body", "body": self.body})


def complete(page: str, nonce: str, additions: Additions) -> str:
    """Gradio's page with the nonce on its own scripts, its outside preview picture taken out, and ours put in.

    Only the template's own tags match: in the configuration inside it, Gradio writes every ``<`` as an escape.
    """
    page = re.sub(r"<script\b", f'<script nonce="{nonce}"', page)
    page = re.sub(r"<meta\s+(?:property|name)=\"(?:og|twitter):[^>]*>", "", page)
    page = re.sub(r'(<html\b[^>]*?\blang=")[^"]*', rf"\g<1>{additions.language}", page, count=1)
    page = page.replace("</head>", f"{additions.head}</head>", 1)
    return re.sub(r"<body\b[^>]*>", lambda opening: f"{opening[0]}{additions.body}", page, count=1)
