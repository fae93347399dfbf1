"""What of the page's own traffic reaches Gradio: requests of the one shape that each has, for what this login began.

Gradio takes any file of this machine, or an address to fetch, for an upload (its own check is off in an app that is
mounted), does so before any handler is called, and shows a stream to whoever names its session. So nothing that a
browser sent is passed on: it is read here, and Gradio gets a request that is written anew. Names that a browser may
choose, of sessions and uploads, are bound to the login under which it chose them: named by another login, they are
others. Paths come back to us only with our seal on them, which is made for each login too.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
from collections.abc import Container, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import parse_qs, urlencode

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.access.guard import uncompressed
from ui.access.login import login_of, user_of
from ui.language import NOT_FOUND, words_of
from ui.users import Role
from vectorstore import messages

Kind = Literal["text", "files", "state"]

PREFIX: Final = "/gradio_api"
FILES_AT_ONCE: Final = 1_000
"""In one upload, as Gradio's."""
_NOT_OF_THE_PAGE = messages.Message(
    "This page sends no such request. If this happened on the page itself, load it anew."
)
_FOREIGN_FILE = messages.Message("This file was not uploaded here, or is in the library already. Choose it once more.")
_NAME = re.compile(r"\w{1,64}", re.ASCII)
_SEAL = 64
"""Characters of a seal: SHA-256 in hexadecimal."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event of the page: who may send it, and what it sends."""

    role: Role
    inputs: tuple[Kind, ...]


class _Refused(Exception):
    def __init__(self, status: HTTPStatus, said: str = _NOT_OF_THE_PAGE) -> None:
        super().__init__(said)
        self.status = status
        self.said = said


class Gate:
    """ASGI middleware, behind ``login.Doorkeeper`` and before Gradio.

    ``events`` are the page's, by their number in Gradio; an event without a place there cannot be sent. ``streams``
    says of which sessions, as Gradio knows them, there is a stream to be read.
    """

    def __init__(self, app: ASGIApp, events: Mapping[int, Event], streams: Container[str]) -> None:
        self.app = app
        self.events = events
        self.streams = streams
        self._key = secrets.token_bytes(32)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self.app(scope, receive, send)
            return
        try:
            match scope["path"].removeprefix(PREFIX).split("/")[1:]:
                case ["queue", "join"]:
                    scope, receive = await self._join(scope, receive)
                case ["queue", "data"]:
                    scope = self._stream(scope)
                case ["heartbeat", session]:
                    path = f"{PREFIX}/heartbeat/{self._bound(scope, 'session', session)}"
                    scope = {**scope, "path": path, "raw_path": path.encode()}
                case ["upload"]:
                    await self._upload(self._with_upload_id(scope), receive, send)
                    return
                case ["upload_progress"]:
                    scope = self._with_upload_id(scope)
                case ["app_id"]:
                    pass
                case _:
                    raise _Refused(HTTPStatus.NOT_FOUND, NOT_FOUND)  # noqa: TRY301
        except _Refused as refused:
            # As FastAPI would say it: the page's script reads "detail".
            detail = words_of(HTTPConnection(scope)).gettext(refused.said)
            await JSONResponse({"detail": detail}, refused.status)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    # -- what belongs to a login

    def _seal(self, scope: Scope, *what: str) -> str:
        told = json.dumps([login_of(HTTPConnection(scope)), *what]).encode()
        return hmac.new(self._key, told, "sha256").hexdigest()

    def _bound(self, scope: Scope, kind: str, name: object) -> str:
        """What Gradio calls the session or upload that a browser calls ``name``."""
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise _Refused(HTTPStatus.UNPROCESSABLE_ENTITY)
        return self._seal(scope, kind, name)

    # -- events

    async def _join(self, scope: Scope, receive: Receive) -> tuple[Scope, Receive]:
        """The event that a browser sends, written anew."""
        try:
            sent = json.loads(await Request(scope, receive).body())
        except (ValueError, RecursionError, ClientDisconnect) as error:
            raise _Refused(HTTPStatus.UNPROCESSABLE_ENTITY) from error
        if not isinstance(sent, dict) or not isinstance(sent.get("data"), list):
            raise _Refused(HTTPStatus.UNPROCESSABLE_ENTITY)
        session = self._bound(scope, "session", sent.get("session_hash"))
        number, data = sent.get("fn_index"), sent["data"]
        event = self.events.get(number) if type(number) is int else None
        if event is None:
            raise _Refused(HTTPStatus.NOT_FOUND)
        if event.role == "editor" and not user_of(HTTPConnection(scope)).may_edit:
            raise _Refused(HTTPStatus.FORBIDDEN)
        if len(data) != len(event.inputs):
            raise _Refused(HTTPStatus.UNPROCESSABLE_ENTITY)
        made = {
            "fn_index": number,
            "session_hash": session,
            "data": [self._input(scope, kind, value) for kind, value in zip(event.inputs, data, strict=True)],
        }
        body = json.dumps(made).encode()
        scope = {**scope, "headers": list(scope["headers"])}
        headers = MutableHeaders(scope=scope)
        headers["content-length"], headers["content-type"] = str(len(body)), "application/json"
        del headers["transfer-encoding"]
        return scope, _with_body(body, receive)

    def _input(self, scope: Scope, kind: Kind, value: Any) -> Any:
        if value is None:  # what the server itself keeps for the session comes as this, always
            return None
        if kind == "text" and isinstance(value, str) and _is_unicode(value):
            return value
        if kind == "files" and isinstance(value, list) and len(value) <= FILES_AT_ONCE:
            return [{"path": self._uploaded(scope, file), "meta": {"_type": "gradio.FileData"}} for file in value]
        raise _Refused(HTTPStatus.UNPROCESSABLE_ENTITY)

    def _uploaded(self, scope: Scope, file: object) -> str:
        """The path of a file, if this login has uploaded it and it has not been taken in since."""
        sealed = file.get("path") if isinstance(file, dict) else None
        if not isinstance(sealed, str) or not _is_unicode(sealed):
            raise _Refused(HTTPStatus.UNPROCESSABLE_ENTITY)
        seal, path = sealed[:_SEAL], sealed[_SEAL:]
        if not hmac.compare_digest(seal.encode(), self._seal(scope, "file", path).encode()):
            raise _Refused(HTTPStatus.FORBIDDEN, _FOREIGN_FILE)
        if not Path(path).is_file():
            raise _Refused(HTTPStatus.GONE, _FOREIGN_FILE)
        return path

    # -- streams and uploads

    def _stream(self, scope: Scope) -> Scope:
        session = self._bound(scope, "session", _only(scope, "session_hash"))
        if session not in self.streams:
            raise _Refused(HTTPStatus.NOT_FOUND)
        return _with_query(scope, session_hash=session)

    def _with_upload_id(self, scope: Scope) -> Scope:
        """As the browser and its progress bar call the upload; without a bar it has no name."""
        name = _only(scope, "upload_id")
        return _with_query(scope, **({} if name is None else {"upload_id": self._bound(scope, "upload", name)}))

    async def _upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes an upload on, and seals the paths in the reply to it, which waits until the files lie there."""
        start: Message | None = None
        body = b""

        async def kept(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
            body += message.get("body", b"")

        try:
            await self.app(uncompressed(scope), receive, kept)
        except (TypeError, ValueError, KeyError):  # what Gradio makes of a form that is none
            start = None
        if start is None:
            detail = words_of(HTTPConnection(scope)).gettext(_NOT_OF_THE_PAGE)
            await JSONResponse({"detail": detail}, HTTPStatus.BAD_REQUEST)(scope, receive, send)
            return
        if start["status"] == HTTPStatus.OK:
            body = json.dumps([f"{self._seal(scope, 'file', path)}{path}" for path in json.loads(body)]).encode()
            MutableHeaders(scope=start)["content-length"] = str(len(body))
        await send(start)
        await send({"type": "http.response.body", "body": body})


def _only(scope: Scope, name: str) -> str | None:
    """The one value of this name in the query; ``None`` without one."""
    values = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True).get(name, [])
    if len(values) > 1:
        raise _Refused(HTTPStatus.UNPROCESSABLE_ENTITY)
    return values[0] if values else None


def _with_query(scope: Scope, **query: str) -> Scope:
    return {**scope, "query_string": urlencode(query).encode()}


def _with_body(body: bytes, receive: Receive) -> Receive:
    """``body``, then what ``receive`` tells of the connection."""
    told = False

    async def received() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return received


def _is_unicode(text: str) -> bool:
    """Whether the text can be written down: JSON may name halves of a character, which no file or database takes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
