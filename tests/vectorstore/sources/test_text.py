from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from vectorstore.sources import read
from vectorstore.types import Article, Refusal

TEXT = "The ferry to Bergen was cancelled on Tuesday because of ice."


def article(folder: Path, content: str, name: str = "a.txt") -> Article:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    (item,) = read(path)
    assert isinstance(item, Article), item
    return item


def refusal(folder: Path, content: str, name: str) -> Refusal:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    (item,) = read(path)
    assert isinstance(item, Refusal), item
    return item


def test_a_text_with_its_date_before_it_and_no_title_line(tmp_path: Path) -> None:
    found = article(
        tmp_path,
        " date 2024-03-05 Norwegian Transport Minister Kari Solberg met with her Danish colleague in Oslo to discuss "
        "the ferries of the north and the price of diesel. NTB reports with reference to the ministry.\n\n"
        "Hirtshals. The two also spoke about ice - Solberg said.\n\n\n\n\n"
        "According to her, the next ferry sails in May.   \n",
    )
    assert (found.published, found.published_from) == (date(2024, 3, 5), "text")
    assert found.title == "Norwegian Transport Minister Kari Solberg met with her Danish colleague in Oslo"
    assert found.source is None  # that an agency is quoted does not make it the outlet
    assert found.text.startswith("Norwegian Transport Minister")
    assert found.text.split("\n\n")[1:] == [
        "Hirtshals. The two also spoke about ice - Solberg said.",
        "According to her, the next ferry sails in May.",
    ]


def test_a_header_of_keys_and_values(tmp_path: Path) -> None:
    found = article(
        tmp_path,
        "Title: Ice stops the ferry\nDate: 2024/03/05\nUpdated: 6 March 2024\nSource: The Fjord\n"
        "Authors: A. Berg and C. Dahl\nURL: https://fjord.example/ice\nLanguage: en\n\n" + TEXT,
    )
    assert (found.title, found.text, found.source) == ("Ice stops the ferry", TEXT, "The Fjord")
    assert (found.published, found.published_from, found.updated) == (
        date(2024, 3, 5),
        "front matter",
        date(2024, 3, 6),
    )
    assert (found.authors, found.url) == (("A. Berg", "C. Dahl"), "https://fjord.example/ice")


def test_a_label_and_a_date_before_the_text_are_no_header(tmp_path: Path) -> None:
    found = article(tmp_path, f"Date: 2024-03-05 {TEXT}\n\n{TEXT}")
    assert (found.published, found.published_from, found.text) == (date(2024, 3, 5), "text", f"{TEXT}\n\n{TEXT}")


@pytest.mark.parametrize(
    "text",
    [
        "Minister: How are you?\nReporter: Well, and the ferry?\n\n" + TEXT,
        "Title: Ice\nThis line has no key, so the block is no header.\n\n" + TEXT,
        "Note: " + TEXT,
    ],
)
def test_a_dialogue_or_a_colon_is_no_header(tmp_path: Path, text: str) -> None:
    assert article(tmp_path, text).text == text


def test_a_title_line_a_date_and_a_byline_above_the_text(tmp_path: Path) -> None:
    for head in (
        "Ice stops the ferry\n\nPublished: 5 March 2024, 10:15\nUpdated: 6 March 2024\nBy A. Berg and C. Dahl\n\n",
        "5 March 2024\n\nIce stops the ferry\n\nBy A. Berg and C. Dahl\n\nLast updated on 6 March 2024\n",
        "Ice stops the ferry\nBy A. Berg and C. Dahl\n2024-03-05\n\nUpdated 6.3.2024\n\n",
        "date 2024-03-05 Ice stops the ferry\n\nBy A. Berg and C. Dahl\nUpdated 6 March 2024\n\n",
    ):
        found = article(tmp_path, head + TEXT)
        assert (found.title, found.text, found.authors) == ("Ice stops the ferry", TEXT, ("A. Berg", "C. Dahl"))
        assert (found.published, found.published_from, found.updated) == (date(2024, 3, 5), "text", date(2024, 3, 6))


@pytest.mark.parametrize(
    "head",
    [
        "Ice stopped it.\n\n",  # a sentence
        "- ice\n\n",  # an item of a list
        "Ice and wind,\n\n",  # the first line of a verse
        "The ferry stops\nand the ice goes on\n\n",  # a verse
        "By Tuesday ice had come.\n\n",  # no byline
    ],
)
def test_what_is_not_surely_a_head_stays_in_the_text(tmp_path: Path, head: str) -> None:
    assert article(tmp_path, head + TEXT).text == head + TEXT


def test_a_date_in_the_text_is_not_the_day_of_publication(tmp_path: Path) -> None:
    found = article(tmp_path, TEXT + "\n\n5 March 2024\n\nPublished: 6 March 2024\n\n" + TEXT)
    assert (found.published, found.published_from) == (None, "unknown")


def test_a_title_alone_is_no_article(tmp_path: Path) -> None:
    assert article(tmp_path, "Ice stops the ferry to Bergen").text == "Ice stops the ferry to Bergen"
    assert "no article text" in refusal(tmp_path, "Ice\n\n2024-03-05\n", "a.txt").reason


def test_an_unreadable_date_in_a_header_is_noted(tmp_path: Path) -> None:
    found = article(tmp_path, "Title: Ice\nDate: last week\n\n2024-03-05\n" + TEXT)
    assert found.published is None  # and not a day of which nobody knows what it is
    assert "the date “last week” (published) cannot be read" in found.notes[0]
    found = article(tmp_path, "Title: Ice\nDate: unknown\n\n" + TEXT)
    assert (found.published, found.notes) == (None, ())


FRONT = """---
title: 'Ice: the ferry stops'
date: 2024-03-05
lastmod: no field of ours
author: [A. Berg, C. Dahl]
source: The Fjord
---
"""


def test_front_matter_names_what_a_header_names(tmp_path: Path) -> None:
    found = article(tmp_path, FRONT + "\n# Ice: the ferry stops\n\n" + TEXT, "a.md")
    assert (found.title, found.text, found.source) == ("Ice: the ferry stops", TEXT, "The Fjord")
    assert (found.published, found.published_from) == (date(2024, 3, 5), "front matter")
    assert found.authors == ("A. Berg", "C. Dahl")


def test_the_first_heading_is_the_title_when_nothing_else_is(tmp_path: Path) -> None:
    found = article(tmp_path, "# Ice *stops* the ferry\n\nPublished 5 March 2024\n\n" + TEXT, "a.md")
    assert (found.title, found.text, found.published) == ("Ice stops the ferry", TEXT, date(2024, 3, 5))
    found = article(tmp_path, f"{TEXT}\n\n# Ice\n\n{TEXT}", "a.md")
    assert (found.title, found.text) == ("Ice", f"{TEXT}\n\nIce\n\n{TEXT}")
    found = article(tmp_path, f"---\ntitle: Ferry\n---\n# Ice\n\n{TEXT}", "a.md")
    assert (found.title, found.text) == ("Ferry", f"Ice\n\n{TEXT}")


def test_markdown_becomes_what_its_reader_sees(tmp_path: Path) -> None:
    found = article(
        tmp_path,
        """
The *ferry* to **Bergen** was [cancelled](https://fjord.example "why") ![ice](ice.png)on
Tuesday, ~~Monday~~ see <https://fjord.example/a> &amp; `code`.<br>New line. 2\\*3 <b onclick="x">bold</b>

## Why

- ice
- wind
  and *snow*

    deep

7. seven
8. eight

> quoted
> words

| Ship | Days |
|------|-----:|
| Ida  | 3    |

```sh
run --now
```

<div><p>Boxed words</p><script>alert(1)</script><!-- unseen --></div>

***

![only a picture](x.png)

[a]: https://fjord.example
""",
        "a.md",
    )
    assert found.text.split("\n\n") == [
        "The ferry to Bergen was cancelled on Tuesday, Monday see https://fjord.example/a & code.\nNew line. 2*3 bold",
        "Why",
        "- ice\n- wind and snow\ndeep",
        "7. seven\n8. eight",
        "quoted words",
        "Ship | Days\nIda | 3",
        "run --now",
        "Boxed words",
    ]


@pytest.mark.parametrize(
    ("front", "line", "reason"),
    [
        ("title: Ice: the ferry", 2, "not YAML: mapping values are not allowed"),
        ("date: 2024-03-05\ntitle: 'Ice", 3, "not YAML"),
        ("- a\n- list", 1, "not of the form “title: …”"),
        ("? [a]\n: b", 2, "not YAML"),
    ],
)
def test_bad_front_matter_is_refused_with_its_line(tmp_path: Path, front: str, line: int, reason: str) -> None:
    found = refusal(tmp_path, f"---\n{front}\n---\n{TEXT}", "a.md")
    assert found.source == f"{tmp_path}/a.md:{line}"
    assert reason in found.reason


def test_front_matter_makes_no_objects(tmp_path: Path) -> None:
    made = tmp_path / "made"
    found = article(
        tmp_path,
        f"---\ntitle: !!python/object/apply:pathlib.Path.touch [{made}]\nauthor: !!binary aWNl\n---\n{TEXT}",
        "a.md",
    )
    assert not made.exists()
    assert found.authors == ("aWNl",)


def test_an_impossible_date_in_front_matter_is_noted(tmp_path: Path) -> None:
    assert "“2024-13-45”" in article(tmp_path, f"---\ndate: 2024-13-45\n---\n{TEXT}", "a.md").notes[0]


@pytest.mark.parametrize(
    "front",
    [
        '+++\ntitle = "Ice stops it"\ndate = 2024-03-05T08:00:00Z\nauthor = "A. Berg"\n[params]\nx = 1\n+++\n',
        '{\n"title": "Ice stops it",\n"date": "2024-03-05",\n"author": ["A. Berg"]\n}\n',
        '---\ntitle: Ice stops it\ndate: 5 March 2024\nauthor:\n  - "[[A. Berg]]"\n---\n',
    ],
    ids=["TOML", "JSON", "YAML"],
)
def test_front_matter_may_be_yaml_toml_or_json(tmp_path: Path, front: str) -> None:
    found = article(tmp_path, f"{front}\n{TEXT}", "a.md")
    assert (found.title, found.text, found.authors) == ("Ice stops it", TEXT, ("A. Berg",))
    assert (found.published, found.published_from) == (date(2024, 3, 5), "front matter")


def test_what_only_looks_like_front_matter_stays(tmp_path: Path) -> None:
    assert article(tmp_path, f"{{ice}} {TEXT}", "a.md").text == f"{{ice}} {TEXT}"
    found = refusal(tmp_path, f"+++\ntitle = Ice\n+++\n{TEXT}", "a.md")
    assert "its front matter is not TOML" in found.reason


def test_notes_of_obsidian_become_what_their_reader_sees(tmp_path: Path) -> None:
    found = article(
        tmp_path,
        """---
title: Ice
source: https://fjord.example/ice
---
> [!quote]- The captain
> It was [[Ice|cold]].

%% to be
checked %%[[A. Berg]] said ==nothing== more,[^1] and 2 == 2 stays. ![[ship.png]]

- [x] no ferry
- [ ] no bus

```dataview
LIST
```

[^1]: The log of the port. ^log
""",
        "a.md",
    )
    assert found.text.split("\n\n") == [
        "The captain",
        "It was cold.",
        "A. Berg said nothing more, and 2 == 2 stays.",
        "- no ferry\n- no bus",
        "The log of the port.",
    ]
    assert (found.url, found.source) == ("https://fjord.example/ice", "fjord.example")


def test_a_thematic_break_is_no_front_matter(tmp_path: Path) -> None:
    assert article(tmp_path, f"---\n\n{TEXT}", "a.md").text == TEXT
