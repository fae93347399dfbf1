"""What is said to a message that asks nothing of the articles: a greeting, thanks, or work on a text."""

from __future__ import annotations

import re

from assistant.messages import translator
from vectorstore.messages import Message


def small_talk(text: str, *, articles: int, model: str | None, asks_for_work: bool = False) -> str:
    """What this assistant is and what can be asked, in English or Ukrainian as ``text`` is.

    ``articles`` is how many the library holds; ``model`` the chat model's name, ``None`` where sentences are quoted.
    Where a text ``asks_for_work`` on a text, that this takes a chat model.
    """
    who = Message("I answer by quoting sentences of the articles.")
    if asks_for_work:
        who = Message(
            "I can only quote sentences of the articles as they stand: translating, shortening, writing and judging "
            "take a chat model (set OPENAI_API_KEY, or OPENAI_BASE_URL and ASSISTANT_MODEL)."
        )
    elif model:
        who = Message(
            "The model {model} words my answers, and each sentence is checked against the articles.", model=model
        )
    offer = Message(
        "Ask about the {articles} of this library; each sentence of an answer points to the words that carry it. "
        "“What happened last week?” gives an overview, “What do you have about …?” a list.",
        articles=Message.plural("{count} article", "{count} articles", articles),
    )
    empty = Message("The library is empty so far; add articles, then ask about them.")
    said = Message.joined(who, offer if articles else empty)
    return translator("uk").gettext(said) if re.search("[\u0400-\u04ff]", text) else said
