"""The library view over a real library: found, paged, filtered, removed."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from assistant.messages import translator
from tests.vectorstore.helpers import HashedEmbeddings, made_articles, own_sentence
from ui.acts import Act
from ui.views.library import PAGE, UNDATED, WORDS_LENGTH, Shelf, View, act
from vectorstore.errors import ArticleUnknown
from vectorstore.library import Library
from vectorstore.types import Article

WORDS = translator()
HOSTILE = "<script>alert(1)</script>\"'&"
COUNT = 130


@dataclass
class Desk:
    """What the shelf asks of an Assistant, straight from the library."""

    library: Library

    def articles(self, **named: Any) -> list[Article]:
        return self.library.articles(**named)

    def remove(self, ids: list[str]) -> int:
        return self.library.remove(ids)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "library", embeddings=HashedEmbeddings()) as opened:
        yield opened


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """For looking at: a test that changes it makes its own."""
    with Library.open(tmp_path_factory.mktemp("filled"), embeddings=HashedEmbeddings()) as opened:
        opened.add_articles(made_articles(COUNT, paragraphs=1))
        yield opened


def shelf_of(library: Library) -> Shelf:
    return Shelf(Desk(library))  # type: ignore[arg-type]


def titles(shown: str) -> list[str]:
    return re.findall(r'class="title" data-article="[^"]*"><bdi>(.*?)</bdi>', shown)


def find(**fields: str) -> View:
    return act(View(), Act("shelf-find", fields=fields))


def test_a_page_holds_so_many_and_the_pages_hold_all(filled: Library) -> None:
    made = shelf_of(filled)
    seen: list[str] = []
    for page in (1, 2, 3):
        listed = made.listing(act(View(), Act("shelf-page", str(page))), WORDS)
        assert len(titles(listed)) == min(PAGE, COUNT - (page - 1) * PAGE)
        seen += re.findall(r'data-article="([^"]*)"><bdi>', listed)
    assert len(set(seen)) == COUNT
    assert f"101–{COUNT} of {COUNT}" in listed
    beyond = made.listing(View(page=99), WORDS)
    assert f"101–{COUNT} of {COUNT}" in beyond


def test_articles_are_found_by_a_word_of_their_text_best_first(filled: Library) -> None:
    wanted = own_sentence(77).removeprefix("Inspector ").split()[0]
    listed = shelf_of(filled).listing(find(words=wanted), WORDS)
    assert 'data-article="made-00077"' in listed
    assert titles(listed)[0] == filled.article("made-00077").title


def test_words_outlet_and_month_narrow_together(filled: Library) -> None:
    made = shelf_of(filled)
    view = find(words="harbour", outlet="Valley Post", month="2024-02")
    found = made._found(made._known(), view)
    every = [
        article
        for article in filled.articles()
        if article.source == "Valley Post"
        and article.published
        and (article.published.year, article.published.month) == (2024, 2)
        and "harbour" in f"{article.title} {article.text}".lower()
    ]
    assert {article.id for article in found} == {article.id for article in every}
    assert every
    year = made._found(made._known(), find(month="2024"))
    assert {article.id for article in year} == {article.id for article in filled.articles() if article.published}
    undated = made._found(made._known(), find(month=UNDATED))
    assert {article.id for article in undated} == {article.id for article in filled.articles() if not article.published}
    without = made._found(made._known(), find(outlet=UNDATED))
    assert {article.id for article in without} == {article.id for article in filled.articles() if not article.source}


@pytest.mark.parametrize(
    ("sort", "key"),
    [
        ("newest", lambda a: -(a.published.toordinal() if a.published else 0)),
        ("oldest", lambda a: (a.published or date.max).toordinal()),
        ("title", lambda a: a.title.casefold()),
        ("outlet", lambda a: (a.source is None, (a.source or "").casefold())),
    ],
)
def test_a_list_is_in_the_order_that_was_chosen(filled: Library, sort: str, key: Any) -> None:
    made = shelf_of(filled)
    for view in (find(sort=sort), find(sort=sort, words="harbour")):
        keys = [key(article) for article in made._found(made._known(), view)]
        assert len(keys) > 5
        assert keys == sorted(keys)


def test_what_a_form_may_not_say_changes_nothing() -> None:
    assert find(sort="; DROP TABLE", words=" " * 9) == View()
    assert act(View(page=3), Act("shelf-page", "-1")).page == 3
    assert act(View(page=3), Act("elsewhere", "1")).page == 3
    assert len(find(words="x" * 5_000).words) == WORDS_LENGTH


def test_the_head_counts_and_draws_every_month(filled: Library) -> None:
    head = shelf_of(filled).head(View(), WORDS)
    undated = sum(article.published is None for article in filled.articles())
    assert f"{COUNT} articles" in head
    assert f"{undated} undated" in head
    assert "3 outlets" in head
    bars = re.findall(r'data-sets="month" data-value="([^"]*)"><title>.*?: (\d+) article', head)
    by_month = {
        month: sum(f"{a.published:%Y-%m}" == month for a in filled.articles() if a.published) for month, _ in bars
    }
    assert {month: int(count) for month, count in bars} == by_month
    assert sum(by_month.values()) == COUNT - undated
    assert "style=" not in head
    assert "on" + "click" not in head
    assert f"{COUNT} статей" in shelf_of(filled).head(View(), translator("uk"))


def test_empty_months_leave_a_gap_and_long_times_are_shown_by_years(library: Library) -> None:
    def article(number: int, day: date) -> Article:
        text = own_sentence(number) + " And more was said of it."
        return Article(f"a{number}", f"Title {number}", text, published=day, published_from="field")

    library.add_articles([article(1, date(2024, 1, 5)), article(2, date(2024, 4, 5))])
    made = shelf_of(library)
    months = re.findall(r'data-value="(2024-\d\d)"', made.head(View(), WORDS))
    assert months == [f"2024-0{month}" for month in (1, 2, 3, 4)]
    library.add_articles([article(3, date(1901, 4, 5))])
    years = re.findall(r'data-sets="month" data-value="([^"]*)"', made.head(View(), WORDS))
    assert years == [str(year) for year in range(1901, 2025)]


def test_a_chart_of_ten_years_names_each_and_of_more_those_that_have_room(library: Library) -> None:
    def named() -> list[str]:
        return re.findall(r'class="year"[^>]*>(\d*)<', shelf_of(library).head(View(), WORDS))

    ends = (date(2015, 1, 5), date(2024, 12, 5))
    library.add_articles(
        Article(f"a{n}", f"Title {n}", own_sentence(n), published=day, published_from="field")
        for n, day in enumerate(ends)
    )
    assert named() == [str(year) for year in range(2015, 2025)]
    library.add_articles([Article("old", "Old", own_sentence(7), published=date(2000, 4, 5), published_from="field")])
    assert named() == ["2000", "2003", "2006", "2009", "2012", "2015", "2018", "2021", ""]


def test_a_change_of_the_library_is_seen_at_once(library: Library) -> None:
    library.add_articles(made_articles(5, paragraphs=1))
    made = shelf_of(library)
    assert "of 5" in made.listing(View(), WORDS)
    said = made.remove(["made-00003"], WORDS)
    assert library.count() == 4
    assert "was removed" in said
    assert "of 4" in made.listing(View(), WORDS)
    with pytest.raises(ArticleUnknown):
        made.remove(["made-00003"], WORDS)


def test_the_picked_ones_are_tagged_found_by_tag_removed_and_brought_back(library: Library) -> None:
    library.add_articles(made_articles(5, paragraphs=1))
    made = shelf_of(library)
    picked = {"pick-0": "made-00001", "pick-3": "made-00003"}
    assert "2 articles were tagged" in made.change(
        Act("shelf-picked", "", {**picked, "do": "tag", "tag": "Budget"}), WORDS
    )
    assert "Budget (2)" in made.head(View(), WORDS)
    assert made.listing(find(tag="Budget"), WORDS).count("<bdi>Budget</bdi>") == 2
    named = html.unescape(
        re.findall(r'data-act="shelf-untag" data-value="([^"]*)"', made.listing(View(), WORDS, may_edit=True))[0]
    )
    made.change(Act("shelf-untag", named), WORDS)
    assert library.tags() == {"Budget": 1}
    said = made.change(Act("shelf-picked", "", {**picked, "do": "remove"}), WORDS)
    assert "2 articles were removed" in said
    assert library.count() == 3
    for nonsense in ("", "{}", "[1]", "[" * 100_000, '["made-00004"]'):
        assert "0 articles are back" in made.change(Act("shelf-undo", nonsense), WORDS)
    back = html.unescape(re.findall(r'data-act="shelf-undo" data-value="([^"]*)"', said)[0])
    assert "2 articles are back" in made.change(Act("shelf-undo", back), WORDS)
    assert library.tags() == {"Budget": 1}


def test_an_outlet_is_named_from_the_list_of_its_articles(library: Library) -> None:
    library.add_articles(made_articles(4, paragraphs=1))
    made, view = shelf_of(library), find(outlet="The Lamp")
    assert "shelf-outlet" not in made.listing(view, WORDS)
    assert 'data-act="shelf-outlet" data-value="The Lamp"' in made.listing(view, WORDS, may_edit=True)
    named = Act("shelf-outlet", "The Lamp", {"name": " Harbour  Lamp "})
    made.change(named, WORDS)
    assert act(view, named).outlet == "Harbour Lamp"
    assert len(titles(made.listing(act(view, named), WORDS))) == 1


def test_a_row_says_how_the_article_begins_and_how_long_it_is(filled: Library) -> None:
    article = filled.articles(limit=1)[0]
    listed = shelf_of(filled).listing(View(), WORDS)
    assert article.text[:60] in listed
    assert f"{len(article.text.split())} words" in listed


def test_only_an_editor_is_offered_to_remove(filled: Library) -> None:
    made = shelf_of(filled)
    assert not re.search("shelf-remove|shelf-untag|pick-0", made.listing(View(), WORDS))
    assert made.listing(View(), WORDS, may_edit=True).count('data-act="shelf-remove"') == PAGE


def test_copies_are_named_and_can_be_opened(library: Library) -> None:
    text = "\n\n".join(article.text for article in made_articles(3, paragraphs=2))
    library.add_articles(
        [
            Article(
                f"copy-{name}",
                f"The harbour, {name}",
                text + f"\n\nBy {name}.",
                source=name,
                published=date(2024, 1, 2),
            )
            for name in ("Gazette", "Post")
        ]
    )
    listed = shelf_of(library).listing(View(), WORDS)
    assert "1 copy" in listed
    assert 'data-article="copy-Post"><bdi>Post</bdi>' in listed


def test_nothing_of_an_article_becomes_markup(library: Library) -> None:
    library.add_articles(
        [Article(f"id{HOSTILE}", HOSTILE, own_sentence(1) + " And more was said.", source=HOSTILE, origin=HOSTILE)]
    )
    made = shelf_of(library)
    made.change(Act("shelf-picked", "", {"pick-0": f"id{HOSTILE}", "tag": HOSTILE}), WORDS)
    shown = made.head(View(words=HOSTILE), WORDS) + made.listing(View(), WORDS, may_edit=True)
    shown += made.remove([f"id{HOSTILE}"], WORDS)
    assert "<script" not in shown
    assert "alert(1)" in shown
    assert 'id="' not in shown
