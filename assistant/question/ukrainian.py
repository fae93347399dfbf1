"""Ukrainian questions: their times in English, so that one grammar reads both, and their words in all cases.

"Що сталося минулого тижня?" → "what happened last week?"; "про Полтаву" is also "у Полтаві".

The names of months and weekdays are Unicode's (CLDR), in the cases in which they stand beside a day or a preposition.
"""

from __future__ import annotations

import re
from functools import cache

from assistant.language.words import WEEKDAYS
from vectorstore.messages import MONTHS

_WORDS = {
    "позавчора": "the day before yesterday", "учора": "yesterday", "вчора": "yesterday", "сьогодні": "today",
    "завтра": "tomorrow", "торік": "last year", "цьогоріч": "this year", "нещодавно": "recently",
    "останні новини": "latest news", "новини": "news", "статті": "articles", "статей": "articles",
    "що сталося": "what happened", "що сталось": "what happened", "що відбулося": "what happened", "про": "about",
    "перелічи": "list", "покажи": "show", "розкажи": "tell", "скільки": "how many", "хто": "who", "коли": "when",
    "де": "where", "чому": "why", "які": "which", "що": "what",
}  # fmt: skip
_UNITS = {
    "годин": "hour", "день": "day", "дн": "day", "тижд": "week", "тижн": "week", "місяц": "month", "квартал": "quarter",
    "рік": "year", "рок": "year", "роц": "year", "вихідн": "weekend",
}  # fmt: skip
_RELATIONS = {"минул": "last", "попередн": "previous", "наступн": "next", "ц": "this"}
_NUMBERS = {"два": "two", "дві": "two", "три": "three", "чотири": "four", "кілька": "few", "пару": "couple of"}
_LEADS = {"до": "until", "після": "after", "перед": "before", "з": "since", "із": "since", "від": "since"}


def in_english(text: str) -> tuple[str, list[tuple[int, int]]]:
    """``text`` with its times in English, and for each character of that the span of ``text`` that it stands for."""
    made: list[str] = []
    places: list[tuple[int, int]] = []
    at = 0
    for match in _times().finditer(text) if is_cyrillic(text) else ():
        made += [text[at : match.start()], english := _said(match)]
        places += [(place, place + 1) for place in range(at, match.start())] + [match.span()] * len(english)
        at = match.end()
    places += [(place, place + 1) for place in range(at, len(text))]
    return "".join([*made, text[at:]]), places


_ASKING = frozenset(
    """хто що де куди звідки коли скільки який яка яке які якого яку якою чому навіщо як чи чий є був була було були про
    у в на з із зі за до від та і й а але не це цей ця той для по при мені новини новин статті статтю статей події
    сталося сталось відбулося останні свіжі огляд підсумки покажи розкажи перелічи знайди дай""".split()
)
_CASES = "а у о и і е я ю ї ь ів їв ам ям ом ем єм ою ею ах ях ами ями ові ий ого ому им их ими ої".split()
_CASE = re.compile(rf"(?<=...)(?:{'|'.join(_CASES)})$")


def is_cyrillic(text: str) -> bool:
    return re.search("[а-яіїєґ]{2}", text, re.IGNORECASE) is not None


def asked_words(question: str) -> list[str]:
    """The words of a Cyrillic ``question`` that say about what, as they stand in it; none of another question."""
    words = re.findall("[^\\W\\d_]['’ʼ\\w-]+", question) if is_cyrillic(question) else []
    return [word for word in words if word.lower() not in _ASKING]


def all_cases(word: str) -> list[str]:
    """A noun or adjective with the ending of each case: the index has Cyrillic words as they stand; others alone."""
    base = _CASE.sub("", word)  # leaves a Latin word as it is
    return [word] if base.isascii() else [word, base, *(base + ending for ending in _CASES)]


def share_held(question: str, text: str) -> float:
    """The share of what a Cyrillic ``question`` asks about that ``text`` holds in any case; 0 where a name is missing.

    1 where the two are not both in Cyrillic. The reader has learnt English alone, and finds everything alike.
    """
    words = asked_words(question)
    if not words or not is_cyrillic(text):
        return 1.0
    lower = text.lower()
    stems = [re.escape(word.lower()[: max(4, len(word) - 2)]) for word in words]
    held = [re.search(rf"\b{stem}\w{{0,4}}\b", lower) is not None for stem in stems]
    named = [word[0].isupper() and not question.startswith(word) for word in words]
    return 0.0 if any(name and not has for name, has in zip(named, held, strict=True)) else sum(held) / len(held)


@cache
def _names() -> dict[str, str]:
    """The English names of months and weekdays by their Ukrainian ones in all cases that speak of time."""
    from babel.dates import get_day_names, get_month_names

    names: dict[str, str] = {}
    for number, english in enumerate(MONTHS, 1):
        genitive = get_month_names("wide", "format", "uk")[number]
        forms = (
            genitive,
            get_month_names("wide", "stand-alone", "uk")[number],
            genitive[:-1] + "і",
            genitive[:-2] + "му",
        )
        names |= dict.fromkeys(forms, english)
    for number, english in enumerate(WEEKDAYS):
        name = get_day_names("wide", "stand-alone", "uk")[number].replace("ʼ", "'")
        stem = name[:-1] if name[-1] in "ая" else name.replace("ок", "к")
        names |= dict.fromkeys((name, *(stem + ending for ending in ("у", "ю", "а", "і", "и", "я"))), english)
    return names


@cache
def _times() -> re.Pattern[str]:
    months = "|".join(sorted((name for name, english in _names().items() if english in MONTHS), key=len, reverse=True))
    weekdays = "|".join(
        sorted((name for name, english in _names().items() if english in WEEKDAYS), key=len, reverse=True)
    )
    weekdays = weekdays.replace("'", "['’ʼ]")
    units, count = "|".join(_UNITS), rf"\d{{1,3}}|{'|'.join(_NUMBERS)}"
    year = r"(?:\s+(?P<year>\d{4}))?(?:\s*(?:року|році|рік\b|р\.))?"
    return re.compile(
        rf"""(?<!\w)(?:
            (?P<words>{"|".join(map(re.escape, sorted(_WORDS, key=len, reverse=True)))})
          | (?:за\s+|протягом\s+)?останн\w{{1,3}}\s+(?:(?P<last>{count})\s+)?(?P<last_unit>{units})\w{{0,4}}
          | (?:(?P<ago>{count})\s+)?(?P<ago_unit>{units})\w{{0,4}}\s+тому
          | (?:(?P<lead>{"|".join(_LEADS)}|[уву]|на|за|протягом|впродовж|упродовж)\s+)?(?:
              (?:(?P<from>\d{{1,2}})\s+(?:по|до)\s+)?(?P<day>\d{{1,2}})(?:-?го)?\s+(?P<month>{months})(?!\w){year}
            | (?P<relation>{"|".join(_RELATIONS)})(?:ого|ому|ий|им|і|их|ої|у|ю|ій|єї|ієї|ей|я|ього|ьому)\s+
              (?:(?P<unit>{units})\w{{0,4}}|(?P<which>{weekdays}|{months})(?!\w))
            | (?P<month_alone>{months})(?!\w){year.replace("P<year>", "P<its_year>")}
            | (?P<year_alone>(?:19|20)\d\d)\s*(?:року|році|рік|р\.)
            | (?<=[уву]\s)(?P<weekday>{weekdays})(?!\w))
        )(?!\w)""",
        re.IGNORECASE | re.VERBOSE,
    )


def _said(match: re.Match[str]) -> str:
    """The English of a time."""
    said = {
        name: (value or "").lower().replace("’", "'").replace("ʼ", "'") for name, value in match.groupdict().items()
    }
    if said["words"]:
        return _WORDS[" ".join(said["words"].split())]
    if said["last_unit"]:
        return f"the last {_NUMBERS.get(said['last'], said['last'])} {_UNITS[said['last_unit']]}".replace("  ", " ")
    if said["ago_unit"]:
        return f"{_NUMBERS.get(said['ago'], said['ago']) or 'a'} {_UNITS[said['ago_unit']]} ago"
    lead = _LEADS.get(said["lead"], "on" if said["day"] or said["weekday"] else "in")
    if said["relation"]:
        lead = _LEADS.get(said["lead"], "")
        said["time"] = f"{_RELATIONS[said['relation']]} {_UNITS.get(said['unit']) or _names()[said['which']]}"
    elif said["day"]:
        lead = f"from {said['from']} to" if said["from"] else lead
        said["time"] = f"{said['day']} {_names()[said['month']]} {said['year']}"
    elif said["month_alone"]:
        said["time"] = f"{_names()[said['month_alone']]} {said['its_year']}"
    else:
        said["time"] = said["year_alone"] or _names()[said["weekday"]]
    return f"{lead} {said['time']}".strip()
