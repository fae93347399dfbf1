from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from tests.scripted_site import PAGE, WORDS, Reply, Site
from tests.vectorstore.helpers import Opener
from tests.vectorstore.sources.made import TEXT, write
from vectorstore.sources import Limits, read
from vectorstore.sources.web import feeds
from vectorstore.types import Article, Refusal

OWN = Limits(private=True, connect_seconds=300, read_seconds=300, whole_seconds=300)


@pytest.fixture
def site() -> Iterator[Site]:
    served = Site()
    yield served
    served.close()


def rss(*items: str, title: str = "The Fjord") -> str:
    return (
        '<?xml version="1.0"?>\n<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>{title}</title>'
        + "".join(f"<item>{item}</item>" for item in items)
        + "</channel></rss>"
    )


def whole(text: str = f"<p>{TEXT}</p><ul><li>Buses run.</li></ul>") -> str:
    return f"<description>The ferry…</description><content:encoded><![CDATA[{text}]]></content:encoded>"


def test_an_item_with_its_whole_text_needs_no_page(tmp_path: Path) -> None:
    facts = "<pubDate>Mon, 02 Sep 2024 23:30:00 +0300</pubDate><dc:creator>Eva Berg</dc:creator>"
    about = "<title>Ice &amp;amp; ferry</title><link>https://fjord.example/ice</link>"
    (found,) = read(write(tmp_path / "a.xml", rss(facts + about + whole())))
    assert isinstance(found, Article)
    assert found.text == f"{TEXT}\n\n- Buses run."
    assert (found.title, found.source, found.authors) == ("Ice & ferry", "The Fjord", ("Eva Berg",))
    assert (found.published, found.url) == (date(2024, 9, 2), "https://fjord.example/ice")
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>The Fjord</title><entry><title>Ice</title><id>urn:1</id>'
        '<link href="https://fjord.example/ice"/><updated>2024-09-05T08:00:00Z</updated><published>2024-09-02</published>'
        f'<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>{TEXT}</p></div></content></entry></feed>'
    )
    (same,) = read(write(tmp_path / "feed", atom))
    assert isinstance(same, Article)
    assert (same.text, same.published, same.updated, same.id) == (TEXT, date(2024, 9, 2), date(2024, 9, 5), found.id)
    item = {
        "id": "1",
        "url": "https://fjord.example/ice",
        "content_html": f"<p>{TEXT}</p>",
        "date_published": "2024-09-02",
    }
    listed = {"version": "https://jsonfeed.org/version/1.1", "title": "The Fjord", "items": [item]}
    (again,) = read(write(tmp_path / "a.json", json.dumps(listed)))
    assert isinstance(again, Article)
    assert (again.text, again.published, again.source, again.id) == (TEXT, date(2024, 9, 2), "The Fjord", found.id)


@pytest.mark.parametrize(
    "teaser",
    [
        f"<description>{TEXT}</description>",
        f"<content:encoded>{TEXT} The captain said […]</content:encoded>",
        f"<content:encoded><![CDATA[<p>{TEXT}</p><p>… <a href='x'>Continue reading</a></p>]]></content:encoded>",
        f"<content:encoded><![CDATA[<p>{TEXT}</p><p><a href='{{link}}'>Weiterlesen</a></p>]]></content:encoded>",
        f"<description>{TEXT} It snows.</description><content:encoded>{TEXT}</content:encoded>",
    ],
)
def test_a_summary_is_never_the_article(tmp_path: Path, site: Site, teaser: str) -> None:
    site.replies["/ice"] = Reply()
    link = f"{site.address}/ice"
    item = f"<title>Ice</title><link>{link}</link><pubDate>Mon, 02 Sep 2024 08:00:00 GMT</pubDate>"
    path = write(tmp_path / "a.rss", rss(item + teaser.replace("{link}", link)))
    (found,) = read(path, OWN)
    assert isinstance(found, Article)
    assert found.text == "\n\n".join(WORDS)
    assert (found.published, found.published_from) == (date(2024, 9, 2), "field")
    assert found.source == "The Fjord"
    site.replies["/ice"] = Reply(status=403)
    (gone,) = read(path, OWN)
    assert isinstance(gone, Refusal)
    assert (gone.source, "does not let this program read it" in gone.reason) == (link, True)


def test_pages_that_robots_txt_keeps_programs_from_are_not_fetched(tmp_path: Path, site: Site) -> None:
    site.replies |= {"/robots.txt": Reply(b"User-agent: *\nDisallow: /ice", kind="text/plain"), "/ice": Reply()}
    (found,) = read(write(tmp_path / "a.rss", rss(f"<link>{site.address}/ice</link>")), OWN)
    assert isinstance(found, Refusal)
    assert "robots.txt" in found.reason
    assert [path for path, _ in site.asked] == ["/robots.txt"]


def test_what_a_feed_cannot_give_is_refused_by_name(tmp_path: Path) -> None:
    path = write(tmp_path / "a.rss", rss(f"<title>Ice</title><description>{TEXT}</description>"))
    (found,) = read(path)
    assert isinstance(found, Refusal)
    assert (found.source, "only a summary" in found.reason) == (f"{path}/Ice", True)
    cut = rss(whole(), "<content:encoded>The pier is open again, and ferries sail on.</content:encoded>")[:-55]
    kept, note, torn = read(write(tmp_path / "b.rss", cut))
    assert isinstance(kept, Article)
    assert isinstance(torn, Refusal)
    assert isinstance(note, Refusal)
    assert "the feed is cut off" in note.reason
    (empty,) = read(write(tmp_path / "c.rss", rss()))
    assert isinstance(empty, Refusal)
    assert "it lists no articles" in empty.reason
    (other,) = read(write(tmp_path / "d.xml", "<house/>"))
    assert isinstance(other, Refusal)
    assert "no feed and no sitemap" in other.reason


def test_an_export_of_wordpress_is_read_without_asking_for_its_pictures(tmp_path: Path, site: Site) -> None:
    picture = f"<title>Pier</title><link>{site.address}/pier</link><wp:post_type>attachment</wp:post_type>"
    post = f"<title>Ice</title><link>{site.address}/ice</link>{whole()}<wp:post_type>post</wp:post_type>"
    export = rss(post, picture).replace("<rss ", '<rss xmlns:wp="http://wordpress.org/export/1.2/" ')
    found, refused = read(write(tmp_path / "a.xml", export), OWN)
    assert isinstance(found, Article)
    assert isinstance(refused, Refusal)
    assert "of the type attachment in WordPress and has no text" in refused.reason
    assert site.asked == []


def test_the_day_of_an_item_of_rss_is_that_of_publication(tmp_path: Path) -> None:
    item = f"<title>Ice</title><link>https://fjord.example/ice</link><dc:date>2024-09-02T08:00:00Z</dc:date>{whole()}"
    (found,) = read(write(tmp_path / "a.xml", rss(item)))
    assert isinstance(found, Article)
    assert (found.published, found.updated_since) == (date(2024, 9, 2), None)


def test_stories_under_one_address_are_different_articles(tmp_path: Path) -> None:
    link = "<link>https://fjord.example/live</link>"
    items = [f"<title>{n}</title>{link}{whole(f'<p>{TEXT} It was the {n}.</p>')}" for n in ("first", "second")]
    first, second = read(write(tmp_path / "a.rss", rss(*items)))
    assert isinstance(first, Article)
    assert isinstance(second, Article)
    assert first.id != second.id


def sitemap(*addresses: str, root: str = "urlset", entry: str = "url", more: str = "") -> str:
    listed = "".join(f"<{entry}><loc>{address}</loc>{more}</{entry}>" for address in addresses)
    spaces = 'xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"'
    return f'<{root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" {spaces}>{listed}</{root}>'


def test_a_sitemap_of_pages_is_read_by_itself(tmp_path: Path, site: Site) -> None:
    site.replies |= {"/a": Reply(), "/b": Reply(status=404)}
    found, gone = read(write(tmp_path / "a.xml", sitemap(f"{site.address}/a", f"{site.address}/b")), OWN)
    assert isinstance(found, Article)
    assert isinstance(gone, Refusal)
    assert (found.url, gone.source) == (f"{site.address}/a", f"{site.address}/b")


def test_sitemaps_lead_to_their_newest_pages(site: Site, open_library: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    news = (
        "<n:news><n:publication><n:name>The Fjord</n:name></n:publication>"
        "<n:publication_date>2024-09-02T08:00:00Z</n:publication_date></n:news>"
    )
    index = sitemap(f"{site.address}/news.xml.gz", f"{site.address}/old.xml", root="sitemapindex", entry="sitemap")
    old = sitemap(f"{site.address}/old", more="<lastmod>2019-01-01</lastmod>")
    site.replies |= {
        "/index.xml": Reply(index.encode(), kind="application/xml"),
        "/news.xml.gz": Reply(gzip.compress(sitemap(f"{site.address}/a", more=news).encode()), kind="application/gzip"),
        "/old.xml": Reply(old.encode(), kind="text/xml"),
        "/a": Reply(),
        "/old": Reply(PAGE.replace("ferry", "train").encode()),
    }
    monkeypatch.setattr(feeds, "MOST_PAGES", 1)
    with open_library() as library:
        report = library.add(f"{site.address}/index.xml", limits=OWN)
        (article,) = library.articles()
    assert (article.source, article.published) == ("The Fjord", date(2024, 9, 2))
    ((name, reason),) = [(refusal.source, refusal.reason) for refusal in report.refused]
    assert name == f"{site.address}/index.xml"
    assert "it lists 2 addresses, of which the 1 newest were read" in reason
