"""Web pages, saved as files or just fetched, and the process that parses them and other documents.

They are parsed in a process of their own, because a parser can be made to run for ever.
One worker is started when the first page comes, serves one page at a time, and is killed and replaced when a page
takes too long.
"""

from __future__ import annotations

import atexit
import codecs
import contextlib
import os
import re
import subprocess
import sys
import threading
from datetime import date
from pathlib import Path
from typing import IO, Any

from vectorstore.errors import SourceRefused
from vectorstore.messages import Message, from_json
from vectorstore.sources.cleaning.text import has_sentence
from vectorstore.sources.common import identity, make_article, place, read_file, refuse_binary, shown, split_authors
from vectorstore.sources.worker import DOCUMENT_SECONDS, PAGE_SECONDS, receive, send
from vectorstore.text.encodings import is_nearly_utf8, recognised
from vectorstore.types import Article

START_SECONDS = 60
"""Until a new worker must be ready. It takes one second; a machine under full load, several."""

PAGES_A_WORKER = 1_000
"""After which it is replaced, so that what its libraries keep in memory does not grow without end."""

_DECLARED = re.compile(
    rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w:.-]+)|^\s*<\?xml[^>]{0,100}?encoding\s*=\s*["']([\w:.-]+)""",
    re.IGNORECASE,
)
# What browsers read; other codecs of Python ("utf-7", "unicode_escape") would let a page hide its text.
_BROWSER_ENCODING = re.compile(
    r"utf-8|iso8859-\d+|cp(?:125\d|866|874|932|949|950)|koi8-[ru]|mac-(?:roman|cyrillic)|gb18030|gbk|big5(?:hkscs)?"
    r"|euc_(?:jp|kr)|shift_jis|iso2022_jp"
)
# Labels that browsers read as a larger encoding, which real pages use under the smaller one's name.
_LARGER = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}


def read_html(path: Path) -> Article:
    """The article in a saved web page. Raises ``SourceRefused``."""
    origin = shown(path)
    data = read_file(path)
    refuse_binary(data[:65_536], origin)
    # The page's own claim of its address is not its identity: whole sites claim one address for all their pages.
    return page_article(data, id=identity("file", place(path)), origin=origin)


def page_article(
    data: bytes,
    *,
    id: str,  # noqa: A002
    origin: str,
    charset: str | None = None,
    address: str | None = None,
) -> Article:
    """The article in a web page's bytes. Raises ``SourceRefused``.

    ``charset`` and ``address`` are the encoding that the server stated and where the page was fetched from.
    """
    page = _ask({"html": decode_page(data, charset), "address": address}, PAGE_SECONDS, origin).get("page", {})
    text = _string(page.get("text")) or ""
    if refused := _string(page.get("refused")):
        raise SourceRefused(origin, Message(refused))
    if address is not None and not has_sentence(text):
        reason = Message(
            "there is no article text in it; scripts may write it, or subscribers alone may read it: paste its text"
        )
        raise SourceRefused(origin, reason)
    published, updated, authors = page.get("published"), page.get("updated"), page.get("authors")
    notes = page.get("notes")
    return make_article(
        id=id,
        title=_string(page.get("title")),
        text=text,
        published=date.fromisoformat(published) if isinstance(published, str) else None,
        published_from="page",
        updated=date.fromisoformat(updated) if isinstance(updated, str) else None,
        source=_string(page.get("source")),
        url=_string(page.get("url")),
        authors=split_authors(authors if isinstance(authors, list) else ()),
        origin=origin,
        notes=map(Message, notes if isinstance(notes, list) else ()),
    )


def page_text(html: str, origin: str) -> str:
    """The article's text in a whole page that a table holds. Raises ``SourceRefused``."""
    return _string(_ask({"html": html, "address": None}, PAGE_SECONDS, origin).get("page", {}).get("text")) or ""


def decode_page(data: bytes, charset: str | None = None) -> str:
    """A page's text as browsers decode it: by its mark, as UTF-8, by ``charset``, which the server stated, by what the
    page declares, by its bytes, as windows-1252.
    """
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    declared = _browser_encoding(charset or "") or _declared_encoding(data[:4096])
    if declared != "iso2022_jp":  # the one encoding whose bytes are UTF-8 too
        # Servers override what a page declares, and a saved page has lost that; UTF-8 by chance does not happen.
        with contextlib.suppress(UnicodeDecodeError):
            return data.decode("utf-8")
        if is_nearly_utf8(data):
            return data.decode("utf-8", "replace")
    if declared in (None, "utf-8"):
        declared = recognised(data) or "cp1252"
    return data.decode(declared, "replace")


def _declared_encoding(head: bytes) -> str | None:
    names = (_browser_encoding((match[1] or match[2]).decode("ascii")) for match in _DECLARED.finditer(head))
    return next(filter(None, names), None)


def _browser_encoding(label: str) -> str | None:
    """What browsers read under ``label``; ``None`` where it names nothing that they do."""
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return None
    name = _LARGER.get(name, name)
    return name if _BROWSER_ENCODING.fullmatch(name) else None


def _string(value: object) -> str | None:
    return value if isinstance(value, str) else None


_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


class _Worker:
    """The parsing process, seen from here."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self.pages = 0
        # The modules that this program uses, wherever they lie; of its environment only what a process needs, so that
        # no key of the user's is in reach of a page that breaks the parser.
        folders = [folder or os.getcwd() for folder in sys.path]  # noqa: PTH109
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "vectorstore.sources.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={
                **{name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
                "PYTHONPATH": os.pathsep.join(folders),
            },
            start_new_session=True,  # Ctrl-C is for us; the worker ends with us
        )
        self.ready = self._exchange(None, START_SECONDS) is not None

    def ask(self, request: dict[str, object], seconds: float) -> dict[str, object] | None:
        """The reply to a request, or ``None`` when the worker died over it or had to be killed."""
        self.pages += 1
        return self._exchange(request, seconds)

    def _exchange(self, message: dict[str, object] | None, seconds: float) -> dict[str, object] | None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        # Killing it ends both the writing and the reading, so neither needs a time limit of its own.
        timer = threading.Timer(seconds, self._process.kill)
        timer.daemon = True
        timer.start()
        try:
            if message is not None:
                send(self._process.stdin, message)
            return receive(self._process.stdout)
        except OSError:
            return None
        finally:
            timer.cancel()

    def close(self) -> None:
        """Ends the process in peace, or by force after two seconds."""
        if self.owner != os.getpid():  # a copy made by fork: the process is our parent's
            self._process.returncode = 0
            return
        _shut(self._process.stdin)
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        _shut(self._process.stdout)

    def kill(self) -> None:
        self._process.kill()
        self.close()


def _shut(stream: IO[bytes] | None) -> None:
    with contextlib.suppress(OSError):  # what was not sent when it died
        if stream is not None:
            stream.close()


_lock = threading.Lock()
_worker: _Worker | None = None


def parse_document(kind: str, path: Path, into: Path, room: int, origin: str) -> list[Any]:
    """What the worker's parser for ``kind`` finds in a file; see ``documents.Document``. Raises ``SourceRefused``.

    What it unpacks lies in the folder ``into`` afterwards, ``room`` bytes at most.
    """
    request = {"kind": kind, "path": str(path), "into": str(into), "room": room}
    documents: list[Any] = _ask(request, DOCUMENT_SECONDS, origin)["documents"]
    return documents


def _ask(request: dict[str, object], seconds: int, origin: str) -> dict[str, Any]:
    global _worker
    with _lock:
        if _worker is not None and (_worker.owner != os.getpid() or _worker.pages >= PAGES_A_WORKER):
            _worker.close()
            _worker = None
        if _worker is None:
            _worker = _Worker()
            atexit.unregister(close_worker)
            atexit.register(close_worker)
        worker, reply = _worker, None
        try:
            reply = worker.ask(request, seconds) if worker.ready else None
        finally:
            if reply is None:  # also when Ctrl-C came in between: the next reply would belong to this page
                worker.kill()
                _worker = None
    if not worker.ready:
        reason = Message("the process that parses web pages does not start; check that trafilatura is installed")
        raise SourceRefused(origin, reason)
    if reply is None:
        reason = Message(
            "it takes more than {seconds} seconds or breaks the parser; save its text as a .txt file instead",
            seconds=seconds,
        )
        raise SourceRefused(origin, reason)
    if "refused" in reply:
        raise SourceRefused(origin, from_json(reply["refused"]))
    if "failed" in reply:
        failed = from_json(reply["failed"])
        raise SourceRefused(origin, Message.joined(failed, Message("save its text as a .txt file instead"), by="; "))
    return reply


def close_worker() -> None:
    """Ends the parsing process, if there is one. It is started again by the next page."""
    global _worker
    with _lock:
        if _worker is not None:
            _worker.close()
            _worker = None
