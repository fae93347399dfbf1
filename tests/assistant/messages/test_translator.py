"""Numbers, days and lists as each language writes them."""

from __future__ import annotations

from datetime import date

from assistant.messages import translator

EN, UK = translator("en"), translator("uk")
DAY = date(2024, 9, 2)


def test_numbers_take_the_form_of_the_noun() -> None:
    def articles(count: int) -> str:
        return UK.ngettext("{count} article", "{count} articles", count)

    assert [articles(count) for count in (1, 3, 11, 22)] == ["1 стаття", "3 статті", "11 статей", "22 статті"]
    assert EN.ngettext("{count} article", "{count} articles", 1204) == "1,204 articles"
    assert (EN.number(1.25, 1), UK.number(1.35, 1)) == ("1.2", "1,4")


def test_days_are_written_out_or_short() -> None:
    assert (EN.day(DAY), EN.short_day(DAY)) == ("2 September 2024", "2 Sep 2024")
    assert (UK.day(DAY), UK.short_day(DAY)) == ("2 вересня 2024", "2 вер. 2024")


def test_many_names_are_shortened() -> None:
    assert EN.listed(("A",)) == "A"
    assert EN.listed(("A", "B", "C")) == "A, B and C"
    assert EN.listed(("A", "B", "C", "D", "E")) == "A, B and 3 others"
    assert UK.listed(("A", "B", "C", "D", "E")) == "A, B і ще 3"
