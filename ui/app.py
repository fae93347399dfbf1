"""The page as a web application, and the server that carries it.

Importing this is cheap; Gradio, which takes seconds to load, comes in when the application is made.
"""

from __future__ import annotations

import errno
import http.client
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from http import HTTPStatus
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

import uvicorn

from assistant.errors import AssistantError
from assistant.history.conversations import Conversations
from ui.access.sessions import Door
from ui.answering.threads import PLACES, Answering
from ui.users import Users
from vectorstore.messages import Message

if TYPE_CHECKING:
    from fastapi import FastAPI

    from assistant import Assistant
    from ui.page import Page

PORT = 7860
SHUTDOWN_SECONDS = 3
"""How long open streams may take to end after Ctrl-C."""


_GRADIO_SETTINGS = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    # Its record of every event, for a monitoring page that is shut: it sorts up to 10,000 of them after each event.
    "GRADIO_ANALYTICS_CACHE_FREQUENCY": "1000000000",
    "GRADIO_ANALYTICS_MAX_EVENTS": "1",
}
"""What can be told to Gradio in its environment only."""


class PageNotServed(AssistantError):
    """The address cannot be had; the message names it and the next step."""


def application(
    desk: Assistant,
    *,
    host: str = "127.0.0.1",
    store: Conversations | None = None,
    users: Users | None = None,
    places: int = PLACES,
    public_url: str = "",
    proxies: Sequence[str] = (),
) -> FastAPI:
    """The page over ``desk``, with its headers, routes and limits, for any ASGI server.

    On a loopback ``host`` it answers under loopback names only. ``store`` is by default the one in the library's
    folder. ``users`` may log in; without them everyone is the local editor. ``places`` answers are written at once.
    ``public_url`` is where a server before this one takes its requests, the only name then beside loopback's;
    ``proxies`` are the addresses and networks from which forwarding headers are believed. Raises ``PageNotServed``.
    """
    site = _site(public_url, proxies)
    for name, value in _GRADIO_SETTINGS.items():
        os.environ.setdefault(name, value)
    from fastapi import FastAPI, Request, Response
    from fastapi.middleware.cors import CORSMiddleware
    from fastapi.responses import PlainTextResponse
    from starlette.routing import Mount

    from ui import routes, shell
    from ui._gradio import gr
    from ui.access import login
    from ui.access.gate import Gate
    from ui.access.guard import LOOPBACK, Guard, Proxied, failed
    from ui.language import NOT_FOUND, words_of
    from ui.page import UPLOAD_MEGABYTES, Page
    from ui.theme import files, theme
    from ui.views import conversation_list

    store = store or Conversations(desk.library.folder)
    page = Page(desk, store, Answering(places))
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_exception_handler(Exception, failed)

    def file(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in files():
            return PlainTextResponse(words_of(request).gettext(NOT_FOUND), status_code=404)
        body, packed, media_type = files()[name]
        # With the version in its address it may stay, and so may a font; without, it is asked for each time.
        is_lasting = request.query_params or media_type == "font/woff2"
        headers = {"Cache-Control": "max-age=31536000, immutable" if is_lasting else "no-cache"}
        if packed and "gzip" in request.headers.get("accept-encoding", ""):
            body, headers = packed, headers | {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        return Response(body, media_type=media_type, headers=headers)

    app.add_route("/page/{name}", file, methods=["GET"])
    app.include_router(routes.router(desk, store, page.chat.view.shelf, page.suggesting))
    app.include_router(conversation_list.router(store, lambda request: login.user_of(request).name))
    door = Door(users) if users is not None else None
    if door is not None:
        app.include_router(login.router(door))

    @app.get("/healthz")
    async def health() -> PlainTextResponse:  # answers also while every thread is taken
        return PlainTextResponse("ok")

    gr.mount_gradio_app(
        app,
        page.blocks,
        path="/",
        theme=theme(),
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size=UPLOAD_MEGABYTES * 1024 * 1024,
        ssr_mode=False,
        enable_monitoring=False,
        mcp_server=False,
        pwa=False,
    )
    app.state.page = page
    app.state.store = store
    app.state.gradio = next(route.app for route in app.routes if isinstance(route, Mount))  # not `page.blocks.app`
    # Left to itself, Gradio lets pages of any other site read its answers when its own name is not localhost.
    app.add_middleware(CORSMiddleware, allow_origins=[])
    app.add_middleware(Gate, events=page.events, streams=page.streams)
    app.add_middleware(login.Doorkeeper, door=door)
    hosts = (*LOOPBACK, *([site.hostname] if site and site.hostname else [])) if site or _is_loopback(host) else ()
    app.add_middleware(Guard, hosts=hosts, dress=shell.dress, site=site, login=door is not None)
    app.add_middleware(Proxied, trusted_hosts=list(proxies))
    return app


def serve(
    desk: Assistant,
    *,
    host: str = "127.0.0.1",
    port: int = PORT,
    users: Users | None = None,
    places: int = PLACES,
    public_url: str = "",
    proxies: Sequence[str] = (),
) -> None:
    """Serve the page until Ctrl-C or SIGTERM. Prints its address once it answers; ``port`` 0 takes a free one.

    Raises ``PageNotServed`` when the address cannot be had, before anything slow is done, and
    ``ConversationsUnusable`` when what was said before cannot be read.
    """
    _site(public_url, proxies)
    listener = listen(host, port)
    with closing(listener), _terminated_as_interrupted(), Conversations(desk.library.folder) as store:
        _say(Message("Starting the page…"))
        page = application(
            desk, host=host, store=store, users=users, places=places, public_url=public_url, proxies=proxies
        )
        server = PageServer(page)
        threading.Thread(target=_announce, args=(server, listener.getsockname()), daemon=True).start()
        # uvicorn raises the signal that ended it once more when it has closed everything
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listener])
    _say(Message("The page is closed. The library is as you left it."))


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """Inside, SIGTERM is Ctrl-C: left to itself it would end the process before the library is closed."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class PageServer(uvicorn.Server):
    """uvicorn, quiet, and letting go of streams that would otherwise hold it open."""

    def __init__(self, app: FastAPI) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_level="error",
                access_log=False,
                server_header=False,
                proxy_headers=False,  # ``guard.Proxied`` reads them, from the proxies that are named
                lifespan="on",
                timeout_graceful_shutdown=SHUTDOWN_SECONDS,
            )
        )
        self.app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        page: Page = self.app.state.page
        page.close()
        self.app.state.gradio.stop_event.set()  # ends the stream that every open tab keeps
        await super().shutdown(sockets)


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to the address. Raises ``PageNotServed`` with what to do when it cannot be had."""
    if not 0 <= port <= 65_535:
        raise PageNotServed(Message("{port} is no port. Ports go from 1 to 65535: --port 7860", port=port))
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise PageNotServed(_no_address(host)) from error
    try:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)  # here already: another program may bind an address that nobody listens on yet
    except OSError as error:
        listener.close()
        raise PageNotServed(_why_not(error, host, port)) from error
    return listener


def _why_not(error: OSError, host: str, port: int) -> Message:
    if error.errno == errno.EADDRINUSE:
        return Message(
            "Port {port} on {host} is in use. Close the program that uses it, or choose another: --port {other}",
            port=port,
            host=host,
            other=port + 1 if port < 65_535 else PORT,
        )
    if error.errno == errno.EACCES:
        return Message("Port {port} may not be used by this account. Choose one above 1023: --port 7860", port=port)
    return _no_address(host)


def _no_address(host: str) -> Message:
    return Message("{host!r} is no address of this machine. For this machine only: --host 127.0.0.1", host=host)


def _announce(server: uvicorn.Server, bound: tuple[str, int]) -> None:
    """Print the address as soon as the page itself has come back from it."""
    host, port = bound[:2]
    name = "127.0.0.1" if ip_address(host).is_unspecified else host
    while not server.should_exit:
        connection = http.client.HTTPConnection(name, port, timeout=5)
        try:
            connection.request("GET", "/")
            if connection.getresponse().status in (HTTPStatus.OK, HTTPStatus.SEE_OTHER):  # the page, or its login
                address = f"http://{f'[{name}]' if ':' in name else name}:{port}"
                _say(Message("Open {address} in a browser. Ctrl-C stops it.", address=address))
                return
        except OSError:
            pass  # not yet
        finally:
            connection.close()
        time.sleep(0.1)


def _site(public_url: str, proxies: Sequence[str]) -> SplitResult | None:
    """Where the page is read from outside, if that is elsewhere. Raises ``PageNotServed``."""
    for proxy in proxies:
        try:
            ip_network(proxy)
        except ValueError as error:
            raise PageNotServed(
                Message(
                    "{proxy!r} is no address of a proxy. Give its IP address or network: --proxy 10.0.0.5", proxy=proxy
                )
            ) from error
    if not public_url:
        return None
    try:
        site = urlsplit(public_url)
        if site.scheme not in ("http", "https") or not site.hostname or site.port == 0:
            raise ValueError  # noqa: TRY301
        if site.username is not None or site.path.strip("/") or site.query or site.fragment:
            raise ValueError  # noqa: TRY301
    except ValueError as error:
        raise PageNotServed(
            Message(
                "{url!r} is no address of a site. Give its scheme and name alone: --public-url https://articles.example",
                url=public_url,
            )
        ) from error
    return site


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - to the person who started the server
