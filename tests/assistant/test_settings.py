"""Settings from the environment, and what they choose."""

from __future__ import annotations

import sys
import tomllib
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import pytest
from langchain_core.embeddings import Embeddings
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from pydantic import Field, TypeAdapter

from assistant import Assistant, wiring
from assistant.__main__ import main
from assistant.errors import ModelFailed, ModelUnreachable, SettingsInvalid
from assistant.settings import Settings
from tests.scripted_server import ScriptedServer
from vectorstore.errors import LibraryMismatch
from vectorstore.types import Article


def test_the_environment_is_read_and_an_argument_outweighs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_PASSAGES", "7")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:11434/v1")
    assert (Settings().passages, Settings().base_url) == (7, "http://127.0.0.1:11434/v1")
    assert Settings(passages=3).passages == 3


def test_a_chat_model_checks_what_it_wrote_unless_the_reader_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().check == "reader"  # of these tests
    monkeypatch.delenv("ASSISTANT_CHECK")
    assert (Settings().check, Settings().check_model) == ("model", "")
    monkeypatch.setenv("ASSISTANT_CHECK", "nobody")
    with pytest.raises(SettingsInvalid, match=r"^ASSISTANT_CHECK: "):
        Settings()


def test_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "  ")
    assert Settings().api_key is None


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ASSISTANT_PASSAGES", "many"),
        ("ASSISTANT_PASSAGES", "0"),
        ("ASSISTANT_ANSWER_SECONDS", "-1"),
        ("ASSISTANT_LOCALE", "C"),
        ("ASSISTANT_LOCALE", "en"),
        ("ASSISTANT_TIME_ZONE", "Mars/Olympus"),
        ("ASSISTANT_TIME_ZONE", "Europe"),
        ("ASSISTANT_TIME_ZONE", "../etc/passwd"),
        ("OPENAI_BASE_URL", "localhost:11434"),
        ("OPENAI_API_KEY", "sk-secret with spaces"),
        ("OPENAI_API_KEY", "sk-secret-ключ"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named_and_never_shown(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsInvalid, match=f"^{variable}: ") as raised:
        Settings()
    assert "sk-secret" not in str(raised.value)
    assert raised.value.__cause__ is None


@pytest.mark.parametrize(
    ("locale", "day_first"),
    [
        ("en-GB", True),
        ("en-US", False),
        ("en_US.UTF-8", False),
        ("uk_UA", True),
        ("zh-Hant-TW", True),
        ("es-pr", False),
    ],
)
def test_which_of_day_and_month_comes_first(locale: str, day_first: bool) -> None:
    assert Settings(locale=locale).day_first is day_first


def test_today_is_a_day_in_the_time_zone() -> None:
    zones = ("Pacific/Kiritimati", "Pacific/Pago_Pago")
    ahead, behind = (Settings(time_zone=zone).today() for zone in zones)
    assert ahead > behind
    assert behind <= Settings().today() <= ahead


def test_the_key_is_never_shown() -> None:
    settings = Settings(api_key="sk-secret")
    assert "sk-secret" not in repr(settings) + str(settings) + settings.model_dump_json()


@pytest.mark.parametrize(
    ("address", "host"),
    [
        (None, "api.openai.com"),
        ("http://127.0.0.1:11434/v1", "127.0.0.1:11434"),
        ("https://user:sk-secret@models.example/v1", "models.example"),
    ],
)
def test_messages_name_the_host_without_what_else_the_address_holds(address: str | None, host: str) -> None:
    assert Settings(base_url=address).host == host


def test_without_key_and_model_nothing_is_asked_over_a_line() -> None:
    assert wiring.chat_writer(Settings()) is None
    assert wiring.chat_writer(Settings(api_key="sk-x", model="extractive")) is None
    assert wiring.chat_writer(Settings(base_url="http://127.0.0.1:9/v1")) is None


@pytest.mark.parametrize(
    ("model", "says_so"),
    [
        ("openai:gpt-4.1", "ASSISTANT_MODEL is “openai:gpt-4.1”, but there is no key. Set OPENAI_API_KEY"),
        ("qwen3:8b", "ASSISTANT_MODEL: no model “qwen3:8b” can be made here"),
        ("nobody:x", "pass your own with Assistant.open(chat_model=...)"),
        ("anthropic:x", 'Run: pip install "article-assistant[anthropic]"'),
        ("google_genai:x", 'Run: pip install "article-assistant[google-genai]"'),
        ("groq:x", 'Run: pip install "langchain-groq"'),
    ],
)
def test_a_model_that_cannot_be_reached_that_way_is_refused_before_anything_is_asked(model: str, says_so: str) -> None:
    with pytest.raises(SettingsInvalid) as raised:
        wiring.chat_writer(Settings(model=model))
    assert says_so in str(raised.value)


@pytest.mark.parametrize(
    ("model", "base_url", "name", "temperature"),
    [
        ("", None, "openai:gpt-4.1-mini", 0.0),
        ("openai:gpt-4.1", None, "openai:gpt-4.1", 0.0),
        ("gpt-4.1", None, "openai:gpt-4.1", 0.0),
        ("openai:o3", None, "openai:o3", None),
        ("gpt-5.4-mini", None, "openai:gpt-5.4-mini", None),
        ("qwen3:8b", "http://127.0.0.1:9/v1", "qwen3:8b (127.0.0.1:9)", 0.0),
    ],
)
def test_which_model_a_name_means(model: str, base_url: str | None, name: str, temperature: float | None) -> None:
    writer = wiring.chat_writer(Settings(model=model, base_url=base_url, api_key="sk-x"))
    assert writer is not None
    assert writer.name == name
    made: Any = writer.model
    assert made.temperature == temperature
    assert f"{made.model_name}" == (model.removeprefix("openai:") or wiring.DEFAULT_MODEL)


def test_the_model_of_another_provider_is_loaded_by_name_even_beside_a_server_of_ones_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Made(FakeListChatModel):
        model: str
        max_retries: int

    package = ModuleType("langchain_mistralai")
    package.__dict__["ChatMistralAI"] = partial(Made, responses=["Yes."])
    monkeypatch.setitem(sys.modules, package.__name__, package)
    writer = wiring.chat_writer(Settings(model="mistralai:small", base_url="http://127.0.0.1:9/v1"))
    assert writer is not None
    assert isinstance(writer.model, Made)
    assert (writer.name, writer.model.model, writer.model.max_retries) == ("mistralai:small", "small", 0)


def test_every_provider_that_we_name_has_its_extra() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    assert {
        name: extras[name][0].startswith(f"langchain-{name}>=") for name in wiring.EXTRAS.values()
    } == dict.fromkeys(wiring.EXTRAS.values(), True)


def test_embeddings_by_name(server: ScriptedServer) -> None:
    assert wiring.embeddings(Settings()) is None
    with pytest.raises(SettingsInvalid, match="ASSISTANT_EMBEDDINGS"):
        wiring.embeddings(Settings(embeddings="openai:text-embedding-3-small"))
    made = wiring.embeddings(
        Settings(embeddings="openai:text-embedding-3-small", base_url=server.url, api_key="sk-secret")
    )
    assert made is not None
    first, second, other = made.embed_documents(["the red house", "a red house", "quantum foam"])
    assert sum(a * b for a, b in zip(first, second, strict=True)) > sum(
        a * b for a, b in zip(first, other, strict=True)
    )
    assert server.requests[0].body["input"] == ["the red house", "a red house", "quantum foam"]
    assert server.requests[0].body["model"] == "text-embedding-3-small"


class LettersEmbeddings(Embeddings):
    """Stands where another provider's package would: counts letters."""

    def __init__(self, model: str) -> None:
        if model == "no-key":
            TypeAdapter(Annotated[str, Field(min_length=40, description="key")]).validate_python("sk-secret")
        self.model = model

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        if self.model == "stopped":
            raise KeyboardInterrupt
        if self.model == "gone":
            raise ConnectionError("no route for sk-secret")
        return [[float(text.count(letter)) for letter in "aeiou"] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "langchain_cohere", ModuleType("langchain_cohere"))
    monkeypatch.setattr(sys.modules["langchain_cohere"], "CohereEmbeddings", LettersEmbeddings, raising=False)


def test_embeddings_of_any_provider_that_langchain_knows(tmp_path: Path, provider: None) -> None:
    made = wiring.embeddings(Settings(embeddings="cohere:embed-v4"))
    assert made is not None
    assert made.embed_query("eau") == pytest.approx([3**-0.5, 3**-0.5, 0, 0, 3**-0.5])
    with Assistant.open(tmp_path, settings=Settings(embeddings="cohere:embed-v4")) as desk:
        desk.library.add_articles(
            [Article("a", "Ice stops the ferry", "The ferry did not leave, for the fjord froze.")]
        )
        assert desk.search("ferry")


def test_a_new_library_may_be_given_its_embedding_model_before_the_first_article(
    tmp_path: Path, provider: None
) -> None:
    assert main(["rebuild", "--embeddings", "cohere:embed-v4", "--library", str(tmp_path)]) == 0
    with Assistant.open(tmp_path, settings=Settings()) as desk:
        assert desk.library.identity()["model"] == "cohere:embed-v4"


def test_a_library_remembers_its_embedding_model_and_changes_it_by_a_command(
    tmp_path: Path, provider: None, capsys: pytest.CaptureFixture[str]
) -> None:
    with Assistant.open(tmp_path, settings=Settings()) as desk:
        desk.library.add_articles(
            [Article("a", "Ice stops the ferry", "The ferry did not leave, for the fjord froze.")]
        )
    assert main(["rebuild", "--embeddings", "cohere:stopped", "--library", str(tmp_path)]) == 130
    assert "The same command goes on from here" in capsys.readouterr().err
    assert main(["rebuild", "--embeddings", "cohere:embed-v4", "--library", str(tmp_path)]) == 0
    with Assistant.open(tmp_path, settings=Settings()) as desk:
        assert desk.library.identity() | {"splitter": ""} == {
            "model": "cohere:embed-v4",
            "dimension": "5",
            "splitter": "",
        }
        assert desk.search("ferry")
        desk.library._catalogue.set_meta({"model": "ollama:nomic"})
    with pytest.raises(LibraryMismatch, match=r"model ollama:nomic, now x/y\). `assistant rebuild --embeddings x/y"):
        Assistant.open(tmp_path, settings=Settings(embeddings="local:x/y"))
    with pytest.raises(
        SettingsInvalid, match=f"model of the library {tmp_path} is “ollama:nomic”, and what it needs is"
    ):
        Assistant.open(tmp_path, settings=Settings())
    for command in ("check", "rebuild"):  # for which its name is enough
        assert main([command, "--library", str(tmp_path)]) == 0
    capsys.readouterr()
    assert main(["rebuild", "--embeddings", "openai:x", "--library", str(tmp_path)]) != 0
    assert "--embeddings is “openai:x”, but there is no key" in capsys.readouterr().err
    assert main(["rebuild", "--embeddings", "local:all-MiniLM-L6-v2", "--library", str(tmp_path)]) == 0
    with Assistant.open(tmp_path, settings=Settings()) as desk:
        assert desk.search("ferry")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("ollama:nomic-embed-text", "what it needs is not installed. Run: pip install langchain-ollama"),
        ("nobody:x", "ASSISTANT_EMBEDDINGS is “nobody:x”: Provider 'nobody' is not supported. Supported providers"),
        ("cohere:no-key", "“cohere:no-key”, which lacks a setting of its provider: String should have at least 40"),
    ],
)
def test_embeddings_that_cannot_be_had_say_what_to_do(provider: None, name: str, says: str) -> None:
    with pytest.raises(SettingsInvalid) as raised:
        wiring.embeddings(Settings(embeddings=name))
    assert says in str(raised.value)
    assert "sk-secret" not in str(raised.value)


def test_a_provider_that_fails_is_named_without_what_it_said(provider: None) -> None:
    made = wiring.embeddings(Settings(embeddings="cohere:gone"))
    assert made is not None
    for ask in (made.embed_query, lambda text: made.embed_documents([text])):
        with pytest.raises(ModelFailed, match=r"cohere:gone gave no vectors \(ConnectionError\)") as raised:
            ask("words")
        assert raised.value.__context__ is None


def test_a_server_of_vectors_that_is_not_there_is_named() -> None:
    made = wiring.embeddings(Settings(embeddings="openai:e", base_url="http://127.0.0.1:9/v1", api_key="sk-secret"))
    assert made is not None
    with pytest.raises(ModelUnreachable, match=r"127\.0\.0\.1:9 cannot be reached") as raised:
        made.embed_query("words")
    assert raised.value.__context__ is None
