"""Do names, figures and strong words stand among the words that they stand among in the source?"""

from __future__ import annotations

import pytest

from assistant.support import assess

CUP = (
    "The cup was first held in Lisbon in 1987 and drew 12,000 people to three stadiums. Marta Dias of Porto won the "
    "long jump, the best result of her club in forty years, while Ines Braga of Faro took the high jump. Portugal beat "
    "Norway in the final. The train from Porto to Faro ran daily during the games. Most visitors came by car because "
    "of the strike. The city may build another stadium by the river, and the club plans to sell its old ground. "
    "Tickets cost more than ever. Some seats stayed empty until the last day, and no member of the government attended."
)


def told(statement: str) -> tuple[bool, str]:
    verdict = assess(statement, [CUP], ["The cup of 1987"])
    return verdict.support == "verified", verdict.reason


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("Norway beat Portugal in the final.", "“Norway” and “Portugal” have changed places"),
        ("The train from Faro to Porto ran daily.", "“Faro” and “Porto” have changed places"),
        ("The best result of her club was the long jump, which Ines Dias won.", "“Ines Dias” is not in the source"),
        ("The train ran weekly during the games.", "“weekly” where the source has “daily”"),
        ("All seats stayed empty until the last day.", "“All” where the source has “Some”"),
        ("Some seats stayed empty since the last day.", "“since” where the source has “until”"),
        ("Most visitors came by car despite the strike.", "“despite” where the source has “because”"),
        ("The cup was held in Lisbon for the fifth time.", "“fifth” is not in the source"),
        ("The cup in Lisbon never drew 12,000 people.", "“never drew” where the source has “drew”"),
        ("The city builds another stadium by the river.", "the source says “may builds”"),
        ("The club sold its old ground and the city will build another stadium.", "“will” where the source has “may”"),
        ("The club managed to sell its old ground.", "“managed” where the source has “plans”"),
        ("A member of the government attended.", "the source says “no member”"),
        ("Tickets cost less than ever.", "“less” where the source has “more”"),
        ("A strike of visitors cost the club its government.", "no sentence of the source says this"),
        ("The strike came to Lisbon Faro.", "“Lisbon Faro” is no name in the source"),
    ],
)
def test_a_word_in_the_wrong_place_is_named(statement: str, reason: str) -> None:
    assert told(statement) == (False, reason)


@pytest.mark.parametrize(
    "statement",
    [
        "In the final Norway was beaten by Portugal.",
        "In 1987, Lisbon was the first city to hold the cup.",
        "The high jump was won by Ines Braga, from Faro, and the long jump by Marta Dias, from Porto.",
        "Every day during the games a train ran from Porto to Faro.",
        "Due to the strike, most visitors came by car.",
        "A new stadium by the river might be built by the city.",
        "The club wants to sell its old ground, and the city may build another stadium.",
        "Nobody of the government attended.",
        "Seats stayed empty until the last day.",
    ],
)
def test_the_same_in_another_order_is_carried(statement: str) -> None:
    assert told(statement) == (True, "")


def test_what_is_quoted_to_the_letter_says_nothing_otherwise() -> None:
    assert told("The report says that “no member of the government attended” the cup.") == (True, "")


def test_a_title_between_quotation_marks_is_compared_as_a_name() -> None:
    source = "The series “Mare of Easttown” was watched by many in the pandemic. Anna Tedeschi sings in it."
    assert assess("“Mare of Easttown” was watched in the pandemic.", [source]).support == "verified"
    found = assess("The series “Mare of Tedeschi” was watched in the pandemic.", [source])
    assert (found.support, found.reason) == ("partly", "“Tedeschi” where the source has “Easttown”")
