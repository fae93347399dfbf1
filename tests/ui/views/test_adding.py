"""Files, pasted text and addresses that come in through the page, over a real library, and what is said of each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from markupsafe import Markup

from assistant.messages import Language, translator
from tests.scripted_site import PAGE as WEB_PAGE
from tests.scripted_site import Reply, Site
from tests.vectorstore.helpers import HashedEmbeddings, own_sentence
from ui.views.adding import ADDRESSES, STEPS, addresses, pasted, report_html, steps
from vectorstore.library import Library
from vectorstore.sources import Limits, close_worker
from vectorstore.types import AddReport, Outcome

WORDS = translator()
HOSTILE = "<img src=x onerror=alert(1)>\"'&"


@dataclass
class Desk:
    """What adding asks of an Assistant, straight from the library."""

    library: Library

    def add(self, inputs: Any) -> AddReport:
        return self.library.add(inputs, limits=Limits(private=True))


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "library", embeddings=HashedEmbeddings()) as opened:
        yield opened


def added(library: Library, inputs: Sequence[Path | str], language: Language = "en") -> list[Markup]:
    """All that is shown while ``inputs`` are added, at last the report."""
    return list(steps(Desk(library), inputs, translator(language)))  # type: ignore[arg-type]


def test_nothing_of_an_outcome_becomes_markup() -> None:
    html = report_html(AddReport((Outcome(HOSTILE, "refused", HOSTILE, HOSTILE, HOSTILE),)), WORDS)
    assert "<img" not in html
    assert html.count("alert(1)") == 3


def test_adding_tells_of_each_file_and_names_every_refusal(library: Library, tmp_path: Path) -> None:
    files = []
    for number in range(30):
        path = library.folder / "uploads" / str(number) / f"file {number}.txt"
        path.parent.mkdir(parents=True)
        path.write_text("" if number % 3 == 0 else f"Title {number}\n\n{own_sentence(number)} It was a long day there.")
        files.append(path)
    *progress, report = added(library, files)
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
    first, *_, report = added(library, [folder])
    assert first.count("<li") == 2
    assert "empty.txt" in report
    assert (folder / "empty.txt").exists()
    assert library.count() == 1


def test_a_pasted_text_becomes_an_article_with_its_facts(library: Library) -> None:
    text = "# No heading: this is text.\n\nThe harbour opened on Monday, and a <b>ship</b> came in."
    fields = {"title": "Harbour, open", "date": "2024-05-06", "source": "The Lamp", "text": text}
    progress, report = added(library, [pasted(fields, library.folder, WORDS)])
    assert "<bdi>Pasted text</bdi>" in progress
    assert "<bdi>Pasted text</bdi>" in report
    (article,) = library.articles()
    assert [article.title, article.source, article.published] == ["Harbour, open", "The Lamp", date(2024, 5, 6)]
    assert "# No heading: this is text." in article.text
    assert "1 added" in report
    again = added(library, [pasted(fields, library.folder, WORDS)])[-1]
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
    report = added(library, [tmp_path / "first.txt", tmp_path / "again.txt"])[-1]
    assert "the same article is in the library as “The harbour opened”" in report
    assert (
        "ця сама стаття вже є в бібліотеці: «The harbour opened»" in added(library, [tmp_path / "again.txt"], "uk")[-1]
    )


def test_nothing_sent_is_said_plainly(library: Library) -> None:
    assert "Nothing arrived" in added(library, [])[-1]


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
    *progress, report = added(library, addresses({"addresses": "\n".join(given)}))
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
    *progress, report = added(library, given, "uk")
    assert "3 адреси" in progress[0]
    assert "за цією адресою немає сторінки (404)" in report


def test_addresses_beyond_what_is_fetched_at_once_are_refused_by_name(library: Library, site: Site) -> None:
    given = [f"{site.address}/{number}" for number in range(ADDRESSES + 2)]
    *progress, report = added(library, given)
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
        report = added(library, given)[-1]
        assert report.count('<li class="refused">') == len(given) or "Nothing arrived" in report
        assert library.count() == 0


def test_a_password_in_an_address_is_not_shown(library: Library, site: Site) -> None:
    shown = added(library, [f"http://ann:s3cret@127.0.0.1:{site.port}/"])
    assert all("s3cret" not in each and f"http://127.0.0.1:{site.port}/" in each for each in shown)
    assert "password" in shown[-1]
