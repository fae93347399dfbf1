"""Figures, days and names."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.checking.facts import Known, facts


def knows(text: str, statement: str, published: date | None = None) -> bool:
    known = Known([text], [published] if published else [])
    found = facts(statement)
    return (
        all(known.has_figure(figure) for figure in found.figures)
        and all(known.has_day(day) for day in found.days)
        and all(known.has_name(name.text) for name in found.names)
    )


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("It cost 1,500,000 euros", "It cost 1.5 million euros"),
        ("It cost €1.5bn", "It cost 1.5 billion euros"),
        ("Es kostete 1.500 Euro", "it cost 1,500"),
        ("two hundred and fifty thousand people", "250,000 people"),
        ("between three and five days", "from 3 to 5 days"),
        ("12 ships", "twelve ships"),
        ("three ships", "3 ships"),
        ("it rose by 5 percent", "it rose by 5%"),
        ("it rose by five per cent", "it rose by 5 percent"),
        ("1 487 people came", "about 1,500 people came"),
        ("a dozen ships", "12 ships"),
        ("one per cent", "1%"),
        ("a hundred thousand people", "100,000 people"),
        ("the 2018-2019 season", "the 2018–19 season"),
        ("F-16 jets", "the F16"),
        ("$1.2bn", "1.2 billion dollars"),
        ("10 miles away", "16 kilometres away"),
        ("a tax of 5 to 10 per cent", "a tax of 5% or more"),
        ("18 months", "1.5 years"),
        ("2,000 troops", "the 2000 troops"),
        ("it rose from 12 to 45 ships", "33 ships more"),
        ("120 men and 80 women came", "200 people came"),
        ("it rose from 5.1 per cent in May to 7.6 per cent", "it rose by 2.5 percentage points"),
        ("$1.5bn in aid and $180m in loans", "about 1.7 billion dollars"),
    ],
)
def test_a_figure_may_be_written_another_way(text: str, statement: str) -> None:
    assert knows(text, statement)


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("45 ships", "54 ships"),
        ("between three and five days", "7 days"),
        ("45 ships", "45% of ships"),
        ("45% of ships", "45 ships"),
        ("1.5 million people", "1.5 billion people"),
        ("1,500 people", "1.5 people"),
        ("nearly 600 places", "nearly 601 places"),
        ("1,487 people", "1,500 people"),
        ("250 ships", "25 ships"),
        ("F-16 jets", "F-35 jets"),
        ("twenty ships", "seventeen ships"),
        ("$5 million", "€5 million"),
        ("5 per cent", "5 percentage points"),
        ("six months", "six weeks"),
        ("20 degrees", "20 per cent"),
        ("12 ships, 45 planes and 90 tanks", "102 of them"),
        ("12 ships and 45 metres", "33 metres"),
        ("12 to 45 ships", "34 ships"),
    ],
)
def test_another_figure_is_noticed(text: str, statement: str) -> None:
    assert not knows(text, statement)


MONDAY = date(2024, 9, 2)


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("They met on 2024-09-02.", "They met on 2 September 2024."),
        ("They met on Sept. 2.", "They met on September 2, 2024."),
        ("They met on Monday.", "They met on 2 September 2024."),
        ("They will meet on Friday.", "They meet on 6 September."),
        ("They met yesterday.", "They met on 1 September 2024."),
        ("They met.", "Starter Library, 2 September 2024:"),
        ("They met on the 2nd of September.", "They met in September 2024."),
        ("They met last year.", "They met in 2023."),
        ("They met last week.", "They met on 29 August 2024."),
        ("They meet next month.", "They meet in October 2024."),
        ("They met two years ago.", "They met in 2022."),
        ("They met ten days ago.", "They met on Friday, 23 August 2024."),
        ("They met in December.", "They met in December 2024."),
        ("They met on 02.09.2024.", "They met on Monday."),
    ],
)
def test_a_day_may_be_said_another_way(text: str, statement: str) -> None:
    assert knows("THEY STARTER LIBRARY " + text, statement, MONDAY)


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("They met on 2 September 2024.", "They met on 3 September 2024."),
        ("They met on 2 September 2024.", "They met on 2 September 2023."),
        ("They met on 2 September.", "They met on 2 October."),
        ("They met on Monday.", "They met on Tuesday."),
        ("They met.", "They met on Monday."),
        ("They met in 2019.", "They met in 2018."),
        ("They met last week.", "They met on 22 August 2024."),
        ("They met two years ago.", "They met in 2021."),
        ("They met on 31 February 2024.", "They met on Monday."),
    ],
)
def test_another_day_is_noticed(text: str, statement: str) -> None:
    assert not knows("THEY " + text, statement, MONDAY)


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("the Ukrainian minister", "a minister of Ukraine"),
        ("a minister from France", "the French minister"),
        ("in the United States", "the American plan"),
        ("the European Union", "the EU plan"),
        ("Sébastien Lecornu", "the plan of Sebastien Lecornu’s"),
        ("Dutch ships", "ships of the Netherlands"),
        ("an Israeli plan", "a plan of Israel"),
        ("the United States", "the U.S. plan"),
        ("the U.S. Postal Service", "the USPS plan"),
    ],
)
def test_a_name_may_take_another_form(text: str, statement: str) -> None:
    assert knows(text, statement)


def test_names_may_stand_there_as_their_first_letters() -> None:
    assert Known(["The Postal Service raised its prices."]).has_name("USPS")
    assert not Known(["The Post Office raised its prices."]).has_name("USPS")
    assert Known(["the U.S. plan"]).has_abbreviation(["United", "States"])
    assert Known(["the EU plan"]).has_abbreviation(["European", "Union"])
    assert not Known(["the EU plan"]).has_abbreviation(["Public", "Health"])


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("Rustem Umerov spoke", "then Sybiha spoke"),
        ("Johnson spoke", "then Johnston spoke"),
        ("the European Union", "the UN plan"),
        ("Alexander spoke", "then Alexandra spoke"),
    ],
)
def test_another_name_is_noticed(text: str, statement: str) -> None:
    assert not knows(text, statement)


def test_a_capital_at_the_start_of_a_sentence_proves_no_name() -> None:
    names = {
        name.text: name.sure
        for name in facts("Residents left. Kyiv stayed. Rustem Umerov met NATO: Dozens came.").names
    }
    assert names == {"Kyiv": False, "Rustem": True, "Umerov": True, "NATO": True}


def test_a_number_in_metres_is_no_number_of_millions() -> None:
    assert knows("about 3,000 m of rope", "3,000 metres")
    assert not knows("about 3,000 m of rope", "3,000 kilometres")


def test_text_without_any_facts() -> None:
    found = facts("")
    assert (found.figures, found.days, found.names) == ((), (), ())
