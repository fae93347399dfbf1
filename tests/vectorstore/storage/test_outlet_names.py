"""Outlets are called by a name that was set or learnt, and understood by both."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from assistant.question.scope import scoped
from tests.vectorstore.helpers import Opener, made_article
from vectorstore.errors import SearchInvalid
from vectorstore.upkeep.moving import export

WIRE = replace(made_article(1), id="wire", source="cnn.com")
OWN = replace(made_article(2), id="own", source="CNN", url="https://www.cnn.com/2024/a")
OTHER = replace(made_article(3), id="other", source="The Lamp", url="https://lamp.example/a")


def test_an_outlet_stored_under_its_host_is_called_as_its_own_pages_call_it(
    tmp_path: Path, open_library: Opener
) -> None:
    library = open_library(tmp_path / "library")
    library.add_articles([WIRE, OTHER])
    assert {outlet.name for outlet in library.outlets()} == {"cnn.com", "The Lamp"}
    library.add_articles([OWN])
    assert [(outlet.name, outlet.articles) for outlet in library.outlets()] == [("CNN", 2), ("The Lamp", 1)]
    assert library.article("wire").source == "CNN"
    assert {each.source for each in library.articles(with_text=False)} == {"CNN", "The Lamp"}
    for name in ("cnn", "cnn.com"):
        read = scoped("What stood near the harbour?", library, today=date(2024, 9, 1), sources=[name])
        assert read.scope.sources == ("CNN",)
        assert {match.article.id for match in read.search(library, k=9)} == {"wire", "own"}
    for question in ("According to CNN, what stood near?", "What stood near, according to cnn.com?"):
        assert scoped(question, library, today=date(2024, 9, 1)).sources == ("CNN",)
    library.add_articles([replace(made_article(4), id="third", source="CNN Business", url="https://cnn.com/b")])
    assert library.article("wire").source == "cnn.com", "its host's pages no longer agree"


def test_a_name_that_is_set_outweighs_what_was_learnt_and_changes_no_article(
    tmp_path: Path, open_library: Opener
) -> None:
    library = open_library(tmp_path / "library")
    library.add_articles([WIRE, OWN, OTHER])
    library.call_outlet("CNN", "Cable News")
    assert {each.source for each in library.articles()} == {"Cable News", "The Lamp"}
    assert library.check().ok
    assert library.add_articles([WIRE, OWN]).count("unchanged") == 2
    library.remove(["wire"])
    library.undo(["wire"])
    assert library.article("wire").source == "Cable News"
    assert len(library.search("stood near", sources=["cable news"], k=9)) >= 2
    assert library.has_any(library.scope(), ["cable news"])
    export(tmp_path / "library", tmp_path / "export.jsonl")
    assert library.add(tmp_path / "export.jsonl").count("unchanged") == 3
    library.call_outlet("Cable News", "")
    assert library.article("wire").source == "CNN"
    with pytest.raises(SearchInvalid):
        library.call_outlet("Nowhere", "Here")
