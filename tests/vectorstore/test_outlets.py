"""The outlets of a library."""

from __future__ import annotations

from tests.vectorstore.helpers import Opener
from vectorstore.library import Library
from vectorstore.types import Article, Outlet

TEXT = "The harbour bridge was closed for repairs on Monday. "


def article(number: int, source: str | None, url: str | None = None) -> Article:
    return Article(f"article-{number}", f"Title {number}", TEXT + f"Number {number}.", source=source, url=url)


def test_outlets_come_with_their_articles_and_hosts_the_most_frequent_first(library: Library) -> None:
    library.add_articles(
        [
            article(1, "UNN", "https://www.unn.ua/news/1"),
            article(2, "BBC News", "https://www.bbc.co.uk/news/2"),
            article(3, "BBC News", "http://BBC.com?page=3"),
            article(4, "bbc news", "https://www.bbc.co.uk:8080/news/4"),
            article(5, None, "https://example.org/5"),
            article(6, "Letters"),
        ]
    )
    assert library.outlets() == (
        Outlet("BBC News", 3, ("bbc.co.uk", "bbc.com")),
        Outlet("Letters", 1),
        Outlet("UNN", 1, ("unn.ua",)),
    )


def test_outlets_follow_what_comes_and_goes_here_and_elsewhere(library: Library, open_library: Opener) -> None:
    assert library.outlets() == ()
    library.add_articles([article(1, "UNN")])
    beside = open_library(read_only=True)
    assert beside.outlets() == library.outlets() == (Outlet("UNN", 1),)
    assert library.outlets() is library.outlets()
    library.add_articles([article(2, "UNN")])
    assert beside.outlets() == (Outlet("UNN", 2),)
    library.remove(["article-1", "article-2"])
    assert beside.outlets() == library.outlets() == ()
