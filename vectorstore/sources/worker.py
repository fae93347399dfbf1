"""The process that parses web pages and documents: ``python -m vectorstore.sources.worker``.

It reads requests on standard input and writes replies on standard output, each four bytes of length (big-endian) and
that much UTF-8 JSON. Its first reply says that it is ready. It ends when its input ends, so it never outlives the
program that started it for longer than one page or document may take.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import IO, Any

MEMORY_BYTES = 1_500_000_000
"""Of address space. The 180 pages measured took at most 0.4 GB; hostile ones take all there is."""

PAGE_SECONDS = 10
"""For one page. The slowest of 180 real pages took 0.5 s on a busy machine; hostile ones take minutes."""

DOCUMENT_SECONDS = 60
"""For one document or archive. On two busy cores a PDF of 1,000 pages took 5 s, a DOCX of 1.2 million letters 8."""

_PARSERS = {
    "feed": "web.feeds.parse_feed",
    "mail": "documents.mail.parse_mail",
    "mailbox": "documents.mail.split_mailbox",
    "pdf": "documents.pdf.parse_pdf",
    "rtf": "documents.office.parse_rtf",
    "tar": "documents.archives.unpack_tar",
    "zip": "documents.archives.parse_zip",
}
"""Who parses a kind of document: a function of this package, imported here only and when it is needed."""


def main() -> None:
    """Serves until the input ends."""
    requests = sys.stdin.buffer
    # Replies have the pipe to themselves: what a library prints must not end up between them.
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _limit(resource.RLIMIT_AS, MEMORY_BYTES)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)  # a parser has nothing to write

    from lxml.etree import LxmlError

    from vectorstore.errors import SourceRefused
    from vectorstore.messages import Message, to_json
    from vectorstore.sources.pages.page import PageTooDeep, read_page

    send(replies, {"ready": True})
    while (request := receive(requests)) is not None:
        kind = str(request.get("kind") or "")
        seconds = DOCUMENT_SECONDS if kind else PAGE_SECONDS
        # If the program that waits for us is gone or stopped, this still ends. The default action kills.
        signal.setitimer(signal.ITIMER_REAL, seconds + 5)
        _limit_processor_time(seconds)
        reply: dict[str, object]
        try:
            if kind:
                reply = {"documents": _parse_document(kind, request)}
            else:
                reply = {"page": read_page(str(request["html"]), str(request.get("address") or ""))}
        except SourceRefused as refused:
            reply = {"refused": to_json(refused.reason)}
        except MemoryError:
            reply = {"failed": to_json(Message("it needs too much memory"))}
        except PageTooDeep as error:
            reply = {"failed": to_json(str(error))}
        # What parsers and their users stumble over; a fault of ours would not be among them.
        except (
            LxmlError,
            ArithmeticError,
            AttributeError,
            LookupError,
            OSError,
            RuntimeError,
            TypeError,
            ValueError,
        ) as error:
            reply = {"failed": to_json(Message("the parser stumbled over it ({error})", error=type(error).__name__))}
        signal.setitimer(signal.ITIMER_REAL, 0)
        send(replies, reply)


def _parse_document(kind: str, request: dict[str, Any]) -> object:
    """The documents in the file at ``request["path"]``; what it unpacks goes into the folder ``request["into"]``."""
    module, _, name = _PARSERS[kind].rpartition(".")
    parse = getattr(import_module(f"vectorstore.sources.{module}"), name)
    _limit(resource.RLIMIT_FSIZE, request["room"])
    try:
        return parse(Path(request["path"]), into=Path(request["into"]), room=request["room"])
    finally:
        _limit(resource.RLIMIT_FSIZE, 0)


def send(stream: IO[bytes], message: dict[str, object]) -> None:
    data = json.dumps(message).encode()
    stream.write(len(data).to_bytes(4, "big") + data)
    stream.flush()


def receive(stream: IO[bytes]) -> dict[str, object] | None:
    """The next message, or ``None`` when the other side is gone."""
    head = stream.read(4)
    data = stream.read(int.from_bytes(head, "big"))
    if len(head) < 4 or len(data) < int.from_bytes(head, "big"):
        return None
    message = json.loads(data)
    return message if isinstance(message, dict) else None


def _limit(what: int, most: int) -> None:
    hard = resource.getrlimit(what)[1]
    with contextlib.suppress(OSError, ValueError):  # macOS knows some of these limits only by name
        resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _limit_processor_time(seconds: int) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    _limit(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + seconds + 2)


if __name__ == "__main__":
    main()
