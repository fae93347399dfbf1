"""What is said to a message that asks nothing of the articles is true of this library and this writer."""

from __future__ import annotations

from assistant.writing.small_talk import small_talk


def test_it_says_how_many_articles_there_are_and_how_answers_are_made() -> None:
    assert "1 article of" in small_talk("hi", articles=1, model=None)
    assert "1,500 articles" in small_talk("hi", articles=1500, model=None)
    assert "quoting sentences" in small_talk("who are you", articles=2, model=None)
    assert "The model small-model words my answers" in small_talk("who are you", articles=2, model="small-model")


def test_an_empty_library_is_called_empty() -> None:
    assert "empty" in small_talk("hi", articles=0, model=None)
    assert "порожня" in small_talk("Привіт!", articles=0, model=None)


def test_work_on_a_text_is_said_to_take_a_chat_model() -> None:
    for said in ("Translate that into German.", "Скороти це."):
        reply = small_talk(said, articles=3, model=None, asks_for_work=True)
        assert "OPENAI_API_KEY" in reply
        assert "ASSISTANT_MODEL" in reply


def test_the_reply_is_in_the_language_of_the_message() -> None:
    assert "Питайте" in small_talk("Дякую!", articles=3, model=None)
    assert "мовна модель" in small_talk("Переклади англійською", articles=3, model=None, asks_for_work=True)
    assert "Ask about" in small_talk("Thanks!", articles=3, model=None)
