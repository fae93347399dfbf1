"""The chips that say where to look: what they show, and what a press on them means."""

from __future__ import annotations

from datetime import date
from functools import partial

import pytest

from assistant.types import Turn
from tests.ui.views.test_answer import EN, UK, Outline
from ui.acts import Act
from ui.views import scope_chips
from ui.views.scope_chips import Steer, unsaid, without_limits
from vectorstore.types import Outlet, TimeScope

act, change = partial(scope_chips.act, words=EN), partial(scope_chips.change, words=EN)
of_turn, of_next = partial(scope_chips.of_turn, words=EN), partial(scope_chips.of_next, words=EN)
OUTLETS = (Outlet("UNN", 12), Outlet("Reuters", 3))
READ = TimeScope(
    since=date(2024, 9, 1),
    words=("last week",),
    sources=("UNN",),
    source_words=("according to UNN",),
    left_out_undated=2,
)


def text_of(page: str) -> str:
    return "".join(Outline(page).text)


# -- what is set


def test_days_are_set_and_taken_away() -> None:
    steer = act(Steer(), Act("steer-days", "", {"since": "2024-09-01", "until": "2024-09-30"}))
    assert steer.search() == {"since": date(2024, 9, 1), "until": date(2024, 9, 30), "sources": None, "tags": []}
    dropped = act(steer, Act("steer-drop-days"))
    assert not dropped.sets_days
    assert dropped.lifted == {"days"}


@pytest.mark.parametrize(
    ("preset", "since", "until"),
    [
        ("today", date(2024, 9, 5), date(2024, 9, 5)),
        ("last week", date(2024, 8, 26), date(2024, 9, 1)),
        ("this month", date(2024, 9, 1), None),
        ("this year", date(2024, 1, 1), None),
        ("tomorrow", None, None),
    ],
)
def test_a_preset_sets_its_days_and_takes_them_away_again(preset: str, since: date | None, until: date | None) -> None:
    today = date(2024, 9, 5)
    pressed = act(Steer(), Act("steer-preset", preset), today=today)
    assert (pressed.since, pressed.until) == (since, until)
    buttons = Outline(of_next(pressed, None, OUTLETS, today=today)).classes("preset")
    assert [each["data-value"] for each in buttons if each["aria-pressed"] == "true"] == [preset][: since is not None]
    assert act(pressed, Act("steer-preset", preset), today=today) == Steer()


def test_only_outlets_of_the_library_are_set() -> None:
    fields = {"outlet-0": "UNN", "outlet-1": "Nowhere", "other": "Reuters"}
    assert act(Steer(), Act("steer-outlets", "", fields), OUTLETS).outlets == ("UNN",)
    assert act(Steer(), Act("steer-outlets"), OUTLETS).lifted == {"outlets"}


def test_tags_of_the_library_are_set_shown_and_taken_away() -> None:
    tags = {"Budget": 3, "War": 1}
    steer = act(Steer(), Act("steer-tags", "", {"tag-0": "Budget", "tag-1": "Nothing"}), OUTLETS, tags)
    assert steer.search()["tags"] == ["Budget"]
    assert Steer.of(steer.options()) == steer
    shown = of_next(steer, None, OUTLETS, tags)
    assert 'value="Budget" checked' in shown
    assert "tagged Budget" in text_of(shown)
    assert "Any tag" not in of_next(Steer(), None, OUTLETS), "a library without tags has no chip for them"
    assert "tagged Budget" in change(TimeScope(), TimeScope(tags=("Budget",)))
    assert act(steer, Act("steer-drop-tags"), OUTLETS, tags) == Steer()


def test_setting_again_ends_a_lift() -> None:
    lifted = act(Steer(), Act("steer-drop-days"))
    assert act(lifted, Act("steer-days", "", {"since": "2024-09-01"})).lifted == frozenset()


def test_days_the_wrong_way_round_are_refused_in_words() -> None:
    backwards = Act("steer-days", "", {"since": "2024-09-30", "until": "2024-09-01"})
    with pytest.raises(ValueError, match="after the last"):
        act(Steer(), backwards)
    with pytest.raises(ValueError, match="пізніший"):
        act(Steer(), backwards, words=UK)


@pytest.mark.parametrize("nonsense", ["", "yesterday", "2024-13-01", "9" * 40])
def test_days_that_are_none_are_not_set(nonsense: str) -> None:
    assert not act(Steer(), Act("steer-days", "", {"since": nonsense})).sets_days


def test_what_is_set_comes_back_from_the_store() -> None:
    steer = Steer(date(2024, 9, 1), None, ("UNN",), frozenset({"days"}), deep=True)
    assert Steer.of(steer.options()) == steer
    assert Steer().options() == {}


@pytest.mark.parametrize(
    "options", [{"since": 5}, {"outlets": "UNN"}, {"lifted": ["all"]}, {"outlets": [1]}, {"deep": 1}]
)
def test_options_of_another_program_set_nothing(options: dict[str, object]) -> None:
    assert Steer.of(options) == Steer()


def test_the_deep_switch_goes_on_and_off_and_is_all_that_a_new_conversation_keeps() -> None:
    on = act(Steer(until=date(2024, 9, 1)), Act("steer-deep", "next:on"))
    assert on.deep
    assert on.anew() == Steer(deep=True)
    assert not act(on, Act("steer-deep", "next:off")).deep


def test_the_deep_switch_is_there_for_a_chat_model_alone_and_says_how_it_stands() -> None:
    assert not Outline(of_next(Steer(deep=True), None, OUTLETS)).classes("deep")
    for deep, checked, value in ((False, "false", "next:on"), (True, "true", "next:off")):
        (switch,) = Outline(of_next(Steer(deep=deep), None, OUTLETS, can_look_deeper=True)).classes("deep")
        assert (switch["role"], switch["aria-checked"], switch["data-value"]) == ("switch", checked, value)
    assert "Шукати глибше" in text_of(of_next(Steer(), None, OUTLETS, can_look_deeper=True, words=UK))


# -- what is lifted


def test_what_earlier_questions_said_is_lifted_part_by_part() -> None:
    history = (Turn("user", "And last week?"), Turn("assistant", "So [1].", READ))
    (_, days) = without_limits(history, frozenset({"days"}))
    assert days.scope is not None
    assert (days.scope.since, days.scope.words, days.scope.sources) == (None, (), ("UNN",))
    (_, outlets) = without_limits(history, frozenset({"outlets"}))
    assert outlets.scope is not None
    assert (outlets.scope.since, outlets.scope.sources) == (READ.since, ())
    assert without_limits(history, frozenset()) == history


def test_the_words_that_are_lifted_go_from_the_questions_before() -> None:
    history = (Turn("user", "What was said last week?"), Turn("assistant", "So [1].", READ, "What was said last week?"))
    question, answer = without_limits(history, frozenset({"days"}))
    assert question.text == answer.searched_for == "What was said?"
    assert without_limits(history, frozenset({"outlets"}))[0].text == "What was said last week?"


@pytest.mark.parametrize(
    ("question", "left"),
    [
        ("What did Umerov say last week?", "What did Umerov say?"),
        ("Last week, what did Umerov say?", "what did Umerov say?"),
        ("What was said last week in Kyiv?", "What was said in Kyiv?"),
        ("Last week?", "Last week?"),
    ],
)
def test_a_question_is_asked_again_without_the_words_that_are_lifted(question: str, left: str) -> None:
    assert unsaid(question, READ, frozenset({"days"})) == left
    assert unsaid(question, READ, frozenset()) == question


# -- chips


def test_a_chip_says_what_was_read_and_from_which_words() -> None:
    page = of_turn(4, Steer(), READ, None, OUTLETS)
    assert "since 1 Sep 2024" in text_of(page)
    assert "as you wrote “last week”" in text_of(page)
    assert "only UNN" in text_of(page)
    drops = Outline(page).classes("drop")
    assert [(drop["data-act"], drop["data-value"]) for drop in drops] == [
        ("steer-drop-days", "4"),
        ("steer-drop-outlets", "4"),
    ]


def test_a_question_that_limits_nothing_has_no_chips() -> None:
    assert of_turn(4, Steer(), TimeScope(), None, OUTLETS) == ""


def test_a_rewritten_follow_up_is_shown() -> None:
    assert "Searched for: What did Umerov say?" in text_of(
        of_turn(4, Steer(), TimeScope(), "What did Umerov say?", OUTLETS)
    )


def test_a_scope_that_changed_is_marked_and_told_and_the_same_is_not() -> None:
    assert "changed" in of_turn(4, Steer(), READ, None, OUTLETS, before=TimeScope())
    assert "changed" not in of_turn(4, Steer(), READ, None, OUTLETS, before=READ)
    assert change(TimeScope(), READ).endswith("since 1 Sep 2024, only UNN")
    assert change(READ, READ) == change(None, READ) == ""


def test_the_next_question_shows_what_is_kept_and_what_is_set() -> None:
    kept = text_of(of_next(Steer(), READ, OUTLETS))
    assert "kept from before: “last week”" in kept
    assert "only UNN" in kept
    set_ = text_of(of_next(Steer(until=date(2024, 3, 1)), READ, OUTLETS))
    assert "up to 1 Mar 2024set by you" in set_
    assert "since 1 Sep" not in set_
    lifted = text_of(of_next(Steer(lifted=frozenset({"days", "outlets"})), READ, OUTLETS))
    assert "Any time" in lifted
    assert "All outlets" in lifted


def test_what_a_caller_had_set_for_one_question_is_not_shown_as_kept() -> None:
    page = of_next(Steer(), TimeScope(since=date(2024, 9, 1)), OUTLETS)
    assert "Any time" in text_of(page)


def test_the_form_of_a_chip_holds_what_is_searched() -> None:
    tags = Outline(of_turn(4, Steer(), READ, None, OUTLETS)).tags
    values = {a["name"]: a["value"] for tag, a in tags if tag == "input" and a["type"] == "date"}
    assert values == {"since": "2024-09-01", "until": ""}
    boxes = [(a["value"], "checked" in a) for tag, a in tags if tag == "input" and a["type"] == "checkbox"]
    assert boxes == [("UNN", True), ("Reuters", False)]
