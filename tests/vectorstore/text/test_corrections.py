"""Notices of correction in an article: known by their form alone."""

from __future__ import annotations

from datetime import date

import pytest

from vectorstore.text.corrections import corrections

DAY = date(2025, 5, 3)
NOTICES = [
    ("Correction, 3 May 2025: An earlier version of this article said that 45 people died. It was 54.", DAY),
    ("*Correction (May 3, 2025): The number was wrong.*", DAY),
    ("Corrections and clarifications: The mayor is Ann Lee.", None),
    ("An earlier version of this article said that the fire was on 3 May 2025.", None),
    ("This article was amended on 3 May 2025 to correct the number\nof the dead.", DAY),
    ("This story has been updated to correct the number of the dead.", None),
    ("A correction was made on May 3, 2025: The mayor is Ann Lee.", DAY),
    ("Editor’s note: This story has been corrected on 3 May 2025. It was 54.", DAY),
    ("Editor's note (3 May 2025): An earlier version of this story gave another number.", DAY),
    ("Виправлення, 3 травня 2025: У попередній версії статті йшлося про 45 загиблих.", DAY),
    ("Уточнення: загинули 54 людини.", None),
    ("Цю новину виправлено 3 травня 2025 року.", DAY),
]
NEWS = """
Correction of the 2024 budget: members of parliament agree.
Corrections officers went on strike on Monday.
An earlier version of this bill passed in March.
This story has been updated to include a comment by the mayor.
Editor's note: This story mentions suicide.
Уточнення плану на 2024 рік: більше шкіл.
""".strip().splitlines()


@pytest.mark.parametrize(("notice", "day"), NOTICES)
@pytest.mark.parametrize("gap", ["\n\n", "\n"])
def test_a_paragraph_that_begins_with_a_formula_is_a_notice_where_it_stands(
    notice: str, day: date | None, gap: str
) -> None:
    text = f"Fire killed 54 people.{gap}{notice}{gap}The mayor was there."
    (found,) = corrections("Fire in Karon", text)
    assert (found.text, text[found.start : found.end], found.day) == (notice, notice, day)


@pytest.mark.parametrize("paragraph", NEWS)
def test_news_in_the_same_words_is_none(paragraph: str) -> None:
    assert corrections("Fire in Karon", f"Fire killed 54 people.\n\n{paragraph}") == ()


def test_an_article_that_corrects_another_was_not_corrected_itself() -> None:
    assert corrections("Correction: the fire in Karon", NOTICES[0][0]) == ()
