"""A web site on loopback that answers each path as it is told, also as real sites never should.

site = Site()
site.replies["/ice"] = Reply(page("Ice stops the ferry"))
...  # site.address + "/ice"
site.close()
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WORDS = (
    "The ferry to Bergen was cancelled on Tuesday because the fjord had frozen over during the night.",
    "The captain said that the ice was half a metre thick near the pier, and that nobody had seen the like.",
)
PAGE = (
    "<!doctype html><html><head><title>Ice stops the ferry</title></head><body><article><h1>Ice stops the ferry</h1>"
    f"<p>{WORDS[0]}</p><p>{WORDS[1]}</p></article></body></html>"
)


@dataclass
class Reply:
    body: bytes = PAGE.encode()
    status: int = 200
    kind: str | None = "text/html"
    headers: dict[str, str] = field(default_factory=dict)
    raw: Callable[[Any], None] | None = None
    """Instead of all this: writes to the connection."""


class Site:
    """Answers each path as ``replies`` say; ``asked`` holds the requests."""

    def __init__(self) -> None:
        self.replies: dict[str, Reply] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                reply = site.replies.get(self.path, Reply(b"", 404))
                if reply.raw is not None:
                    try:
                        reply.raw(self.wfile)
                    except OSError:
                        site.left.set()
                    return
                self.send_response(reply.status)
                headers = {"Content-Length": str(len(reply.body))} | reply.headers
                if reply.kind is not None:
                    headers["Content-Type"] = reply.kind
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)

            def log_message(self, format: str, *values: Any) -> None:  # noqa: A002
                pass

        self.left = threading.Event()
        """Set when a client has gone away while something was still being written to it."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]
        self.port = self._server.server_port
        self.address = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
