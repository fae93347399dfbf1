"""A server that speaks OpenAI's protocol, or nearly: addresses, parameters and replies as they are in the wild.

``Client`` is the HTTP client under OpenAI's own. It finds the API at the address that people paste, leaves out what the
server refuses, and gives the events of a stream whatever came.
"""

from __future__ import annotations

import json
import re
import ssl
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from contextlib import suppress
from functools import cache
from itertools import chain
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2

from assistant.models.cancelling import watch

OPENAI = "https://api.openai.com/v1"

REFUSED: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
"""What a server has refused for a model, by address and model: remembered as long as this process lives."""

_SYSTEM = "system role"
_NO_SYSTEM = re.compile(
    r"system (?:role|message|prompt|instruction)|role.{0,20}\bsystem|developer instruction|must alternate", re.I
)
_SYSTEM_ROLES = ("system", "developer")
_NEEDED = frozenset(("model", "messages", "input", "tools", "tool_choice"))
"""Never left out. A look-up without tools would be an answer that nobody asked for: its reader is told instead."""
_OTHER_NAMES = (("max_tokens", "max_completion_tokens"), ("max_completion_tokens", "max_tokens"))

_ROUTE = re.compile(r"(?:/+(?:chat/completions|completions|responses|embeddings|models))?/*$")
_VERSION = re.compile(r"/v\d\w*(?:/|$)")
_AZURE = re.compile(r"\.azure\.com(?::\d+)?$")
_NO_MODEL = re.compile(r"model|deployment", re.I)
_NO_PATH = re.compile(r"\b(?:url|path|page|file|route|resource|method)\b|not.found|cannot post|^\s*$", re.I)

ENDED = "ended"
"""Set in an event of ours before ``[DONE]``: OpenAI's client does not tell whether that came."""
_ENDED = f"data: {json.dumps({'object': 'chat.completion.chunk', 'choices': [], ENDED: True})}\n\n".encode()


def addresses(written: str) -> tuple[list[str], dict[str, str]]:
    """Where the API may be, the likeliest place first, and what each request has in its query.

    ``http://127.0.0.1:11434/`` gives ``http://127.0.0.1:11434/v1``, then ``http://127.0.0.1:11434``.
    """
    parts = urlsplit(written)
    path, query = _ROUTE.sub("", parts.path), dict(parse_qsl(parts.query))
    root = f"{parts.scheme}://{parts.netloc}"
    if is_azure(written) and path in ("", "/openai"):
        return [f"{root}/openai/v1"], query
    if "api-version" in query or _VERSION.search(path):
        return [root + path], query
    places = [root + path, f"{root}{path}/v1"]
    return places if path else places[::-1], query


def is_azure(written: str) -> bool:
    """Whether it is Azure that is asked: it has a header of its own for the key."""
    parts = urlsplit(written)
    return _AZURE.search(parts.netloc) is not None or "api-version" in parts.query


def is_elsewhere(status: int, kind: str, said: str) -> bool:
    """Whether a reply comes from a place where no such API is: a web page, a redirect, a path that is not there."""
    if status == 404:
        return "html" in kind or (_NO_PATH.search(said) is not None and not _NO_MODEL.search(said))
    return status == 405 or 300 <= status < 400 or (status == 200 and "html" in kind)


@cache
def trusted() -> ssl.SSLContext:
    """The certificates that are trusted, read once for all clients of this process: that takes 27 ms."""
    return httpx2.create_ssl_context()


class Client(httpx2.Client):
    """Sends the requests of one chat model, each on a connection of its own.

    The pool's would be closed as idle between two questions anyway, and a connection that is ours alone can be hung up
    without harm to another answer.
    """

    def __init__(self, written: str) -> None:
        limits = httpx2.Limits(max_keepalive_connections=0)
        super().__init__(verify=trusted(), limits=limits, event_hooks={"request": [watch]})
        self._is_azure = is_azure(written)
        self._paths = [urlsplit(place).path for place in addresses(written)[0]]
        self._asked_path = self._paths[0]  # what OpenAI's client asks
        self._found = False

    def send(self, request: httpx2.Request, **how: Any) -> httpx2.Response:
        """The reply from the first address at which there is one: 404 where there is none at any of them."""
        if self._is_azure:
            request.headers["api-key"] = request.headers.pop("authorization", "").removeprefix("Bearer ")
        route = request.url.path.removeprefix(self._asked_path)
        for path in self._paths:
            response = self._send(request, request.url.copy_with(path=path + route), **how)
            if self._found or not _is_elsewhere(response):
                self._found, self._paths = True, [path]
                is_stream = _body(request).get("stream") and response.status_code == 200
                return _as_events(response) if is_stream else response
        return httpx2.Response(404, headers={"content-type": "text/html"}, content=response.read(), request=request)

    def _send(self, request: httpx2.Request, address: httpx2.URL, **how: Any) -> httpx2.Response:
        """The reply to a request without what the server has refused so far, or refuses now."""
        body = _body(request)
        refused = REFUSED[str(address), str(body.get("model"))]
        while True:
            content = json.dumps(_without(body, refused)).encode() if body else request.content
            headers = {**request.headers, "content-length": str(len(content))}
            sent = httpx2.Request(
                request.method, address, headers=headers, content=content, extensions=request.extensions
            )
            response = super().send(sent, **how)
            named = _named(response, _without(body, refused)) - refused
            if not named:
                return response
            refused |= named


def _body(request: httpx2.Request) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(request.content or b"{}")
    return body


def _is_elsewhere(response: httpx2.Response) -> bool:
    said = response.read().decode(errors="replace") if response.status_code == 404 else ""
    return is_elsewhere(response.status_code, response.headers.get("content-type", ""), said)


def _named(response: httpx2.Response, body: Mapping[str, Any]) -> frozenset[str]:
    """The parts of a request that the server names in its refusal; templates that know no system role fail with 500."""
    if response.status_code not in (400, 422, 500):
        return frozenset()
    said = response.read().decode(errors="replace")
    refusable = body.keys() - _NEEDED if response.status_code < 500 else ()
    named = {name for name in refusable if re.search(rf"(?<!\w){name}(?!\w)", said)}
    has_system = any(message["role"] in _SYSTEM_ROLES for message in body.get("messages", ()))
    return frozenset(named | {_SYSTEM} if has_system and _NO_SYSTEM.search(said) else named)


def _without(body: Mapping[str, Any], refused: Set[str]) -> dict[str, Any]:
    kept = {name: value for name, value in body.items() if name not in refused}
    for name, other in _OTHER_NAMES:
        if name in body and name in refused and other not in refused:
            kept[other] = body[name]
    if "stream" in refused:
        kept.pop("stream_options", None)
    if _SYSTEM in refused:
        system = [message["content"] for message in body["messages"] if message["role"] in _SYSTEM_ROLES]
        messages = [dict(message) for message in body["messages"] if message["role"] not in _SYSTEM_ROLES]
        first = next(message for message in messages if message["role"] == "user")
        first["content"] = "\n\n".join([*system, first["content"]])
        kept["messages"] = messages
    return kept


# Replies.


def _as_events(response: httpx2.Response) -> httpx2.Response:
    """A reply with the events of ``response``, or with the one event that a whole reply amounts to."""
    headers = {"content-type": "text/event-stream"}
    return httpx2.Response(200, headers=headers, stream=_Events(response), request=response.request)


class _Events(httpx2.SyncByteStream):
    def __init__(self, response: httpx2.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        lines = _lines(self._response.iter_bytes())
        first = next((line for line in lines if line.strip()), b"")
        if first.lstrip().startswith(b"{"):
            yield from (_as_event(first + b"".join(lines)), _ENDED)
            return
        for line in chain([first], lines):
            yield _ENDED + line if line.replace(b" ", b"").startswith(b"data:[DONE]") else line

    def close(self) -> None:
        self._response.close()


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    held = b""
    for piece in pieces:
        *lines, held = (held + piece).split(b"\n")
        yield from (line + b"\n" for line in lines)
    yield held + b"\n\n"  # some leave out the line end behind their last event


def _as_event(reply: bytes) -> bytes:
    """A whole JSON reply as an event; what is no JSON is left to OpenAI's client, which says so."""
    with suppress(ValueError):
        whole = json.loads(reply)
        for choice in whole.get("choices") or ():
            choice["delta"] = choice.pop("message", None)
            for index, call in enumerate((choice["delta"] or {}).get("tool_calls") or ()):
                call["index"] = index
        reply = json.dumps(whole).encode()
    return b"data: " + reply.replace(b"\n", b" ") + b"\n\n"
