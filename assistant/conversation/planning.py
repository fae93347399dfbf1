"""Query planning by the chat model: what is searched for, in words that stand alone, one question at a time.

"And when?" after "Who will lead the port?" becomes "When will the new head of the port begin?", and "Compare their
budgets" two questions. One short call, made only where a question leans on the one before or may be several; whatever
is wrong with the reply, the form in brackets and the question marks stand in (``follow_up``, ``parts``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from assistant.conversation.follow_up import Exchange
from assistant.conversation.parts import LONGEST_QUESTION, MOST_PARTS
from assistant.language.words import content_words, names, numbers
from assistant.models.outgoing import plain
from assistant.models.prompt import ChatMessage, read_json, visible

SECONDS = 4.0
"""What the model may take; a small one takes one."""

_SHOWN = 600
"""Characters of an earlier answer that it is shown."""

_TASK = f"""\
A reader asks an archive of articles. Say what should be searched for.

Rules:
1. Give questions that can each be searched for without the conversation: put in the names, places, times and things \
that pronouns and omissions stand for.
2. Mostly that is one question. Only where the reader asks several things at once, give one for each, at most \
{MOST_PARTS}; a comparison becomes one for each side. A name or phrase that holds an "and" is no reason to split.
3. Use only names and figures that the reader's question and the conversation hold. Do not answer.
4. Keep the language of the question.

Reply with JSON and nothing else: {{"questions": ["…"]}}"""


class _Plan(BaseModel):
    questions: list[
        Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_QUESTION)]
    ] = Field(min_length=1, max_length=MOST_PARTS)


def request(question: str, said: Sequence[Exchange] = ()) -> list[ChatMessage]:
    """What the model is asked: the last exchanges and the question, nothing of the articles."""
    lines = [line for each in said[-3:] for line in (f"Reader: {each.question}", f"Assistant: {each.answer[:_SHOWN]}")]
    asked = "\n".join([*lines, "", f"Last question: {question}"]) if lines else question
    return [ChatMessage("system", _TASK), ChatMessage("user", visible(asked).strip())]


def read(reply: str, question: str, said: Sequence[Exchange] = ()) -> tuple[str, ...] | None:
    """The questions in a reply to ``request``; ``None`` when it is of another form or makes something up."""
    if (plan := read_json(_Plan, reply)) is None:
        return None
    conversation = "\n".join([question, *(f"{each.question}\n{each.answer}" for each in said)])
    made = tuple(dict.fromkeys(" ".join(visible(each).split()) for each in plan.questions))
    # What is searched for is shown: no address, no markup.
    return made if all(_is_of(conversation, each) and plain(each) == each for each in made) else None


def _is_of(conversation: str, made: str) -> bool:
    """Whether all names and figures of ``made`` stand in ``conversation``."""
    first, _, rest = made.partition(" ")  # a capital that opens a sentence is no name
    opening = frozenset(content_words(first)) if first[1:].islower() and not names(rest[:1]) else frozenset[str]()
    named = {word for name in names(made) for word in content_words(name)}
    return named - opening <= frozenset(content_words(conversation)) and numbers(made) <= numbers(conversation)
