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
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import quote
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from fastapi.sse import format_sse_event
from pydantic import BaseModel, Field, field_validator

from assistant.history.export_text import ENGLISH, link, one_line
from assistant.service.keys import Role
from assistant.service.replies import Asked, Event, Refusal, Replies, Within
from assistant.types import Answer, Citation, Turn
from vectorstore.messages import Message

MODEL: Final = "article-assistant"

_MARKER = re.compile(r"\[(\d{1,4})\]")
_FOOTNOTES = re.compile(r"(?:\s*^\[\d{1,4}\]: “[^\n]*)+\s*\Z", re.MULTILINE)
# What would become a link, an image, the definition of one, or a tag where the text is shown as Markdown.
_MARKUP = re.compile(r"(?<=\])(?=[(:])|<(?=[A-Za-z/!?]|\Z)")


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


class Format(BaseModel):
    type: Literal["text"] = "text"


class OpenAIRequest(Within):
    """What both ways of asking share; ``as_of``, ``since``, ``until``, ``sources`` and ``deep`` are ours."""

    model: str
    stream: bool | None = False
    deep: bool = False

    def asked(self, said: Sequence[Said], param: str) -> Asked:
        """The question and its history. Raises ``Refusal``."""
        if self.model != MODEL:
            told = Message("There is no model “{model}” here. Name {ours}.", model=self.model, ours=MODEL)
            raise Refusal(404, "model_not_found", told, param="model")
        last = max((place for place, each in enumerate(said) if each.role == "user"), default=None)
        if last is None:
            told = Message("{param}: there is no message of the user in it. Add one with the question.", param=param)
            raise Refusal(400, "request_invalid", told, param=param)
        history = [
            Turn("user", each.content) if each.role == "user" else Turn("assistant", _FOOTNOTES.sub("", each.content))
            for each in said[:last]
            if each.role in ("user", "assistant")
        ]
        return Asked(said[last].content, history, self, self.deep)


class Options(BaseModel):
    include_usage: bool = False


class ChatRequest(OpenAIRequest):
    messages: list[Said]
    n: Literal[1] | None = 1
    stream_options: Options | None = None
    response_format: Format | None = None


class TextOptions(BaseModel):
    format: Format | None = None


class ResponsesRequest(OpenAIRequest):
    input: list[Said]
    text: TextOptions | None = None
    previous_response_id: None = Field(None, description="Nothing is stored: send the earlier messages as input.")

    @field_validator("input", mode="before")
    @classmethod
    def _messages(cls, given: Any) -> Any:
        return [{"role": "user", "content": given}] if isinstance(given, str) else given


class Shown(NamedTuple):
    """The text of a message, and its citations as they stand in it."""

    text: str
    citations: list[dict[str, Any]]


def router(replies: Replies, needs: Callable[[Role], Any]) -> APIRouter:
    """The routes; ``needs(role)`` is the dependency that admits a request."""
    routes = APIRouter(prefix="/v1")

    @routes.get("/models", dependencies=[Depends(needs("search"))])
    async def models() -> dict[str, Any]:
        """The one model."""
        return {"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0, "owned_by": MODEL}]}

    @routes.post("/chat/completions", dependencies=[Depends(needs("ask"))])
    async def chat(body: ChatRequest, request: Request) -> Response:
        """A chat completion, also streamed."""
        asked = body.asked(body.messages, "messages")
        if body.stream:
            wants_usage = body.stream_options is not None and body.stream_options.include_usage
            return await replies.stream(request, asked, lambda events: _chunks(events, wants_usage))
        answer = await replies.answer(request, asked)
        shown = _shown(answer)
        said = {"role": "assistant", "content": shown.text, "refusal": None, "annotations": _nested(shown.citations)}
        choice = {"index": 0, "message": said, "logprobs": None, "finish_reason": _finish(answer)}
        return JSONResponse({**_head("chat.completion"), "choices": [choice], "usage": _chat_usage(answer)})

    @routes.post("/responses", dependencies=[Depends(needs("ask"))])
    async def responses(body: ResponsesRequest, request: Request) -> Response:
        """A response with one message of text, also streamed."""
        asked = body.asked(body.input, "input")
        if body.stream:
            return await replies.stream(request, asked, _response_events)
        answer = await replies.answer(request, asked)
        return JSONResponse(_response(_id("resp"), [_message(_id("msg"), _shown(answer), answer)], answer))

    return routes


# -- the text of an answer


def _shown(answer: Answer, sent: str = "", raw: str = "") -> Shown:
    """The whole text with its footnotes. ``sent`` has gone out already, made of the pieces ``raw``.

    Where the answer was corrected after that, it follows once more: what was sent cannot be taken back.
    """
    final = answer.text if answer.state == "complete" else f"{answer.text}\n\n{answer.reason or ''}".strip()
    if not final.startswith(raw):
        sent += "\n\n" + Message("Checked against its sources and corrected. The answer now reads:") + "\n\n"
        raw, own = "", len(sent)
    else:
        own = 0
    text = sent + _plain(final[len(raw) :], sent[-1:])
    cited = {citation.number: citation for citation in answer.citations}
    markers = [marker for marker in _MARKER.finditer(text, own) if int(marker[1]) in cited]
    notes = [f"\n\n[{number}]: {_footnote(citation)}" for number, citation in cited.items()]
    return Shown(text + "".join(notes), [_annotation(cited[int(marker[1])], *marker.span()) for marker in markers])


def _plain(text: str, before: str = "") -> str:
    """``text``, which follows the character ``before``, with everything that could become markup escaped."""
    return _MARKUP.sub(r"\\\g<0>", before + text)[len(before) :]


def _footnote(citation: Citation) -> str:
    """``“Title”, outlet, day, address``. The quotes keep it from being the definition of a link in Markdown."""
    article = citation.article
    title = f"“{article.title or ENGLISH.untitled}”"
    return _plain(one_line(", ".join(filter(None, (title, ENGLISH.byline(article), link(article.url))))))


def _annotation(citation: Citation, start: int, end: int) -> dict[str, Any]:
    article = citation.article
    return {
        "type": "url_citation",
        "start_index": start,
        "end_index": end,
        "url": link(article.url) or f"article://{quote(article.id, safe='')}",
        "title": article.title,
        "quote": citation.quote,
        "start": citation.start,
        "end": citation.end,
        "article_id": article.id,
    }


def _deltas(events: Iterator[Event]) -> Iterator[str | tuple[Shown, Answer] | Refusal]:
    """The pieces of the text, the last of them with the footnotes; then the whole with its answer, or why not."""
    raw = sent = ""
    for event in events:
        if isinstance(event, Answer):
            shown = _shown(event, sent, raw)
            yield shown.text[len(sent) :]
            yield shown, event
        elif isinstance(event, Refusal):
            yield event
        elif isinstance(event, str):
            piece = _plain(event, sent[-1:])
            raw, sent = raw + event, sent + piece
            yield piece


# -- chat completions


def _chunks(events: Iterator[Event], wants_usage: bool) -> Iterator[bytes]:
    head = _head("chat.completion.chunk")

    def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
        return _data({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

    yield chunk({"role": "assistant", "content": ""})
    for event in _deltas(events):
        if isinstance(event, str):
            yield chunk({"content": event})
        elif isinstance(event, Refusal):
            yield _data({"error": _error(event)})
            return
        else:
            shown, answer = event
            yield chunk({"annotations": _nested(shown.citations)})
            yield chunk({}, _finish(answer))
            if wants_usage:
                yield _data({**head, "choices": [], "usage": _chat_usage(answer)})
    yield format_sse_event(data_str="[DONE]")


def _head(kind: str) -> dict[str, Any]:
    return {"id": _id("chatcmpl"), "object": kind, "created": int(time.time()), "model": MODEL}


def _nested(citations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Annotations as a chat completion has them: all but the type one level deeper."""
    return [
        {"type": each["type"], "url_citation": {name: value for name, value in each.items() if name != "type"}}
        for each in citations
    ]


def _finish(answer: Answer) -> str:
    """A cut answer ends as one does that became too long: the protocol has no other word for it."""
    return "stop" if answer.state == "complete" else "length"


def _chat_usage(answer: Answer) -> dict[str, int]:
    used = answer.usage
    total = used.input_tokens + used.output_tokens
    return {"prompt_tokens": used.input_tokens, "completion_tokens": used.output_tokens, "total_tokens": total}


# -- responses


def _response_events(events: Iterator[Event]) -> Iterator[bytes]:
    response, message = _id("resp"), _id("msg")
    place = {"item_id": message, "output_index": 0, "content_index": 0}
    count = 0

    def event(kind: str, **facts: Any) -> bytes:
        nonlocal count
        count += 1
        return _data({"type": kind, "sequence_number": count - 1, **facts}, kind)

    begun = _response(response, [])
    yield event("response.created", response=begun)
    yield event("response.in_progress", response=begun)
    yield event("response.output_item.added", output_index=0, item=_message(message))
    yield event("response.content_part.added", part=_part(Shown("", [])), **place)
    for each in _deltas(events):
        if isinstance(each, str):
            yield event("response.output_text.delta", delta=each, logprobs=[], **place)
        elif isinstance(each, Refusal):
            failed = {"status": "failed", "error": {"code": "server_error", "message": str(each)}}
            yield event("response.failed", response=begun | failed)
        else:
            shown, answer = each
            for index, citation in enumerate(shown.citations):
                yield event(
                    "response.output_text.annotation.added", annotation_index=index, annotation=citation, **place
                )
            yield event("response.output_text.done", text=shown.text, logprobs=[], **place)
            yield event("response.content_part.done", part=_part(shown), **place)
            item = _message(message, shown, answer)
            yield event("response.output_item.done", output_index=0, item=item)
            whole = _response(response, [item], answer)
            yield event(f"response.{whole['status']}", response=whole)


def _part(shown: Shown) -> dict[str, Any]:
    return {"type": "output_text", "text": shown.text, "annotations": shown.citations, "logprobs": []}


def _message(name: str, shown: Shown | None = None, answer: Answer | None = None) -> dict[str, Any]:
    content = [_part(shown)] if shown else []
    return {"id": name, "type": "message", "role": "assistant", "status": _status(answer), "content": content}


def _status(answer: Answer | None) -> str:
    if answer is None:
        return "in_progress"
    return "completed" if answer.state == "complete" else "incomplete"


def _response(name: str, output: list[dict[str, Any]], answer: Answer | None = None) -> dict[str, Any]:
    status = _status(answer)
    return {
        "id": name,
        "object": "response",
        "created_at": int(time.time()),
        "status": status,
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None,
        "instructions": None,
        "metadata": {},
        "model": MODEL,
        "output": output,
        "parallel_tool_calls": False,
        "temperature": None,
        "tool_choice": "none",
        "tools": [],
        "top_p": None,
        "usage": _response_usage(answer) if answer else None,
    }


def _response_usage(answer: Answer) -> dict[str, Any]:
    sent, written = answer.usage.input_tokens, answer.usage.output_tokens
    return {
        "input_tokens": sent,
        "output_tokens": written,
        "total_tokens": sent + written,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0},
    }


# -- what both share


def _error(refused: Refusal) -> dict[str, Any]:
    return {"code": refused.code, "message": str(refused), "type": "server_error", "param": refused.param}


def _id(kind: str) -> str:
    return f"{kind}_{uuid4().hex}"


def _data(content: dict[str, Any], event: str | None = None) -> bytes:
    return format_sse_event(event=event, data_str=json.dumps(content))
