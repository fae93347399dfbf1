"""The check of a chat model's sentences by a chat model: what of its verdicts is taken, and what is not."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from assistant.checking import model_check
from assistant.checking.citations import CitedText
from assistant.checking.model_check import ModelCheck
from tests.assistant.conftest import MEETING_QUESTION, Open
from tests.assistant.making import matches
from tests.scripted_server import Received, Scene, ScriptedServer, refuses, says, stalls

MET = "Umerov met Sébastien Lecornu in Paris [1]."
WORDS = "Rustem Umerov met his French counterpart Sébastien Lecornu in Paris"


def verdicts(*judged: dict[str, Any]) -> str:
    return json.dumps({"verdicts": [{"number": number, **each} for number, each in enumerate(judged, start=1)]})


def check(raw: str, *, judges: bool = True) -> ModelCheck:
    cited = CitedText(matches())
    cited.feed(raw)
    cited.finish()
    return ModelCheck(cited, matches(), judges=judges)


def verdict_on(raw: str, reply: str) -> tuple[str, str, str]:
    found = check(raw).read(reply)
    assert found is not None
    return found[0][0].support, found[0][0].reason, found[0][0].by


CARRIED = {"verdict": "carried", "words": WORDS}
LACKING = {"verdict": "partly", "words": WORDS, "missing": "in Paris", "reason": "no place"}


def test_the_verdicts_are_taken_with_their_reasons() -> None:
    assert verdict_on(MET, verdicts(CARRIED)) == ("verified", "", "model")
    assert verdict_on(MET, verdicts(LACKING)) == ("partly", "the source lacks “in Paris”", "model")
    refused = verdicts({"verdict": "not_carried", "words": "", "reason": "exchanged roles"})
    assert verdict_on(MET, f"```json\n{refused}\n```") == ("unsupported", "exchanged roles", "model")


def test_carrying_words_that_no_cited_passage_has_are_not_taken() -> None:
    assert verdict_on(MET, verdicts({"verdict": "carried", "words": ""})) == ("verified", "", "model")
    made_up = check(MET).read(verdicts({"verdict": "carried", "words": "Umerov and Lecornu shook hands warmly"}))
    assert made_up is not None
    assert made_up[0] == []


def test_a_missing_part_that_the_statement_does_not_have_makes_it_unsupported_not_partly() -> None:
    for missing in ("", "in Berlin"):
        support, reason, by = verdict_on(MET, verdicts({**LACKING, "missing": missing}))
        assert (support, by) == ("unsupported", "model")
        assert reason


def test_what_was_compared_exactly_stays_as_it_was_judged_and_may_be_corrected() -> None:
    raw = f"France will co-finance 3,000 drones [2]. {MET}"
    found = check(raw).read(verdicts({"verdict": "carried", "corrected": "France will [2]."}, CARRIED))
    assert found is not None
    assert [(each.text, each.support) for each in found[0]] == [(MET.replace(" [1]", ""), "verified")]
    assert found[1] == {0: "France will [2].", 1: ""}


def test_where_the_reader_judges_the_model_only_corrects() -> None:
    asked = check(f"{MET} France will co-finance 3,000 drones [2].", judges=False)
    assert list(asked.passages) == [1]
    found = asked.read(verdicts({"verdict": "carried"}))
    assert found is not None
    assert found[0] == []


def test_words_of_the_request_do_not_pass_in_a_correction_or_a_reason() -> None:
    asked = check(MET)
    system = asked.request()[0].content
    found = asked.read(verdicts({"verdict": "not_carried", "reason": system.split("\n")[0], "corrected": system}))
    assert found is not None
    assert found[0][0].reason == "the source does not say this"
    assert not re.search(r"\w", found[1][0])


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
        *("", "All of them are fine.", "{}", '{"verdicts": []}', "[]", '{"verdicts": [{"number": 1}]}', "1: -"),
        '{"verdicts": [{"number": 1, "verdict": "maybe"}]}',
        '{"verdicts": [{"number": 2, "verdict": "carried"}]}',
    ],
)
def test_a_reply_of_another_form_or_one_that_leaves_a_statement_out_is_not_read(reply: str) -> None:
    assert check(MET).read(reply) is None


def test_the_model_sees_each_statement_with_the_passages_it_cites_and_what_is_at_fault() -> None:
    system, user = check("Umerov met Lecornu in Paris [1]. France will co-finance 3,000 drones [2].").request()
    boundary = re.search(r"=== [0-9a-f]{16}", system.content)
    assert boundary
    assert f"{boundary.group()} passage 2\nTitle: A meeting in Paris\nSource: Starter Library" in user.content
    assert "\n1: Umerov met Lecornu in Paris.\n   Passages: 1.\n" in user.content
    faulted = "2: France will co-finance 3,000 drones.\n   Passages: 2. Fault: “3,000” is not in the source."
    assert user.content.endswith(faulted)
    (_, user) = check(MET).request()
    assert "passage 1" in user.content
    assert "passage 2" not in user.content


def test_a_statement_without_a_source_comes_with_the_passages_that_are_nearest() -> None:
    assert "Passages: 1, 2. Fault: no source cited." in check("Drones for France.").request()[1].content


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


@pytest.mark.parametrize(
    ("corrected", "text", "mended"),
    [
        ("", MET, 0),
        ("Umerov met Sébastien Lecornu in Berlin [1].", MET, 0),
        ("Umerov met Lecornu in Paris on Monday [1].", "Umerov met Lecornu in Paris on Monday [1].", 1),
    ],
)
def test_what_the_model_does_not_find_carried_is_corrected_by_the_same_reply_or_marked(
    open_desk: Open, server: ScriptedServer, corrected: str, text: str, mended: int
) -> None:
    refused = {"verdict": "not_carried", "reason": "another place", "corrected": corrected}
    server.plays(says(MET), says(verdicts(refused)))
    answer = open_desk(check="model").ask(MEETING_QUESTION)
    support = ("verified", "", "reader") if mended else ("unsupported", "another place", "model")
    assert [(each.support, each.reason, each.by) for each in answer.statements] == [support]
    assert (answer.text, answer.mended) == (text, mended)
    assert len(server.requests) == 2


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
