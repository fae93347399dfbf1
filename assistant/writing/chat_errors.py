"""What can go wrong with a chat model: errors of LangChain's integrations, and messages that are no whole answer.

For who asked, in words that hold for any provider; the operator's are in the error's ``detail``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from langchain_core import exceptions
from langchain_core.messages import AIMessage

from assistant.errors import Fault, ModelError
from vectorstore.messages import Message

_COMPLETE = frozenset({"stop", "end_turn", "stop_sequence", "completed", "eos", "eos_token"})
_CALLED = frozenset({"tool_calls", "tool_use", "function_call"})
_TOO_LONG = frozenset({"length", "max_tokens", "max_output_tokens", "model_length", "incomplete"})
_WITHHELD = frozenset({"content_filter", "safety", "prohibited_content", "recitation", "blocklist"})
_ENDINGS = ("finish_reason", "stop_reason", "done_reason", "stopReason", "status")
"""Where LangChain's integrations put the reason for which a model stopped."""
_FAULTS: Mapping[type[Exception], Fault] = {
    exceptions.ModelAuthenticationError: "key_refused",
    exceptions.ModelPermissionDeniedError: "forbidden",
    exceptions.ModelNotFoundError: "model_unknown",
    exceptions.ModelRateLimitError: "rate_limited",
    exceptions.ModelConnectionError: "unreachable",
    exceptions.ModelTimeoutError: "unreachable",
    exceptions.ContextOverflowError: "too_long",
    OSError: "unreachable",
    NotImplementedError: "rejected",
}
"""Errors as LangChain's integrations classify them, whatever the provider; any other is a "server_failed"."""

_SAID: Mapping[Fault, Message] = {
    "key_refused": Message("{name} did not answer: its server refused the key."),
    "forbidden": Message("{name} did not answer: its server does not let it be used with this key."),
    "model_unknown": Message("{name} did not answer: its server knows no model of this name."),
    "wrong_path": Message("{name} did not answer: there is no model's server at the address that was set."),
    "quota": Message("{name} did not answer: its account is used up."),
    "rejected": Message("{name} did not answer: its server refused the request."),
    "unreadable": Message("{name} did not answer: what its server sent cannot be read."),
    "rate_limited": Message("{name} asks to slow down. Try again in a minute."),
    "overloaded": Message("{name} is overloaded. Try again later."),
    "server_failed": Message("{name} failed. Try again later."),
    "unreachable": Message("{name} cannot be reached. Try again later."),
    "cut": Message("The connection to {name} broke off. Try again."),
    "unended": Message("The connection to {name} ended before the answer did. Try again."),
    "stalled": Message("{name} sent nothing for {seconds} s. Try again."),
    "too_long": Message("The question and its passages are too long for {name}. Ask for less at a time."),
    "withheld": Message("{name} withheld the answer (content filter). Ask in other words."),
    "refused": Message("{name} refused to answer. Ask in other words."),
    "length": Message("{name} stopped at its length limit. Ask for less."),
    "repeated": Message("{name} repeated itself without end and was stopped. Ask in other words."),
    "empty": Message("{name} sent an empty answer. Try again."),
}
"""For who asked. What the operator must know stands in the error's ``detail``."""

_OPERATORS: frozenset[Fault] = frozenset(
    ("key_refused", "forbidden", "model_unknown", "wrong_path", "quota", "rejected", "unreadable")
)
"""Faults that no reader can do anything about."""

_ASK_OPERATOR = Message("Whoever runs this assistant finds the reason in its log.")
PATIENCE = Message("Give it more time with ASSISTANT_FIRST_TOKEN_SECONDS and ASSISTANT_ANSWER_SECONDS.")


def model_error(
    model: str, fault: Fault, detail: str = "", *, seconds: float = 0.0, retry_after: float | None = None
) -> ModelError:
    """The error for who asked; ``detail`` is for who set the model up."""
    said = Message(_SAID[fault].template, name=model, seconds=f"{seconds:.3g}")
    if fault in _OPERATORS:
        said = Message.joined(said, _ASK_OPERATOR)
    return ModelError.of(fault, said, retry_after, detail)


def classified(error: BaseException, model: str) -> tuple[Fault, Message]:
    """The fault of any error of LangChain's or of a provider, and what the operator is told of it."""
    fault: Fault = next((fault for kind, fault in _FAULTS.items() if isinstance(error, kind)), "server_failed")
    return fault, Message(
        "{model}: {error} ({fault}). Check its key and its name, and what its provider says of both.",
        model=model,
        error=type(error).__name__,
        fault=fault,
    )


def calls_tools(message: AIMessage) -> bool:
    return bool(message.tool_calls or message.invalid_tool_calls)


def why_incomplete(pieces: Sequence[AIMessage], *, may_call: bool) -> Fault | None:
    """Why all the pieces of a message make no whole answer (or calls of tools); ``None`` where they do."""
    metadata = [piece.response_metadata for piece in reversed(pieces)]
    reason = next((str(each[key]).lower() for each in metadata for key in _ENDINGS if each.get(key)), "")
    if reason in _WITHHELD:
        return "withheld"
    if reason == "refusal" or any(piece.additional_kwargs.get("refusal") for piece in pieces):
        return "refused"
    if reason in _TOO_LONG:
        return "length"
    called = may_call and any(map(calls_tools, pieces))
    if not called and not any(piece.text.strip() for piece in pieces):
        return "empty"
    # Integrations that name their provider also report how a stream ended; others (a test's fake) may not.
    unreported = not reason and not any("model_provider" in each for each in metadata)
    ended = reason not in _CALLED and any(each.get("ended") for each in metadata)  # by [DONE], whatever the reason
    return None if unreported or ended or reason in _COMPLETE or (called and reason in _CALLED) else "unended"
