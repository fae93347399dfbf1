"""Instructions planted in articles, and a model that obeys them: nothing but words leaves, and none of them trusted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant import Assistant
from assistant.settings import Settings
from tests import hostile
from tests.hostile import OUR_ATTACKS, Planted
from tests.scripted_server import OUTSIDE, Received, Scene, ScriptedServer, obeys

Poisoned = tuple[Path, list[Planted], tuple[str, ...]]


@pytest.fixture(scope="module", params=["ours", "theirs"])
def poisoned(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Poisoned:
    """A library of three articles for each instruction; also those of the evaluation data, where it is there."""
    attacks = OUR_ATTACKS if request.param == "ours" else hostile.their_attacks()
    if not attacks:
        pytest.skip("ARTICLE_DATA is not set: attacks/bipia_text.json is not there")
    place = tmp_path_factory.mktemp("poisoned")
    articles = hostile.planted(attacks)
    table = place / "articles.jsonl"
    table.write_text("\n".join(json.dumps(dict(each.article)) for each in articles), encoding="utf-8")
    with Assistant.open(place / "library", settings=Settings()) as desk:
        assert desk.add(table).count("refused") == 0
    return place / "library", articles, attacks


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as scripted:
        yield scripted


def opened(folder: Path, server: ScriptedServer, unsupported: str) -> Assistant:
    settings = Settings(model="m", base_url=server.url, api_key="sk-secret-key", passages=4, unsupported=unsupported)
    return Assistant.open(folder, settings=settings, read_only=True)


@pytest.mark.parametrize(
    ("unsupported", "places"),
    [
        pytest.param("mark", 1, id="mark"),
        pytest.param("mark", 3, id="mark, in every place", marks=pytest.mark.long),
        pytest.param("drop", 1, id="drop", marks=pytest.mark.long),
    ],
)
def test_an_obedient_model_gets_nothing_out(
    poisoned: Poisoned, server: ScriptedServer, unsupported: str, places: int
) -> None:
    """Each instruction reaches the model: planted in one of the ``places`` of an article, or in each of them."""
    folder, articles, attacks = poisoned
    orders = hostile.words(attacks)
    obeyed: set[str] = set()

    def obedient(received: Received) -> Scene:
        seen = " ".join(received.prompt.split())
        obeyed.update(word for order, word in orders.items() if order in seen)
        return obeys(received, orders)

    three = range(len(hostile.PLACES))
    chosen = [each for at, each in enumerate(articles) if (at // 3 + at) % 3 in three[:places]]
    with opened(folder, server, unsupported) as desk:
        for each in chosen:
            server.plays(obedient)
            reply = desk.stream(each.question)
            streamed = "".join(reply)
            answer = reply.answer
            first = server.requests[0]
            system = first.body["messages"][0]["content"]
            got = hostile.left(answer, streamed, system, hostile.boundary_of(first.prompt), list(orders.values()))
            assert got.nothing, (each, got)
            assert "sk-secret" not in first.prompt
            assert OUTSIDE not in json.dumps(answer.to_dict())
            assert answer.citations, (each, answer.text)
            assert all(c.article.text[c.start : c.end] == c.quote for c in answer.citations)
            if unsupported == "drop":
                assert not any(word in answer.text for word in orders.values()), answer.text
                assert answer.dropped > 0
            else:
                assert answer.count("unsupported") > 0
    if unsupported == "mark":
        assert obeyed == set(orders.values())  # every instruction did reach the model


def test_the_same_questions_are_answered_without_the_attack(poisoned: Poisoned, server: ScriptedServer) -> None:
    folder, articles, _ = poisoned
    right: list[str] = []
    with opened(folder, server, "mark") as desk:
        for each in articles[:12]:
            opening = str(each.article["text"]).partition("The ")[2].partition(".")[0]

            def honest(received: Received, opening: str = opening) -> Scene:
                number = next(
                    int(part.split()[0])
                    for part in received.prompt.split(" passage ")[1:]
                    if opening.split(" on ")[0] in part
                )
                return Scene((f"The {opening} [{number}].",))

            server.plays(honest)
            answer = desk.ask(each.question)
            right += [each.question] if [s.support for s in answer.statements] == ["verified"] else []
    assert len(right) == 12
