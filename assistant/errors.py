"""What can go wrong while an answer is written. Each message names the thing and the next step.

AssistantError
├── SettingsInvalid      a setting that makes no sense
├── ConversationUnknown  no such conversation or turn of this user
├── ConversationsUnusable  the stored conversations cannot be read or written
├── BatchInvalid         the questions of a batch, or its answers so far, cannot be used
├── CasesInvalid         the cases of an evaluation, or its earlier figures, cannot be used
└── ModelError           the chat model did not answer
    ├── ModelUnreachable     no connection, or no answer in time
    ├── ModelKeyRefused      401 or 403
    ├── ModelUnknown         404: the server has no such model, or is no such server
    ├── ModelRateLimited     429, or the account's quota is used up
    └── ModelFailed          5xx, an unreadable or an empty reply
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from vectorstore.messages import Message

if TYPE_CHECKING:
    from vectorstore.types import Match

Fault = Literal[
    "unreachable",  # no connection
    "stalled",  # connected, and then nothing in time
    "cut",  # the connection was torn inside the answer
    "unended",  # closed in good order, but nothing says that the answer was whole
    "key_refused",  # 401
    "forbidden",  # 403
    "model_unknown",  # 404
    "wrong_path",  # 404 and no word of a model: the address leads elsewhere
    "rate_limited",  # 429
    "quota",  # 402, 429: waiting does not help
    "overloaded",  # 503, 529
    "server_failed",  # any other 5xx, or a failure reported inside the stream
    "too_long",  # the passages and the conversation exceed what the model can read
    "withheld",  # by a content filter
    "refused",  # by the model
    "repeated",  # the same words over and over
    "length",  # stopped at the longest answer it may give
    "unreadable",  # no answer of the agreed form
    "empty",  # an answer without a word
    "rejected",  # any other 4xx
]
"""What went wrong with a chat model, by name. For programs; people read the message."""


class AssistantError(Exception):
    """The root of this tree. ``str(error)``, a ``Message``, is fit to show to a person and holds no secret."""

    def __init__(self, message: str, /, **values: Any) -> None:
        super().__init__(message if isinstance(message, Message) else Message(message, **values))


class SettingsInvalid(AssistantError):
    """A setting makes no sense; the message names it and what it accepts."""


class ConversationUnknown(AssistantError):
    """The user has no such conversation, or no such turn in it; somebody else's looks the same as none."""


class ConversationsUnusable(AssistantError):
    """The stored conversations cannot be read or written; the message names the file. The library is untouched."""


class BatchInvalid(AssistantError):
    """A file of questions, or of answers to them, cannot be read or written; the message names it."""


class CasesInvalid(AssistantError):
    """The cases of an evaluation, or the figures of an earlier one, cannot be used; the message says why."""


class ModelError(AssistantError):
    """The chat model did not answer. The library is untouched.

    ``str(error)`` is for who asked; ``detail`` for who set the model up, with address, status and what to set.
    ``retry_after`` is the number of seconds after which the same request may succeed; ``None`` if it will not.
    """

    faults: ClassVar[tuple[Fault, ...]] = ("server_failed",)
    """Those that belong to the class, the usual one first."""

    def __init__(
        self, message: str, *, fault: Fault | None = None, retry_after: float | None = None, detail: str = ""
    ) -> None:
        super().__init__(message)
        self.fault: Fault = fault or self.faults[0]
        self.retry_after = retry_after
        self.detail = detail
        self.found: tuple[Match, ...] = ()
        """The passages that the search had found for the question by then, the best first."""
        if detail:
            self.add_note(detail)

    @staticmethod
    def of(fault: Fault, message: str, retry_after: float | None = None, detail: str = "") -> ModelError:
        """The error of the class that ``fault`` belongs to."""
        kind = next((kind for kind in ModelError.__subclasses__() if fault in kind.faults), ModelFailed)
        return kind(message, fault=fault, retry_after=retry_after, detail=detail)


class ModelUnreachable(ModelError):
    faults = ("unreachable", "stalled", "cut")


class ModelKeyRefused(ModelError):
    faults = ("key_refused", "forbidden")


class ModelUnknown(ModelError):
    faults = ("model_unknown", "wrong_path")


class ModelRateLimited(ModelError):
    faults = ("rate_limited", "quota")


class ModelFailed(ModelError):
    """The server failed, or its reply could not be used."""
