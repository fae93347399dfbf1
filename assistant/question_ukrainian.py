"""A Ukrainian follow-up and what was said before it → a question that stands alone. Rules, without a model.

Ukrainian asks without changing the order of words, so the last question is asked anew by another asking word: "чому?"
after "Коли Швеція вступила до НАТО?" is "Чому Швеція вступила до НАТО?". Its names change their endings, so a name
takes the place of another only where both are in the same case, and a pronoun in any case but the first keeps its
place and has the name in brackets after it: "його (Кір Стармер) партія".
"""

from __future__ import annotations

import re

from assistant.antecedents import UKRAINIAN_PREPOSITION, Exchange, Named, named, new_names, person_meant
from assistant.words import words

_ASKING = (
    rf"(?:{UKRAINIAN_PREPOSITION} )?(?:хто|кого|кому|ким|ко́му|що|чого|чому|чим|чім|коли|де|куди|звідки|відколи|навіщо"
    r"|скільки|наскільки|як(?:ий|а|е|і|ого|ої|их|у|ому|ій|им|ою|ими)?|чий|чия|чиє|чиї|котр\w+|чи)"
)
_OPENER = re.compile(
    r"(?:(?:ну|так|ок|добре|гаразд|дякую|а|і|й|та|але|або|ще|також|тоді)\b[,.!]?\s+)*"
    r"(?:(?:що|як) (?:щодо|стосовно|до|з|із|зі|про|на рахунок)\b\s*)?",
    re.IGNORECASE,
)
_VARIES = re.compile(r"(?:а|і|й|та|але|або|також|(?:що|як) (?:щодо|стосовно|до|з|із|зі|про))\b", re.IGNORECASE)
"""Openers after which a few words vary the last question."""

_LED = re.compile(r"\b(?:що|як) \w+ $", re.IGNORECASE)
_DOUBTS = re.compile(r"(?:а )?(?:справді|невже|точно|серйозно)", re.IGNORECASE)
_TOO = re.compile(r",?\s+(?:також|теж|так само|тоді|натомість)$", re.IGNORECASE)
_MORE = re.compile(
    r"(?:будь ласка,? )?(?:(?:розкажи|розкажіть|розповідай|поясни|поясніть|скажи|скажіть)(?: мені)?"
    r"(?: (?:ще|більше|докладніше|детальніше))?(?: про (?:це|нього|неї|них))?"
    r"|(?:(?:що|щось) )?ще(?: відомо)?|(?:ще )?(?:докладніше|детальніше|подробиці|деталі)|більше(?: подробиць)?"
    r"|далі|продовжуй|продовжуйте|продовжи)(?:,? будь ласка)?",
    re.IGNORECASE,
)
_HAPPENED = r"(?:був|була|було|були|є|буде|сталося|трапилося|відбулося|відбулась|сталось)"
_BARE = re.compile(
    rf"(?P<asking>{_ASKING})(?: (?P<word>саме|ще|точно|так|ні|не))?"
    rf"(?: (?:це|він|вона|воно|вони))?(?: {_HAPPENED})?(?: це)?(?: {_HAPPENED})?",
    re.IGNORECASE,
)
"""A question without a matter of its own: "чому?", "коли це було?", "де саме?", "хто ще?"."""

_ADVERB = re.compile(r"(?:коли|де|куди|звідки|чому|навіщо|як|чи|відколи)\b", re.IGNORECASE)
_OBJECT = re.compile(rf"(?:{UKRAINIAN_PREPOSITION} )?(?:кого|кому|ким)\b", re.IGNORECASE)
_OPENS = re.compile(rf"{_ASKING}\b", re.IGNORECASE)
_DEFINITION = re.compile(r"(?:що таке|хто так\w+|що означає|що нового|які новини)\b", re.IGNORECASE)
"""Asks of itself: what something is, or the news."""
_NEW_SUBJECT = re.compile(r"\b(?:інше (?:питання|запитання)|інша тема|щось інше|про інше|до речі)\b", re.IGNORECASE)
_CORRECTS = re.compile(r"(?:ні,? )?не (?P<wrong>.+?),? а (?P<right>.+)", re.IGNORECASE)

_HE = r"він|його|йому|ним|нього|ньому"
_SHE = r"вона|її|їй|нею|неї|ній"
_PERSON = re.compile(rf"\b(?:{_HE}|{_SHE})\b", re.IGNORECASE)
_POINTS = re.compile(
    r"\b(?:вони|їх|їм|ними|них|їхн\w+|воно|це|цього|цьому|цим|цей|ця|ці|цю|цієї|цих|ті|тих|тоді|там|туди|звідти"
    r"|такий|така|таке|такі)\b",
    re.IGNORECASE,
)
_ELSE = re.compile(r"\b(?:ще|інш\w+)\b", re.IGNORECASE)
_THERE = re.compile(r"\bтам\b", re.IGNORECASE)
_CAPITAL = r"[A-ZА-ЯҐЄІЇ][\w’'ʼ-]*"
_PLACE = re.compile(rf"\b(?:у|в|на) (?:[а-яґєії’'ʼ-]+ ){{0,2}}?{_CAPITAL}(?: {_CAPITAL})*")
_MONTH = r"(?:січ|лют|берез|квіт|трав|черв|лип|серп|верес|жовт|листопад|груд)[а-яії]+"
_TIME = re.compile(
    rf"\b(?:(?:у|в|на|за) )?(?:\d{{1,2}} )?(?:{_MONTH} )?(?P<year>(?:1\d|20)\d\d)(?:-(?:му|го|й))?"
    r"(?: (?:році|року|рік))?\b"
    rf"|\b(?:(?:у|в) |\d{{1,2}} ){_MONTH}\b|\bторік\b|\b(?:минулого|цього|наступного) (?:року|місяця|тижня)\b",
    re.IGNORECASE,
)
_STOP_WORDS = frozenset(
    """а або але без бути був була були було буде в вже від він вона вони воно все всі для до є ж за з зі із і й його
    її їх їм коли ким кого кому куди лише ми мені на над не нам нас ні ну о ось по при про під та так там те той
    того тому ти тільки у хто це цей ця ці чи чим чого чому чий що щоб щодо як яка яке який які якого яких якої
    скільки де звідки ще навіщо люди людей разом""".split()
)
_LETTER = re.compile(r"[а-яґєії]", re.IGNORECASE)


def is_ukrainian(text: str) -> bool:
    """Whether ``text`` begins with a Cyrillic word, or is Cyrillic for the most part: names keep their script."""
    first = re.search(r"[^\W\d_]", text)
    letters = len(_LETTER.findall(text))
    return first is not None and (_LETTER.match(first.group()) is not None or 2 * letters > len(text))


def leaning(whole: str, last: Exchange, about: str) -> str | None:
    """``whole``, without surplus blanks, with what it takes from ``last``; ``None`` where it stands alone.

    ``about`` is the matter of the last question, in the language in which that was asked.
    """
    opener = _OPENER.match(whole)
    begin = opener.end() if opener else 0
    asked = whole.rstrip("?!. ")
    body = asked[begin:].strip()
    old = last.question.rstrip("?!. ")
    if _NEW_SUBJECT.search(asked):
        return None
    if not body or _MORE.fullmatch(asked) or _MORE.fullmatch(body):
        return f"Розкажи докладніше ({about})."
    if bare := _BARE.fullmatch(asked) or _BARE.fullmatch(body):
        return _asked_anew(bare, old, last, about)
    if (corrects := _CORRECTS.fullmatch(asked)) and corrects["wrong"] in old:
        return f"{old.replace(corrects['wrong'], corrects['right'], 1)}?"
    if _DOUBTS.fullmatch(asked):
        return _bracketed(asked, about)
    varies = _VARIES.match(whole[:begin]) is not None
    alone = _TOO.sub("", body)
    if len(alone.split()) <= 6 and not _OPENS.match(body) and (varies or alone != body) and not _PERSON.search(body):
        is_first_case = _LED.search(whole[:begin]) is None
        return (_varied(alone, old) if is_first_case else None) or _bracketed(asked, about)
    return _referring(body if _OPENS.match(body) else asked, old, last, about)


def matter(old: str) -> str:
    """What the question ``old`` is about: without the word that asks where that leaves a clause."""
    held = re.fullmatch(r"(?P<asked>.+?) \((?P<matter>.+)\)", old)
    if held:
        own = [word for word in held["asked"].split() if _content(word)]
        return f"{held['matter']}, {' '.join(own)}" if own else held["matter"]
    asks = _ADVERB.match(old) or _OBJECT.match(old)
    if asks and re.match(_CAPITAL, rest := old[asks.end() :].strip()):
        return rest
    return f"{old[:1].lower()}{old[1:]}" if _OPENS.match(old) else old


def same_subject(question: str, last: Exchange) -> bool:
    """Whether a question that stands alone is still about what the last one was about: its endings do not count."""
    own = [each.name for each in named(question)]
    said = {_stem(word) for word in words(f"{last.question} {last.answer}")}
    if own:
        return any(_stem(word) in said for name in own for word in words(name))
    asked = _content(question)
    return bool(asked) and 2 * sum(_stem(word) in said for word in asked) >= len(asked)


def _stem(word: str) -> str:
    return word[: max(4, len(word) - 3)] if _LETTER.match(word) else word


def _content(text: str) -> list[str]:
    return [word for word in words(text) if word not in _PLAIN_STOP_WORDS and len(word) > 2]


_PLAIN_STOP_WORDS = frozenset(words(" ".join(_STOP_WORDS)))
"""As ``words`` spells them: without the marks of й and ї."""


def _asked_anew(bare: re.Match[str], old: str, last: Exchange, about: str) -> str:
    """The last question with another word that asks."""
    asking, word = bare["asking"], (bare["word"] or "").lower()
    whom = next((each.name for each in new_names(last) if each.kind == "person"), "")
    who = _PERSON.search(bare.group())
    if re.fullmatch(r"хто", asking, re.IGNORECASE) and (who or re.search(r" це\b", bare.group())):
        person = person_meant(old, last, who.group(), who_is=True) if who else whom
        return _bracketed(bare.group(), person or about)
    if who:
        return _referring(bare.group(), old, last, about) or _bracketed(bare.group(), about)
    asks = _ADVERB.match(old) or _OBJECT.match(old)
    if not asks or not (_ADVERB.match(asking) or word == "ще") or word in ("ні", "не"):
        return _bracketed(bare.group(), about)
    if word == "ще" and asking.lower() != asks.group().lower():
        return _bracketed(bare.group(), about)
    rest = old[asks.end() :].strip()
    asking = f"{asking} {word}" if word in ("саме", "ще", "точно") else asking
    return f"{_capital(asking)} {rest}{' ' + whom if whom and word != 'ще' and _OBJECT.match(old) else ''}?"


def _varied(part: str, old: str) -> str | None:
    """Puts "у Франції", "у 2023 році" or "Фінляндія" into ``old`` for what they vary; ``None``: nothing is alike."""
    if time := _TIME.fullmatch(part):
        held = _TIME.search(old)
        if not held:
            return f"{_capital(old)} {part}?"
        if time["year"] and held["year"] and not re.search(_MONTH, part):
            # "2024 року" keeps its own case
            return f"{old[: held.start('year')]}{time['year']}{old[held.end('year') :]}?"
        return f"{old[: held.start()]}{part}{old[held.end() :]}?"
    if _PLACE.fullmatch(part):
        held = next((each for each in _PLACE.finditer(old) if each.start()), None)
        return f"{old[: held.start()]}{part}{old[held.end() :]}?" if held else f"{old} {part}?"
    if re.fullmatch(rf"{_CAPITAL}(?: {_CAPITAL})*", part) and (subject := _subject(old, part)):
        return f"{old[: subject.start]}{part}{old[subject.end :]}?"
    return None


def _subject(old: str, part: str) -> Named | None:
    """The name that ``part``, another in the first case, may stand for.

    It stands beside the asking word, as "Швеція" in "Коли Швеція вступила до НАТО", or ends as ``part`` does, as
    "Україна" in "Скільки дронів Україна виготовила" before "А Росія?".
    """
    asks = _ADVERB.match(old) or _OBJECT.match(old)
    for each in named(old):
        if asks and not old[asks.end() : each.start].strip():
            return each
        if not each.led and re.match(r" [а-яґєії]", old[each.end :]) and _ending(each.name) == _ending(part):
            return each
    return None


def _ending(name: str) -> str:
    return "а" if name.endswith(("а", "я")) else "" if name[-1:] in "бвгґджзйклмнпрстфхцчшщь" else name[-1:]


def _referring(body: str, old: str, last: Exchange, about: str) -> str | None:
    """``body`` with names for its pronouns, or with ``about`` in brackets; ``None``: it stands alone."""
    if (pronoun := _PERSON.search(body)) and not named(body[: pronoun.start()]):
        if person := person_meant(old, last, pronoun.group(), who_is=False):
            is_subject = pronoun.group().lower() in ("він", "вона")
            put = person if is_subject else f"{pronoun.group()} ({person})"
            text = body[: pronoun.start()] + put + body[pronoun.end() :]
            return _bracketed(text, about) if _ELSE.search(body) else f"{_capital(text)}?"
        return _bracketed(body, about)
    if there := _THERE.search(body):
        held = next((each for each in _PLACE.finditer(old) if each.start()), None)
        if held:
            text = body[: there.start()] + held.group() + body[there.end() :]
            return _bracketed(text, about) if _ELSE.search(body) else f"{_capital(text)}?"
    if named(body) or _DEFINITION.match(body):
        return None
    if _POINTS.search(body):
        return _bracketed(body, about)
    # Without articles nothing tells "впала гривня" from what was spoken of: one word is too little, two are a matter.
    asked = _content(_TIME.sub(" ", body))
    return _bracketed(body, about) if _OPENS.match(body) and len(asked) <= 1 else None


def _bracketed(text: str, about: str) -> str:
    return f"{_capital(text)} ({about})?"


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
