from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vectorstore.messages import Message
from vectorstore.sources import close_worker, read
from vectorstore.sources.tables import json_table
from vectorstore.sources.tables import lines as table_lines
from vectorstore.types import Article, Refusal

TEXT = "The ferry to Bergen was cancelled on Tuesday because of ice."


def table(folder: Path, rows: Sequence[object], name: str = "table.jsonl") -> Path:
    path = folder / name
    data = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def articles(path: Path) -> list[Article]:
    items = list(read(path))
    assert all(isinstance(item, Article) for item in items), items
    return [item for item in items if isinstance(item, Article)]


def one(path: Path) -> Article:
    (article,) = articles(path)
    return article


def refusals(path: Path) -> list[tuple[str, str]]:
    return [(item.source.removeprefix(str(path)), item.reason) for item in read(path) if isinstance(item, Refusal)]


TWO = "A. Berg", "C. Dahl"


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "Ice", "text": TEXT, "published": "2024-09-02", "authors": list(TWO), "source": "Fjord"},
        {
            "headline": "Ice",
            "body": TEXT,
            "publish_date": "2024/09/02",
            "author": "By A. Berg and C. Dahl",
            "outlet": "Fjord",
        },
        {
            "Title": "Ice",
            "Content": TEXT,
            "publishedAt": "2024-09-02T10:00Z",
            "byline": "A. Berg; C. Dahl",
            "Site": "Fjord",
        },
        {"TITLE": "Ice", "TEXT": TEXT, "Date": "2 September 2024", "author": "A. Berg, C. Dahl", "Publisher": "Fjord"},
        {
            "title": "Ice",
            "text": [TEXT],
            "date": 20240902,
            "author": [{"name": name} for name in TWO],
            "site": {"name": "Fjord"},
        },
        {
            "title": "Ice",
            "text": TEXT,
            "content": "",
            "date": 1725235200000,
            "authors": "A. Berg, and C. Dahl",
            "source": "Fjord",
        },
    ],
)
def test_fields_are_known_by_their_usual_names(tmp_path: Path, fields: dict[str, object]) -> None:
    article = one(table(tmp_path, [fields]))
    assert (article.title, article.text, article.source, article.authors) == ("Ice", TEXT, "Fjord", TWO)
    assert (article.published, article.published_from) == (date(2024, 9, 2), "field")


def test_published_and_updated_are_apart_and_unknown_stays_unknown(tmp_path: Path) -> None:
    rows = [
        {"text": TEXT, "published": "2024-09-02", "updated_at": "2024-09-05"},
        {"text": TEXT, "modified": "2024-09-05"},
        {"text": TEXT, "date": "NaN", "title": None, "author": "", "source": "null", "url": float("nan")},
    ]
    both, changed, none = articles(table(tmp_path, rows))
    assert (both.published, both.updated) == (date(2024, 9, 2), date(2024, 9, 5))
    assert (changed.published, changed.published_from, changed.updated) == (None, "unknown", date(2024, 9, 5))
    assert (none.published, none.published_from, none.source, none.url, none.authors) == (
        None,
        "unknown",
        None,
        None,
        (),
    )
    assert none.title == "The ferry to Bergen was cancelled on Tuesday because of ice"
    assert none.added is None


def test_the_address_names_the_outlet_when_nothing_else_does(tmp_path: Path) -> None:
    rows = [
        {"text": TEXT, "url": "https://www.fjord.example/ice", "title": "Ice on the fjord | Fjord"},
        {"text": TEXT, "url": "javascript:alert(1)"},
        {"text": TEXT, "url": 'https://fjord.example/"onclick'},
    ]
    known, script, quoted = articles(table(tmp_path, rows))
    assert (known.source, known.url, known.title) == (
        "fjord.example",
        "https://www.fjord.example/ice",
        "Ice on the fjord",
    )
    assert (script.source, script.url, quoted.url) == (None, None, None)


def test_a_host_is_one_outlet_with_www_and_without(tmp_path: Path) -> None:
    rows = [{"text": TEXT, "domain": domain} for domain in ("www.fjord.example", "fjord.example", "www. The Fjord")]
    assert [found.source for found in articles(table(tmp_path, rows))] == ["fjord.example"] * 2 + ["www. The Fjord"]


def test_ids_are_what_is_unique_and_stay_the_same_when_the_text_changes(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"id": "fjord-2024-09-02-ice", "url": "https://fjord.example/1"},
        {"id": 17, "url": "https://fjord.example/2"},
        {"id": "12345678"},
        {"id": "ice"},
        {"id": "bell\u0007 of ice"},
        {"title": "Ice", "date": "2024-09-02"},
        {"title": "Ice", "date": "2024-09-02"},
    ]
    path = table(tmp_path, [{**row, "text": TEXT} for row in rows])
    ids = [article.id for article in articles(path)]
    place = str(path.resolve())

    def digest(what: str) -> str:
        return hashlib.sha256(what.encode()).hexdigest()[:12]

    assert ids[:4] == [
        "fjord-2024-09-02-ice",
        digest("url:https://fjord.example/2"),
        digest(f"table:{place}#12345678"),
        digest(f"table:{place}#ice"),
    ]
    assert len(set(ids)) == len(ids)
    assert ids == [
        article.id for article in articles(table(tmp_path, [{**row, "text": "New: " + TEXT} for row in rows]))
    ]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    others = [article.id for article in articles(table(elsewhere, [{**row, "text": TEXT} for row in rows]))]
    assert [own == other for own, other in zip(ids, others, strict=True)] == [
        True,
        True,
        False,
        False,
        False,
        False,
        False,
    ]


def test_a_bad_row_costs_itself_only_and_is_named_with_its_line(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        [
            {"text": TEXT},
            "",
            '{"text": "cut off',
            '["a list"]',
            {"title": "Ice", "url": "x"},
            {"text": 5},
            {"text": "Too short."},
            {"text": TEXT, "date": "soon"},
            {"text": TEXT, "updated": "31.02.2024"},
            {"text": TEXT, "date": "03/04/2024"},
            "[" * 100_000,
            '{"text": ' + "1" * 5000 + "}",
            {"text": TEXT},
        ],
    )
    items = list(read(path))
    assert [type(item) for item in items] == [Article, *[Refusal] * 5, *[Article] * 3, *[Refusal] * 2, Article]
    assert items[-1].origin == f"{path}:13"  # type: ignore[union-attr]
    reasons = dict(refusals(path))
    assert list(reasons) == [f":{line}" for line in (*range(3, 8), 11, 12)]
    assert "not JSON: Unterminated string starting at column 10" in reasons[":3"]
    assert "not an object" in reasons[":4"]
    assert "must be named text, body or content; found: title, url" in reasons[":5"]
    assert "not a string but int" in reasons[":6"]
    assert "no article text" in reasons[":7"]
    assert "cannot be read" in reasons[":11"]
    assert "cannot be read" in reasons[":12"]


def test_a_day_that_cannot_be_read_leaves_its_article_undated_and_is_noted(tmp_path: Path) -> None:
    tomorrow_week = (date.today() + timedelta(7)).isoformat()
    notes = {
        "soon": "“soon” (published) cannot be read or lies ahead and was left out; write it as 2024-09-02",
        "31.02.2024": "“31.02.2024” (published) cannot be read",
        "2024-09": "“2024-09” (published) cannot be read",
        "0000-00-00": "“0000-00-00” (published)",
        "03/04/2024": "can mean 3 April 2024 or 4 March 2024",
        "1970-01-01": "its day is 1 January 1970, which programs write for none",
        "0": "its day is 1 January 1970",
        tomorrow_week: Message("its day, {day}, is yet to come", day=date.fromisoformat(tomorrow_week)),
        "2399-01-01": "lies ahead",
    }
    path = table(tmp_path, [{"title": day, "text": f"{TEXT} {day}", "date": day} for day in notes])
    for found, note in zip(articles(path), notes.values(), strict=True):
        assert (found.published, found.published_from) == (None, "unknown")
        assert [note in said for said in found.notes] == [True]
    changed = one(table(tmp_path, [{"text": TEXT, "date": "2024-09-02", "updated": "soon"}]))
    assert (changed.published, changed.updated) == (date(2024, 9, 2), None)
    assert "“soon” (updated) cannot be read" in changed.notes[0]


@pytest.mark.parametrize(
    "written",
    [
        "1725264000",
        1725264000,
        1725264000000,
        "1725264000000000",
        45537,
        "45537.43",
        "Posted on 2 September 2024 by Ann",
    ],
)
def test_days_are_read_as_programs_count_them(tmp_path: Path, written: object) -> None:
    assert one(table(tmp_path, [{"text": TEXT, "date": written}])).published == date(2024, 9, 2)


def test_a_column_of_days_that_is_not_read_is_noted_once(tmp_path: Path) -> None:
    rows = [{"text": f"{TEXT} {n}", "day_of_crawl": "2024-09-02", "clicks": 1725264000} for n in (1, 2)]
    first, second = articles(table(tmp_path, rows))
    assert first.published is second.published is None
    assert "column “day_of_crawl” seems to hold days" in first.notes[0]
    assert second.notes == ()


@pytest.mark.parametrize(("evidence", "day"), [("13/04/2024", date(2024, 4, 3)), ("04/13/2024", date(2024, 3, 4))])
def test_a_table_s_own_dates_settle_whether_the_day_comes_first(tmp_path: Path, evidence: str, day: date) -> None:
    rows = [{"text": TEXT, "date": "03/04/2024"}, {"text": TEXT, "date": evidence}]
    assert articles(table(tmp_path, rows))[0].published == day


def test_bytes_that_are_not_utf8_cost_their_row_and_name_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "table.jsonl"
    row = json.dumps({"text": f"{TEXT} “Ærlig”, sa de på båten."}, ensure_ascii=False).encode()
    path.write_bytes(row + b'\n{"text": "caf\xe9 ' + b"x" * 40 + b'"}\n' + row)
    first, bad, last = read(path)
    assert isinstance(first, Article)
    assert isinstance(last, Article)
    assert isinstance(bad, Refusal)
    assert bad.source == f"{path}:2"
    assert "byte 0xE9 at character 14 of the row" in bad.reason
    assert "save it as UTF-8" in bad.reason


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("windows-1251", "Пором до Бергена стояв у порту дев’ять годин, бо фіорд замерз за одну ніч."),
        ("koi8-u", "Пором до Бергена стояв у порту дев'ять годин, бо фіорд замерз за одну ніч."),
        ("windows-1252", "Die Fähre nach Bergen blieb im Hafen, weil der Fjord über Nacht zufror – neun Stunden."),
        ("windows-1250", "Prom do Bergen stał w porcie dziewięć godzin, gdyż fiord zamarzł w ciągu jednej nocy."),
        ("shift_jis", "ベルゲン行きの船は氷のため九時間港にとどまったと船長は述べた。"),
    ],
)
@pytest.mark.parametrize("name", ["table.csv", "table.jsonl", "table.json"])
def test_older_encodings_are_recognised_by_their_bytes(tmp_path: Path, name: str, encoding: str, text: str) -> None:
    row = json.dumps({"title": "Bergen", "text": text}, ensure_ascii=False)
    content = {
        "table.csv": f'title,text\nBergen,"{text}"\n',
        "table.jsonl": f"{row}\n{row}",
        "table.json": f"[\n{row}\n]",
    }
    path = tmp_path / name
    path.write_bytes(content[name].encode(encoding))
    assert {article.text for article in articles(path)} == {text}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("name", ["table.jsonl", "table.csv", "table.json"])
def test_byte_order_marks_are_read(tmp_path: Path, encoding: str, name: str) -> None:
    content = {
        "table.jsonl": json.dumps({"text": TEXT + " é"}, ensure_ascii=False),
        "table.json": json.dumps([{"text": TEXT + " é"}], ensure_ascii=False),
        "table.csv": f"text\n{TEXT} é\n",
    }[name]
    path = tmp_path / name
    path.write_bytes(content.encode(encoding))
    assert one(path).text == TEXT + " é"


def test_what_cannot_be_seen_is_not_stored_from_rows(tmp_path: Path) -> None:
    article = one(table(tmp_path, [{"text": f"A\u200b\u0000 {TEXT}\u202e\ud800", "title": "I\u00adce\n on\u2066 it"}]))
    assert (article.text, article.title) == (f"A {TEXT}", "Ice on it")


def test_gzipped_tables_are_read(tmp_path: Path) -> None:
    assert one(table(tmp_path, [{"text": TEXT}], "table.jsonl.gz")).text == TEXT
    assert one(table(tmp_path, ["text", TEXT], "table.csv.gz")).text == TEXT


def test_a_cut_gzip_keeps_what_came_before_and_names_the_break(tmp_path: Path) -> None:
    # Digests do not compress, so the cut falls among the rows and not into the last block.
    rows = [{"text": TEXT + hashlib.sha256(bytes([n % 256, n // 256])).hexdigest()} for n in range(2000)]
    path = table(tmp_path, rows, "table.jsonl.gz")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    *before, end = read(path)
    kept = zlib.decompressobj(wbits=31).decompress(path.read_bytes())
    assert len(before) == kept.count(b"\n") > 500
    assert all(isinstance(item, Article) for item in before)
    assert isinstance(end, Refusal)
    assert end.source == f"{path}:{len(before) + 1}"
    assert "cut off here; what came before is kept" in end.reason


def test_a_damaged_gzip_and_one_that_is_none_are_named(tmp_path: Path) -> None:
    path = table(tmp_path, [{"text": TEXT}], "table.jsonl.gz")
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 0xFF
    path.write_bytes(whole)
    assert "the gzip file is damaged here" in [reason for _, reason in refusals(path)][-1]
    path.write_bytes(b"plain text")
    ((_, reason),) = refusals(path)
    assert "the gzip file is damaged here" in reason


def test_an_unpacked_table_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_lines, "UNPACKED_BYTES", 1_000_000)
    path = table(tmp_path, [{"text": TEXT}, *["x" * 99_999] * 30], "table.jsonl.gz")
    assert path.stat().st_size < 10_000
    items = list(read(path))
    assert isinstance(items[0], Article)
    assert isinstance(items[-1], Refusal)
    assert items[-1].source == str(path)
    assert "unpacked, " in items[-1].reason
    assert "at most 1 MB" in items[-1].reason
    assert len(items) < 15


def test_a_row_has_a_limit_and_the_next_one_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_lines, "ROW_CHARACTERS", 1000)
    rows = [{"text": TEXT}, {"text": "x" * 5000}, {"text": TEXT}]
    items = list(read(table(tmp_path, rows)))
    assert [type(item) for item in items] == [Article, Refusal, Article]
    items = list(read(table(tmp_path, ["text", TEXT, "x" * 5000, TEXT], "table.csv")))
    assert [type(item) for item in items] == [Article, Refusal, Article]
    assert items[1].source == f"{tmp_path}/table.csv:3"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_keeps_quoted_newlines_and_counts_lines_as_editors_do(tmp_path: Path, delimiter: str) -> None:
    lines = [
        delimiter.join(["Title", "Date", "Body"]),
        delimiter.join(["Ice", "2024-09-02", f'"{TEXT}\n\nIt said ""no""{delimiter} twice."']),
        "",
        delimiter.join(["Short", "2024-09-03", "no"]),
        delimiter.join(["Thaw", "2024-09-04", f'"{TEXT}"']),
    ]
    ice, short, thaw = read(table(tmp_path, lines, "table.csv"))
    assert isinstance(ice, Article)
    assert (ice.title, ice.published, ice.origin) == ("Ice", date(2024, 9, 2), f"{tmp_path}/table.csv:2")
    assert ice.text == f'{TEXT}\n\nIt said "no"{delimiter} twice.'
    assert isinstance(short, Refusal)
    assert short.source == f"{tmp_path}/table.csv:6"
    assert isinstance(thaw, Article)
    assert thaw.origin == f"{tmp_path}/table.csv:7"


def test_csv_fields_may_be_longer_than_the_interpreter_s_default(tmp_path: Path) -> None:
    assert len(one(table(tmp_path, ["text", '"' + (TEXT + " ") * 5000 + '"'], "table.csv")).text) > 131_072


def test_csv_rows_that_do_not_fit_are_named(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        [
            "title,text,date",
            f"Ice,{TEXT}, and more,2024-09-02",
            f'Ice,"{TEXT}"x,2024-09-02',
            f"Ice,{TEXT}",
            f'Ice,"{TEXT}',
            "never closed",
        ],
        "table.csv",
    )
    assert sum(isinstance(item, Article) for item in read(path)) == 1
    (first, many), (second, quote), (third, never) = refusals(path)
    assert (first, second, third) == (":2", ":3", ":5")
    assert "it has 4 values for 3 columns" in many
    assert "must be doubled" in quote
    assert "is never closed" in never


def test_a_bad_byte_in_csv_costs_its_row(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b"text\ncaf\xe9 " + TEXT.encode() + b"\n" + f"{TEXT} Ærlig på båten.".encode() + b"\n")
    bad, good = read(path)
    assert isinstance(bad, Refusal)
    assert bad.source == f"{path}:2"
    assert "byte 0xE9" in bad.reason
    assert isinstance(good, Article)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("table.csv", "title,tags\nIce,cold\n", "names no column text, body or content; it names: title, tags"),
        ("table.csv", "title,url\nIce,https://fjord.example\n", "add the pages themselves by their addresses"),
        ("table.csv", "text\n", "holds no rows"),
        ("table.csv", "", "empty"),
        ("table.jsonl", "\n\n", "holds no rows"),
        ("table.jsonl", "", "empty"),
        ("table.json", "[]", "holds no rows"),
        ("table.json", '"text"', "not an object"),
        ("table.json", "{", "not JSON: Expecting property name enclosed in double quotes at column 2"),
        ("table.jsonl", "%PDF-1.7 ...", "no PDF, or a damaged one"),
        ("table.csv", "PK\x03\x04 ...", "damaged or incomplete"),
        ("table.jsonl", "a\0b", "binary data"),
    ],
)
def test_a_file_that_is_no_table_of_articles_is_refused_once(
    tmp_path: Path, name: str, content: str, reason: str
) -> None:
    path = tmp_path / name
    path.write_text(content)
    ((_, found),) = refusals(path)
    assert reason in found


def test_a_json_array_is_read_with_its_lines_and_up_to_its_break(tmp_path: Path) -> None:
    path = tmp_path / "table.json"
    row = json.dumps({"text": TEXT})
    path.write_text(f"[\n{row},\n5,\n{row}\n]")
    items = list(read(path))
    assert [type(item) for item in items] == [Article, Refusal, Article]
    assert items[1].source == f"{path}:3"
    path.write_text(f"[\n{row},\n{row},\n{row[:-5]}")
    items = list(read(path))
    assert [type(item) for item in items] == [Article, Article, Refusal]
    assert items[2].source == f"{path}:4"
    assert "what came before is kept" in items[2].reason  # type: ignore[union-attr]


def test_the_articles_inside_a_json_object_are_read(tmp_path: Path) -> None:
    path = tmp_path / "table.json"
    path.write_text(json.dumps({"status": "ok", "articles": [{"content": TEXT}, {"content": TEXT}]}, indent=1))
    assert [article.origin for article in articles(path)] == [f"{path}:1:articles[0]", f"{path}:1:articles[1]"]
    path.write_text(json.dumps({"title": "Ice", "text": TEXT, "links": [{"url": "x"}]}))
    assert one(path).title == "Ice"


ONE = {"title": "Ice", "text": TEXT, "date": "2024-09-02"}
TWO_ROWS = [ONE, {"title": "Thaw", "text": f"It thawed. {TEXT}", "date": "2024-09-03"}]


@pytest.mark.parametrize("name", ["table.json", "table.jsonl"])
@pytest.mark.parametrize(
    "content",
    [
        "\n".join(map(json.dumps, TWO_ROWS)),
        "\n".join(json.dumps(row, indent=1) for row in TWO_ROWS),
        json.dumps(TWO_ROWS),
        json.dumps(TWO_ROWS, indent=1),
        json.dumps({"columns": list(ONE), "index": [0, 1], "data": [list(row.values()) for row in TWO_ROWS]}),
        json.dumps({name: {str(n): row[name] for n, row in enumerate(TWO_ROWS)} for name in ONE}),
        json.dumps({name: [row[name] for row in TWO_ROWS] for name in ONE}),
        json.dumps({str(n): row for n, row in enumerate(TWO_ROWS)}),
        json.dumps({"schema": {"fields": []}, "data": TWO_ROWS}),
        json.dumps({"content": TWO_ROWS}, indent=1),
        json.dumps({"hits": {"hits": [{"_id": "a", "_source": row} for row in TWO_ROWS]}}),
    ],
    ids="lines,documents,array,indented,split,columns,lists,index,table,object,elastic".split(","),
)
def test_no_row_is_lost_however_the_table_is_laid_out(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    assert [(found.title, found.published) for found in articles(path)] == [
        ("Ice", date(2024, 9, 2)),
        ("Thaw", date(2024, 9, 3)),
    ]


DAY = "2024-09-02T10:00:00Z"
LINK = "https://fjord.example/ice"
SHAPES: dict[str, object] = {
    "guardian": {"response": {"results": [{"webTitle": "Ice", "webPublicationDate": DAY, "webUrl": LINK,
        "fields": {"body": f"<p>{TEXT}</p>", "byline": "A. Berg", "publication": "Fjord"}}]}},
    "nyt": {"response": {"docs": [{"headline": {"main": "Ice", "kicker": None}, "lead_paragraph": TEXT, "pub_date": DAY,
        "web_url": LINK, "byline": {"original": "By A. Berg", "person": [{"rank": 1}]}, "source": "Fjord"}]}},
    "newsapi": {"articles": [{"title": "Ice", "content": f"{TEXT} The next fer… [+812 chars]", "publishedAt": DAY,
        "url": LINK, "author": "A. Berg", "source": {"id": None, "name": "Fjord"}}]},
    "ghost": {"db": [{"data": {"tags": [], "posts": [{"title": "Ice", "html": f"<p>{TEXT}</p>", "published_at": DAY,
        "canonical_url": LINK, "authors": [{"name": "A. Berg"}], "source": "Fjord"}]}}]},
    "jsonfeed": {"version": "https://jsonfeed.org/version/1.1", "title": "Fjord", "items": [{"title": "Ice",
        "url": LINK, "content_html": f"<p>{TEXT}</p>", "date_published": DAY, "authors": [{"name": "A. Berg"}]}]},
    "freshrss": {"id": "user/-/state/com.google/starred", "items": [{"title": "Ice", "published": 1725271200,
        "canonical": [{"href": LINK}], "origin": {"title": "Fjord", "streamId": "f"}, "author": "A. Berg",
        "summary": {"content": f"<p>{TEXT}</p>"}}]},
    "wordpress": [{"title": {"rendered": "Ice"}, "content": {"rendered": f"<p>{TEXT}</p>"},
        "date": "2024-09-02T10:00:00", "link": LINK, "author": 1, "author_name": "A. Berg", "site_name": "Fjord"}],
    "news-please": {"title": "Ice", "maintext": TEXT, "date_publish": "2024-09-02 10:00:00", "url": LINK,
        "date_download": "2024-10-01", "authors": ["A. Berg"], "source_domain": "Fjord"},
    "csl": [{"title": "Ice", "container-title": "Fjord", "URL": LINK, "author": [{"given": "A.", "family": "Berg"}],
        "issued": {"date-parts": [[2024, 9, 2]]}, "abstract": TEXT}],
    "wallabag": [{"title": "Ice", "content": f"<p>{TEXT}</p>", "url": LINK, "published_by": ["A. Berg"],
        "created_at": "2024-10-01T00:00:00+0000", "published_at": "2024-09-02T00:00:00+0000", "domain_name": "Fjord"}],
    "mongo": {"_id": {"$oid": "64a0"}, "title": "Ice", "body": TEXT,
        "published": {"$date": {"$numberLong": "1725264000000"}}, "link": LINK, "author": "A. Berg", "outlet": "Fjord"},
    "columns in capitals": {"Headline": "Ice", "Article": TEXT, "Publication Date": "September 2, 2024 Monday",
        "URL": LINK, "Byline": "A. Berg", "Newspaper": "Fjord", "Load Date": "September 9, 2024"},
    "ukrainian": {"Заголовок": "Ice", "Текст": TEXT, "Дата": "2 вересня 2024 р.", "Джерело": "Fjord",
        "Посилання": LINK, "Автор": "A. Berg"},
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_exports_of_other_programs_are_read_as_they_come(tmp_path: Path, shape: str) -> None:
    found = one(table(tmp_path, [SHAPES[shape]], "table.json"))
    assert (found.title, found.text, found.source, found.url, found.authors, found.published) == (
        "Ice", TEXT, "Fjord", LINK, ("A. Berg",), date(2024, 9, 2)
    )  # fmt: skip
    excerpt = {"nyt": "no full text", "csl": "no full text", "newsapi": "cuts the text off"}.get(shape)
    assert len(found.notes) == (excerpt is not None)
    assert (excerpt or "") in "".join(found.notes)


def test_messages_of_telegram_are_put_together_and_what_has_no_words_is_named(tmp_path: Path) -> None:
    messages = [
        {"id": 1, "type": "service", "date": "2024-09-01T10:00:00", "action": "create_channel", "text": ""},
        {
            "id": 2,
            "type": "message",
            "date": "2024-09-02T10:00:00",
            "from": "Fjord",
            "text": ["Ice. ", {"type": "bold", "text": TEXT}, "\n\nMore soon."],
        },
    ]
    path = table(tmp_path, [{"name": "Fjord", "type": "public_channel", "id": 7, "messages": messages}], "table.json")
    empty, found = read(path)
    assert isinstance(empty, Refusal)
    assert empty.source == f"{path}:1:messages[0]"
    assert isinstance(found, Article)
    assert (found.text, found.source) == (f"Ice. {TEXT}\n\nMore soon.", "Fjord")


def test_lists_beside_the_articles_are_named_and_rows_among_them_refused(tmp_path: Path) -> None:
    content = {"articles": [ONE, {"title": "No text"}, "?"], "authors": [{"name": "A. Berg"}]}
    path = table(tmp_path, [content], "table.json")
    found, no_text, no_object = read(path)
    assert isinstance(found, Article)
    assert found.notes == ("beside the articles it holds authors (1), which were left out",)
    assert isinstance(no_text, Refusal)
    assert isinstance(no_object, Refusal)
    assert [no_text.source, no_object.source] == [f"{path}:1:articles[{n}]" for n in (1, 2)]


def test_addresses_without_a_text_are_refused_with_the_way_to_the_pages(tmp_path: Path) -> None:
    rows = {"articles": [{"url": LINK, "title": "Ice", "seendate": "20240902T101500Z", "domain": "fjord.example"}]}
    ((place, reason),) = refusals(table(tmp_path, [rows], "table.json"))
    assert place == ":1:articles[0]"
    assert "it has no text" in reason
    assert "add the pages themselves by their addresses" in reason


def test_rows_with_one_id_or_address_stay_articles_of_their_own(tmp_path: Path) -> None:
    rows = [{**row, "id": "fjord-2024-1"} for row in TWO_ROWS] + [{**row, "url": LINK} for row in TWO_ROWS]
    found = articles(table(tmp_path, rows))
    assert len({article.id for article in found}) == 4
    assert [len(article.notes) for article in found] == [0, 1, 0, 1]
    assert "its id or address, fjord-2024-1, is that of an earlier row" in found[1].notes[0]
    assert [article.id for article in articles(table(tmp_path, rows))] == [article.id for article in found]


def test_cells_of_html_are_read_as_html(tmp_path: Path) -> None:
    html = (
        "<!-- wp:paragraph --><p>It&#8217;s <b>cold</b> &amp; dark.</p><!-- /wp:paragraph -->"
        '<ul><li>No ferry</li><li>No bus</li></ul>[caption id="a1"]<img src="x">A ship[/caption]'
        f"<script>alert(1)</script><p>{TEXT}<br>[1] A note</p>"
    )
    found = one(table(tmp_path, [{"title": "Ice &amp; <i>snow</i>", "content": html}]))
    assert found.title == "Ice & snow"
    assert found.text == f"It’s cold & dark.\n\n- No ferry\n- No bus\n\n{TEXT}\n[1] A note"
    plain = "A text where 3 < 5 and x > y stays,\n\nand so do its lines."
    assert one(table(tmp_path, [{"text": plain}])).text == plain


def test_a_cell_that_holds_a_whole_page_is_read_as_a_page(tmp_path: Path) -> None:
    page = f"<nav><a href='/'>Home</a></nav><article><p>{TEXT}</p><p>{TEXT[4:]}</p></article>"
    found = one(table(tmp_path, [{"html": f"<!DOCTYPE html><html><body>{page}</body></html>"}]))
    assert found.text == f"{TEXT}\n\n{TEXT[4:]}"
    close_worker()


def test_what_a_source_cuts_off_is_kept_to_whole_sentences(tmp_path: Path) -> None:
    cut = [f"{TEXT} The next ferry wi… [+99 chars]", f"{TEXT} The next […]", f"{TEXT} The ne... Continue reading Ice"]
    for found in articles(table(tmp_path, [{"title": text[-9:], "text": text} for text in cut])):
        assert found.text == TEXT
        assert "it is an excerpt" in found.notes[0]
    ((_, reason),) = refusals(table(tmp_path, [{"text": "The ferry to Bergen was cancelled on… [+99 chars]"}]))
    assert "cuts it off within the first sentence" in reason


def test_a_table_of_something_else_is_left_after_a_hundred_rows(tmp_path: Path) -> None:
    path = table(tmp_path, [{"question": "Why?"}] * 1000)
    found = refusals(path)
    assert len(found) == 101
    assert found[-1] == ("", "none of its first 100 rows is an article; the rest was left")


def test_one_article_among_the_first_rows_keeps_a_table_open(tmp_path: Path) -> None:
    path = table(tmp_path, [{"text": TEXT}, *[{"question": "Why?"}] * 300])
    assert len(list(read(path))) == 301


def test_rows_come_as_they_are_read(tmp_path: Path) -> None:
    path = table(tmp_path, [{"text": TEXT}] * 3)
    rows = read(path)
    assert isinstance(next(rows), Article)
    rows.close()  # type: ignore[attr-defined]


def test_ctrl_c_passes_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: str, **options: bool) -> None:
        raise KeyboardInterrupt

    path = table(tmp_path, [{"text": TEXT}])
    monkeypatch.setattr(json_table.json, "loads", interrupted)  # type: ignore[attr-defined]
    with pytest.raises(KeyboardInterrupt):
        list(read(path))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(content=st.binary(max_size=300), name=st.sampled_from(["t.jsonl", "t.json", "t.csv", "t.jsonl.gz", "t.csv.gz"]))
def test_no_content_breaks_the_reader(tmp_path: Path, content: bytes, name: str) -> None:
    path = tmp_path / name
    for data in (content, b"text,date\n" + content, b'{"text": "' + content + b'"}', gzip.compress(content)):
        path.write_bytes(data)
        assert list(read(path))
