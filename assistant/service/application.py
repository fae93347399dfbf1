"""The service as a web application, who is admitted to it, and the server that carries it."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import closing, suppress
from ipaddress import ip_address
from typing import Annotated, Any
from urllib.parse import urlsplit

import uvicorn
from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.types import Message as ASGIMessage

from assistant.assistant import Assistant
from assistant.errors import AssistantError
from assistant.service import openai_api, rest
from assistant.service.keys import ROLES, Keys, PerMinute, Role
from assistant.service.metrics import TEXT_FORMAT
from assistant.service.replies import Failure, Rejection, Replies, refusal
from vectorstore.errors import LibraryError
from vectorstore.messages import Message

LARGEST_BODY = 1_000_000
"""Bytes of a request: a long conversation, and no file."""
SHUTDOWN_SECONDS = 3
"""How long open streams may take to end after Ctrl-C."""

_bearer = HTTPBearer(auto_error=False, description="A key that `assistant keys add NAME` made.")


class ServiceNotStarted(AssistantError):
    """The service cannot be started as it was asked to; the message says what to type."""


def application(desk: Assistant, *, host: str = "127.0.0.1", per_minute: int = 60) -> FastAPI:
    """REST and OpenAI's protocol over ``desk``, for any ASGI server.

    On a loopback ``host`` it is open as long as the library has no keys; ``per_minute`` requests are taken of each.
    """
    app = FastAPI(
        title="Article Assistant",
        description="Questions to a library of articles; every sentence of an answer points to its words.",
        docs_url=None,  # FastAPI's page loads its script from another host
        openapi_url="/api/docs",
        redoc_url=None,
        responses={"4XX": {"model": Failure}, "5XX": {"model": Failure}},
    )
    needs = _admission(Keys(desk.library.folder), PerMinute(per_minute), may_be_open=_is_loopback(host))
    replies = app.state.replies = Replies()
    app.include_router(rest.router(desk, replies, needs))
    app.include_router(openai_api.router(desk, replies, needs))
    for kind in (RequestValidationError, HTTPException, AssistantError, LibraryError, Exception):
        app.add_exception_handler(kind, _failed)
    app.add_middleware(_Limited)

    @app.get("/healthz")
    async def health() -> dict[str, str]:
        """Whether the service answers; needs no key."""
        return {"status": "ok"}

    # Not response_class=PlainTextResponse, by which the document would have errors as plain text too.
    text: dict[int | str, dict[str, Any]] = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}

    @app.get("/metrics", dependencies=[Depends(needs("metrics"))], response_class=Response, responses=text)
    def metrics() -> PlainTextResponse:
        """Figures for Prometheus, in its text format."""
        return PlainTextResponse(replies.metrics.text(desk.library.count()), media_type=TEXT_FORMAT)

    return app


def serve(desk: Assistant, *, host: str, port: int, per_minute: int, announce: Callable[[str], None]) -> None:
    """Serves until Ctrl-C. ``announce`` is given the address once it takes requests; ``port`` 0 takes a free one.

    Raises ``ServiceNotStarted`` when the address cannot be had, or when others could reach it and there is no key.
    """
    if not _is_loopback(host) and not Keys(desk.library.folder).all():
        raise ServiceNotStarted(
            Message(
                "Others could ask here under {host}, and there is no key yet. "
                "Make one: assistant keys add NAME --role ask --library {folder}",
                host=host,
                folder=desk.library.folder,
            )
        )
    with closing(_listener(host, port)) as listener:
        name, taken = listener.getsockname()[:2]
        announce(f"http://{f'[{name}]' if ':' in name else name}:{taken}")
        with suppress(KeyboardInterrupt):  # uvicorn raises the signal once more when it has closed everything
            Server(application(desk, host=host, per_minute=per_minute)).run(sockets=[listener])


class Server(uvicorn.Server):
    """uvicorn, quiet, and giving up the answers under way when it ends."""

    def __init__(self, app: FastAPI) -> None:
        config = uvicorn.Config(app, log_level="error", access_log=False, server_header=False, proxy_headers=False)
        config.timeout_graceful_shutdown = SHUTDOWN_SECONDS
        super().__init__(config)
        self._replies: Replies = app.state.replies

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._replies.close()
        await super().shutdown(sockets)


def _listener(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, OverflowError) as error:
        said = Message(
            "{host}, port {port}: {reason}. Choose others with --host and --port.", host=host, port=port, reason=error
        )
        raise ServiceNotStarted(said) from error


def _admission(keys: Keys, minute: PerMinute, *, may_be_open: bool) -> Callable[[Role], Any]:
    def needs(role: Role) -> Any:
        async def admit(
            request: Request, bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
        ) -> None:
            if may_be_open and not keys.all():
                _demand_loopback(request)
                return
            found = keys.find(bearer.credentials) if bearer else None
            if found is None:
                said = Message("This takes a key: Authorization: Bearer KEY. `assistant keys add NAME` makes one.")
                raise Rejection(401, "invalid_api_key", said, headers={"WWW-Authenticate": "Bearer"})
            name, key = found
            if ROLES.index(key.role) < ROLES.index(role):
                said = Message("The key “{name}” may not do this. Use one of the role {role}.", name=name, role=role)
                raise Rejection(403, "role_insufficient", said)
            if wait := minute.seconds_to_wait(name):
                said = Message("Too many requests with the key “{name}”. Try again in {wait} s.", name=name, wait=wait)
                raise Rejection(429, "rate_limit_exceeded", said, headers={"Retry-After": str(wait)})

        return admit

    return needs


def _demand_loopback(request: Request) -> None:
    """Refuses names of other hosts: a web page whose name was made to point here could read the answers."""
    try:
        name = urlsplit(f"//{request.headers.get('host', '')}").hostname
    except ValueError:
        name = None
    if not _is_loopback(name or ""):
        said = Message(
            "Without keys this answers under 127.0.0.1 and localhost only. `assistant keys add NAME` adds one."
        )
        raise Rejection(403, "host_refused", said)


class _Limited:
    """Reads no more of a body than ``LARGEST_BODY``. FastAPI's own limit answers with plain text."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        read = 0

        async def limited() -> ASGIMessage:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > LARGEST_BODY:
                raise HTTPException(413, Message("The request has more than {most} bytes.", most=LARGEST_BODY))
            return message

        await self._app(scope, limited, send)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


async def _failed(_: Request, error: Exception) -> JSONResponse:
    said = refusal(error)
    return JSONResponse(said.form(), said.status, headers=said.headers)
