"""Figures in a text: what they may stand for, what they measure, and which other figures they agree with."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from assistant.checking.days import Day
from assistant.language.words import NUMBER_WORDS

Bound = Literal["", "about", "least", "most"]
"""How a figure is said to be meant: exactly, "about", "nearly"; "at least", "more than"; "at most", "less than"."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number as written, and every value it may stand for: "1.500" is 1.5 or, in much of Europe, 1500."""

    text: str
    values: frozenset[float]
    unit: str = ""
    """What is measured: ``%``, ``points``, ``usd``, ``length``, ``time``, …; empty where no unit is written."""
    factor: float = 1.0
    """By which a value becomes one in the basic unit of what is measured: 1000 for kilometres."""
    bound: Bound = ""
    bound_text: str = ""
    """The words that say so."""
    spelled: bool = False
    """Written in words."""
    start: int = 0
    end: int = 0

    @property
    def said(self) -> str:
        return f"{self.bound_text} {self.text}".strip()


SCALES = {"dozen": 12, "hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_SHORT_SCALES = {"k": 1e3, "m": 1e6, "mn": 1e6, "mln": 1e6, "bn": 1e9, "b": 1e9, "tn": 1e12}
_DIGITS = re.compile(
    r"(?<![\w.,])(?<![A-Za-z]-)(?P<number>\d{1,3}(?:[,.’'\u00a0\u202f ]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d+)?)"
    r"(?P<after>[\s-]?(?:hundred|thousand|million|billion|trillion)\b|\s?(?:k|mn|mln|bn|tn|m|b)\b|st\b|nd\b|rd\b|th\b)?",
    re.IGNORECASE,
)
_NUMBER_WORD = "|".join(NUMBER_WORDS)
_SCALED = "|".join(f"(?<={scale})" for scale in SCALES)
"""Only behind one of these does "and" go on: in "between two and four" it stands between two numbers."""
_SPELLED = re.compile(
    rf"\b(?:{_NUMBER_WORD}|hundred|dozen)\b"
    rf"(?:(?:(?:{_SCALED})\s+and\s+|[\s-]+)(?:{_NUMBER_WORD}|{'|'.join(SCALES)})\b)*",
    re.IGNORECASE,
)
_BOUND_WORDS: dict[Bound, str] = {
    "about": "about|around|roughly|some|approximately|approx|approx.|close to|an estimated|~|circa",
    "least": "over|more than|at least|above|exceeding|no less than|no fewer than|upwards of|minimum of",
    "most": "nearly|almost|under|less than|fewer than|at most|up to|below|no more than|not more than|maximum of",
}
_BOUNDS = {word: bound for bound, words in _BOUND_WORDS.items() for word in words.split("|")}
_ANY_BOUND = "|".join(re.escape(word) for word in sorted(_BOUNDS, key=len, reverse=True))
_BOUND = re.compile(rf"(?<!\w)(?:{_ANY_BOUND})(?=\s*(?:a |the )?$)", re.IGNORECASE)
_MEASURES: dict[str, tuple[str, float]] = {
    word: (unit, factor)
    for unit, factor, words in (
        ("%", 1, "% percent pc"), ("points", 1, "points point pts"),
        ("usd", 1, "$ dollars dollar usd us$ bucks"), ("usd", 0.01, "cents"), ("eur", 1, "€ euros euro eur"),
        ("gbp", 1, "£ gbp sterling"), ("gbp", 0.01, "pence"), ("yen", 1, "¥ yen"), ("yuan", 1, "yuan renminbi"),
        ("rub", 1, "rubles roubles ruble rouble"), ("uah", 1, "hryvnia hryvnias hryvnyas uah"),
        ("inr", 1, "₹ rupees rupee"), ("chf", 1, "francs franc"), ("pound", 1, "pounds pound lbs lb"),
        ("length", 1, "metres meters metre meter m"),
        ("length", 1000, "kilometres kilometers kilometre kilometer km kms"),
        ("length", 0.01, "centimetres centimeters centimetre centimeter cm"),
        ("length", 0.001, "millimetres millimeters millimetre millimeter mm"), ("length", 1609.344, "miles mile"),
        ("length", 0.3048, "feet foot ft"), ("length", 0.0254, "inches inch"), ("length", 0.9144, "yards yard"),
        ("area", 1e4, "hectares hectare ha"), ("area", 4046.86, "acres acre"),
        ("mass", 1, "grams grammes gram g"), ("mass", 1000, "kilograms kilogrammes kilogram kilos kg"),
        ("mass", 1e6, "tonnes tonne"), ("mass", 907185, "tons ton"), ("mass", 28.35, "ounces ounce oz"),
        ("volume", 1, "litres liters litre liter"), ("volume", 3.785, "gallons gallon"),
        ("volume", 159, "barrels barrel"),
        ("time", 1, "seconds second secs"), ("time", 60, "minutes minute mins min"), ("time", 3600, "hours hour hrs"),
        ("time", 86400, "days day"), ("time", 604800, "weeks week"), ("time", 2629800, "months month"),
        ("time", 31557600, "years year"), ("time", 315576000, "decades decade"), ("time", 3155760000, "centuries"),
        ("degree", 1, "degrees degree °"), ("celsius", 1, "°c celsius"), ("fahrenheit", 1, "°f fahrenheit"),
        ("speed", 1, "mph"), ("speed", 0.621371, "kph km/h kmh"),
        ("energy", 1, "watts w"), ("energy", 1e3, "kilowatts kilowatt kw"), ("energy", 1e6, "megawatts megawatt mw"),
        ("energy", 1e9, "gigawatts gigawatt gw"),
    )
    for word in words.split()
} | {"per cent": ("%", 1), "percentage point": ("points", 1), "percentage points": ("points", 1)}  # fmt: skip
_MEASURE = re.compile(
    r"(?P<measure>\s?percentage[\s-]points?\b|\s?per\s?cent\b|\s?%|\s?degrees? (?:celsius|fahrenheit)\b|\s?°\s?[CF]?\b"
    r"|\s?(?:km/h)|[\s-](?:US )?(?:"
    + "|".join(sorted((w for w in _MEASURES if w.isalpha()), key=len, reverse=True))
    + r")\b"
    r"|(?:km|cm|mm|kg|lbs?|ft|mph|kph|kw|mw|gw|pc|ha)\b)",
    re.IGNORECASE,
)
_CURRENCY = re.compile(r"[$€£¥₹]\s?$")
_SAME_MEASURE = frozenset({("pound", "gbp"), ("gbp", "pound"), ("degree", "celsius"), ("degree", "fahrenheit"),
                         ("celsius", "degree"), ("fahrenheit", "degree")})  # fmt: skip
_RANGE = re.compile(r"\s?(?:-|–|—|to|and|or|from)\s(?:about |nearly |almost )?|[-–—]", re.IGNORECASE)
CONVERTED = 0.02
"""A converted figure may be off by this share: "10 miles" for 16 kilometres."""


def figures_in(text: str) -> list[Figure]:
    found = []
    for match in _DIGITS.finditer(text):
        values = _values(match["number"])
        end = match.end()
        after = (match["after"] or "").strip(" -\u00a0").lower()
        currency = _CURRENCY.search(text, max(0, match.start() - 2), match.start())
        if after in SCALES:
            values = {value * SCALES[after] for value in values}
        elif after == "m" and text[match.start("after")] == " " and not currency:
            end = match.start("after")  # 3,000 m are metres, 5m may be millions
        elif after in _SHORT_SCALES:
            values |= {value * _SHORT_SCALES[after] for value in values}  # 5m may be metres
        found.append(_figure(text, match.start(), end, values))
    text = blanked(text, found)
    for match in _SPELLED.finditer(text):
        figure = _figure(text, *match.span(), {_spelled_value(match.group())}, spelled=True)
        if match.group().lower() != "one" or figure.unit == "%":  # alone, "one" is mostly a pronoun
            found.append(figure)
    found.sort(key=lambda figure: figure.start)
    for at in range(len(found) - 2, -1, -1):  # "from 5 to 10 per cent": the unit is said once
        one, other = found[at], found[at + 1]
        if not one.unit and other.unit and _RANGE.fullmatch(text, one.end, other.start):
            found[at] = replace(one, unit=other.unit, factor=other.factor)
    return found


def _figure(text: str, start: int, end: int, values: set[float], *, spelled: bool = False) -> Figure:
    unit, factor = "", 1.0
    if currency := _CURRENCY.search(text, max(0, start - 2), start):
        unit, factor = _MEASURES[currency.group().strip()]
        start = currency.start()
    if measure := _MEASURE.match(text, end):
        written = re.sub(r"[\s-]+", " ", measure.group().lower()).strip()
        written = re.sub(r"^us |degrees? ", "", written).replace("° ", "°")
        if written in _MEASURES and not unit:
            unit, factor = _MEASURES[written]
            end = measure.end()
    bound = _BOUND.search(text, max(0, start - 24), start)
    return Figure(
        text[start:end].strip(),
        frozenset(values),
        unit,
        factor,
        bound=_BOUNDS[bound.group().lower()] if bound else "",
        bound_text=bound.group() if bound else "",
        spelled=spelled,
        start=start,
        end=end,
    )


def _values(number: str) -> set[float]:
    """A comma before three digits groups them in English; a point may do either. The last of two kinds is decimal."""
    compact = re.sub(r"[’'\u00a0\u202f ]", "", number)
    marks = re.findall(r"[.,]", compact)
    whole, _, part = compact.rpartition(marks[-1]) if marks else ("", "", compact)
    digits = re.sub(r"[.,]", "", whole)
    grouped, decimal = float(digits + part), float(f"{digits or 0}.{part}")
    if len(marks) == 1:
        if len(part) != 3 or len(whole) > 3 or whole == "0":
            return {decimal}
        return {grouped} if marks == [","] else {grouped, decimal}
    return {decimal if len(set(marks)) > 1 else grouped}


def _spelled_value(text: str) -> float:
    """Two hundred and fifty thousand: 250000."""
    total, current = 0.0, 0.0
    for word in re.findall(r"\b(?!and\b)[a-z]+", text.lower()):
        if word not in SCALES:
            current += NUMBER_WORDS[word]
        elif SCALES[word] <= 100:
            current = (current or 1) * SCALES[word]
        else:
            total += (current or 1) * SCALES[word]
            current = 0
    return total + current


def same_figure(stated: Figure, known: Figure) -> bool:
    """Whether ``known`` allows ``stated``: the same amount, or, said to be rough, a rounder one close to it."""
    if stated.unit != known.unit and (stated.unit, known.unit) not in _SAME_MEASURE:
        if "%" in (stated.unit, known.unit) or (stated.unit and known.unit):
            return False
        return not stated.values.isdisjoint(known.values)
    if stated.factor == known.factor:
        if not stated.values.isdisjoint(known.values):
            return True
        return stated.bound != "" and any(_rounds(a, b) for a in stated.values for b in known.values)
    return any(
        abs(a * stated.factor - b * known.factor) <= CONVERTED * abs(b * known.factor)
        for a in stated.values
        for b in known.values
    )


def is_computed(stated: Figure, figures: Sequence[Figure]) -> bool:
    """Whether it is the sum or the difference of two that follow upon one another among those of its unit.

    The difference of two percentages is in points. Any two of a long text would give almost any small number.
    """
    unit = "%" if stated.unit == "points" else stated.unit
    amounts = [[value * each.factor for value in each.values] for each in figures if each.unit == unit]
    made = {c for one, other in pairwise(amounts) for a in one for b in other for c in (a + b, abs(a - b))}
    return any(
        math.isclose(value * stated.factor, amount) or (stated.bound and _rounds(value * stated.factor, amount))
        for value in stated.values
        for amount in made
    )


def _rounds(stated: float, known: float) -> bool:
    """Whether ``stated`` is a rounder figure close to ``known``; 5 %: "nearly 1.5 million" for 1,430,000."""
    rounder = len(f"{stated:.0f}".rstrip("0")) < len(f"{known:.0f}".rstrip("0"))
    return rounder and abs(stated - known) <= 0.05 * known


def blanked(text: str, found: Sequence[Figure | Day]) -> str:
    """Takes ``found`` out and keeps all offsets; a mark stays, so that neighbours do not become one number."""
    parts, position = [], 0
    for each in found:
        parts += [text[position : each.start], "|" * (each.end - each.start)]
        position = each.end
    return "".join((*parts, text[position:]))
