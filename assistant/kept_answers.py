"""Answers that scripts got, kept beside the library: the same question costs nothing a second time.

An answer is found again only while everything that it rests on is the same: the question with its scope, the articles,
the model, the settings, the program's version and the day, since "last week" counts from it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from assistant.history.answer_json import answer_from_dict, stored_form
from assistant.many import Asking
from assistant.settings import Settings
from assistant.types import Answer, Turn, Usage
from vectorstore.errors import ArticleUnknown
from vectorstore.library import Library
from vectorstore.types import DERIVED, Article

MOST: Final = 5_000
"""Answers kept, some 50 MB; those that were not asked for longest go first."""


class KeptAnswers:
    """The answers of one library by one writer. Threads and processes may share the folder."""

    def __init__(self, library: Library, settings: Settings, writer: str) -> None:
        self._library = library
        self._folder = library.folder / DERIVED / "answers"
        self._fixed = {
            "writer": writer,
            "version": version("article-assistant"),
            "settings": settings.model_dump(mode="json", exclude={"api_key", "library"}),
        }

    def or_asked(self, begin: Callable[[], Asking], question: object, **asked: Any) -> Asking:
        """The kept answer to a question with what it is asked with, or ``begin`` and its answer kept."""
        return _Kept(self, lambda: self._key(question, asked), begin)

    def _key(self, question: object, asked: Mapping[str, Any]) -> str:
        library = self._library
        on: dict[str, Any] = {"articles": library.state(), "made": library.identity(), **self._fixed}
        on |= {"outlets": library.outlets(), "tags": library.tags_of_articles()}  # a state is of the articles' words
        content = json.dumps([question, asked, on], default=_plain, sort_keys=True)
        return sha256(content.encode("utf-8", "replace")).hexdigest()[:32]

    def get(self, key: str) -> Answer | None:
        with suppress(OSError, ValueError, ArticleUnknown):  # none, or one that cannot be used: it is asked again
            path = self._folder / f"{key}.json"
            answer = answer_from_dict(json.loads(path.read_bytes()))
            os.utime(path)
            return replace(
                answer,
                citations=tuple(replace(each, article=self._whole(each.article)) for each in answer.citations),
                nearest=tuple(replace(each, article=self._whole(each.article)) for each in answer.nearest),
                usage=Usage(cost_usd=0.0 if answer.usage.input_tokens else None),
            )
        return None

    def put(self, key: str, answer: Answer) -> None:
        if answer.state != "complete" or answer.fault:
            return
        with suppress(OSError):  # nothing can be written there: nothing is kept
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            part = self._folder / f"{key}.{os.getpid()}.part"
            part.write_text(json.dumps(stored_form(answer)), encoding="utf-8", errors="replace")
            part.replace(self._folder / f"{key}.json")
            kept = list(self._folder.iterdir())
            if len(kept) > MOST:
                for each in sorted(kept, key=_last_used)[: MOST // 10]:
                    each.unlink(missing_ok=True)

    def _whole(self, article: Article) -> Article:
        return replace(article, text=self._library.article(article.id, article.version).text)


@dataclass(eq=False)
class _Kept:
    kept: KeptAnswers
    key: Callable[[], str]
    begin: Callable[[], Asking]
    _asking: Asking | None = None
    _cancelled: bool = False

    @property
    def answer(self) -> Answer:
        key = self.key()
        if (known := self.kept.get(key)) is not None:
            return known
        self._asking = self.begin()
        if self._cancelled:
            self._asking.cancel()
        answer = self._asking.answer
        if self.key() == key:  # else articles came or went meanwhile, and a purge leaves nothing of them
            self.kept.put(key, answer)
        return answer

    def cancel(self) -> None:
        self._cancelled = True
        if self._asking is not None:
            self._asking.cancel()


def _last_used(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # another process has removed it
        return 0.0


def _plain(value: Any) -> Any:
    return asdict(value) if isinstance(value, Turn) else str(value)
