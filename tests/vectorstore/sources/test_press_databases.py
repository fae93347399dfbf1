from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from vectorstore.sources import read
from vectorstore.types import Article, Refusal

ICE = "The ferry to Bergen stayed in port for nine hours on Monday, since the fjord had frozen over."
THAW = "It thawed on Friday, and the ferry sailed again with ninety people on board."

FACTIVA = f"""News
Ice stops the ferry
By Anna Berg
1,204 words
2 September 2024
06:15
The Fjord
FJRD
English
(c) 2024 Fjord AS.

{ICE}

Captain: the end.

Document FJRD000020240902ek92000b1

Thaw frees the ferry
22 words
5 September 2024
Bergen Wire
BERW
English
Copyright 2024. All rights reserved.

{THAW}

Document BERW000020240905ek9500002

Search Summary
Text	ferry
"""

FACTIVA_CODED = f"""HD  Ice stops the ferry
BY  By Anna Berg
WC  1,204 words
PD  2 September 2024
SN  The Fjord
SC  FJRD
LA  English
LP
{ICE}
TD
Captain: the end.
AN
Document FJRD000020240902ek92000b1

HD  Thaw frees the ferry
WC  22 words
PD  5 September 2024
SN  Bergen Wire
LP
{THAW}
AN
Document BERW000020240905ek9500002
"""

NEXIS_OLD = f"""
                               1 of 2 DOCUMENTS

                                  The Fjord

                          September 2, 2024 Monday
                                Late Edition

Ice stops the ferry

BYLINE: Anna Berg

SECTION: NEWS; Pg. 4

LENGTH: 1204 words

DATELINE: BERGEN

{ICE.replace(" for ", chr(10) + "for ")}

Captain: the end.

LOAD-DATE: September 3, 2024

LANGUAGE: ENGLISH

                         Copyright 2024 Fjord AS

                               2 of 2 DOCUMENTS

                                 Bergen Wire

                          September 5, 2024 Thursday

Thaw frees the ferry

LENGTH: 22 words

BODY:
{THAW}

SUBJECT: FERRIES (90%);
ICE (80%)
"""

NEXIS = f"""Ice stops the ferry
The Fjord
September 2, 2024 Monday

Copyright 2024 Fjord AS All Rights Reserved

Section: NEWS; Pg. 4
Length: 1204 words
Byline: Anna Berg

Body

{ICE}

Captain: the end.

Classification

Language: ENGLISH
Load-Date: September 3, 2024

End of Document

Thaw frees the ferry
Bergen Wire
September 5, 2024 Thursday

Length: 22 words

Body

{THAW}

Load-Date: September 6, 2024

End of Document
"""

PROQUEST = f"""Report Information from ProQuest

____________________________________________________________

Document 1 of 2

Ice stops the ferry

Author: Berg, Anna

Publication info: The Fjord ; Bergen [Bergen]02 Sep 2024: A.1.

ProQuest document link

Abstract: The ferry stayed in port.

Full text: {ICE}

Captain: the end.

Subject: Ferries; Ice

Title: Ice stops the ferry
Publication title: The Fjord
Pages: A.1
Publication year: 2024
Publication date: Sep 2, 2024
ProQuest document ID: 123
Database: ProQuest Central

____________________________________________________________

Document 2 of 2

Thaw frees the ferry

Full text: {THAW}

Title: Thaw frees the ferry
Publication title: Bergen Wire
Publication date: Sep 5, 2024

____________________________________________________________

Contact ProQuest
"""


@pytest.mark.parametrize(
    "content",
    [
        FACTIVA,
        FACTIVA_CODED,
        FACTIVA_CODED.replace("AN\nDocument", "AN  Document"),
        NEXIS_OLD,
        NEXIS,
        PROQUEST.replace("Pages: A.1", "Publisher: Fjord Media AS"),  # who is not the outlet
        NEXIS.replace("\n", "\r\n"),
    ],
    ids=["Factiva", "Factiva with codes", "in one line", "old Nexis", "Nexis", "ProQuest", "from Windows"],
)
def test_each_article_of_an_export_is_one_with_its_head(tmp_path: Path, content: str) -> None:
    path = tmp_path / "export.txt"
    path.write_bytes(content.encode())
    found = list(read(path))
    ice, thaw = (item for item in found if isinstance(item, Article))
    assert len(found) == 2, found
    assert (ice.title, ice.source, ice.published) == ("Ice stops the ferry", "The Fjord", date(2024, 9, 2))
    assert (thaw.title, thaw.source, thaw.published) == ("Thaw frees the ferry", "Bergen Wire", date(2024, 9, 5))
    assert (ice.text, thaw.text) == (f"{ICE}\n\nCaptain: the end.", THAW)
    assert "".join(ice.authors).replace("Berg, Anna", "Anna Berg") == "Anna Berg"
    assert len({ice.id, thaw.id}) == 2


def test_what_has_no_head_among_the_articles_is_named(tmp_path: Path) -> None:
    path = tmp_path / "export.txt"
    path.write_text(NEXIS + f"{ICE}\n\nEnd of Document\n" + NEXIS.replace("2024", "2023"))
    found = list(read(path))
    (refused,) = (item for item in found if isinstance(item, Refusal))
    assert refused.source == f"{path}:{NEXIS.count(chr(10)) + 1}"
    assert "no head of an article is recognised" in refused.reason
    assert len(found) == 5


def test_words_of_a_database_in_an_article_make_it_no_export(tmp_path: Path) -> None:
    path = tmp_path / "article.txt"
    path.write_text(f"{ICE}\n\nEnd of Document\n\n{THAW}")
    (found,) = read(path)
    assert isinstance(found, Article)
    assert found.text == f"{ICE}\n\nEnd of Document\n\n{THAW}"
