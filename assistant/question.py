"""A follow-up and what was said before it → a question that stands alone. Rules over English, without a model.

"And in France?" takes the place of what it varies in the last question; "when was that?" asks the last question anew;
"he", "it" and "there" become the one name that fits them. Where several fit, nothing is guessed: the matter of the last
question follows in brackets. A question that names its own subject is left as it is.

Every word of a rewritten question was said in the conversation, but for prepositions and "tell me more about".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.families import PLACES, content_families
from assistant.periods import Mention, mentions
from assistant.words import MONTHS, STOP_WORDS, content_words, names, question_words, stem, words

LONGEST = 400
"""Characters up to which a question is taken to lean on another; what is longer tells its own story."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question as it was searched for, and the text of its answer."""

    question: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Standalone:
    """A question that needs no conversation."""

    text: str
    leans: bool = False
    """Whether it says something else than what was asked."""
    continues: bool = False
    """Whether it goes on about the subject of the last question, so that its time and sources still hold."""


_PREPOSITION = r"(?:in|at|on|of|for|from|to|with|by|about|against|near|during|since|before|after|until|under|over)"
_ASKING = rf"(?:{_PREPOSITION} )?(?:who|whom|whose|what|when|where|why|which|how)"
_AUXILIARY = (
    r"(?:is|are|was|were|do|does|did|has|have|had|will|would|can|could|should|may|might|must|isn['’]t|wasn['’]t"
    r"|didn['’]t|don['’]t|doesn['’]t)"
)
_NAME = r"[A-ZÀ-ÖØ-Þ][\w’'./-]*(?:,[A-Z]\b)?(?: (?:(?:of|the|de|da|van|von|al) ){0,2}(?:[A-ZÀ-ÖØ-Þ]|\d)[\w’'./-]*)*"
_NAME_PART = (
    r"[A-ZÀ-ÖØ-Þ](?:(?![’']s\b)[\w’'./-])*(?:,[A-Z]\b)?(?: (?:(?:of|the|de|da|van|von|al) "
    r"){0,2}(?:[A-ZÀ-ÖØ-Þ]|\d)(?:(?![’']s\b)[\w’'./-])*)*"
)
"""A name up to its possessive ending."""
_SUBJECT = rf"(?:(?:the|a|an|its|his|her|their|any|some) \w[\w’'-]*|(?-i:{_NAME}))"

_OPENER = re.compile(
    r"(?:(?:ok(?:ay)?|yes|no|well|thanks|thank you|and|but|so|or|then|also)\b[,.!]?\s+)*(?:(?:what|how) about"
    r"|what of)?\s*",
    re.IGNORECASE,
)
_VARIES = re.compile(r"(?:.*\b)?(?:and|but|or|also|(?:what|how) about|what of)\b", re.IGNORECASE)
"""Openers after which a few words vary the last question."""

_TOO = re.compile(r",?\s+(?:too|as well|also|instead|exactly|then|likewise)$", re.IGNORECASE)
_OPENS = re.compile(rf"(?:{_ASKING}|{_AUXILIARY})\b", re.IGNORECASE)
_REQUEST = re.compile(
    r"(?:please|tell|give|show|list|explain|describe|compare|name|find|summari[sz]e|i|do you|can you|could you)\b",
    re.IGNORECASE,
)
_VERB = re.compile(rf"\b{_AUXILIARY}\b", re.IGNORECASE)

_MORE = re.compile(
    r"(?:please )?(?:(?:can|could) you )?(?:tell me (?:some )?more|(?:say|some|any)? ?more(?: details?)?(?: "
    r"about (?:it|that|this))?"
    r"|(?:more|further) (?:details?|information)|go on|continue|(?:and )?what else|anything else|explain(?: "
    r"(?:it|that|this))?"
    r"|details?|elaborate|(?:tell me|what) more about (?:it|that|this)|tell me (?:some )?more about (?:it|that|this))"
    r"(?: please)?",
    re.IGNORECASE,
)
_BARE = re.compile(
    rf"(?P<asking>{_ASKING}(?: (?:many|much|long|far|old|often|soon|high|big|large|fast))?)"
    r"(?P<rest> (?:exactly|else|so|not|come|so (?:much|many|long|late|few))"
    r"|(?<=when|here|.why|.how) (?:is|was|were|are|did|does|do|has|will) (?:that|this|it|they)"
    r"(?: (?:happen\w*|take place|occur\w*|be|done))?"
    r"| (?:is|was) (?:that|this)|(?<=many) (?:is|was|were|are) (?:there|they|that))?",
    re.IGNORECASE,
)
"""A question without a matter of its own: "why?", "when was that?", "how many were there?", "by whom?"."""

_ASKED_OF = re.compile(
    rf"(?P<asking>{_ASKING}(?: (?!{_AUXILIARY}\b)[\w’'-]+){{0,4}}) (?P<body>(?P<auxiliary>{_AUXILIARY}) {_SUBJECT}.*)",
    re.IGNORECASE,
)
"""A question with its subject behind the auxiliary, which another word may ask."""

_NEW_SUBJECT = re.compile(
    r"\b(?:something (?:else|different|new)|(?:another|different|new|other) (?:question|topic|subject|matter)"
    r"|chang(?:e|ing) (?:of|the) (?:topic|subject)|by the way)\b",
    re.IGNORECASE,
)

_CORRECTS = re.compile(
    r"(?:sorry,? )?(?:i(?:['’]m| am)? (?:mean|meant|asking|asked)|that is not|not (?:the|that|in|by))\b", re.IGNORECASE
)

_ORDINALS = {
    "first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "sixth": 5, "former": 0, "latter": 1, "other": 1,
    "last": -1,
}  # fmt: skip
_ITEM = re.compile(rf"(?:the )?(?P<which>{'|'.join(_ORDINALS)})(?: (?:one|point|item|of them))?", re.IGNORECASE)
_ORDINAL = re.compile(r"\b(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|last|next)\b")

_PERSON = re.compile(r"\b(?:he|she|him|his|hers?|himself|herself)\b", re.IGNORECASE)
_SEVERAL = re.compile(r"\b(?:they|them|their|theirs|both)\b", re.IGNORECASE)
_THING = re.compile(r"\b(?:it|its|itself)\b", re.IGNORECASE)
_POINTS = re.compile(
    r"\b(?:about|of|for|to|from|after|before|with|by|like|on|against|is|was|did|does|do|say|said|than|caused?) "
    r"(?:that|this)"
    r"(?=$|[,?.!]| (?:happen\w*|mean\w*|change\w*|affect\w*|shorten\w*|cost|work\w*|true|so|possible|all|take"
    r"|place|help\w*"
    r"|matter\w*|lead|cause\w*|compare\w*)\b)"
    r"|^(?:that|this|these|those)\b|\b(?:these|those)\b"
    r"|\b(?:this|that) (?!week|month|year|quarter|day|morning|evening|summer|winter|spring|autumn|the|a|an|is|was|are"
    r"|were|it|he|she|they|there|has|have|had|will|would|can|could)(?-i:[a-z]+)(?=$|[ ,?.!])(?!.*\bthat\b)",
    re.IGNORECASE,
)
_CLAUSE_THAT = re.compile(r"\b(?:say|says|said|true|think|believe\w*|know|sure|claim\w*|so|report\w*|mean"
    r"|show\w*|find|such)"
                          r" that\b (?!\W*$)", re.IGNORECASE)  # fmt: skip
_THERE = re.compile(
    rf"(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )(?<!\bbe )(?<!\bbeen )\bthere\b|\b{_AUXILIARY} \w+ there\b"
    rf"|\bfrom there\b"
    r"|\bwho (?:was|were|is|are) there$",
    re.IGNORECASE,
)
_THEN = re.compile(r"\b(?:since |by |until |back )?then(?=$|[,?])|\bat (?:that|the) time\b", re.IGNORECASE)
_LIKENESS = re.compile(
    r"\b(?:the same|else|another|(?:the|any|what|which|how many) others?|the rest|the latter|the former|the "
    r"(?:\w+ )?ones?)\b",
    re.IGNORECASE,
)
_EMPTY_IT = re.compile(
    r"\bit (?:still )?(?:true|safe|possible|legal|likely|known|clear|better|worth|necessary|important|dangerous|normal"
    r"|common|hard|difficult|easy|okay|ok|fair|good|bad|right|wrong)\b.*\b(?:to|that|if|for)\b"
    r"|\bdoes it (?:still )?(?:take|cost|mean|matter) .*\b(?:to|for|if|that|when)\b|\b(?:what time|what day) is it\b"
    r"|\b(?:is|was) it (?:raining|snowing|cold|hot|warm|late|early|dark)\b|\bit (?:take|takes|took) (?:for|to)\b",
    re.IGNORECASE,
)
_GOES_ON = re.compile(
    r"\b(?:when|if|because|after|before|while|that|and|but|since|until|once|as|where|although|which|who|whether)\b",
    re.IGNORECASE,
)
"""What begins a clause whose pronoun may stand for something in the one before."""

_DEFINITION = re.compile(
    r"(?:what|who) (?:is|are|was|were) (?:meant by )?(?!the\b|this\b|that\b|it\b|they\b)|what does .+ mean\b|define\b",
    re.IGNORECASE,
)
_PAST = re.compile(
    r"\b(?:was|were|did|had|been|\w{2,}ed|won|lost|died|built|made|said|paid|led|met|left|fell)\b", re.IGNORECASE
)
_NO_SUBJECTS = {name.lower() for name in MONTHS} | set(
    "monday tuesday wednesday thursday friday saturday sunday utc mr mrs ms dr".split()
)
_STATES = re.compile(r"(?:United (?:States|Kingdom|Arab Emirates)|European Union|Soviet Union|U\.?[SK]\.?A?|UK|EU)\Z")
_TITLES = frozenset(
    """president minister prime defence defense foreign finance interior chancellor premier governor mayor senator
    secretary general ambassador director chief executive vice vice-president lieutenant major king queen
    prince princess pope archbishop professor sir dame""".split()
)
_ACTING = re.compile(
    r"(?:Agency|Army|Association|Bank|Bureau|Commission|Committee|Company|Council|Court|Government|Institute|Ministry"
    r"|Organi[sz]ation|Parliament|Party|Police|University)\Z"
)
"""What many people make up, so that "they" may be said of it."""

_BODIES = frozenset(
    """army agency association authority bank board bureau cathedral club college commission committee company
    conference congress council court department federation force forces foundation fund government group
    institute international laboratory league ministry museum nations network office organisation
    organization parliament party police prize programme program project republic senate service society
    state states station street team telescope university union united bridge island islands river lake
    mount airport hospital stadium world cup games act treaty olympic olympics national nobel royal war
    space center centre point pact house plant church temple tower palace rocket""".split()
)
"""Words of names that no person bears."""

Kind = Literal["person", "place", "thing"]


@dataclass(frozen=True, slots=True)
class _Named:
    name: str
    kind: Kind
    start: int
    end: int
    led: str
    """The preposition before it, in small letters; empty without one."""


def standalone(question: str, said: Sequence[Exchange]) -> Standalone:
    """``question`` with what it takes from ``said``, the exchanges before it, oldest first."""
    whole = " ".join(question.split())
    last = next((each for each in reversed(said) if each.question.strip()), None)
    if last is None or not whole or len(whole) > LONGEST:
        return Standalone(question.strip())
    text = _leaning(whole, last)
    if text is not None and text != whole:
        return Standalone(text, leans=True, continues=True)
    return Standalone(question.strip(), continues=_same_subject(whole, last))


def _leaning(whole: str, last: Exchange) -> str | None:
    """The rewritten question; ``None`` where it stands alone."""
    opener = _OPENER.match(whole)
    begin = opener.end() if opener else 0
    body = re.sub(r",? please$", "", whole[begin:].rstrip("?!. "), flags=re.IGNORECASE)
    varies = _VARIES.match(whole[:begin]) is not None
    old = last.question.rstrip("?!. ")
    if _NEW_SUBJECT.search(body):
        return None
    if not body or _MORE.fullmatch(body) or _MORE.fullmatch(whole.rstrip("?!. ")):
        return f"Tell me more about {_subject_of(last)}."
    if bare := _BARE.fullmatch(body):
        return _asked_anew(bare, old, last)
    if _CORRECTS.match(body):
        return _bracketed(body, old)
    alone = _TOO.sub("", body)
    short = not _OPENS.match(body) and not _REQUEST.match(body) and not _VERB.search(body)
    if short and len(body.split()) <= 7:
        if item := _ITEM.fullmatch(alone):
            if varied := _other_ordinal(alone, old):
                return varied
            if name := _listed_item(last, _ORDINALS[item["which"].lower()]):
                return f"Tell me more about {name}."
        if varies or alone != body or (whole.endswith("?") and not _is_topic(alone)):
            return _varied(alone, old)
    return _referring(body, old, last)


def _is_topic(words_alone: str) -> bool:
    """Whether a few words look like a search of their own: two names or more, or four content words."""
    return len(names(f"x {words_alone}")) >= 2 or len(content_words(words_alone)) >= 4


# -- the last question asked anew


def _asked_anew(bare: re.Match[str], old: str, last: Exchange) -> str:
    asking, rest = bare["asking"], (bare["rest"] or "").strip()
    if re.match(r"what\b", asking, re.IGNORECASE) and rest:
        return _bracketed(bare.group(), old)  # "what was that?"
    asking = f"{asking} {rest}" if rest in ("exactly", "else", "come") else asking
    counts = re.match(r"how many$", asking, re.IGNORECASE)
    if counts and (kind := re.match(rf"(?:which|what) (?!{_AUXILIARY}\b)(?P<rest>\w+ .+)", old, re.IGNORECASE)):
        return f"{_capital(asking)} {kind['rest']}?"
    if (asked := _ASKED_OF.fullmatch(old)) and not counts:
        body = _with_answer(asked, last)
        so = re.fullmatch(r"so (?:much|many|long|late|few)", rest)
        return f"{_capital(asking)} {body}{' ' + rest if so else ''}?"
    if re.match(rf"{_AUXILIARY} {_SUBJECT}", old, re.IGNORECASE) and not counts:
        return f"{_capital(asking)} {old[:1].lower()}{old[1:]}?"
    return _bracketed(bare.group(), _stated(old, last))


def _with_answer(asked: re.Match[str], last: Exchange) -> str:
    """The clause with the answer in the gap that "whom" leaves: "did Umerov meet [Lecornu] in Paris"."""
    body = asked["body"]
    subject = re.match(rf"{_AUXILIARY} {_SUBJECT}", body, re.IGNORECASE)
    wanted = "person" if re.match(r"(?:who|whom)\b", asked["asking"], re.IGNORECASE) else "thing"
    found = [each.name for each in _new_names(last) if each.kind == "person"][:1] if wanted == "person" else []
    if wanted == "thing" and (thing := _which(asked.string, last)):
        found = [thing]
    if not found or subject is None:
        return body
    gap = re.search(rf" {_PREPOSITION} ", body[subject.end() :], re.IGNORECASE)
    place = subject.end() + gap.start() if gap else len(body)
    return f"{body[:place]} {found[0]}{body[place:]}"


def _stated(old: str, last: Exchange) -> str:
    """What ``old`` asks about, with the answer where "whom" or "which" leaves a gap."""
    if (asked := _ASKED_OF.fullmatch(old)) and (body := _with_answer(asked, last)) != asked["body"]:
        return body
    return old


# -- a part of the last question varied


def _varied(part: str, old: str) -> str:
    """Puts "in France", "in 2023", "Finland" or "the physics prize" into ``old`` for what they vary."""
    if re.match(rf"{_PREPOSITION} ", part, re.IGNORECASE):
        part = f"{part[:1].lower()}{part[1:]}"
    times = _times(part)
    time = ""
    if times:
        start, end = times[0].start, times[-1].end
        lead = re.search(rf"\b{_PREPOSITION} $", part[:start], re.IGNORECASE)
        time = part[lead.start() if lead else start : end]
        part = f"{part[: lead.start() if lead else start]} {part[end:]}".strip(" ,")
        old = _with_time(old, time)
    if not part:
        return _question(old)
    if varied := _other_ordinal(part, old):
        return varied
    if gapped := re.match(rf"({_NAME}) (?=(?:its|his|her|their|the|an?) )", part):
        varied = _with_name(gapped[1], old)
        return _question(_with_noun(part[gapped.end() :], varied or old) or f"{varied or old} ({part})")
    if varied := _with_noun(part, old) or _with_name(part, old):
        return _question(varied)
    return _bracketed(part, old)


def _with_time(old: str, time: str) -> str:
    """``old`` with another time."""
    bare = re.fullmatch(rf"({_PREPOSITION}) .*", time, re.IGNORECASE) is None
    held = [each for each in _times(old) if each.start]
    if not held:
        year = re.fullmatch(r"(?:1\d|20)\d\d|" + "|".join(MONTHS), time)
        return f"{old} {'in ' if bare and year else ''}{time}"
    start, end = held[0].start, held[-1].end
    lead = re.search(rf"\b{_PREPOSITION} $", old[:start], re.IGNORECASE)
    if bare and lead:
        time = f"{lead.group()}{time}"
    return f"{old[: lead.start() if lead else start]}{time}{old[end:]}".strip()


def _with_name(part: str, old: str) -> str | None:
    lead = re.match(rf"({_PREPOSITION}) (?=(?:the )?[A-ZÀ-ÖØ-Þ\d])", part)
    rest = part[lead.end() :] if lead else part
    if not re.fullmatch(rf"(?:the )?{_NAME}(?:[’']s)?", rest):
        return None
    held = _named(old)
    is_place = bool(lead) or _kind(rest) == "place"
    if lead:
        for match in (
            [each for each in held if each.led == lead[1].lower()],
            [each for each in held if each.led in ("in", "at", "on", "from", "near")],
            [each for each in held if each.led == "of" and each.kind == "place"],
        ):
            if match:
                led = f"{lead[1]} " if match[0].led not in ("of", lead[1].lower()) else f"{match[0].led} "
                begin = re.search(rf"{_PREPOSITION} (?:the )?$", old[: match[0].start], re.IGNORECASE)
                assert begin is not None
                return f"{old[: begin.start()]}{led}{rest}{old[match[0].end :]}"
        for each in held:
            if each.kind == "place" and _is_modifier(each, old):  # "the US election" becomes "the election in Brazil"
                return _appended(f"{old[: each.start]}{old[each.end :].lstrip()}", part)
            if each.kind == "place" and not each.led:
                return f"{old[: each.start]}{rest}{old[each.end :]}"
        return _appended(old, part)
    same = [each for each in held if (each.kind == "place") == is_place]
    for match in (
        [each for each in same if not each.led and not _is_modifier(each, old)],
        [each for each in same if each.led],
        [each for each in held if not each.led and not _is_modifier(each, old)] if not is_place else [],
    ):
        if match:
            start = match[0].start
            if old[:start].lower().endswith("the ") and (rest.startswith("the ") or is_place):
                start -= 4
            return f"{old[:start]}{rest}{old[match[0].end :]}"
    return None


def _is_modifier(named: _Named, old: str) -> bool:
    """Whether it stands before a noun: "US" in "the US presidential election", "Modi" in "Modi’s party"."""
    after = old[named.end :]
    return after.startswith(("’s", "'s")) or (
        re.match(rf" (?!{_PREPOSITION}\b|{_AUXILIARY}\b)[a-z]+", after) is not None
        and re.search(rf"\b{_AUXILIARY} the $", old[: named.start], re.IGNORECASE) is None
        and old[: named.start].endswith("the ")
    )


def _appended(old: str, part: str) -> str:
    """``old`` with a place, before its time."""
    held = [each for each in _times(old) if each.start]
    if held:
        lead = re.search(rf"\b{_PREPOSITION} $", old[: held[0].start], re.IGNORECASE)
        start = lead.start() if lead else held[0].start
        return f"{old[:start].rstrip()} {part} {old[start:]}"
    return f"{old} {part}"


def _with_noun(part: str, old: str) -> str | None:
    """Puts "the physics prize" in the place of "the Nobel Peace Prize": the same noun ends both."""
    wanted = content_words(part)
    if not wanted:
        return None
    for match in re.finditer(r"[\w’'-]+", old):
        if stem(match.group().lower().removesuffix("’s").removesuffix("'s")) != wanted[-1] or not match.start():
            continue
        before = re.search(
            rf"\b(?:the|an?|its|his|her|their) (?:(?!{_PREPOSITION}\b)[\w’'-]+ ){{0,4}}$|(?:[A-ZÀ-ÖØ-Þ][\w’'-]* "
            rf"|\w+[’']s )+$",
            old[: match.start()],
        )
        start = before.start() if before and before.start() else match.start()
        return f"{old[:start]}{part}{old[match.end() :]}"
    return None


def _other_ordinal(part: str, old: str) -> str | None:
    wanted = re.fullmatch(rf"(?:the )?(?P<which>{_ORDINAL.pattern})(?: one)?", part, re.IGNORECASE)
    held = _ORDINAL.search(old)
    if wanted is None or held is None or held.group() == wanted["which"].lower():
        return None
    return _question(f"{old[: held.start()]}{wanted['which'].lower()}{old[held.end() :]}")


def _listed_item(last: Exchange, place: int) -> str | None:
    """The name that stands at ``place`` among those that the answer gives."""
    new = [each.name for each in _new_names(last)]
    return new[place] if -len(new) <= place < len(new) and len(new) > 1 else None


# -- words that stand for something said before


def _referring(body: str, old: str, last: Exchange) -> str | None:
    """``body`` with names for its pronouns, or with the matter of ``old`` in brackets; ``None``: it stands alone."""
    text = body
    open_words = False
    if _has_outside(_PERSON, body):
        who_is = re.match(r"who (?:is|was) (?:he|she)\b|(?:his|her) ", body, re.IGNORECASE) is not None
        person = _person_meant(old, last, who_is=who_is)
        text, open_words = _replaced(_PERSON, text, person), person is None
    if _has_outside(_SEVERAL, body):
        several = _several_meant(old, last)
        text = _replaced(_SEVERAL, text, several) if several else text
        open_words |= several is None
    if _has_outside(_THING, body) and not _EMPTY_IT.search(body):
        thing = _thing_meant(body, old, last)
        text = _replaced(_THING, text, thing) if thing else text
        open_words |= thing is None
    if there := _THERE.search(body):
        place = next((each for each in _named(old) if each.led in ("in", "at", "on", "near", "to", "from")), None)
        if place and there.group().lower() == "there":
            text = re.sub(r"\bthere\b", f"{place.led} {place.name}", text, count=1, flags=re.IGNORECASE)
        open_words |= place is None
    if then := _THEN.search(text):
        if time := _time_of(old, last):
            joined = (
                f"on {time}" if re.match(r"\d{1,2} \w+ \d", time) else f"in {time}" if time[-4:].isdigit() else time
            )
            lead = re.match(r"since |by |until ", then.group(), re.IGNORECASE)
            if lead:
                joined = f"{lead.group()}{time}"
            text = f"{text[: then.start()]}{joined}{text[then.end() :]}"
            text = text if names(f"x {body}") else f"{text} ({_matter(old)})"
        open_words |= not time
    points = _POINTS.search(_CLAUSE_THAT.sub(" ", body)) or _LIKENESS.search(body)
    if open_words or (points and not names(f"x {_after_first(body)}")) or (points and text == body):
        return _bracketed(text, _stated(old, last))
    if text != body:
        return f"{_capital(text)}?"
    return _bracketed(text, _stated(old, last)) if _names_too_little(body, last) else None


def _has_outside(pronoun: re.Pattern[str], body: str) -> bool:
    """Whether a pronoun stands for something that the question itself does not name before it."""
    found = pronoun.search(body)
    if found is None:
        return False
    before = body[: found.start()]
    named = names(_after_first(before)) or (
        pronoun is not _PERSON and re.search(r"\b(?:the|an?|people) ?\w*\b", _after_first(before), re.IGNORECASE)
    )
    if not named:
        return True
    possessive = found.group().lower() in ("his", "her", "its", "their")
    return not possessive and _GOES_ON.search(_after_first(before)) is None


def _after_first(text: str) -> str:
    """Without the first word, whose capital says nothing; a name needs a word before it to be told from one."""
    first, _, rest = text.partition(" ")
    return f"x {rest}" if first else ""


def _replaced(pronoun: re.Pattern[str], text: str, name: str | None) -> str:
    """``text`` with ``name`` for the first pronoun; those after it are clear by then."""
    found = pronoun.search(text)
    if found is None or name is None:
        return text
    word = found.group().lower()
    follows = re.match(r" [a-z]\w*", text[found.end() :])
    after = follows.group().strip() if follows else ""
    possessive = word in ("his", "its", "their") or (
        word == "her" and after not in ("", "in", "at", "on", "to", "about", "for", "and", "when", "with", "by", "from")
    )
    return f"{text[: found.start()]}{name}{'’s' if possessive else ''}{text[found.end() :]}"


def _person_meant(old: str, last: Exchange, *, who_is: bool) -> str | None:
    in_answer = [each for each in _named(last.answer) if each.kind == "person"]
    new = [each for each in in_answer if not _shares_word(each.name, old)]
    if (
        re.match(r"(?:who|whom|with whom|by whom|to whom|which (?:man|woman|person|player))\b", old, re.IGNORECASE)
        and new
    ):
        known = [each for each in _named(old) if each.kind != "place" and not each.led and each.name.isalpha()]
        return None if known and not who_is else new[0].name
    for each in _named(old):
        full = next((one.name for one in in_answer if one.name.split()[-1] == each.name.split()[-1]), None)
        if full:
            return full
        if each.kind == "person" or (
            each.kind == "thing" and each.name.isalpha() and not each.name.isupper() and not each.led
        ):
            return each.name
    return new[0].name if len({each.name for each in new}) == 1 else None


def _several_meant(old: str, last: Exchange) -> str | None:
    in_answer = [each.name for each in _named(last.answer) if each.kind == "person"]
    asked = [each.name for each in _named(old) if any(each.name.split()[-1] == one.split()[-1] for one in in_answer)]
    new = [name for name in dict.fromkeys(in_answer) if not _shares_word(name, old)]
    asks_who = re.match(r"(?:who|whom)\b", old, re.IGNORECASE) is not None
    if asks_who and asked and new:
        return f"{asked[0]} and {new[0]}"
    if asks_who and not asked and len(new) == 2:
        return f"{new[0]} and {new[1]}"
    if asks_who and (others := _new_names(last)):
        return others[0].name
    held = [each for each in _named(old) if each.kind != "person"]
    acts = len(held) == 1 and (held[0].kind == "place" or held[0].name.isupper() or _ACTING.search(held[0].name))
    return held[0].name if acts and not asks_who else None


def _thing_meant(body: str, old: str, last: Exchange) -> str | None:
    """The one thing that the last question names, or that its answer names where it asked which."""
    found = _THING.search(body)
    if found is None or re.search(rf"(?<!happened )\b{_PREPOSITION} $", body[: found.start()], re.IGNORECASE):
        return None  # "about it" may be the whole event
    held = [each for each in _named(old) if each.kind != "person" and each.led not in ("in", "at", "near")]
    held = [each for each in held if not old[each.end :].startswith(("’s", "'s"))]
    if which := _which(old, last):
        state = re.search(r"\b(?:is|are|was|were) it\b|\bit$", body, re.IGNORECASE)
        return which if state or not held else None
    if re.search(r"\b(?:an?|the|its|their|his|her) (?=[a-z])", old):
        return None
    free = [each for each in held if not each.led]
    chosen = held if len(held) == 1 else free if len(free) == 1 and len(held) <= 2 else []
    if not chosen:
        return None
    article = "the " if old[: chosen[0].start].lower().endswith("the ") else ""
    return f"{article}{chosen[0].name}"


def _which(old: str, last: Exchange) -> str | None:
    """The name in the answer of the noun that was asked for: "Which asteroid …?" "… the asteroid Dimorphos"."""
    asked = re.match(
        rf"(?:which|what) (?P<kind>(?!{_AUXILIARY}\b|happened|caused)\w+)(?: (?P<more>(?!{_AUXILIARY}\b)[a-z]+))?",
        old,
        re.IGNORECASE,
    )
    for noun in (asked["more"], asked["kind"]) if asked else ():
        named = noun and re.search(rf"\b{noun} (?:is |was )?(?:called |named )?(?P<name>{_NAME})", last.answer)
        if named and not _shares_word(named["name"], old):
            return named["name"].rstrip(",.")
    return None


def _time_of(old: str, last: Exchange) -> str:
    for text in (old, last.answer):
        if held := _times(text):
            return text[held[0].start : held[0].end]
    return ""


def _names_too_little(body: str, last: Exchange) -> bool:
    """Whether a question without names of its own is clear only after the last one."""
    if names(_after_first(body)) or (not _OPENS.match(body) and not _REQUEST.match(body)):
        return False
    asked = question_words(body)
    shared = _shared(asked, last)
    if _DEFINITION.match(body):
        return False
    definite = re.search(r"\b(?:the|its|their) (?!most\b|\w+est\b)", body, re.IGNORECASE) is not None
    if len(asked) <= 1 or (len(asked) == 2 and (definite or _PAST.search(body))):
        return True
    return len(asked) <= 4 and 2 * shared >= len(asked) and (definite or _PAST.search(body) is not None or shared > 1)


def _same_subject(question: str, last: Exchange) -> bool:
    """Whether a question that stands alone is still about what the last one was about."""
    own = {word for each in _named(question) for word in content_words(each.name)}
    if own:
        held = _named(last.question) + _named(last.answer)
        return not own.isdisjoint(word for each in held for word in content_words(each.name))
    times = _times(question)
    asked = question_words(question[: times[0].start] + question[times[-1].end :] if times else question)
    said = set(content_words(f"{last.question}\n{last.answer}"))
    return bool(asked) and 2 * sum(word in said for word in asked) >= len(asked)


def _shared(asked: Sequence[str], last: Exchange) -> int:
    said = set(content_words(f"{last.question}\n{last.answer}"))
    return sum(word in said for word in asked)


# -- names and matters


def _named(text: str) -> list[_Named]:
    """The names in ``text`` in order, without times and without the first word of a sentence that is none."""
    times = [(each.start, each.end) for each in _times(text)]
    found = []
    for match in re.finditer(rf"{_NAME_PART}(?:[’']s\b)?", text):
        start = match.start()
        name = re.sub(r"[’']s$|[.,/’'-]+$", "", match.group())
        first, _, rest = name.partition(" ")
        at_start = not text[:start].strip() or text[:start].rstrip()[-1:] in ".?!\n:]"
        if first.lower() in STOP_WORDS and first not in ("US", "UN", "WHO", "IT"):
            if not rest or not at_start:
                continue
            start, name = start + len(first) + 1, rest
        parts = name.split()
        titles = [place for place, word in enumerate(parts) if word.lower() in _TITLES]
        if titles and titles[-1] + 1 < len(parts):
            kept = parts[titles[-1] + 1 :]
            start += len(name) - len(" ".join(kept))
            name, parts = " ".join(kept), kept
        if any(word.lower() in _NO_SUBJECTS for word in parts) or any(
            a < start + len(name) and start < b for a, b in times
        ):
            continue
        if not parts or (len(name) < 2) or (at_start and len(parts) == 1 and name.lower() in _SENTENCE_OPENERS):
            continue
        led = re.search(rf"\b({_PREPOSITION}) (?:the )?$", text[:start], re.IGNORECASE)
        found.append(_Named(name, _kind(name), start, start + len(name), led[1].lower() if led else ""))
    return found


_SENTENCE_OPENERS = frozenset(
    """tell give list explain describe compare name whom whose according several many most some earlier later today
    yesterday nobody everyone please early""".split()
)


def _kind(name: str) -> Kind:
    if content_families(name) & PLACES or _STATES.match(name.removeprefix("the ")):
        return "place"
    parts = name.split()
    plain = 2 <= len(parts) <= 6 and not any(word.lower() in _BODIES or word.isupper() for word in parts)
    return "person" if plain and not any(character.isdigit() for character in name) else "thing"


def _times(text: str) -> list[Mention]:
    """The times in ``text``, without the small words that may be one: emissions fall, prices may rise."""
    return [each for each in mentions(text) if each.match.group() not in ("fall", "spring", "may", "march", "second")]


def _new_names(last: Exchange) -> list[_Named]:
    """The names that the answer gives and the question did not, each once."""
    found: dict[str, _Named] = {}
    for each in _named(last.answer):
        if not _shares_word(each.name, last.question) and not (each.kind == "place" and _is_people(each.name)):
            found.setdefault(each.name, each)
    return list(found.values())


def _is_people(name: str) -> bool:
    """Whether it says whose something is: "Japanese", "French"."""
    return re.search(r"(?:ese|ish|ian|an|ench|utch|eek|wiss)$", name) is not None


def _shares_word(name: str, text: str) -> bool:
    return not set(words(name)).isdisjoint(words(text))


def _subject_of(last: Exchange) -> str:
    """The names that the last question is about, or else its matter."""
    held = list(dict.fromkeys(each.name for each in _named(last.question)))
    return ", ".join(held) if held else _matter(last.question.rstrip("?!. "))


def _matter(old: str) -> str:
    """``old`` without the words that ask, and without a matter that it took over itself."""
    held = re.fullmatch(r"(?P<asked>.+?) \((?P<matter>.+)\)", old)
    if held:  # of a question that leant itself, what it adds and what it leant on
        own = held["asked"] if question_words(held["asked"]) else ""
        return f"{held['matter']}, {_matter(own)}"[:LONGEST] if own else held["matter"]
    old = re.sub(r"^Tell me more about ", "", old)
    opening = re.match(
        rf"(?:{_ASKING}|{_AUXILIARY})\b(?:['’]s\b)?(?: (?:many|much|long|far|old|often|big|large|high))?(?: "
        rf"{_AUXILIARY}\b)?"
        r"(?: happened (?:to|on|in|at)\b| caused\b)?\s*",
        old,
        re.IGNORECASE,
    )
    if counted := re.match(
        rf"(?:which|what|how many|how much) ((?!{_AUXILIARY}\b)(?:[\w’'-]+ ){{1,3}}?){_AUXILIARY} (.+)",
        old,
        re.IGNORECASE,
    ):
        return f"{counted[1]}{counted[2]}"  # "seats that Labour won"
    return old[opening.end() :].strip() if opening and opening.end() < len(old) else old


def _bracketed(text: str, old: str) -> str:
    matter = _matter(old)
    if _times(text):  # its own time, not the one before
        for each in reversed(_times(matter)):
            lead = re.search(rf"\b{_PREPOSITION} $", matter[: each.start], re.IGNORECASE)
            rest = f"{matter[: lead.start() if lead else each.start]}{matter[each.end :]}"
            matter = " ".join(rest.split()) or matter
    return f"{_capital(text)} ({matter})?"


def _question(text: str) -> str:
    return f"{_capital(text)}?"


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
