"""The library view over a real library: found, paged, filtered, removed, added."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from assistant.messages import translator
from tests.scripted_site import PAGE as WEB_PAGE
from tests.scripted_site import Reply, Site
from tests.vectorstore.helpers import HashedEmbeddings, made_articles, own_sentence
from ui.acts import Act
from ui.views.library import (
    ADDRESSES,
    PAGE,
    STEPS,
    UNDATED,
    WORDS_LENGTH,
    Shelf,
    View,
    act,
    addresses,
    pasted,
    report_html,
)
from vectorstore.errors import ArticleUnknown
from vectorstore.library import Library
from vectorstore.sources import Limits, close_worker
from vectorstore.types import AddReport, Article, Outcome

WORDS = translator()
HOSTILE = "<script>alert(1)</script>\"'&"
COUNT = 130


@dataclass
class Desk:
    """What the shelf asks of an Assistant, straight from the library."""

    library: Library

    def articles(self, **named: Any) -> list[Article]:
        return self.library.articles(**named)

    def add(self, inputs: Any) -> AddReport:
        return self.library.add(inputs, limits=Limits(private=True))

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


def titles(html: str) -> list[str]:
    return re.findall(r'class="title" data-article="[^"]*"><bdi>(.*?)</bdi>', html)


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


def test_a_change_of_the_library_is_seen_at_once(library: Library) -> None:
    library.add_articles(made_articles(5, paragraphs=1))
    made = shelf_of(library)
    assert "of 5" in made.listing(View(), WORDS)
    said = made.remove("made-00003", WORDS)
    assert library.count() == 4
    assert "was removed" in said
    assert "of 4" in made.listing(View(), WORDS)
    with pytest.raises(ArticleUnknown):
        made.remove("made-00003", WORDS)


def test_only_an_editor_is_offered_to_remove(filled: Library) -> None:
    made = shelf_of(filled)
    assert "shelf-remove" not in made.listing(View(), WORDS)
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
    html = made.head(View(words=HOSTILE), WORDS) + made.listing(View(), WORDS, may_edit=True)
    html += report_html(AddReport((Outcome(HOSTILE, "refused", HOSTILE, HOSTILE, HOSTILE),)), WORDS)
    assert "<script" not in html
    assert "alert(1)" in html
    assert 'id="' not in html


def test_adding_tells_of_each_file_and_names_every_refusal(library: Library, tmp_path: Path) -> None:
    files = []
    for number in range(30):
        path = library.folder / "uploads" / str(number) / f"file {number}.txt"
        path.parent.mkdir(parents=True)
        path.write_text("" if number % 3 == 0 else f"Title {number}\n\n{own_sentence(number)} It was a long day there.")
        files.append(path)
    steps = list(shelf_of(library).adding(files, WORDS))
    *progress, report = steps
    assert 2 < len(progress) <= STEPS
    assert all(step.count("<li") == 30 for step in progress)
    assert "waiting" in progress[0]
    assert "waiting" not in progress[-1]
    assert library.count() == 20
    assert report.count('<li class="refused">') == 10
    for number in range(0, 30, 3):
        assert f"file {number}.txt" in report
    assert str(tmp_path) not in report
    assert [path for path in files if not path.exists()] == files[::3]


def test_a_folder_is_added_file_by_file_and_nothing_outside_the_uploads_is_deleted(
    library: Library, tmp_path: Path
) -> None:
    folder = tmp_path / "starters"
    folder.mkdir()
    (folder / "README.md").write_text("About this folder, for people.")
    (folder / "empty.txt").write_text("")
    (folder / "good.txt").write_text(f"Title\n\n{own_sentence(1)} It was a long day there.")
    first, *_, report = shelf_of(library).adding([folder], WORDS)
    assert first.count("<li") == 2
    assert "empty.txt" in report
    assert (folder / "empty.txt").exists()
    assert library.count() == 1


def test_a_pasted_text_becomes_an_article_with_its_facts(library: Library) -> None:
    text = "# No heading: this is text.\n\nThe harbour opened on Monday, and a <b>ship</b> came in."
    fields = {"title": "Harbour, open", "date": "2024-05-06", "source": "The Lamp", "text": text}
    progress, report = shelf_of(library).adding([pasted(fields, library.folder, WORDS)], WORDS)
    assert "<bdi>Pasted text</bdi>" in progress
    assert "<bdi>Pasted text</bdi>" in report
    (article,) = library.articles()
    assert [article.title, article.source, article.published] == ["Harbour, open", "The Lamp", date(2024, 5, 6)]
    assert "# No heading: this is text." in article.text
    assert "1 added" in report
    again = list(shelf_of(library).adding([pasted(fields, library.folder, WORDS)], WORDS))[-1]
    assert "already there" in again
    assert library.count() == 1


def test_an_empty_paste_is_refused_in_words(library: Library) -> None:
    with pytest.raises(ValueError, match="no text"):
        pasted({"title": "T", "text": " \n"}, library.folder, WORDS)
    assert not (library.folder / "uploads").exists()


def test_a_copy_is_reported_with_the_title_of_what_it_copies(library: Library, tmp_path: Path) -> None:
    text = f"The harbour opened\n\n{own_sentence(1)} It was a long day there."
    for name in ("first.txt", "again.txt"):
        (tmp_path / name).write_text(text)
    report = list(shelf_of(library).adding([tmp_path / "first.txt", tmp_path / "again.txt"], WORDS))[-1]
    assert "the same article is in the library as “The harbour opened”" in report


def test_nothing_sent_is_said_plainly(library: Library) -> None:
    assert "Nothing arrived" in list(shelf_of(library).adding([], WORDS))[-1]


# --- by address ------------------------------------------------------------------------------------------------------


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.close()
    close_worker()


def test_addresses_are_added_one_by_one_and_every_refusal_is_named_whole(library: Library, site: Site) -> None:
    site.replies = {f"/{name}": Reply(WEB_PAGE.replace("Ice", name).encode()) for name in ("Snow", "Frost")}
    given = [f"{site.address}/{name}" for name in ("Snow", "gone?id=7", "Frost")]
    *progress, report = shelf_of(library).adding(addresses({"addresses": "\n".join(given)}), WORDS)
    assert [re.findall(r'<li class="(\w+)">', step) for step in progress] == [
        ["reading", "waiting", "waiting"],
        ["done", "reading", "waiting"],
        ["done", "refused", "reading"],
    ]
    assert "Adding 3 addresses" in progress[0]
    assert all(each in progress[0] for each in given)
    assert "2 added, 1 refused" in report
    assert f"<bdi>{given[1]}</bdi>" in report
    assert "there is no page at this address (404)" in report
    assert {article.url for article in library.articles()} == {given[0], given[2]}
    *progress, report = shelf_of(library).adding(given, translator("uk"))
    assert "3 адреси" in progress[0]
    assert "за цією адресою немає сторінки (404)" in report


def test_addresses_beyond_what_is_fetched_at_once_are_refused_by_name(library: Library, site: Site) -> None:
    given = [f"{site.address}/{number}" for number in range(ADDRESSES + 2)]
    *progress, report = shelf_of(library).adding(given, WORDS)
    assert len(progress) == len(site.asked) == ADDRESSES
    assert report.count('<li class="refused">') == len(given)
    for each in given[ADDRESSES:]:
        assert f'<bdi>{each}</bdi><span class="why">only {ADDRESSES} addresses' in report


@pytest.mark.parametrize(
    ("field", "meant"),
    [
        ("fjord.example/ice\n\n  www.fjord.example  ", ["https://fjord.example/ice", "https://www.fjord.example"]),
        ("http://a.example https://a.example http://a.example", ["http://a.example", "https://a.example"]),
        ("/etc/hosts ../seeds ~/notes.txt C:\\notes.txt", None),
        ("file:///etc/hosts", ["file:///etc/hosts"]),
        (" \n ", []),
    ],
)
def test_what_stands_in_the_field_is_never_taken_for_a_file_of_the_server(
    library: Library, field: str, meant: list[str] | None
) -> None:
    given = addresses({"addresses": field})
    assert meant is None or given == meant
    if "example" not in field:
        report = list(shelf_of(library).adding(given, WORDS))[-1]
        assert report.count('<li class="refused">') == len(given) or "Nothing arrived" in report
        assert library.count() == 0


def test_a_password_in_an_address_is_not_shown(library: Library, site: Site) -> None:
    steps = list(shelf_of(library).adding([f"http://ann:s3cret@127.0.0.1:{site.port}/"], WORDS))
    assert all("s3cret" not in step and f"http://127.0.0.1:{site.port}/" in step for step in steps)
    assert "password" in steps[-1]
