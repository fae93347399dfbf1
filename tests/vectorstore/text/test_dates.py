from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectorstore.text.dates import date_at_head, find_day, parse_day

SECOND = date(2024, 9, 2)


ACCEPTED = [
    "2024-09-02",
    "2024-9-2",
    "2024/09/02",
    "2024.09.02",
    "20240902",
    "20240902T101500Z",
    "2024-09-02 10:15",
    "2024-09-02T10:15:00.000Z",
    "2024-09-02 10:15:00+00:00",
    "2 September 2024",
    "2nd of September, 2024",
    "02-Sep-2024",
    "September 2, 2024",
    "Sept. 2, 2024",
    "Sep 2, 2024, 10:15 a.m. EDT",
    "Monday 2 September 2024 10.15 BST",
    "02.09.2024",
    "2.9.2024 10:15",
    "Mon, 02 Sep 2024 10:15:00 +0300",
    "Mon Sep 02 10:15:00 +0000 2024",
    "Mon Sep 02 2024 10:15:00 GMT+0000 (Coordinated Universal Time)",
    "2 вересня 2024",
    "2 вересня 2024 р., 10:15",
    "2 сентября 2024",
    "2. September 2024",
    "lundi 2 septembre 2024 à 10h15",
    "2 de septiembre de 2024",
    "2 de setembro de 2024",
    "2 settembre 2024",
    "2 september 2024",
    "  2   September\n2024 ",
    "2024-W36-1",
    "2024-246",
    "2024-09-02+02:00",
    "2024-09-02T10:15:00.123456789Z",
    "2024-Sep-02",
    "02-Sep-24",
    "Mon, 02 Sep 24 10:15:00 GMT",
    "September 2, 2024 Monday",
    "10:15, 2 вер. 2024 р.",
    "П’ятниця, 2 вересня 2024",
    "2 сент. 2024 г. в 10:15",
    "Montag, 2. September 2024, 10:15 Uhr",
    "poniedziałek, 2 września 2024 r.",
    "2 Eylül 2024 Pazartesi",
    "2 EYLÜL 2024, 10:15",
    "2024. szeptember 2.",
    "2024年9月2日（月） 10時15分",
    "令和6年9月2日",
    "令和 6 年 9 月 2 日（月） 10時15分",
    "2024年9月2日星期一 上午10:15",
    "2024년 9월 2일 월요일 오전 10:15",
    "الاثنين، ٢ سبتمبر ٢٠٢٤",
    "2 سبتمبر/أيلول 2024",
]


def test_a_day_is_read_in_every_accepted_form() -> None:
    assert [written for written in ACCEPTED if parse_day(written) != SECOND] == []


@pytest.mark.parametrize("written", ["2024-09-02T23:59:00-05:00", "2024-09-02T00:01:00+14:00"])
def test_the_day_stays_as_written_whatever_the_zone(written: str) -> None:
    assert parse_day(written) == SECOND


NO_DAYS = [
    "",
    "yesterday",
    "2024",
    "September 2024",
    "2 September",
    "31.02.2024",
    "2024-02-30",
    "2024-13-01",
    "0024-09-02",
    "1399-06-12",  # a year of the Persian calendar
    "2567-09-02",  # a year of the Thai calendar
    "2024-09-02 and 2024-09-03",
    "1725235200",
    "2024-09-02" + " " * 100 + "x",
    "2 srpnja 2024",  # Croatian is not read: "2 listopada" is October in Zagreb and November in Warsaw
    "2024-W36",
    "2023-366",
    "3 cups 2024",
    "02/09/24 and so on",
]


def test_what_names_no_day_or_an_impossible_one_is_none() -> None:
    assert [written for written in NO_DAYS if parse_day(written) is not None] == []


def test_years_end_with_the_next() -> None:
    this_year = date.today().year
    assert parse_day(f"{this_year + 1}-01-01") == date(this_year + 1, 1, 1)
    assert parse_day(f"{this_year + 2}-01-01") is None


def test_a_short_tuesday_is_no_march() -> None:
    assert parse_day("mar. 3 sept. 2024") == date(2024, 9, 3)
    assert parse_day("Mar 3, 2024") == parse_day("3 mars 2024") == date(2024, 3, 3)


def test_two_digits_of_a_year_are_of_the_last_hundred_years() -> None:
    assert parse_day("2.9.24") == SECOND
    assert parse_day("2/9/75") == date(1975, 9, 2)
    assert parse_day("2/9/24", day_first=None) is None
    assert parse_day("24-09-02") is None


def test_slashes_are_day_first_unless_told_otherwise_or_impossible() -> None:
    assert parse_day("03/04/2024") == date(2024, 4, 3)
    assert parse_day("03/04/2024", day_first=False) == date(2024, 3, 4)
    assert parse_day("03/04/2024", day_first=None) is None
    assert parse_day("04/04/2024", day_first=None) == date(2024, 4, 4)
    assert parse_day("09/13/2024") == parse_day("13/09/2024", day_first=False) == date(2024, 9, 13)
    assert parse_day("03.04.2024", day_first=False) == date(2024, 4, 3)


@given(st.dates(date(1500, 1, 1), date.today()))
def test_every_day_comes_back_from_the_forms_it_is_written_in(day: date) -> None:
    months = "January February March April May June July August September October November December".split()
    month = months[day.month - 1]
    for written in (
        day.isoformat(),
        f"{day.year:04}{day.month:02}{day.day:02}",
        f"{day.day}.{day.month}.{day.year}",
        f"{day.day} {month} {day.year}",
        f"{month[:3]} {day.day}, {day.year}",
    ):
        assert parse_day(written) == day


@given(st.text(max_size=100))
def test_no_text_breaks_the_reading_of_dates(text: str) -> None:
    parse_day(text)
    find_day(text)
    _, start = date_at_head(text)
    assert 0 <= start <= len(text)


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        (" date 2024-09-02 The minister met", "The minister met"),
        ("date 2024-09-02 three ships sailed", "three ships sailed"),
        ("Date: 2024-09-02\n\nThe minister met", "The minister met"),
        ("date 2024-09-02 10:30 UN envoys met", "UN envoys met"),
        ("date 2024-09-02 12.50 percent of homes", "12.50 percent of homes"),
        ("Published 2 September 2024\n\nThe minister met", "The minister met"),
        ("Published: Sept. 2, 2024, 10:15 a.m. EDT\nThe minister met", "The minister met"),
        ("Опубліковано: 2 вересня 2024, 10:15\nМіністр зустрівся", "Міністр зустрівся"),
        ("Monday, 2 September 2024\nThe minister met", "The minister met"),
        ("2024-09-02 The minister met", "The minister met"),
        ("02.09.2024 – The minister met", "The minister met"),
        ("KYIV, Sept. 2, 2024 (UNN) — The minister met", "KYIV, Sept. 2, 2024 (UNN) — The minister met"),
        ("КИЇВ, 2 вересня 2024 – Міністр зустрівся", "КИЇВ, 2 вересня 2024 – Міністр зустрівся"),
    ],
)
def test_the_date_at_the_head_of_a_text_is_its_day(text: str, rest: str) -> None:
    day, start = date_at_head(text)
    assert (day, text[start:]) == (SECOND, rest)


@pytest.mark.parametrize(
    "text",
    [
        "On 2 September 2024 the minister met",
        "2 September 2024 was a Monday.",
        "2024-09-02 was a Monday.",
        "Published 2 September 2024 in Nature, the study says",
        "In Kyiv, September 2, 2024 - the minister met",
        "The minister met on 2024-09-02.",
        "date 2024-13-45 The minister met",
        "date 03/04/2024 The minister met",
        "date 2024-09-02x The minister met",
        "Dates are sweet. 2024-09-02",
        "Updated 2 September 2024\nThe minister met",
        "",
    ],
)
def test_a_date_inside_the_text_is_not_its_day(text: str) -> None:
    assert date_at_head(text) == (None, 0)


def test_a_label_without_a_date_goes_and_leaves_the_text_undated() -> None:
    text = "date None The minister met"
    day, start = date_at_head(text)
    assert day is None
    assert text[start:] == "The minister met"


def test_a_byline_gives_its_only_day() -> None:
    assert find_day("By Jane Doe / martes 17 de marzo de 2020 / Madrid") == date(2020, 3, 17)
    assert find_day("公開日：2020年3月17日 更新") == date(2020, 3, 17)
    assert find_day("平成31年4月30日に発表") == date(2019, 4, 30)
    assert find_day("令和元年五月 公開日：令和元年5月1日") == date(2019, 5, 1)
    assert find_day("17 March 2020, updated 18 March 2020") is None
    assert find_day("flight 2020-03-17-22 to 03/04/2024") is None
