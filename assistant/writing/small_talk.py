"""What is said to a message that asks nothing of the articles: a greeting, thanks, or work on a text."""

from __future__ import annotations

import re
from typing import Final

_SAID: Final = {
    "en": {
        "empty": "The library is empty so far; add articles, then ask about them.",
        "offer": "Ask about the {count} of this library; each sentence of an answer points to the words that carry it. "
        "“What happened last week?” gives an overview, “What do you have about …?” a list.",
        "quotes": "I answer by quoting sentences of the articles.",
        "writes": "The model {model} words my answers, and each sentence is checked against the articles.",
        "instruct": "I can only quote sentences of the articles as they stand: translating, shortening, writing and "
        "judging take a chat model (set OPENAI_API_KEY, or OPENAI_BASE_URL and ASSISTANT_MODEL).",
    },
    "uk": {
        "empty": "Бібліотека поки що порожня; додайте статті, а тоді питайте про них.",
        "offer": "Питайте про статті цієї бібліотеки (їх {count}); кожне речення відповіді вказує на слова, які його "
        "підтверджують. «Що сталося минулого тижня?» дає огляд.",
        "quotes": "Я відповідаю реченнями статей, дослівно.",
        "writes": "Відповіді формулює модель {model}, і кожне речення перевірено за статтями.",
        "instruct": "Я можу лише наводити речення статей дослівно: щоб перекласти, скоротити, написати чи оцінити, "
        "потрібна мовна модель (задайте OPENAI_API_KEY або OPENAI_BASE_URL і ASSISTANT_MODEL).",
    },
}


def small_talk(text: str, *, articles: int, model: str | None, asks_for_work: bool = False) -> str:
    """What this assistant is and what can be asked, in English or Ukrainian as ``text`` is.

    ``articles`` is how many the library holds; ``model`` the chat model's name, ``None`` where sentences are quoted.
    Where a text ``asks_for_work`` on a text, that this takes a chat model.
    """
    is_ukrainian = re.search("[\u0400-\u04ff]", text) is not None
    said = _SAID["uk" if is_ukrainian else "en"]
    count = f"{articles:,}" if is_ukrainian else f"{articles:,} article{'s' if articles != 1 else ''}"
    who = said["instruct"] if asks_for_work else said["writes"].format(model=model) if model else said["quotes"]
    return f"{who} {said['offer'].format(count=count) if articles else said['empty']}"
