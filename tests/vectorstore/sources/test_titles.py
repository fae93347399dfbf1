from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectorstore.sources.cleaning.titles import LONGEST_TITLE, derive_title, without_site


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (
            "Norwegian Foreign Minister Kari Solberg met with her Danish colleague Lars Mikkelsen to discuss cables "
            "under the North Sea and the defence of the Arctic. NTB reports.",
            "Norwegian Foreign Minister Kari Solberg met with her Danish colleague Lars Mikkelsen",
        ),
        (
            "The ferry to Bergen was cancelled on Tuesday morning because the crew had found water in the engine room "
            "and called for help.",
            "The ferry to Bergen was cancelled on Tuesday morning",
        ),
        ("Dr. J. Holm met U.S. officials in Oslo. They agreed on little.", "Dr. J. Holm met U.S. officials in Oslo"),
        ("OSLO, Norway (AP) — The ferry was late again. Why?", "The ferry was late again"),
        ("London CNN —\n\nThe ferry was late again. Why?", "The ferry was late again"),
        ("Jane Doe\n\nThe ferry was late again. Why?", "The ferry was late again"),
        ("Who owns the ferry of Bergen? Nobody knows.", "Who owns the ferry of Bergen?"),
        ("“The ferry was late again,” said the captain.", "“The ferry was late again,” said the captain"),
        ("Міністр оборони зустрівся з колегою. Вони говорили довго.", "Міністр оборони зустрівся з колегою"),
        ("部长在巴黎会见了他的同事们。他们谈了很久。", "部长在巴黎会见了他的同事们"),
    ],
)
def test_the_title_of_a_text_is_its_first_sentence_or_the_part_that_can_stand_alone(text: str, title: str) -> None:
    assert derive_title(text) == title


def test_a_cut_between_words_shows_and_leaves_nothing_dangling() -> None:
    title = derive_title(
        "A new line of very fast trains between the two largest cities of the country and of the port in the far north "
        "of the coast opened on Monday."
    )
    assert title == "A new line of very fast trains between the two largest cities of the country…"


def test_a_subject_without_its_verb_is_no_title() -> None:
    title = derive_title(
        "The long and costly efforts of the ministry of transport and of its many partners to build a tunnel under "
        "the fjord have failed."
    )
    assert title.endswith("…")


@given(st.text(max_size=400))
def test_every_text_gets_a_title_of_one_line_within_the_limit(text: str) -> None:
    title = derive_title(text)
    assert len(title) <= LONGEST_TITLE + 1
    assert "\n" not in title
    assert bool(title) >= bool(text.strip(" .\n\t") and text.split())


@pytest.mark.parametrize(
    ("title", "names", "cleaned"),
    [
        ("Storm hits the coast | The Fjord Times", ["Fjord Times"], "Storm hits the coast"),
        ("Storm hits the coast - BBC News", ["www.bbc.co.uk"], "Storm hits the coast"),
        ("Storm hits the coast | Weather | Fjord Times", ["Fjord Times"], "Storm hits the coast | Weather"),
        ("Fjord Times: Storm hits the coast", ["Fjord Times"], "Fjord Times: Storm hits the coast"),
        ("Fjord Times | Storm hits the coast", ["https://fjordtimes.no/a"], "Storm hits the coast"),
        ("Storm – the worst in years", ["Fjord Times"], "Storm – the worst in years"),
        ("Fjord Times", ["Fjord Times"], "Fjord Times"),
        ("Storm | Coast", [None], "Storm | Coast"),
    ],
)
def test_only_the_site_s_own_name_leaves_a_title(title: str, names: list[str | None], cleaned: str) -> None:
    assert without_site(title, names) == cleaned
