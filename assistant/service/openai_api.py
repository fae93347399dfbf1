"""OpenAI's protocol: ``/v1/chat/completions``, ``/v1/responses`` and ``/v1/models``.

The last message of the user is the question and those before it are the history; a system message is read over, since
what the writer is told is ours. Citations come twice: as ``url_citation`` annotations with the quoted words, and as
footnotes in the text, for clients that show nothing else.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import count
from typing import Any, Literal
from urllib.parse import quote
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from fastapi.sse import format_sse_event
from pydantic import BaseModel, Field, field_validator

from assistant.assistant import Assistant
from assistant.export.text import ENGLISH, byline, link, one_line, titled
from assistant.service.keys import Role
from assistant.service.replies import STREAMED, Begin, Event, Rejection, Replies, Within
from assistant.types import Answer, Citation, Turn
from vectorstore.messages import Message

MODEL = "article-assistant"

_MARKER = re.compile(r"\[(\d{1,4})\]")
_FOOTNOTES = re.compile(r"(?:\s*^\[\d{1,4}\]: “[^\n]*)+\s*\Z", re.MULTILINE)
# What would become a link, an image, the definition of one, or a tag where the text is shown as Markdown.
_MARKUP = re.compile(r"(?<=\])(?=[(:])|<(?=[A-Za-z/!?]|\Z)")

Json = dict[str, Any]


class Said(BaseModel):
    """A message; what it has beside its text is read over."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"] = "tool"
    content: str = ""

    @field_validator("content", mode="before")
    @classmethod
    def _text(cls, content: Any) -> Any:
        if not isinstance(content, list):
            return "" if content is None else content
        texts = [part.get("text", part.get("refusal")) for part in content if isinstance(part, dict)]
        if len(texts) < len(content) or not all(isinstance(text, str) for text in texts):
            raise ValueError("only parts with text can be read")
        return "\n".join(map(str, texts))

    def turn(self) -> Turn:
        """It as a turn of the conversation; our footnotes are not part of what was said."""
        own = self.role == "assistant"
        return Turn("assistant", _FOOTNOTES.sub("", self.content)) if own else Turn("user", self.content)


class Format(BaseModel):
    type: Literal["text"] = "text"


class Asking(Within):
    """What both ways of asking share; ``deep`` and what ``Within`` has are ours."""

    model: Literal["article-assistant"]
    stream: bool | None = False
    deep: bool = False

    def begun(self, desk: Assistant, said: Sequence[Said], param: str) -> Begin:
        """What begins the reply to the last message of the user. Raises ``Rejection`` where there is none."""
        last = max((place for place, each in enumerate(said) if each.role == "user"), default=None)
        if last is None:
            told = Message("{param}: there is no message of the user in it. Add one with the question.", param=param)
            raise Rejection(400, "request_invalid", told, param=param)
        turns = [each.turn() for each in said[:last] if each.role in ("user", "assistant")]
        return partial(self.begin, desk, said[last].content, turns, deep=self.deep)


class Options(BaseModel):
    include_usage: bool = False


class ChatRequest(Asking):
    messages: list[Said]
    n: Literal[1] | None = 1
    stream_options: Options | None = None
    response_format: Format | None = None


class TextOptions(BaseModel):
    format: Format | None = None


class ResponsesRequest(Asking):
    input: list[Said]
    text: TextOptions | None = None
    previous_response_id: None = Field(None, description="Nothing is stored: send the earlier messages as input.")

    @field_validator("input", mode="before")
    @classmethod
    def _messages(cls, given: Any) -> Any:
        return [{"role": "user", "content": given}] if isinstance(given, str) else given


def router(desk: Assistant, replies: Replies, needs: Callable[[Role], Any]) -> APIRouter:
    """The routes; ``needs(role)`` is the dependency that admits a request."""
    routes = APIRouter(prefix="/v1")

    @routes.get("/models", dependencies=[Depends(needs("search"))])
    async def models() -> Json:
        """The one model."""
        return {"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0, "owned_by": MODEL}]}

    @routes.post("/chat/completions", dependencies=[Depends(needs("ask"))], responses={200: STREAMED})
    async def chat(body: ChatRequest, request: Request) -> Response:
        """A chat completion, also streamed."""
        begin = body.begun(desk, body.messages, "messages")
        if body.stream:
            wants_usage = body.stream_options is not None and body.stream_options.include_usage
            return await replies.stream(request, begin, lambda events: _chunks(events, wants_usage))
        answer = await replies.answer(request, begin)
        text, annotations = _shown(answer)
        said = {"role": "assistant", "content": text, "refusal": None, "annotations": _nested(annotations)}
        choice = {"index": 0, "message": said, "logprobs": None, "finish_reason": _finish(answer)}
        return JSONResponse({**_head("chat.completion"), "choices": [choice], "usage": _chat_usage(answer)})

    @routes.post("/responses", dependencies=[Depends(needs("ask"))], responses={200: STREAMED})
    async def responses(body: ResponsesRequest, request: Request) -> Response:
        """A response with one message of text, also streamed."""
        begin = body.begun(desk, body.input, "input")
        if body.stream:
            return await replies.stream(request, begin, _response_events)
        answer = await replies.answer(request, begin)
        return JSONResponse(_finished(_response(), _item(), _part(*_shown(answer)), answer))

    return routes


# -- the text of an answer


def _shown(answer: Answer, sent: str = "", raw: str = "") -> tuple[str, list[Json]]:
    """The whole text with its footnotes, and its annotations. ``sent`` has gone out, made of the pieces ``raw``.

    Where the answer was corrected after that, it follows once more: what was sent cannot be taken back.
    """
    final = answer.text if answer.state == "complete" else f"{answer.text}\n\n{answer.reason or ''}".strip()
    begins = 0
    if not final.startswith(raw):
        sent += "\n\n" + Message("Checked against its sources and corrected. The answer now reads:") + "\n\n"
        raw, begins = "", len(sent)
    text = sent + _plain(final[len(raw) :], sent[-1:])
    cited = {str(citation.number): citation for citation in answer.citations}
    markers = [marker for marker in _MARKER.finditer(text, begins) if marker[1] in cited]
    notes = "".join(f"\n\n[{number}]: {_footnote(citation)}" for number, citation in cited.items())
    return text + notes, [_annotation(cited[marker[1]], *marker.span()) for marker in markers]


def _plain(text: str, before: str = "") -> str:
    """``text``, which follows the character ``before``, with everything that could become markup escaped."""
    return _MARKUP.sub(r"\\\g<0>", before + text)[len(before) :]


def _footnote(citation: Citation) -> str:
    """``“Title”, outlet, day, address``. The quotes keep it from being the definition of a link in Markdown."""
    article = citation.article
    title = f"“{titled(article, ENGLISH)}”"
    return _plain(
        one_line(", ".join(filter(None, (title, byline(article, ENGLISH, citation.page), link(article.url)))))
    )


def _annotation(citation: Citation, start: int, end: int) -> Json:
    article = citation.article
    url = link(article.url) or f"article://{quote(article.id, safe='')}"
    made = {"type": "url_citation", "start_index": start, "end_index": end, "url": url, "title": article.title}
    return made | {"quote": citation.quote, "start": citation.start, "end": citation.end, "article_id": article.id}


def _deltas(events: Iterator[Event]) -> Iterator[str | tuple[Answer, str, list[Json]] | Rejection]:
    """The pieces of the text, the last of them with the footnotes; then the answer as it is shown, or why not."""
    raw = sent = ""
    for event in events:
        if isinstance(event, Answer):
            text, annotations = _shown(event, sent, raw)
            yield text[len(sent) :]
            yield event, text, annotations
        elif isinstance(event, Rejection):
            yield event
        elif isinstance(event, str):
            piece = _plain(event, sent[-1:])
            raw, sent = raw + event, sent + piece
            yield piece


# -- chat completions


def _chunks(events: Iterator[Event], wants_usage: bool) -> Iterator[bytes]:
    head = _head("chat.completion.chunk")

    def chunk(delta: Json, finish: str | None = None) -> bytes:
        return _data({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

    yield chunk({"role": "assistant", "content": ""})
    for event in _deltas(events):
        if isinstance(event, str):
            yield chunk({"content": event})
        elif isinstance(event, Rejection):
            yield _data(event.form())
        else:
            answer, _, annotations = event
            yield chunk({"annotations": _nested(annotations)})
            yield chunk({}, _finish(answer))
            if wants_usage:
                yield _data({**head, "choices": [], "usage": _chat_usage(answer)})
    yield format_sse_event(data_str="[DONE]")


def _head(kind: str) -> Json:
    return {"id": f"chatcmpl-{uuid4().hex}", "object": kind, "created": int(time.time()), "model": MODEL}


def _nested(annotations: list[Json]) -> list[Json]:
    """Annotations as a chat completion has them: all but the type one level deeper."""
    return [
        {"type": "url_citation", "url_citation": {name: each[name] for name in each if name != "type"}}
        for each in annotations
    ]


def _finish(answer: Answer) -> str:
    """A cut answer ends as one does that became too long: the protocol has no other word for it."""
    return "stop" if answer.state == "complete" else "length"


def _chat_usage(answer: Answer) -> Json:
    sent, written = answer.usage.input_tokens, answer.usage.output_tokens
    return {"prompt_tokens": sent, "completion_tokens": written, "total_tokens": sent + written}


# -- responses


def _response_events(events: Iterator[Event]) -> Iterator[bytes]:
    response, item, numbers = _response(), _item(), count()
    place = {"item_id": item["id"], "output_index": 0, "content_index": 0}

    def event(kind: str, **facts: Any) -> bytes:
        return _data({"type": f"response.{kind}", "sequence_number": next(numbers), **facts}, f"response.{kind}")

    yield event("created", response=response)
    yield event("output_item.added", output_index=0, item=item)
    yield event("content_part.added", part=_part("", []), **place)
    for each in _deltas(events):
        if isinstance(each, str):
            yield event("output_text.delta", delta=each, logprobs=[], **place)
        elif isinstance(each, Rejection):
            error = {"code": "server_error", "message": str(each)}
            yield event("failed", response=response | {"status": "failed", "error": error})
        else:
            answer, text, annotations = each
            for index, annotation in enumerate(annotations):
                yield event("output_text.annotation.added", annotation_index=index, annotation=annotation, **place)
            part = _part(text, annotations)
            whole = _finished(response, item, part, answer)
            yield event("output_text.done", text=text, logprobs=[], **place)
            yield event("content_part.done", part=part, **place)
            yield event("output_item.done", output_index=0, item=whole["output"][0])
            yield event(whole["status"], response=whole)


def _response() -> Json:
    made = {"id": f"resp_{uuid4().hex}", "object": "response", "created_at": int(time.time()), "model": MODEL}
    made |= {"status": "in_progress", "output": [], "tools": [], "tool_choice": "none", "parallel_tool_calls": False}
    unset = ("error", "incomplete_details", "instructions", "metadata", "temperature", "top_p", "usage")
    return made | dict.fromkeys(unset)


def _item() -> Json:
    made: Json = {"id": f"msg_{uuid4().hex}", "type": "message", "role": "assistant", "status": "in_progress"}
    return made | {"content": []}


def _part(text: str, annotations: list[Json]) -> Json:
    return {"type": "output_text", "text": text, "annotations": annotations, "logprobs": []}


def _finished(response: Json, item: Json, part: Json, answer: Answer) -> Json:
    """The begun ``response`` with its one ``item``, now that there is an answer."""
    status = "completed" if answer.state == "complete" else "incomplete"
    sent, written = answer.usage.input_tokens, answer.usage.output_tokens
    usage = {
        "input_tokens": sent,
        "output_tokens": written,
        "total_tokens": sent + written,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0},
    }
    why = {"incomplete_details": {"reason": "max_output_tokens"}} if status == "incomplete" else {}
    return response | {"status": status, "output": [item | {"status": status, "content": [part]}], "usage": usage} | why


def _data(content: Json, event: str | None = None) -> bytes:
    return format_sse_event(event=event, data_str=json.dumps(content))
