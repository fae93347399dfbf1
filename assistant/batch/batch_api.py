"""A chat model asked through OpenAI's Batch API: at half the price, and within a day.

Requests are collected until all questions that are being asked wait for one, and sent as one file. What was sent is
noted at once: a run that was stopped fetches the replies and asks nothing twice.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any, Final

import httpx2
import openai
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatResult
from langchain_openai import ChatOpenAI
from openai.types import Batch

from assistant import wiring
from assistant.assistant import Assistant
from assistant.errors import BatchInvalid
from assistant.many import Asking, Row
from assistant.models.openai_server import trusted
from assistant.models.prices import Price
from assistant.types import Answer
from assistant.writer import Writer
from vectorstore.types import OnProgress, Progress

AT_ONCE: Final = 1_000
"""Questions in one batch; each waits in threads of its own."""

POLL_SECONDS = 20.0
_WITHIN: Final = "24h"
_SECONDS: Final = 30 * 3600.0
_ROUTE: Final = "/v1/chat/completions"
_OVER: Final = ("completed", "failed", "expired", "cancelled")
_PRICE: Final = 0.5

Body = dict[str, Any]

_question: ContextVar[tuple[str, Iterator[int]]] = ContextVar("_question")
"""The key of the question that this thread answers, and the numbers of its requests."""


@dataclass(frozen=True, slots=True)
class _Request:
    body: Body
    reply: Future[Body]


class BatchApi:
    """Asks ``questions`` questions, of which ``AT_ONCE`` are under way at a time. Thread safe."""

    def __init__(self, desk: Assistant, notes: Path, questions: int, on_progress: OnProgress | None) -> None:
        """``notes`` is the file that names the batches sent so far. Raises ``BatchInvalid``."""
        chat = wiring.chat_writer(desk.settings)
        if chat is None or not isinstance(chat.model, ChatOpenAI):
            raise BatchInvalid("--batch-api needs a model of OpenAI. Set ASSISTANT_MODEL to one, or leave it out.")
        self._notes, self._on_progress = notes, on_progress
        # Not the client of answers, which takes every request for one.
        self._client = chat.model.root_client.with_options(http_client=httpx2.Client(verify=trusted()), max_retries=5)
        try:
            self._client.batches.list(limit=1)
        except openai.APIError as error:
            self._client.close()
            raise BatchInvalid(
                "{model}: its server has no Batch API that this key may use ({error}). Leave --batch-api out.",
                model=chat.name,
                error=type(error).__name__,
            ) from None
        self._changed = threading.Condition()
        self._unfinished = questions
        self._waiting: dict[str, _Request] = {}
        self._closing = threading.Event()
        price = chat.price and Price(
            *(_PRICE * each for each in (chat.price.input, chat.price.cached, chat.price.output))
        )
        model = _Batched(api=self, model=chat.model)
        patient = replace(chat, model=model, first_token_seconds=_SECONDS, answer_seconds=_SECONDS, price=price)
        settings = desk.settings.model_copy(update={"check": "reader"})
        self._desk = Assistant(desk.library, settings, Writer(chat.name, patient.write))
        self._sender = threading.Thread(target=self._send_all, name="batch-api", daemon=True)
        self._sender.start()

    def begun(self, row: Row, keys: Mapping[int, str], today: str, *, cached: bool) -> Asking:
        """The question of ``row``, for ``many.asked``; ``keys`` names rows by their ``id()``."""
        return _Question(self, keys[id(row)], lambda: self._desk.begun(row, {"today": today}, cached=cached))

    @contextmanager
    def question(self, key: str) -> Iterator[None]:
        """Meanwhile this thread, and those that it starts, answer the question with this key."""
        token = _question.set((key, count(1)))
        try:
            yield
        finally:
            _question.reset(token)
            with self._changed:
                self._unfinished -= 1
                self._changed.notify_all()

    def reply(self, body: Body) -> Body:
        """The server's reply to a request for a completion, once its batch is done."""
        key, numbers = _question.get()
        request = _Request(body, Future())
        with self._changed:
            self._waiting[f"{key}-{next(numbers)}"] = request
            self._changed.notify_all()
        return request.reply.result()

    def close(self) -> None:
        """Leaves what is under way: it goes on at the server."""
        self._closing.set()
        with self._changed:
            self._changed.notify_all()
        self._sender.join()
        self._client.close()

    def _send_all(self) -> None:
        while not self._closing.is_set():
            with self._changed:
                self._changed.wait_for(self._is_due)
                due, self._waiting = self._waiting, {}
            try:
                for name, reply in self._replies(due).items():
                    due[name].reply.set_result(reply)
                left: BaseException = TimeoutError("no reply within a day")
            except BaseException as error:  # noqa: BLE001 - raised where each answer is waited for
                left = error
            for request in due.values():
                if not request.reply.done():
                    request.reply.set_exception(left)

    def _is_due(self) -> bool:
        return self._closing.is_set() or 0 < len(self._waiting) >= min(self._unfinished, AT_ONCE)

    def _replies(self, due: Mapping[str, _Request]) -> dict[str, Body]:
        """The replies there are to the requests of these names; to those that an earlier run sent, from its batches."""
        found: dict[str, Body] = {}
        for batch_id, names in self._noted():
            if not due.keys().isdisjoint(names):
                found |= self._fetched(batch_id, is_earlier=True)
        found = {name: reply for name, reply in found.items() if name in due and "error" not in reply}
        missing = [name for name in due if name not in found]
        if missing and not self._closing.is_set():
            found |= self._fetched(self._sent({name: due[name].body for name in missing}))
        return {name: reply for name, reply in found.items() if name in due}

    def _sent(self, bodies: Mapping[str, Body]) -> str:
        """The id of a new batch with these requests."""
        fixed = {"method": "POST", "url": _ROUTE}
        lines = [json.dumps({"custom_id": name, **fixed, "body": body}) for name, body in bodies.items()]
        file = self._client.files.create(file=("questions.jsonl", "\n".join(lines).encode()), purpose="batch")
        made = self._client.batches.create(input_file_id=file.id, endpoint=_ROUTE, completion_window=_WITHIN)
        with self._notes.open("a", encoding="utf-8") as notes:
            notes.write(json.dumps([made.id, list(bodies)]) + "\n")
            notes.flush()
            os.fsync(notes.fileno())
        return str(made.id)

    def _noted(self) -> list[tuple[str, list[str]]]:
        if not self._notes.exists():
            return []
        *whole, _ = self._notes.read_text(encoding="utf-8").split("\n")  # a last line without its end is torn
        return [json.loads(line) for line in whole]

    def _fetched(self, batch_id: str, *, is_earlier: bool = False) -> dict[str, Body]:
        """The replies of a batch by name, once it is over; of those that failed, the error.

        One that failed as a whole raises ``openai.APIStatusError``; an earlier one has no replies, and is sent anew.
        """
        while True:
            batch = self._client.batches.retrieve(batch_id)
            if batch.request_counts and self._on_progress is not None:
                done = batch.request_counts.completed + batch.request_counts.failed
                self._on_progress(Progress("waiting for the batch", done, batch.request_counts.total, batch.status))
            if batch.status in _OVER or self._closing.wait(POLL_SECONDS):
                break
        if batch.status == "failed" and not is_earlier:
            said = next((each.message for each in (batch.errors and batch.errors.data) or ()), None)
            raise _refusal({"message": said or batch.status}, 409)  # for which nothing is made shorter or sent again
        return dict(self._read(batch))

    def _read(self, batch: Batch) -> Iterator[tuple[str, Body]]:
        for file_id in filter(None, (batch.output_file_id, batch.error_file_id)):
            for line in self._client.files.content(file_id).text.splitlines():
                row = json.loads(line)
                response = row.get("response") or {}
                failed = {"error": row.get("error"), "status": response.get("status_code", 500)}
                if body := response.get("body"):
                    failed["error"] = body.get("error") or failed["error"]
                yield row["custom_id"], failed if failed["error"] or not body else body


def _refusal(error: Any, status: int) -> openai.APIStatusError:
    said = str(error.get("message", "") if isinstance(error, dict) else error)
    response = httpx2.Response(status, request=httpx2.Request("POST", f"https://batch{_ROUTE}"))
    return openai.APIStatusError(said, response=response, body=error)


@dataclass(eq=False)
class _Question:
    """The question with this ``key``, asked through ``api``."""

    api: BatchApi
    key: str
    begin: Callable[[], Asking]
    _asking: Asking | None = None
    _cancelled: bool = False

    @property
    def answer(self) -> Answer:
        with self.api.question(self.key):
            self._asking = self.begin()
            if self._cancelled:
                self._asking.cancel()
            return self._asking.answer

    def cancel(self) -> None:
        self._cancelled = True
        if self._asking is not None:
            self._asking.cancel()


class _Batched(BaseChatModel):
    """``model``, with its requests sent by ``api``."""

    api: Any
    model: Any

    @property
    def _llm_type(self) -> str:
        return "openai-batch"

    def _generate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **given: Any
    ) -> ChatResult:
        reply = self.api.reply(self.model._get_request_payload(messages, stop=stop, **given))
        if error := reply.get("error"):
            raise _refusal(error, reply["status"])
        made: ChatResult = self.model._create_chat_result(reply)
        return made
