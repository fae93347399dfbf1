"""The door of a page with users: logging in and out, who asks, what they may do, and how much they may send.

How it is mounted, inside ``Guard`` (which checks host and site of every request, the login's too)::

    app.include_router(router(door))            # /login, /logout; and /page/door.css
    app.add_middleware(Gate, …)                 # what a login may send on to Gradio
    app.add_middleware(Doorkeeper, door=door)   # before Guard is added; door None: everyone is the local editor
    app.add_middleware(Guard, …)             # its routes: /login and /logout too; it must not replace the policy that
                                             # these two replies bring, whose form may be sent to the page itself

Handlers ask ``user_of(request)``, with Starlette's request, or Gradio's ``request.request``, for the ``User``:
``user.name`` owns conversations, ``user.may_edit`` may add and remove. Page parts: ``who(user, words)`` shows who is
logged in with the button that logs out; it is empty for the local user.

The doorkeeper itself lets nobody in without a session but to the login, its style sheet and ``/healthz``, refuses
uploads by readers, and cuts off bodies that are too long, whatever their headers claim.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlencode

from anyio import CapacityLimiter, to_thread
from markupsafe import Markup
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.messages import Translator
from ui.access.sessions import Door, LoginRefused, TooManyAttempts, network_of
from ui.language import words_of
from ui.templates import render
from ui.users import User

if TYPE_CHECKING:
    from fastapi import APIRouter

LOCAL = User("", "editor")
"""Who asks on a page without login."""

COOKIE: Final = "article_session"
_SECURE_COOKIE: Final = f"__Host-{COOKIE}"
"""Over https: browsers take it from no other path, subdomain or plain connection."""

LOGIN_BYTES: Final = 8_192
REQUEST_BYTES: Final = 4_000_000
"""Of one request of an editor's page: a question, or a pasted article of a million characters."""
READER_BYTES: Final = 100_000
"""Of one request of a reader's page: a question, or a word on an answer, of 2,000 characters, however escaped."""
UPLOAD_BYTES: Final = 512_000_000
"""Of all files in one upload; the page's own limit is on each file."""

CHECKS_AT_ONCE: Final = 2
"""Passwords that are checked at once; others wait, and hold no thread. A flood of them takes 128 MB and two cores."""
CHECKS_OF_ADDRESS: Final = 8
"""Of one address, those that wait: a flood from there keeps nobody from the queue who comes from elsewhere."""
CHECK_WAIT_SECONDS: Final = 2.0

_UPLOAD = "/gradio_api/upload"
_OPEN = frozenset(("/login", "/healthz", "/page/door.css", "/page/icon.svg"))
_FONT = re.compile(r"/page/[\w-]+\.woff2", re.ASCII)

_ENTRANCE = re.compile(r"/(?:\?c=[\w-]{1,64})?|/page/shared/[\w-]{1,64}", re.ASCII)
"""Where people come in from elsewhere: the page, one of its conversations, a shared answer. A login leads there and
nowhere else, so that no link to it leads to another site."""

LOGIN_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


def user_of(connection: HTTPConnection) -> User:
    """Who asks. Raises ``KeyError`` where no doorkeeper stands before: nobody is let in by mistake."""
    user = connection.scope["article.user"]
    assert isinstance(user, User)
    return user


def login_of(connection: HTTPConnection) -> str:
    """The login under which somebody asks: its secret token; empty on a page without login."""
    login = connection.scope["article.login"]
    assert isinstance(login, str)
    return login


def who(user: User, words: Translator) -> Markup:
    """Who is logged in, and the button that logs out; empty for the local user.

    A form, so that no link logs out; ``acts.js`` sends it, for the page's policy lets no form be sent.
    """
    return Markup() if user == LOCAL else render("logged_in.html", words, name=user.name)


class Doorkeeper:
    """ASGI middleware: puts the user into the scope of every request that may pass, and refuses the others.

    ``door`` is ``None`` for a page without login.
    """

    def __init__(self, app: ASGIApp, door: Door | None = None) -> None:
        self.app = app
        self.door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})  # the page uses none
                return
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        token = None if self.door is None else token_of(connection)
        user = LOCAL if self.door is None else self.door.user(token)
        limit = _limit(scope["path"], user)
        refusal: Response | None = None
        if user is None and scope["path"] not in _OPEN and not _FONT.fullmatch(scope["path"]):
            if _ENTRANCE.fullmatch(scope["path"]) and scope["method"] in ("GET", "HEAD"):
                refusal = RedirectResponse(
                    _login_for(connection), status_code=303, headers={"Cache-Control": "no-store"}
                )
            else:
                said = words_of(connection).gettext("Log in first: this page is for the users of this library.")
                refusal = PlainTextResponse(said, status_code=401)
        elif user is not None and scope["path"].rstrip("/") == _UPLOAD and not user.may_edit:
            said = words_of(connection).gettext("Only editors can add articles.")
            refusal = PlainTextResponse(said, status_code=403)
        if refusal is None:
            length = connection.headers.get("content-length", "0")
            if not length.isdigit() or int(length) > limit:
                refusal = _too_large(limit, connection)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        scope["article.user"], scope["article.login"] = user, token or ""
        await _limited(self.app, scope, receive, send, limit)


def _login_for(connection: HTTPConnection) -> str:
    """The address of the login that leads on to what is asked for."""
    path, conversation = connection.scope["path"], connection.query_params.get("c")
    wanted = _entrance(f"/?c={conversation}" if path == "/" and conversation else path)
    return "/login" if wanted == "/" else f"/login?{urlencode({'next': wanted})}"


def _entrance(wanted: str) -> str:
    """``wanted`` if a login may lead there, or else the page."""
    return wanted if _ENTRANCE.fullmatch(wanted) else "/"


def _limit(path: str, user: User | None) -> int:
    if user is None or path == "/login":
        return LOGIN_BYTES
    if not user.may_edit:
        return READER_BYTES
    return UPLOAD_BYTES if path.rstrip("/") == _UPLOAD else REQUEST_BYTES


def _too_large(limit: int, connection: HTTPConnection) -> Response:
    words = words_of(connection)
    said = words.gettext("This is too large: {limit} MB are accepted at once.", limit=f"{limit / 1_000_000:g}")
    return PlainTextResponse(said, status_code=413, headers={"Connection": "close"})


class _TooLargeError(Exception):
    """More came than the limit lets through."""


async def _limited(app: ASGIApp, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
    """Runs ``app``, counting what comes: a body in chunks names no length.

    Whatever the application makes of the cut body, what is sent is that it was too large.
    """
    come, begun = 0, False

    async def counted() -> Message:
        nonlocal come
        message = await receive()
        come += len(message.get("body", b""))
        if come > limit:
            raise _TooLargeError
        return message

    async def watched(message: Message) -> None:
        nonlocal begun
        if come <= limit or begun:
            begun = True
            await send(message)

    with suppress(_TooLargeError):
        await app(scope, counted, watched)
    if come > limit and not begun:
        await _too_large(limit, HTTPConnection(scope))(scope, receive, send)


# -- the cookie


def token_of(connection: HTTPConnection) -> str | None:
    """The session's token, as the browser sent it."""
    cookies = connection.cookies
    return cookies.get(_SECURE_COOKIE) if _is_https(connection) else cookies.get(COOKIE)


def _is_https(connection: HTTPConnection) -> bool:
    """Whether the browser speaks https, to us or to a proxy before us.

    uvicorn takes ``X-Forwarded-Proto`` from trusted proxies only and puts it into the scope: nothing is read here.
    """
    return connection.url.scheme == "https"


def _set_cookie(response: Response, connection: HTTPConnection, token: str) -> None:
    https = _is_https(connection)
    response.set_cookie(
        _SECURE_COOKIE if https else COOKIE, token, path="/", secure=https, httponly=True, samesite="strict"
    )


# -- logging in and out


def router(door: Door) -> APIRouter:
    """``GET`` and ``POST /login``, ``POST /logout``. The page works without scripts."""
    from fastapi import APIRouter

    routes = APIRouter()
    checks = CapacityLimiter(CHECKS_AT_ONCE)
    waiting: Counter[str] = Counter()

    async def checked(name: str, password: str, address: str) -> tuple[User, str]:
        network = network_of(address)
        if waiting[network] >= CHECKS_OF_ADDRESS:
            raise TooManyAttempts(CHECK_WAIT_SECONDS)
        waiting[network] += 1
        try:
            return await to_thread.run_sync(door.log_in, name, password, address, limiter=checks)
        finally:
            waiting[network] -= 1
            if not waiting[network]:
                del waiting[network]

    def form(request: Request) -> Response:
        wanted = _entrance(request.query_params.get("next", ""))
        if door.user(token_of(request)) is not None:
            return RedirectResponse(wanted, status_code=303)
        return _login_page(words_of(request), wanted)

    async def log_in(request: Request) -> Response:
        words = words_of(request)
        fields = dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))
        name, password = fields.get("name", "").strip(), fields.get("password", "")
        wanted = _entrance(fields.get("next", ""))
        try:
            _, token = await checked(name, password, request.client.host if request.client else "")
        except TooManyAttempts as error:
            page = _login_page(words, wanted, name, words.gettext(str(error)), status=429)
            page.headers["Retry-After"] = str(math.ceil(error.retry_after))
            return page
        except LoginRefused:
            return _login_page(words, wanted, name, words.gettext("Name or password is wrong."), status=401)
        door.log_out(token_of(request))  # of whoever used this browser before
        response = RedirectResponse(wanted, status_code=303, headers={"Cache-Control": "no-store"})
        _set_cookie(response, request, token)
        return response

    def log_out(request: Request) -> Response:
        door.log_out(token_of(request))
        response = RedirectResponse(
            "/login", status_code=303, headers={"Cache-Control": "no-store", "Clear-Site-Data": '"cache", "storage"'}
        )
        for name in (COOKIE, _SECURE_COOKIE):
            response.delete_cookie(name, path="/", secure=name == _SECURE_COOKIE, httponly=True, samesite="strict")
        return response

    routes.add_route("/login", form, methods=["GET"])
    routes.add_route("/login", log_in, methods=["POST"])
    routes.add_route("/logout", log_out, methods=["POST"])
    return routes


def _login_page(words: Translator, wanted: str, name: str = "", problem: str = "", *, status: int = 200) -> Response:
    return HTMLResponse(
        render("login.html", words, wanted=wanted, name=name, problem=problem),
        status_code=status,
        headers={"Content-Security-Policy": LOGIN_POLICY, "Cache-Control": "no-store"},
    )
