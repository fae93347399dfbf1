"""Small talk gets a word; a question that begins or sounds like it stays a question."""

from __future__ import annotations

import pytest

from assistant.talk import is_small_talk, small_talk


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        ("Hello!", "Hello."),
        ("Good morning", "Hello."),
        ("Guten Tag", "Hello."),
        ("hello, how are you?", "no moods"),
        ("Thanks a lot!", "You are welcome."),
        ("Ok, thanks 👍", "You are welcome."),
        ("bye", "Goodbye."),
        ("ok", "Ask on"),
        ("Who are you?", "from the articles of this library and from nothing else"),
        ("are you a robot?", "I am a program"),
        ("help", "Which sources do you have?"),
        ("What can you do?", "Name a time"),
        ("You are stupid!", "I am sorry"),
        ("Привіт!", "Вітаю."),
        ("Дякую дуже", "Будь ласка."),
        ("Хто ти?", "Я програма"),
        ("До побачення!", "До побачення."),
    ],
)
def test_small_talk_is_answered(said: str, answered: str) -> None:
    text = small_talk(said, articles=3, model=None)
    assert text is not None
    assert answered in text


@pytest.mark.parametrize(
    "question",
    [
        *("Hello, who won the final?", "OK Computer", "How does it work?", "Thanks to whom did Ukraine get drones?"),
        *("Who are you voting for?", "What is a robot?", "help for Ukraine", "Nice attack 2016", "terrible earthquake"),
        *("Who made the turbines?", "Goodbye Lenin", "Yes Minister", "Привіт із Києва", "?", "No, I meant Italy"),
    ],
)
def test_a_question_is_no_small_talk(question: str) -> None:
    assert not is_small_talk(question)


def test_it_says_what_is_true_of_this_library_and_writer() -> None:
    assert "the 1 article of" in str(small_talk("hi", articles=1, model=None))
    assert "1,500 articles" in str(small_talk("hi", articles=1500, model=None))
    assert "The library is empty" in str(small_talk("hi", articles=0, model=None))
    assert "The model small-model words my answers" in str(small_talk("who are you", articles=2, model="small-model"))
    assert "I quote their sentences" in str(small_talk("who are you", articles=2, model=None))
