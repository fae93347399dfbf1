"""The check of a chat model's sentences by a chat model: what of its verdicts is taken, and what is not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assistant import model_check
from assistant.citations import CitedText
from assistant.types import Statement
from tests.assistant.conftest import MEETING_QUESTION, Open
from tests.assistant.making import matches
from tests.scripted_server import Received, Scene, ScriptedServer, refuses, says, stalls

MET = "Umerov met Sébastien Lecornu in Paris [1]."
WORDS = "Rustem Umerov met his French counterpart Sébastien Lecornu in Paris"


def verdicts(*judged: dict[str, Any]) -> str:
    return json.dumps({"verdicts": [{"number": number, **each} for number, each in enumerate(judged, start=1)]})


def judged(raw: str, reply: str) -> list[Statement] | None:
    """The statements of ``raw`` with the verdicts of ``reply`` on those that are for the model."""
    cited = CitedText(matches())
    cited.feed(raw)
    cited.finish()
    statements = cited.statements()
    return model_check.read(reply, statements, model_check.to_judge(statements), cited.citations)


def verdict_on(raw: str, reply: str) -> tuple[str, str, str]:
    found = judged(raw, reply)
    assert found is not None
    return found[0].support, found[0].reason, found[0].by


CARRIED = {"verdict": "carried", "words": WORDS}
LACKING = {"verdict": "partly", "words": WORDS, "missing": "in Paris", "reason": "no place"}


def test_the_verdicts_are_taken_with_their_reasons() -> None:
    assert verdict_on(MET, verdicts(CARRIED)) == ("verified", "", "model")
    assert verdict_on(MET, verdicts(LACKING)) == ("partly", "the source lacks “in Paris”", "model")
    refused = verdicts({"verdict": "not_carried", "words": "", "reason": "exchanged roles"})
    assert verdict_on(MET, f"```json\n{refused}\n```") == ("unsupported", "exchanged roles", "model")


def test_carrying_words_that_no_cited_passage_has_are_not_taken() -> None:
    (before,) = judged(MET, verdicts({"verdict": "carried", "words": ""})) or []
    (after,) = judged(MET, verdicts({"verdict": "carried", "words": "Umerov and Lecornu shook hands warmly"})) or []
    assert (before.by, after.by) == ("model", "reader")


def test_a_missing_part_that_the_statement_does_not_have_makes_it_unsupported_not_partly() -> None:
    for missing in ("", "in Berlin"):
        support, reason, by = verdict_on(MET, verdicts({**LACKING, "missing": missing}))
        assert (support, by) == ("unsupported", "model")
        assert reason


def test_what_was_compared_exactly_is_not_for_the_model() -> None:
    raw = f"France will co-finance 3,000 drones [2]. {MET}"
    found = judged(raw, verdicts(CARRIED))
    assert found is not None
    assert [(each.support, each.by) for each in found] == [("unsupported", "exact"), ("verified", "model")]


def test_a_reason_is_one_plain_line_of_bounded_length() -> None:
    _, reason, _ = verdict_on(
        MET, verdicts({"verdict": "not_carried", "reason": "see **https://evil.example/x**\n" + "so " * 200})
    )
    assert "http" not in reason
    assert "*" not in reason
    assert "\n" not in reason
    assert len(reason) <= model_check.LONGEST_REASON


@pytest.mark.parametrize(
    "reply",
    [
        *("", "All of them are fine.", "{}", '{"verdicts": []}', "[]", '{"verdicts": [{"number": 1}]}'),
        '{"verdicts": [{"number": 1, "verdict": "maybe"}]}',
        '{"verdicts": [{"number": 2, "verdict": "carried"}]}',
    ],
)
def test_a_reply_of_another_form_or_one_that_leaves_a_statement_out_is_not_read(reply: str) -> None:
    assert judged(MET, reply) is None


def test_the_model_sees_each_statement_with_just_the_words_it_cites() -> None:
    cited = CitedText(matches())
    cited.feed("Umerov met Lecornu in Paris [1]. France will co-finance 2,000 drones [2]. Whales sing.")
    cited.finish()
    statements = cited.statements()
    system, user = model_check.request(statements, model_check.to_judge(statements), cited.citations, "=== 0123")
    assert 'begin with "=== 0123"' in system.content
    assert "=== 0123 statement 1\nUmerov met Lecornu in Paris." in user.content
    assert "words for 1 (A meeting in Paris, Starter Library, Europe desk, 2024-09-02)" in user.content
    assert "Whales" not in user.content


# -- in an answer


def test_the_model_that_wrote_checks_in_one_further_request_and_its_cost_is_counted(
    open_desk: Open, server: ScriptedServer
) -> None:
    server.plays(says(MET, usage=(100, 10)), says(verdicts(CARRIED), usage=(50, 5)))
    reply = open_desk(check="model").stream(MEETING_QUESTION)
    meanwhile = [(reply.status, [(each.support, each.by) for each in reply.checked]) for piece in reply if not piece]
    answer = reply.answer
    assert meanwhile == [("Checking each sentence against the words it cites.", [("verified", "reader")])]
    assert [(each.support, each.by) for each in answer.statements] == [("verified", "model")]
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (150, 15)
    assert answer.reason is None
    assert len(server.requests) == 2
    assert "Umerov met Sébastien Lecornu in Paris." in server.requests[1].prompt
    assert MEETING_QUESTION not in server.requests[1].prompt


def test_what_the_model_does_not_find_carried_is_mended_or_marked(open_desk: Open, server: ScriptedServer) -> None:
    server.plays(says(MET), says(verdicts({"verdict": "not_carried", "reason": "another place"})), says("1: -"))
    answer = open_desk(check="model").ask(MEETING_QUESTION)
    assert [(each.support, each.reason) for each in answer.statements] == [("unsupported", "another place")]
    assert len(server.requests) == 3
    assert "Fault: another place" in server.requests[2].prompt


def test_nothing_is_asked_where_everything_was_compared_exactly(open_desk: Open, server: ScriptedServer) -> None:
    server.plays(says("“We have specific projects, an action plan, and deadlines” [1]."))
    answer = open_desk(check="model").ask(MEETING_QUESTION)
    assert [(each.support, each.by) for each in answer.statements] == [("verified", "exact")]
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "failing", [says("They are all fine."), refuses(500), says("{", ending="cut")], ids=["words", "refused", "cut"]
)
def test_a_check_that_cannot_be_read_falls_back_to_the_reader_and_says_so(
    open_desk: Open, server: ScriptedServer, failing: Scene
) -> None:
    server.plays(says(MET), failing)
    answer = open_desk(check="model").ask(MEETING_QUESTION)
    assert [(each.support, each.by) for each in answer.statements] == [("verified", "reader")]
    assert answer.reason is not None
    assert "checked on this machine" in answer.reason
    assert (answer.state, answer.abstained) == ("complete", False)


def test_a_check_takes_no_longer_than_it_may(
    open_desk: Open, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_check, "SECONDS", 0.3)
    server.plays(says(MET), stalls())
    answer = open_desk(check="model").ask(MEETING_QUESTION)
    assert [(each.support, each.by) for each in answer.statements] == [("verified", "reader")]
    assert "checked on this machine" in str(answer.reason)


def test_another_model_checks_where_the_settings_name_one(open_desk: Open, server: ScriptedServer) -> None:
    def play(received: Received) -> Scene:
        return says(MET) if received.body["model"] == "m" else says(verdicts(CARRIED))

    server.plays(play)
    answer = open_desk(check="model", check_model="judge").ask(MEETING_QUESTION)
    assert [received.body["model"] for received in server.requests] == ["m", "judge"]
    assert [each.by for each in answer.statements] == ["model"]


def test_with_the_reader_alone_no_further_request_is_made(open_desk: Open, server: ScriptedServer) -> None:
    server.plays(says(MET))
    answer = open_desk(check="reader").ask(MEETING_QUESTION)
    assert [each.by for each in answer.statements] == ["reader"]
    assert len(server.requests) == 1
