"""Errors of OpenAI's client, and of servers that speak its protocol, as ours: what happened, and what to do."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from email.utils import mktime_tz, parsedate_tz
from typing import Any
from urllib.parse import urlsplit

import openai

from assistant.errors import Fault, ModelError
from assistant.models.openai_server import OPENAI, addresses, is_elsewhere
from assistant.models.prompt import visible
from vectorstore.messages import Message

_CONTEXT_OVERFLOW = re.compile(
    r"context.{0,20}(?:length|window|size|limit|overflow)|overflow.{0,20}context|too (?:long|many tokens)"
    r"|(?:request|prompt|input) (?:is )?too large|(?:maximum|max|limit)\b.{0,40}\btokens"
    r"|tokens?\b.{0,40}\b(?:exceed|maximum|limit|must be <=)|exceeds?\b.{0,40}\b(?:tokens|context)"
    r"|prompt length|model length",
    re.I,
)
"""How OpenAI, Anthropic, Gemini, Mistral, xAI, Cohere, Bedrock, vLLM, TGI, llama.cpp and LM Studio say that a request
is longer than what the model can read."""
_FILTERED = re.compile(r"content[_ ](?:filter|policy|management)|ResponsibleAI|safety system", re.I)
_USED_UP = re.compile(
    r"insufficient.{0,20}(?:quota|balance|credit|fund)|exceeded your current quota|credit balance|billing", re.I
)
_NO_MODEL = re.compile(
    r"model_not_found|(?:no such|unknown|invalid|not a valid) model|model.{0,60}not (?:found|exist|available)", re.I
)
_A_KEY = re.compile(r"\b(?:(?:sk|pk|gsk|xai|hf|pplx)[-_]|AIza|Bearer\s)[\w*.-]{8,}")
_LONGEST_REASON = 200

_STATUSES: Mapping[int, Fault] = {
    401: "key_refused",
    402: "quota",
    403: "forbidden",
    404: "model_unknown",
    429: "rate_limited",
    503: "overloaded",
    529: "overloaded",
}
_SAID: Mapping[Fault, Message] = {
    "key_refused": Message("{host} refused the key ({status}). Set OPENAI_API_KEY to a valid key, or {instead}."),
    "forbidden": Message(
        "{host} does not let this key use {model} ({status}). Set {variable} to one that it may use, or {instead}."
    ),
    "model_unknown": Message("{host} has no model “{model}” ({status}). Set {variable} to one that it has."),
    "wrong_path": Message(
        "No OpenAI-compatible server answers at {tried} ({status}). Set OPENAI_BASE_URL to the address of its API."
    ),
    "rate_limited": Message("{host} asks to slow down ({status}). Try again {when}."),
    "quota": Message("The account's quota at {host} is used up ({status}). See to its billing, or {instead}."),
    "overloaded": Message("The model's server at {host} is overloaded ({status}). Try again later."),
    "server_failed": Message("The model's server at {host} failed ({status}). Try again later."),
    "rejected": Message("{host} refused the request ({status}) for {model}. Set {variable} to another model."),
    "withheld": Message("{host} withheld the answer (content filter, {status}). Ask in other words."),
    "too_long": Message(
        "The question and its passages are too long for {model} at {host}. Set ASSISTANT_PASSAGES lower."
    ),
    "stalled": Message("{host} did not answer in time. Check that it is well, then try again."),
    "unreachable": Message("{host} cannot be reached, or hung up. Check {where}, then try again."),
    "unreadable": Message(
        "The reply of {host} cannot be read. Is it an OpenAI-compatible server, at the right path? Tried: {tried}."
    ),
}
_NO_KEY = Message("{host} asks for a key ({status}). Set OPENAI_API_KEY, or {instead}.")
_FAILED_INSIDE = Message("{host} reported a failure while it was answering. Try again.")
_WAITS: Mapping[Fault, float] = {"rate_limited": 1.0, "overloaded": 1.0, "server_failed": 0.5}
"""Seconds after which these may be over, where the server does not say."""


def translated(
    error: BaseException, *, host: str, base_url: str | None, key: str | None, **facts: str
) -> ModelError | None:
    """An error of OpenAI's client in words for who set the model up; ``None`` for any other error.

    The server's own words follow, without anything like a ``key``. ``facts`` are the model, the ``variable`` that names
    it, and what to do ``instead``.
    """
    status, asked = 0, None
    fault: Fault
    reason, said = _own_words(error) if isinstance(error, openai.APIError) else ("", "")
    if isinstance(error, openai.APIStatusError):
        status, asked = error.status_code, _retry_after(error.response.headers)
        kind = error.response.headers.get("content-type", "")
        fault = _fault_of_status(status, kind, said, asked, has_key=key is not None)
    elif isinstance(error, openai.APITimeoutError):
        fault = "stalled"
    elif isinstance(error, openai.APIConnectionError):
        fault = "unreachable"
    elif isinstance(error, openai.APIError):
        fault = "too_long" if _CONTEXT_OVERFLOW.search(said) else "server_failed"
        fault = "wrong_path" if "Unexpected endpoint" in said else fault  # LM Studio says so with a 200
    elif isinstance(error, ValueError | TypeError | KeyError | AttributeError):
        fault = "unreadable"
    else:
        return None
    template = _SAID[fault].template
    if fault == "key_refused" and key is None:
        template = _NO_KEY.template
    if fault == "server_failed" and not status:
        template = _FAILED_INSIDE.template
    when = Message("in {seconds} s", seconds=f"{asked:.0f}") if asked and asked >= 1 else Message("in a minute")
    where = Message("OPENAI_BASE_URL and that the server runs")
    if not base_url:
        where = Message("the connection to the internet")
    places = (urlsplit(place).path for place in addresses(base_url or OPENAI)[0])
    tried = " or ".join(f"{host}{path}/chat/completions" for path in places)  # without the login
    message = Message(template, host=host, status=status, when=when, where=where, tried=tried, **facts)
    if reason := _without_key(reason, key):
        message = Message.joined(message, Message("It says: “{reason}”.", reason=reason))
    wait = _WAITS.get(fault)
    return ModelError.of(fault, message, wait if wait is None or asked is None else asked)


def _own_words(error: Any) -> tuple[str, str]:
    """What the server says, whether in an object's message or as a text, alone and with its codes."""
    body = error.body
    reason = str(body.get("message") or body) if isinstance(body, dict) else str(body or "")
    return reason, f"{error.code or ''} {error.type or ''} {reason}"


def _without_key(said: str, key: str | None) -> str:
    """A server's words on one line: nothing like a key, no page of HTML, and not much of what it was sent."""
    shown = " ".join(visible(_A_KEY.sub("…", said.replace(key, "…") if key else said)).split())
    return "" if "<" in shown else shown[:_LONGEST_REASON]


def _fault_of_status(status: int, kind: str, said: str, asked: float | None, *, has_key: bool) -> Fault:
    # A 429 that is too large is a limit by the minute which this request alone exceeds.
    too_large = status == 429 and "too large" in said
    if too_large or (status in (400, 413, 422, 500) and _CONTEXT_OVERFLOW.search(said)):
        return "too_long"
    if status in (400, 403) and _FILTERED.search(said):
        return "withheld"
    if status in (400, 403, 429) and asked is None and _USED_UP.search(said):
        return "quota"
    if is_elsewhere(status, kind, said):
        return "wrong_path"
    if status in (400, 422) and _NO_MODEL.search(said):
        return "model_unknown"
    if status == 403 and not has_key:
        return "key_refused"
    return _STATUSES.get(status, "server_failed" if status >= 500 else "rejected")


def _retry_after(headers: Any) -> float | None:
    """Seconds, from the header's forms: milliseconds, seconds, or the time until which to wait."""
    milliseconds, written = headers.get("retry-after-ms"), headers.get("retry-after", "")
    try:
        seconds = float(milliseconds) / 1000 if milliseconds else float(written)
    except ValueError:
        if (until := parsedate_tz(written)) is None:
            return None
        seconds = max(0.0, mktime_tz(until) - time.time())
    return seconds if 0 <= seconds < 86_400 else None
