"""What an empty library says, and what a filled one tells and suggests."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from assistant.messages import translator
from tests.ui.fake_desk import DART, UNDATED, FakeDesk
from ui.views import welcome
from ui.views.library import Shelf

EN, UK = translator(), translator("uk")
HOSTILE = 'Mayor <img src=x onerror=alert(1)> "opens" it'


def shelf_of(*articles: Any, **copies: Any) -> Shelf:
    desk = FakeDesk(articles)
    desk.library.carried = copies
    return Shelf(desk)  # type: ignore[arg-type]


def test_an_empty_library_offers_two_ways_to_an_editor_and_none_to_a_reader() -> None:
    made = welcome.empty(EN)
    assert 'data-act="welcome-add"' in made
    assert 'data-act="welcome-starters"' in made
    assert "welcome-starters" not in welcome.empty(EN, starters=False)
    assert "data-act" not in welcome.empty(EN, may_edit=False)


def test_the_starter_articles_are_found_beside_the_program() -> None:
    folder = welcome.starter_articles()
    assert folder is not None
    assert any(folder.rglob("*.md"))


def test_each_story_stands_once_with_outlet_and_day_above_a_chart_that_asks() -> None:
    copy = replace(DART, id="copy", title="The same under another name", source="The Lamp")
    later = replace(DART, id="later", title="A later matter", published=date(2023, 1, 5))
    shelf = shelf_of(later, DART, copy, UNDATED, dart=(copy,), copy=(DART,))
    made = welcome.greeting(shelf, EN, by_browser=True)
    stories = made[made.index('class="stories"') : made.index("</ol>")]
    assert [stories.count(f'data-article="{each}"') for each in ("later", "dart", "copy", "undated")] == [1, 1, 0, 1]
    assert stories.index("later") < stories.index("dart")
    assert "Starter Library, Space desk" in stories
    assert "11 October 2022" in stories
    assert "1 copy" in stories
    assert "4 articles · 2 outlets · 11 October 2022 to 5 January 2023 · 1 undated" in made
    assert made.count('data-value="What happened in') == 2  # not of the months between, which hold nothing
    assert 'data-value="What happened in January 2023?"' in made
    assert "Що сталося за січень 2023 року?" in welcome.greeting(shelf, UK, by_browser=True)


def test_what_is_new_is_counted_and_asked_about_where_something_happened_since() -> None:
    since = datetime(2026, 3, 1, 12, tzinfo=UTC)
    came = [replace(DART, id=str(n), added=datetime(2026, 3, 2, tzinfo=UTC)) for n in range(5)]
    made = welcome.news(shelf_of(*came, UNDATED), since, EN)
    assert "5 articles came in since 1 March 2026." in made
    assert made.count("data-article") == welcome.NEWS
    assert "data-act" not in made  # all of it tells of 2022
    fresh = replace(came[0], published=date(2026, 3, 1))
    assert "What is new since 1 March 2026?" in welcome.news(shelf_of(fresh, *came), since, EN)
    assert welcome.news(shelf_of(UNDATED), since, EN) == ""


def test_a_hostile_title_or_question_stays_text() -> None:
    shelf = shelf_of(replace(DART, title=HOSTILE))
    assert "<img" not in welcome.greeting(shelf, EN, by_browser=False)
    assert "<img" not in welcome.news(shelf, datetime(2020, 1, 1, tzinfo=UTC), EN)
    assert "<img" not in welcome.questions([HOSTILE], EN)
    assert welcome.questions((), EN) == ""
