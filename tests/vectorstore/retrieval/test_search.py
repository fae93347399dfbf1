"""Keywords and meaning, fused, inside a scope that holds to the day."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from tests.vectorstore.helpers import (
    FIRST_DAY,
    SOURCES,
    HashedEmbeddings,
    found_by_own_sentence,
    made_article,
    made_articles,
    own_sentence,
)
from vectorstore.errors import SearchInvalid
from vectorstore.indexes.vectors import ExactVectors
from vectorstore.library import Library
from vectorstore.retrieval import candidates
from vectorstore.retrieval.candidates import Stores
from vectorstore.retrieval.scope import admissible, filter_of
from vectorstore.retrieval.search import CANDIDATES
from vectorstore.storage.articles.writes import Draft
from vectorstore.text.names import NOTHING
from vectorstore.types import Article, TimeScope

_COUNT = 800
"""Articles of one passage each: enough for Chroma's graph to be approximate."""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with Library.open(tmp_path_factory.mktemp("large"), embeddings=HashedEmbeddings()) as library:
        library.add_articles(made_articles(_COUNT, paragraphs=1))
        yield library


@pytest.fixture
def dated(library: Library) -> Library:
    """One article a day for ten days, by three sources in turn, and two undated."""
    library.add_articles(
        Article(
            id=f"day-{number}",
            title=f"Storm report {number}",
            text=f"The storm number {number} reached the coast.",
            published=date(2024, 9, 1) + timedelta(days=number) if number < 10 else None,
            source=SOURCES[number % 3],
            origin="made",
        )
        for number in range(12)
    )
    return library


def _found(library: Library, question: str = "storm", k: int = 50, **scope: Any) -> list[int]:
    return sorted(int(match.article.id.removeprefix("day-")) for match in library.search(question, k=k, **scope))


# -- scope


def test_days_are_included_at_both_ends(dated: Library) -> None:
    assert _found(dated, since="2024-09-03", until="2024-09-05") == [2, 3, 4]
    assert _found(dated, since="2024-09-03", until="2024-09-03") == [2]
    assert _found(dated, since="2024/09/09") == [8, 9]
    assert _found(dated, until=date(2024, 9, 2)) == [0, 1]
    assert _found(dated, as_of="2024-09-02") == [0, 1]
    assert _found(dated, as_of="2024-09-02", until="2024-09-08") == [0, 1]
    assert _found(dated, as_of="2024-09-08", until="2024-09-02") == [0, 1]
    assert _found(dated, since=datetime(2024, 9, 9, 23, 59), until="2024-09-20") == [8, 9]
    assert _found(dated, since="2025-01-01") == []
    assert _found(dated) == list(range(12))


def test_undated_articles_are_left_out_of_a_scope_and_counted(dated: Library) -> None:
    assert dated.scope().left_out_undated == 0
    assert dated.scope(since="2024-09-03") == TimeScope(since=date(2024, 9, 3), left_out_undated=2)
    assert dated.scope(as_of="2024-09-03").left_out_undated == 2
    assert dated.scope(until="2024-09-03", sources=[SOURCES[1]]).left_out_undated == 1
    assert dated.scope(until="2024-09-03", sources=[SOURCES[0]]).left_out_undated == 0
    assert _found(dated, since="1900-01-01") == list(range(10))


def test_sources_narrow_the_search_in_any_case(dated: Library) -> None:
    assert _found(dated, sources=[SOURCES[0]]) == [0, 3, 6, 9]
    assert _found(dated, sources=[SOURCES[0].upper(), SOURCES[2].lower()]) == [0, 2, 3, 5, 6, 8, 9, 11]
    assert _found(dated, sources=[SOURCES[0]], since="2024-09-05") == [6, 9]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"sources": ["Nobody's Paper"]}, r"no article here comes from “Nobody's Paper”.*Harbour Gazette, The Lamp"),
        ({"sources": [SOURCES[0], "x"]}, "comes from “x”"),
        ({"sources": SOURCES[0]}, r"give a list of outlets, such as \['Harbour Gazette'\]"),
        ({"since": "2024-09-05", "until": "2024-09-04"}, "it begins on 2024-09-05 and ends on 2024-09-04"),
        ({"since": "2024-09-05", "as_of": "2024-09-04"}, "it begins on 2024-09-05 and ends on 2024-09-04"),
        ({"since": "last week"}, "since: “last week” is not a day; give a day as YYYY-MM-DD"),
        ({"until": "2024-02-30"}, "until: “2024-02-30” is not a day"),
        ({"as_of": ""}, "as_of: “” is not a day"),
        ({"k": 0}, "k: 0 passages make no sense"),
        ({"k": -3}, "k: -3 passages make no sense"),
    ],
    ids=str,
)
def test_a_scope_that_makes_no_sense_is_named(dated: Library, wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(SearchInvalid, match=says):
        dated.search("storm", **wrong)


@pytest.mark.parametrize("question", ["", "  \n\t ", "\u2003"])
def test_an_empty_question_is_named(dated: Library, question: str) -> None:
    with pytest.raises(SearchInvalid, match="The question is empty"):
        dated.search(question)


def test_an_empty_library_finds_nothing(library: Library) -> None:
    assert library.search("storm") == []
    assert library.search("storm", since="2024-01-01") == []
    with pytest.raises(SearchInvalid, match="Outlets in this library: none yet"):
        library.search("storm", sources=["The Lamp"])


# -- matches


def test_matches_carry_rank_score_place_and_article(large: Library) -> None:
    matches = large.search(own_sentence(5), k=7)
    assert [match.rank for match in matches] == [1, 2, 3, 4, 5, 6, 7]
    scores = [match.score for match in matches]
    assert scores == sorted(scores, reverse=True)
    for match in matches:
        assert match.article.text[match.start : match.end] == match.text
        assert match.article == large.article(match.article.id)
        question, passage = HashedEmbeddings().embed_array([own_sentence(5), f"{match.article.title}\n{match.text}"])
        assert match.similarity == pytest.approx(float(question @ passage), abs=1e-3)


def test_a_search_gives_k_passages_or_all_there_are(large: Library, dated: Library) -> None:
    for k in (1, 2, 10, 99, 101, 250):
        assert len(large.search("harbour storm", k=k)) == k
    for k in (12, 13, 1_000, 10**12):
        assert len(dated.search("storm", k=k)) == 12
    assert 0.99 * _COUNT <= len(large.search("harbour storm", k=10**9)) <= _COUNT


def test_every_article_is_found_by_its_own_sentence(large: Library) -> None:
    found = sum(found_by_own_sentence(large, number) for number in range(0, _COUNT, 5))
    assert found / len(range(0, _COUNT, 5)) >= 0.99


@pytest.mark.parametrize(
    "question",
    [
        "storm " * 170_000,
        "x" * 1_000_000,
        "?!… ---",
        "🚢🌩️👩‍👩‍👧",
        'title:"storm" AND (harbour OR -bridge)^2~3 [a TO b] {c} /re.*/ \\ + !',
        "'; DROP TABLE articles; --",
        "NULL % _ * ?",
        "\x00storm\x00",
        "half a pair \ud83d of surrogates",
        "буря в порту",
        " " * 5_000 + "storm",
    ],
    ids=["long", "one word", "marks", "pictures", "syntax", "sql", "wildcards", "zero", "half", "foreign", "indented"],
)
def test_no_question_is_an_error(large: Library, question: str) -> None:
    assert len(large.search(question, k=5)) == 5
    assert len(large.search(question, k=5, since=FIRST_DAY, sources=[SOURCES[0]])) == 5


def test_white_space_around_a_question_does_not_count(large: Library) -> None:
    plain = [match.passage.id for match in large.search("storm in the harbour")]
    assert [match.passage.id for match in large.search(" " * 5_000 + "storm in the harbour\n")] == plain


# -- against brute force


def _everything(library: Library) -> list[Any]:
    return [entry for batch in library._catalogue.passages.entries() for entry in batch]


def _scopes() -> list[dict[str, Any]]:
    half = FIRST_DAY + timedelta(days=183)
    return [
        {"since": half},
        {"until": half},
        {"since": half, "until": half + timedelta(days=3)},
        {"since": FIRST_DAY, "until": FIRST_DAY},
        {"sources": [SOURCES[1]]},
        {"sources": [SOURCES[0], SOURCES[2]], "as_of": half},
        {"since": half, "sources": [SOURCES[0]]},
    ]


@pytest.mark.parametrize("scope", _scopes(), ids=str)
def test_a_scope_admits_exactly_what_a_filter_would(large: Library, scope: dict[str, Any]) -> None:
    limits = large.scope(**scope)
    expected = [
        entry.passage.id
        for entry in _everything(large)
        if (not limits.limits or entry.day is not None)
        and (limits.first is None or entry.day >= limits.first.toordinal())
        and (limits.last is None or entry.day <= limits.last.toordinal())
        and ("sources" not in scope or entry.source in scope["sources"])
    ]
    table = large._catalogue.passages.table()
    assert table.ids[admissible(table, limits, scope.get("sources"))].tolist() == expected
    assert 0 < len(expected) < _COUNT


@pytest.mark.parametrize("narrow", [candidates.NARROW, 3], ids=["compared one by one", "hits sifted"])
@pytest.mark.parametrize("scope", [{}, *_scopes()], ids=str)
def test_a_search_in_a_scope_finds_what_filtering_everything_would(
    large: Library, scope: dict[str, Any], narrow: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Narrow scopes are compared one by one, wide ones sifted from the index's hits; neither may lose any."""
    monkeypatch.setattr(candidates, "NARROW", narrow)
    table = large._catalogue.passages.table()
    limits = filter_of(table, large.scope(**scope), scope.get("sources"))
    look_in = Stores(large._catalogue, table, large._indexes.meaning(), None, NOTHING)
    ids, vectors = large._catalogue.passages.vectors(None if limits.kept is None else table.ids[limits.kept].tolist())
    numbers = [
        int(entry.passage.article_id[5:]) for entry in _everything(large) if entry.passage.id in set(ids.tolist())
    ]
    chance = random.Random(11)
    led, recalled, wanted = 0, 0, 0
    asked = chance.sample(numbers, min(20, len(numbers)))
    for number in asked:
        question = own_sentence(number)
        vector = np.asarray(HashedEmbeddings().embed_query(question), dtype=np.float32)
        truth = {int(ids[row]) for row in np.argsort(-(vectors @ vector))[:10]}
        matches = large.search(question, k=10, **scope)
        led += matches[0].article.id == f"made-{number:05}"
        assert {match.passage.id for match in matches} <= set(ids.tolist())
        assert len(matches) == min(10, len(ids))
        by_meaning = candidates._by_meaning(look_in, vector, CANDIDATES, limits)
        recalled += len({hit for hit, _ in by_meaning} & truth)
        wanted += len(truth)
    assert led == len(asked)
    assert recalled / wanted >= 0.99


def test_what_a_question_is_about_may_stand_outside_a_wide_scope() -> None:
    """All the nearest passages are of other months: sifting their hits leaves none, and the scope has many."""
    chance = np.random.default_rng(2)
    centres = np.repeat(np.eye(2, 16), 1_000, axis=0)  # what is asked about, then the rest
    vectors = (centres + 0.1 * chance.normal(size=centres.shape)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    ids = np.arange(2_000)
    hits = candidates._sifted(ExactVectors(ids, vectors), vectors[0], 10, ids[1_000:], len(ids))
    assert [hit for hit, _ in hits] == [int(row) for row in 1_000 + np.argsort(-(vectors[1_000:] @ vectors[0]))[:10]]


# -- while things change


def test_what_was_removed_or_changed_never_appears(library: Library) -> None:
    library.add_articles(made_articles(60, paragraphs=1))
    library.remove([made_article(number).id for number in range(0, 60, 2)])
    library.add_articles([made_article(number, edition=2) for number in range(1, 60, 4)])
    for number in range(60):
        stored = {article.id for article in library.articles()}
        for match in library.search(own_sentence(number), k=60):
            assert match.article.id in stored
            assert match.article.version == (2 if int(match.article.id[5:]) % 4 == 1 else 1)
    assert not any(found_by_own_sentence(library, number) for number in range(0, 60, 2))
    assert all(found_by_own_sentence(library, number) for number in range(1, 60, 2))


def test_a_narrow_search_while_the_index_is_a_step_behind_the_catalogue(library: Library) -> None:
    """Between the two steps of adding the catalogue admits a passage that Chroma does not know."""
    library.add_articles(made_articles(30, paragraphs=1))
    library.search("harbour")
    late = made_article(31, paragraphs=1)
    library._catalogue.writes.stage([Draft(late, [(0, len(late.text))], HashedEmbeddings().embed_array([late.text]))])
    assert len(library.search("harbour", since=FIRST_DAY, k=5)) == 5


def test_four_threads_search_while_articles_are_added_changed_and_removed(library: Library) -> None:
    steady = 40
    library.add_articles(made_articles(steady, paragraphs=1))
    done = False

    def ask(seed: int) -> int:
        chance = random.Random(seed)
        asked = 0
        while not done:
            number = chance.randrange(steady)
            assert found_by_own_sentence(library, number)
            day = made_article(number).published
            if day is not None:
                matches = library.search(own_sentence(number), k=3, since=day, until=day)
                assert matches[0].article.id == f"made-{number:05}"
            for match in library.search("harbour storm", k=10):
                assert match.article.text[match.start : match.end] == match.text
            asked += 1
        return asked

    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask, seed) for seed in range(4)]
        try:
            for first in (100, 120):
                library.add_articles(made_articles(20, first=first))
                library.add_articles([made_article(number, edition=2) for number in range(first, first + 20)])
                library.remove([made_article(number).id for number in range(first, first + 10)])
        finally:
            done = True
        assert all(future.result() > 0 for future in asking)
    assert library.check().ok
    assert library.count() == steady + 20


# -- time in the order


def _storms(library: Library, days: Mapping[str, date | None], text: str = "A storm reached the coast.") -> None:
    """Articles that fit a question alike; what else they say differs, so that they are no copies of one story."""
    library.add_articles(
        Article(
            id=name,
            title="Storm",
            text=f"{text} " + " ".join(f"{name.title()} {word}{number}." for number, word in enumerate(_OTHER_WORDS)),
            published=day,
            origin="made",
        )
        for name, day in days.items()
    )


_OTHER_WORDS = ["Ferries", "Roofs", "Schools", "Cranes", "Trees", "Lamps", "Nets", "Roads", "Boats", "Gulls"]


def _order(library: Library, question: str = "storm coast", **scope: Any) -> list[str]:
    return [match.article.id for match in library.search(question, **scope)]


def test_of_articles_that_fit_alike_the_fresh_one_comes_first_and_no_old_one_is_lost(library: Library) -> None:
    _storms(library, {"old": date(2020, 1, 1), "new": date(2024, 6, 1), "none": None, "mid": date(2024, 5, 1)})
    for prefers in (False, True):
        assert _order(library, prefer_recent=prefers)[:2] == ["new", "mid"]
        assert set(_order(library, prefer_recent=prefers)) == {"old", "new", "none", "mid"}


def test_age_counts_from_the_newest_article_that_may_be_used(library: Library) -> None:
    """In an archive that ended years ago the latest is still what came last."""
    _storms(library, {"a": date(2019, 3, 1), "b": date(2019, 3, 20), "c": date(2019, 1, 1)})
    assert _order(library, prefer_recent=True) == ["b", "a", "c"]
    assert _order(library, prefer_recent=True, as_of="2019-03-05") == ["a", "c"]
    newest = library.search("storm", prefer_recent=True)[0]
    assert (newest.why.age, newest.why.age_factor) == (0, 1.0)


def test_content_outweighs_age_where_the_question_does_not_ask_for_what_is_recent(library: Library) -> None:
    _storms(library, {"old": date(2014, 1, 1)}, "The lighthouse of Varna burned down in a storm at night.")
    _storms(library, {f"new-{n}": date(2024, 6, n) for n in range(1, 9)}, "A storm is expected, with rain.")
    assert _order(library, "Which lighthouse burned down in a storm?")[0] == "old"


def test_a_question_about_a_year_gone_by_is_not_ranked_by_age(library: Library) -> None:
    _storms(library, {"then": date(2019, 5, 1), "now": date(2024, 5, 1)})
    factors = {match.article.id: match.why.age_factor for match in library.search("the storm of 2019")}
    assert factors == {"then": 1.0, "now": 1.0}
    assert library.search("the storm of 2024")[0].article.id == "now"


def test_what_happened_on_a_day_is_looked_for_in_the_days_after_it(library: Library) -> None:
    _storms(library, {"next day": date(2024, 3, 3), "month on": date(2024, 4, 2), "year on": date(2025, 3, 2)})
    assert _order(library, since="2024-03-02", near="2024-03-02") == ["next day", "month on", "year on"]


def test_the_newest_month_is_searched_where_a_hundred_older_ones_fit_better(library: Library) -> None:
    days = {f"old-{number:03}": date(2015, 1, 1) + timedelta(days=number) for number in range(250)}
    _storms(library, days, "A storm reached the coast, the storm of storms at the coast.")
    _storms(library, {"new": date(2024, 6, 1)}, "The town cleans up what last night's weather left behind: a storm.")
    assert _order(library, prefer_recent=True, k=3)[0] == "new"


# -- sources, breadth and why


def test_a_source_that_is_preferred_comes_first_where_it_fits_as_well(dated: Library) -> None:
    found = dated.search("storm report", k=12, prefer_sources=[SOURCES[2]], as_of="2024-09-09")
    assert found[0].article.source == SOURCES[2]
    assert found[0].why.preferred_source
    assert len({match.article.source for match in found}) == 3


def test_no_article_takes_more_than_two_of_the_first_eight_places(library: Library) -> None:
    long = " ".join(f"The harbour strike went into day {day}, and the port stood still. " * 4 for day in range(40))
    library.add_articles([Article(id="long", title="Strike", text=long, origin="made")])
    library.add_articles(
        Article(id=f"short-{n}", title="Note", text=f"Harbour note {n}: cranes idle.", origin="made") for n in range(8)
    )
    found = [match.article.id for match in library.search("harbour strike port", k=20)]
    assert found[:8].count("long") == 2
    assert found.count("long") > 2
    alone = library.search("harbour strike port", k=8, sources=None)
    assert len(alone) == 8


def test_a_match_says_where_its_place_comes_from(dated: Library) -> None:
    first, *others = dated.search("storm report 9", k=5, as_of="2024-09-10", prefer_recent=True)
    assert first.article.id == "day-9"
    assert (first.why.keywords, first.why.age, first.why.age_factor) == (1, 0, 1.0)
    assert first.why.meaning is not None
    assert all(0 < match.why.age_factor < 1 for match in others if match.why.age)
    assert first.why.to_dict() == {
        "keywords": 1,
        "meaning": first.why.meaning,
        "age": 0,
        "age_factor": 1.0,
        "preferred_source": False,
        "spellings": [],
    }


# -- copies of one story

_STORY = (
    "The harbour bridge at Varna was closed to lorries on Monday after engineers found cracks in two of its pillars. "
    "Mayor Ivan Petrov said the repair would take nine weeks and cost 4.2 million leva. Ferries will carry lorries "
    "across the bay from six in the morning, and the port expects queues of up to three hours. The bridge was built in "
    "1976 and carries 31,000 vehicles a day. Opposition councillors asked why an inspection in spring found nothing."
)


def _copies(library: Library) -> None:
    library.add_articles(
        [
            Article("agency", "Bridge closed", _STORY, date(2024, 9, 2), source="Agency", origin="made"),
            Article(
                "paper",
                "Cracks close Varna bridge to lorries",
                f"By our own correspondent. {_STORY}",
                date(2024, 9, 3),
                source="Paper",
                origin="made",
            ),
            Article(
                "other",
                "Ferry timetable",
                "Ferries across the bay at Varna leave on the hour. Lorries pay twelve leva, and cars pay five.",
                date(2024, 8, 1),
                source="Paper",
                origin="made",
            ),
        ]
    )


def test_copies_of_a_story_take_one_place_and_are_named(library: Library) -> None:
    _copies(library)
    found = library.search("Why was the bridge at Varna closed to lorries?", k=5)
    assert [match.article.id for match in found if match.article.id in ("agency", "paper")] == ["agency"]
    assert [copy.id for copy in found[0].copies] == ["paper"]
    assert [copy["source"] for copy in found[0].to_dict()["copies"]] == ["Paper"]
    assert all(match.copies == () for match in found if match.article.id == "other")


def test_a_scope_that_admits_one_copy_only_shows_that_and_names_none(library: Library) -> None:
    _copies(library)
    for scope, shown in (({"sources": ["Paper"]}, "paper"), ({"until": "2024-09-02"}, "agency")):
        first = library.search("Why was the bridge at Varna closed to lorries?", k=5, **scope)[0]
        assert first.article.id == shown
    assert first.copies == ()


def test_a_copy_stands_alone_again_once_the_other_is_removed(library: Library) -> None:
    _copies(library)
    library.remove("agency")
    first = library.search("Why was the bridge at Varna closed to lorries?", k=5)[0]
    assert (first.article.id, first.copies) == ("paper", ())


def test_what_a_copy_says_beyond_the_story_keeps_its_place(library: Library) -> None:
    _copies(library)
    local = "The Paper has learned that the Asparuhovo depot will lend four pontoons, which Captain Elena Dimova leads."
    library.add_articles(
        [Article("local", "Bridge closed", f"{_STORY}\n\n{local}", date(2024, 9, 2), source="Local", origin="made")]
    )
    found = library.search("Which captain leads the pontoons of the Asparuhovo depot?", k=3)
    assert local in found[0].text
    assert {copy.id for copy in found[0].copies} == {"agency", "paper"}
