"""A follow-up and what was said before it → a question that stands alone. Rules over English, without a model.

"And in France?" takes the place of what it varies in the last question; "when was that?" asks the last question anew;
"he", "it" and "there" become the one name that fits them. Where several fit, nothing is guessed: the matter of the last
question follows in brackets. A question that names its own subject is left as it is.

Every word of a rewritten question was said in the conversation, in this form or another, but for prepositions,
"whether", "what about" and "tell me more about".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant import question_ukrainian as ukrainian
from assistant.antecedents import (
    ASKING,
    AUXILIARY,
    NAME,
    OFFICES,
    PREPOSITION,
    THING,
    Exchange,
    Named,
    kind_of,
    named,
    new_names,
    person_meant,
    several_meant,
    thing_meant,
    time_of,
    times,
    which,
)
from assistant.clauses import plain_order
from assistant.words import MONTHS, content_words, names, question_words, stem

LONGEST = 400
"""Characters up to which a question is taken to lean on another; what is longer tells its own story."""


@dataclass(frozen=True, slots=True)
class Standalone:
    """A question that needs no conversation."""

    text: str
    leans: bool = False
    """Whether it says something else than what was asked."""
    continues: bool = False
    """Whether it goes on about the subject of the last question, so that its time and sources still hold."""


_SUBJECT = rf"(?:(?:the|a|an|its|his|her|their|any|some) \w[\w’'-]*|(?-i:{NAME}))"

_OPENER = re.compile(
    r"(?:(?:ok(?:ay)?|yes|no|well|thanks|thank you|and|but|so|or|then|also)\b[,.!]?\s+)*(?:(?:what|how) about"
    r"|what of)?\s*",
    re.IGNORECASE,
)
_LINKS = re.compile(r"(?:and|but|then)\b", re.IGNORECASE)
"""Openers that go on with a matter: "And what did Stoltenberg say?"."""

_FEW_WORDS = 3
"""Content words up to which a question that goes on so needs the matter of the last one."""

_VARIES = re.compile(r"(?:.*\b)?(?:and|but|or|no|also|(?:what|how) about|what of)\b", re.IGNORECASE)
"""Openers after which a few words vary the last question."""

_TOO = re.compile(r",?\s+(?:too|alone|as well|also|instead|exactly|then|likewise)$", re.IGNORECASE)
_OPENS = re.compile(rf"(?:{ASKING}|{AUXILIARY})\b", re.IGNORECASE)
_REQUEST = re.compile(
    r"(?:please|tell|give|show|list|explain|describe|compare|name|find|summari[sz]e|i|do you|can you|could you)\b",
    re.IGNORECASE,
)
_VERB = re.compile(rf"\b{AUXILIARY}\b", re.IGNORECASE)

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
    rf"(?P<asking>{ASKING}(?: (?:many|much|long|far|old|often|soon|high|big|large|fast))?)"
    r"(?P<rest> (?:exactly|else|so|not|come|so (?:much|many|long|late|few))"
    r"|(?<=when|here|.why|.how) (?:is|was|were|are|did|does|do|has|will) (?:that|this|it|they)"
    r"(?: (?:happen\w*|take place|occur\w*|be|done))?"
    r"| (?:is|was) (?:that|this)|(?<=many) (?:is|was|were|are) (?:there|they|that))?",
    re.IGNORECASE,
)
"""A question without a matter of its own: "why?", "when was that?", "how many were there?", "by whom?"."""

_OBJECT_ASKED = re.compile(r"(?:what|which|whose|how (?:many|much) \w+)\b", re.IGNORECASE)
"""What leaves a gap behind the verb."""

_ASKED_OF = re.compile(
    rf"(?P<asking>{ASKING}(?: (?!{AUXILIARY}\b)[\w’'-]+){{0,4}}) (?P<body>(?P<auxiliary>{AUXILIARY}) {_SUBJECT}.*)",
    re.IGNORECASE,
)
"""A question with its subject behind the auxiliary, which another word may ask."""

_WRAPS = re.compile(
    r"(?:(?:please )?(?:(?:can|could|would) you )?(?:please )?(?:tell me (?:some )?(?:more )?about|explain|describe)"
    r"|(?:and |but |then )?(?:what|how) about|(?:is|are|was|were) there(?: any)?) (?=\w+ \w|[A-Z])",
    re.IGNORECASE,
)
"""What stands before a matter without saying anything of it."""

_NEW_SUBJECT = re.compile(
    r"\b(?:something (?:else|different|new)|(?:another|different|new|other) (?:question|topic|subject|matter)"
    r"|chang(?:e|ing) (?:of|the) (?:topic|subject)|by the way)\b",
    re.IGNORECASE,
)

_DOUBTS = re.compile(r"really|seriously|honestly|for sure|in fact", re.IGNORECASE)

_CORRECTS = re.compile(
    r"(?:sorry,? )?(?:i(?:['’]m| am)? (?:mean|meant|asking|asked)|that is not|not (?:the|that|in|by))\b", re.IGNORECASE
)

_CORRECTION = re.compile(
    r"not (?P<wrong>.+?),? (?:but )?(?P<right>(?-i:[A-ZÀ-ÖØ-Þ\d]).*)|(?:sorry,? )?i (?:mean|meant) (?P<meant>.+)",
    re.IGNORECASE,
)
"""One name in the place of another: "not France, Germany", "I meant Germany"."""

_YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d\b")
_BARE_MONTH = re.compile(rf"(?<=[a-z\d] )(?:{'|'.join(MONTHS)})\b(?!,? \d)")

_PLACING = ("in", "at", "on", "from", "near", "to")

_ORDINALS = {
    "first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "sixth": 5, "former": 0, "latter": 1, "other": 1,
    "last": -1,
}  # fmt: skip
_ITEM = re.compile(rf"(?:the )?(?P<which>{'|'.join(_ORDINALS)})(?: (?:one|point|item|of them))?", re.IGNORECASE)
_ORDINAL = re.compile(r"\b(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|last|next)\b")

_ARE_THEY = re.compile(r"\b(?:are|were) they$", re.IGNORECASE)
_ASKS_WHO = re.compile(r"(?:who|where)\b", re.IGNORECASE)
_PERSON = re.compile(r"\b(?:he|she|him|his|hers?|himself|herself)\b", re.IGNORECASE)
_SEVERAL = re.compile(r"\b(?:they|them|their|theirs|both)\b", re.IGNORECASE)
_POINTS = re.compile(
    r"\b(?:about|of|for|to|from|after|before|with|by|like|on|against|is|was|did|does|do|say|said|than|caused?) "
    r"(?:that|this)"
    r"(?=$|[,?.!]| (?:happen\w*|mean\w*|change\w*|affect\w*|shorten\w*|cost|work\w*|true|so|possible|all|take"
    r"|place|help\w*"
    r"|matter\w*|lead|cause\w*|compare\w*)\b)"
    r"|^(?:that|this|these|those)\b|\b(?:these|those)\b"
    rf"|(?:\bthis|(?:^|\b(?:{PREPOSITION}|{AUXILIARY}|and|or|but|like|than|all|what|who|which|why|how|when|where) )"
    r"that) (?!week|month|year|quarter|day|morning|evening|summer|winter|spring|autumn|season|century|decade|time|the|a"
    r"|an|is|was|are|were|it|he|she|they|there|has|have|had|will|would|can|could)(?-i:[a-z]+)(?=$|[ ,?.!])"
    r"(?!.*\bthat\b)",
    re.IGNORECASE,
)
"""After a noun "that" begins a clause; after a preposition or a verb it points to something."""

_CLAUSE_THAT = re.compile(r"\b(?:say|says|said|true|think|believe\w*|know|sure|claim\w*|so|report\w*|mean"
    r"|show\w*|find|such)"
                          r" that\b (?!\W*$)", re.IGNORECASE)  # fmt: skip
_THERE = re.compile(
    rf"(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )(?<!\bbe )(?<!\bbeen )(?<!n[’']t )\bthere\b"
    rf"(?! (?:{AUXILIARY}|to be)\b|[’']s)|\b{AUXILIARY} \w+ there\b"
    rf"|\bfrom there\b"
    r"|\bwho (?:was|were|is|are) there$",
    re.IGNORECASE,
)
_GOING = re.compile(r"\b(?:go|goes|going|went|gone|come|came|travel\w*|fly|flew|get|got|return\w*|mov\w+) $", re.I)
_THEN = re.compile(r"\b(?:since |by |until |back )?then(?=$|[,?])|\bat (?:that|the) time\b", re.IGNORECASE)
_LIKENESS = re.compile(
    r"\b(?:which ones?|the same|else|another|(?:the|any|what|which|how many) others?|the rest|the latter|the former"
    r"|the (?:\w+ )?ones?)\b",
    re.IGNORECASE,
)
_EMPTY_IT = re.compile(
    r"\bit (?:still )?(?:true|safe|possible|legal|likely|known|clear|better|worth|necessary|important|dangerous|normal"
    r"|common|hard|difficult|easy|okay|ok|fair|good|bad|right|wrong)\b.*\b(?:to|that|if|for)\b"
    r"|\bdoes it (?:still )?(?:take|cost|mean|matter) .*\b(?:to|for|if|that|when)\b|\b(?:what time|what day) is it\b"
    r"|\bit (?:get|gets|got|become|becomes) (?:dark|cold|hot|warm|light|late)\b"
    r"|\b(?:is|was) it (?:raining|snowing|cold|hot|warm|late|early|dark)\b|\bit (?:take|takes|took) (?:for|to)\b",
    re.IGNORECASE,
)
_OF_EVENTS = re.compile(
    r"\bit (?:still |really |already |all )?(?:true|over|possible|certain|confirmed|official|right|wrong|fair|legal"
    r"|likely|normal|enough)$|^who (?:is|was) it\b|\bit (?:ever )?(?:happen\w*|last|take place)\b",
    re.IGNORECASE,
)
"""What is said of a matter, not of a thing with a name."""

_GOES_ON = re.compile(
    r"\b(?:when|if|because|after|before|while|that|and|but|since|until|once|as|where|although|which|who|whether|says?"
    r"|said|announced|claim\w*|believe\w*|think\w*|thought|warn\w*|report\w*|admit\w*|hope\w*|expect\w*)\b",
    re.IGNORECASE,
)
"""What begins a clause whose pronoun may stand for something in the one before."""

_CLAUSE_BEFORE = re.compile(r"(?:if|when|because|after|before|while|once|since|although) .*\w", re.IGNORECASE)
"""A clause before the main one, which has what the pronoun stands for."""

_MANY_WORDS = 5
"""Content words from which a sentence tells what it is about."""

_SECOND_QUESTION = re.compile(rf"\b(?:and|but|or) (?:{ASKING}|{AUXILIARY})\b", re.IGNORECASE)
_ASKS_OF = re.compile(
    rf"(?:{PREPOSITION} )?(?:(?:which|what) (?!of\b|{AUXILIARY}\b)\w+.* (?:its|their|it {AUXILIARY}|there)"
    rf"|who (?!{AUXILIARY}\b).* (?:his|her|their))\b",
    re.IGNORECASE,
)
"""Asks for one of a kind, and says more of that one."""

_PERSON_NOUN = re.compile(
    rf"\b(?:the|an?|this|that) (?:[\w-]+ )??(?:{OFFICES}|man|woman|boy|girl|person|player|victim|suspect)\b",
    re.IGNORECASE,
)

_NOBODY = re.compile(
    r"\b(?:(?:any|some|every|no)(?:one|body|thing)|still|again|already|yet|now|meanwhile|since)\b", re.IGNORECASE
)
_KNOWN = re.compile(r"\b(?:(?:the|its|their) (?!most\b|\w+est\b)|still\b|again\b|already\b|yet\b)", re.IGNORECASE)
"""What is said of something that was spoken of before."""

_DEFINITION = re.compile(
    r"what (?:is|are|was|were) (?:meant by )?(?!the\b|this\b|that\b|it\b|they\b)|what does .+ mean\b|define\b",
    re.IGNORECASE,
)
_PAST = re.compile(
    r"\b(?:was|were|did|had|been|\w{2,}ed|won|lost|died|built|made|said|paid|led|met|left|fell)\b", re.IGNORECASE
)


def standalone(question: str, said: Sequence[Exchange]) -> Standalone:
    """``question`` with what it takes from ``said``, the exchanges before it, oldest first."""
    whole = " ".join(question.split())
    last = next((each for each in reversed(said) if each.question.strip()), None)
    if last is None or not whole or len(whole) > LONGEST:
        return Standalone(question.strip())
    in_ukrainian = ukrainian.is_ukrainian(whole)
    if in_ukrainian:
        text = ukrainian.leaning(whole, last, _matter(last.question.rstrip("?!. ")))
    else:
        text = _leaning(whole, last)
    if text is not None and text != whole:
        return Standalone(_with_year(text, last), leans=True, continues=True)
    same = ukrainian.same_subject(whole, last) if in_ukrainian else _same_subject(whole, last)
    return Standalone(question.strip(), continues=same)


def _with_year(text: str, last: Exchange) -> str:
    """``text`` with the one year of the last exchange behind a month that has none: "in September" means that one."""
    years = set(_YEAR.findall(f"{last.question} {last.answer}"))
    return text if len(years) != 1 or _YEAR.search(text) else _BARE_MONTH.sub(rf"\g<0> {years.pop()}", text)


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
    if (corrects := _CORRECTION.fullmatch(body)) and (not corrects["wrong"] or corrects["wrong"] in old):
        wrong, right = corrects["wrong"], corrects["right"] or corrects["meant"]
        if varied := old.replace(wrong, right, 1) if wrong else _with_name(right, old):
            return _question(varied)
    if _CORRECTS.match(body):
        return _bracketed(body, old)
    alone = _TOO.sub("", body)
    short = (
        not _OPENS.match(body)
        and not re.search(rf"\b{ASKING}$", body, re.IGNORECASE)
        and not _REQUEST.match(body)
        and not _VERB.search(body)
    )
    if short and len(body.split()) <= 7:
        if item := _ITEM.fullmatch(alone):
            if varied := _other_ordinal(alone, old):
                return varied
            if name := _listed_item(last, _ORDINALS[item["which"].lower()]):
                return f"Tell me more about {name}."
        if _DOUBTS.fullmatch(body):
            return _bracketed(body, _stated(old, last))
        if varies and (_PERSON.search(alone) or _SEVERAL.search(alone)):
            return _referring(f"what about {alone}", old, last)
        if varies or alone != body or (whole.endswith("?") and not _is_topic(alone)):
            return _varied(alone, old)
    text = _referring(body, old, last)
    goes_on = text is None and _LINKS.match(whole) is not None and _OPENS.match(body) is not None
    if goes_on and len(question_words(body)) <= _FEW_WORDS and not _same_subject(body, Exchange(old)):
        return _bracketed(body, _stated(old, last))
    return text


def _is_topic(words_alone: str) -> bool:
    """Whether a few words look like a search of their own: two names or more, or four content words."""
    return len(names(f"x {words_alone}")) >= 2 or len(content_words(words_alone)) >= 4


# -- the last question asked anew


def _asked_anew(bare: re.Match[str], old: str, last: Exchange) -> str:
    asking, rest = bare["asking"], (bare["rest"] or "").strip()
    if re.fullmatch(r"is it", rest, re.IGNORECASE) and (thing := thing_meant(bare.group(), old, last)):
        return _question(f"{asking} is {thing}")
    if re.match(r"what\b", asking, re.IGNORECASE) and rest not in ("", "exactly", "else"):
        return _bracketed(bare.group(), old)  # "what was that?"
    people = [each.name for each in new_names(last) if each.kind == "person"]
    if re.match(r"who\b", asking, re.IGNORECASE) and re.match(r"(?:is|was) ", rest) and people:
        return _question(f"{asking} {rest.partition(' ')[0]} {people[0]}")
    if rest == "else":
        return _asked_of_others(asking, old, last)
    asking = f"{asking} {rest}" if rest == "exactly" else "why" if rest == "come" else asking
    counts = re.match(r"how many$", asking, re.IGNORECASE)
    if counts and (kind := re.match(rf"(?:which|what) (?!{AUXILIARY}\b)(?P<rest>\w+ .+)", old, re.IGNORECASE)):
        return f"{_capital(asking)} {kind['rest']}?"
    if (asked := _ASKED_OF.fullmatch(old)) and not counts:
        body = _with_answer(asked, last)
        if body == asked["body"] and _OBJECT_ASKED.match(asked["asking"]) and not rest.startswith("so "):
            return _bracketed(bare.group(), old)
        so = re.fullmatch(r"so (?:much|many|long|late|few)", rest)
        return f"{_capital(asking)} {body}{' ' + rest if so else ''}?"
    is_event = re.search(r"\bit (?:take place|happen|occur)", rest) and re.match(r"(?:is|are|was|were) ", old, re.I)
    if re.match(rf"{AUXILIARY} {_SUBJECT}", old, re.IGNORECASE) and not counts and not is_event:
        return f"{_capital(asking)} {old[:1].lower()}{old[1:]}?"
    return _bracketed(bare.group(), _stated(old, last))


def _asked_of_others(asking: str, old: str, last: Exchange) -> str:
    """The last question with "else" where it asks for the same kind of thing: "Who else did Umerov meet?"."""
    for kind in (r"who\b|whom\b", r"what\b", r"where\b", r"why\b", r"when\b"):
        if re.match(kind, asking, re.IGNORECASE) and (same := re.match(kind, old, re.IGNORECASE)):
            return _question(f"{same.group()} else{old[same.end() :]}")
    return _bracketed(f"{asking} else", _stated(old, last))


def _with_answer(asked: re.Match[str], last: Exchange) -> str:
    """The clause with the answer in the gap that "whom" leaves: "did Umerov meet [Lecornu] in Paris"."""
    body = asked["body"]
    subject = re.match(rf"{AUXILIARY} {_SUBJECT}", body, re.IGNORECASE)
    wanted = "person" if re.match(r"(?:who|whom)\b", asked["asking"], re.IGNORECASE) else "thing"
    found = [each.name for each in new_names(last) if each.kind == "person"][:1] if wanted == "person" else []
    if wanted == "thing" and (thing := which(asked.string, last)):
        found = [thing]
    if not found or subject is None:
        return body
    gap = re.search(rf" {PREPOSITION} ", body[subject.end() :], re.IGNORECASE)
    place = subject.end() + gap.start() if gap else len(body)
    return f"{body[:place]} {found[0]}{body[place:]}"


def _stated(old: str, last: Exchange) -> str:
    """What ``old`` asks about, with the answer where "whom" or "which" leaves a gap."""
    if (asked := _ASKED_OF.fullmatch(old)) and (body := _with_answer(asked, last)) != asked["body"]:
        return plain_order(body) or body
    if (described := re.match(r"(?:which|what) (?:is|was) (the .+)", old, re.IGNORECASE)) and (
        name := which(old, last)
    ):
        return f"{name}, {described[1]}"
    subject = re.fullmatch(rf"(?:who|which [\w’'-]+) (?P<did>(?!{AUXILIARY}\b)[a-z].+)", old, re.IGNORECASE)
    opens = re.match(rf"(?P<name>(?:The )?{NAME}) (?P<does>[a-z]+)\b", last.answer)
    if subject and opens and stem(opens["does"]) == stem(subject["did"].partition(" ")[0].lower()):
        return f"{opens['name']} {subject['did']}"  # "Argentina won the World Cup in 2022"
    return old


# -- a part of the last question varied


def _varied(part: str, old: str) -> str:
    """Puts "in France", "in 2023", "Finland" or "the physics prize" into ``old`` for what they vary."""
    if re.match(rf"{PREPOSITION} ", part, re.IGNORECASE):
        part = f"{part[:1].lower()}{part[1:]}"
    own_times = times(part)
    time = ""
    if own_times:
        start, end = own_times[0].start, own_times[-1].end
        lead = re.search(rf"\b{PREPOSITION} $", part[:start], re.IGNORECASE)
        time = part[lead.start() if lead else start : end]
        part = f"{part[: lead.start() if lead else start]} {part[end:]}".strip(" ,")
        old = _with_time(old, time)
    if not part:
        return _question(old)
    if varied := _other_ordinal(part, old):
        return varied
    if gapped := re.match(rf"({NAME}) (?=(?:its|his|her|their|the|an?) )", part):
        varied = _with_name(gapped[1], old)
        return _question(_with_noun(part[gapped.end() :], varied or old) or f"{varied or old} ({part})")
    if varied := _with_noun(part, old) or _with_name(part, old) or _with_object(part, old):
        return _question(varied)
    if re.match(rf"{PREPOSITION} ", part):
        if re.match(r"(?:at|on|in|during) ", part) and names(part):
            return _question(_appended(_without_time(old), part))
        return _bracketed(part, old)
    return _bracketed(part if re.match(r"any\b", part, re.IGNORECASE) else f"what about {part}", old)


def _with_time(old: str, time: str) -> str:
    """``old`` with another time."""
    bare = re.fullmatch(rf"({PREPOSITION}) .*", time, re.IGNORECASE) is None
    held = [each for each in times(old) if each.start]
    if not held:
        year = re.fullmatch(r"(?:1\d|20)\d\d|" + "|".join(MONTHS), time)
        return f"{old} {'in ' if bare and year else ''}{time}"
    start, end = held[0].start, held[-1].end
    lead = re.search(rf"\b{PREPOSITION} $", old[:start], re.IGNORECASE)
    if bare and lead:
        time = f"{lead.group()}{time}"
    return f"{old[: lead.start() if lead else start]}{time}{old[end:]}".strip()


def _with_name(part: str, old: str) -> str | None:
    lead = re.match(rf"({PREPOSITION}) (?=(?:the )?[A-ZÀ-ÖØ-Þ\d])", part)
    rest = part[lead.end() :] if lead else part
    if not re.fullmatch(rf"(?:the )?{NAME}(?:[’']s)?", rest):
        return None
    held = named(old)
    is_place = bool(lead) or kind_of(rest) == "place"
    if lead:
        for match in (
            [each for each in held if each.led == lead[1].lower() and not _is_modifier(each, old)],
            [each for each in held if each.led in _PLACING and not _is_modifier(each, old)],
            [each for each in held if each.led == "of" and each.kind == "place"],
        ):
            if match:
                led = f"{lead[1]} " if match[0].led not in ("of", "to", lead[1].lower()) else f"{match[0].led} "
                begin = re.search(rf"{PREPOSITION} (?:the )?$", old[: match[0].start], re.IGNORECASE)
                assert begin is not None
                return f"{old[: begin.start()]}{led}{rest}{old[match[0].end :]}"
        for each in held:
            if (each.kind == "place" or each.led in _PLACING) and _is_modifier(
                each, old
            ):  # "the US election" becomes "the election in Brazil"
                return _appended(f"{old[: each.start]}{old[each.end :].lstrip()}", part)
            if each.kind == "place" and not each.led:
                return f"{old[: each.start]}{rest}{old[each.end :]}"
        return _appended(old, part)
    same = [each for each in held if (each.kind == "place") == is_place]
    for match in (
        [each for each in same if not each.led and not _is_modifier(each, old)],
        [each for each in same if each.led],
        [each for each in held if not each.led and not _is_modifier(each, old)] if not is_place else [],
        [each for each in same if old[each.end :].startswith(("’s ", "'s "))],
    ):
        if match:
            start = match[0].start
            if old[:start].lower().endswith("the ") and (rest.startswith("the ") or is_place):
                start -= 4
            return f"{old[:start]}{rest}{old[match[0].end :]}"
    return None


def _is_modifier(named: Named, old: str) -> bool:
    """Whether it stands before a noun: "US" in "the US presidential election", "Modi" in "Modi’s party"."""
    after = old[named.end :]
    return after.startswith(("’s", "'s")) or (
        re.match(rf" (?!{PREPOSITION}\b|{AUXILIARY}\b)[a-z]+", after) is not None
        and re.search(rf"\b{AUXILIARY} the $", old[: named.start], re.IGNORECASE) is None
        and old[: named.start].endswith("the ")
    )


def _appended(old: str, part: str) -> str:
    """``old`` with a place, before its time."""
    held = [each for each in times(old) if each.start]
    if held:
        lead = re.search(rf"\b{PREPOSITION} $", old[: held[0].start], re.IGNORECASE)
        start = lead.start() if lead else held[0].start
        return f"{old[:start].rstrip()} {part} {old[start:]}"
    return f"{old} {part}"


def _with_noun(part: str, old: str) -> str | None:
    """Puts "the physics prize" in the place of "the Nobel Peace Prize": the same noun ends both."""
    wanted = content_words(part)
    if not wanted:
        return None
    for match in re.finditer(r"\w[\w’'-]*", old):
        if stem(match.group().lower().removesuffix("’s").removesuffix("'s")) != wanted[-1] or not match.start():
            continue
        before = re.search(
            rf"\b(?:the|an?|its|his|her|their) (?:(?!{PREPOSITION}\b)[\w’'-]+ ){{0,4}}$|(?:[A-ZÀ-ÖØ-Þ][\w’'-]* "
            rf"|\w+[’']s )+$",
            old[: match.start()],
        )
        start = before.start() if before and before.start() else match.start()
        return f"{old[:start]}{part}{old[match.end() :]}"
    return None


def _with_object(part: str, old: str) -> str | None:
    """Puts "the marathon" in the place of "the pole vault" in "Who won the pole vault in Paris?"."""
    asked = re.fullmatch(
        rf"((?:who|which \w+) (?!{AUXILIARY}\b)\w+ )the [a-z][\w’' -]*?((?: {PREPOSITION}\b.*)?)", old, re.IGNORECASE
    )
    return f"{asked[1]}{part}{asked[2]}" if asked and re.match(r"the (?!ones?\b)(?!.*[’']s?$)\w", part) else None


def _other_ordinal(part: str, old: str) -> str | None:
    wanted = re.fullmatch(rf"(?:the )?(?P<which>{_ORDINAL.pattern})(?: one)?", part, re.IGNORECASE)
    held = _ORDINAL.search(old)
    if wanted is None or held is None or held.group() == wanted["which"].lower():
        return None
    return _question(f"{old[: held.start()]}{wanted['which'].lower()}{old[held.end() :]}")


def _listed_item(last: Exchange, place: int) -> str | None:
    """The name that stands at ``place`` among those that the answer gives."""
    new = [each.name for each in new_names(last)]
    return new[place] if -len(new) <= place < len(new) and len(new) > 1 else None


# -- words that stand for something said before


def _referring(body: str, old: str, last: Exchange) -> str | None:
    """``body`` with names for its pronouns, or with the matter of ``old`` in brackets; ``None``: it stands alone."""
    text = body
    open_words = False
    if (pronoun := _PERSON.search(body)) and _has_outside(_PERSON, body):
        who_is = re.match(r"who (?:is|was) (?:he|she)\b|(?:his|her) ", body, re.IGNORECASE) is not None
        person = person_meant(old, last, pronoun.group(), who_is=who_is)
        text, open_words = _replaced(_PERSON, text, person), person is None
    if _has_outside(_SEVERAL, body):
        several = None if _ARE_THEY.search(body) and not _ASKS_WHO.match(body) else several_meant(old, last)
        text = _replaced(_SEVERAL, text, several) if several else text
        open_words |= several is None
    if _OF_EVENTS.search(body):
        open_words = True
    elif _has_outside(THING, body) and not _EMPTY_IT.search(body):
        thing = thing_meant(body, old, last)
        text = _replaced(THING, text, thing) if thing else text
        open_words |= thing is None
    if (there := _THERE.search(body)) and not _has_own_matter(body, body[: there.start()]):
        place = next((each for each in named(old) if each.led in ("in", "at", "on", "near", "to", "from")), None)
        if place and re.match(r"from\b", there.group(), re.IGNORECASE) is None:
            before = text[: there.end()].removesuffix("there").removesuffix("There")
            led = "to" if _GOING.search(before) else place.led
            text = re.sub(r"\bthere\b", f"{led} {place.name}", text, count=1, flags=re.IGNORECASE)
        open_words |= place is None or not content_words(body)
    if then := _THEN.search(text):
        if time := time_of((old, last.answer)):
            joined = (
                f"on {time}" if re.match(r"\d{1,2} \w+ \d", time) else f"in {time}" if time[-4:].isdigit() else time
            )
            lead = re.match(r"since |by |until ", then.group(), re.IGNORECASE)
            if lead:
                joined = f"{lead.group()}{time}"
            text = f"{text[: then.start()]}{joined}{text[then.end() :]}"
            text = text if names(f"x {body}") else f"{text} ({_matter(old)})"
        open_words |= not time
    points = _POINTS.search(_CLAUSE_THAT.sub(" ", body)) is not None
    own_names = names(f"x {_after_first(body)}")
    points |= _LIKENESS.search(body) is not None and not own_names and len(question_words(body)) < _MANY_WORDS
    if open_words or (points and not own_names) or (points and text == body):
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
    if _has_own_matter(body, before):
        return False
    named = names(_after_first(before)) or (
        _PERSON_NOUN.search(before)
        if pronoun is _PERSON
        else re.search(r"\b(?:the|an?|people) ?\w*\b", _after_first(before), re.IGNORECASE)
    )
    if not named:
        return True
    possessive = found.group().lower() in ("his", "her", "its", "their")
    return not possessive and _GOES_ON.search(_after_first(before)) is None


def _has_own_matter(body: str, before: str) -> bool:
    """Whether what stands before a pronoun in ``body`` tells what it is about, though it names nothing."""
    told = [part for part in re.split(r"(?<=[.!?])\s", before)[:-1] if len(content_words(part)) >= _MANY_WORDS]
    asked = _SECOND_QUESTION.search(before)
    asks_of = _ASKS_OF.match(body) is not None and len(content_words(body)) >= _MANY_WORDS
    states = _OPENS.match(body) is None and _REQUEST.match(body) is None and _OPENS.match(before) is None
    led_in = _CLAUSE_BEFORE.match(before) is not None
    subject = bool(question_words(before)) if states else led_in and len(question_words(before)) > 1
    return bool(told) or (asked is not None and bool(question_words(before[: asked.start()]))) or asks_of or subject


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


def _names_too_little(body: str, last: Exchange) -> bool:
    """Whether a question without names of its own is clear only after the last one."""
    if names(_after_first(body)) or (not _OPENS.match(body) and not _REQUEST.match(body)):
        return False
    if (second := _SECOND_QUESTION.search(body)) and question_words(body[: second.start()]):
        return False
    asked = question_words(_NOBODY.sub(" ", body))
    shared = _shared(asked, last)
    if _DEFINITION.match(body):
        return False
    definite = _KNOWN.search(body) is not None
    if len(asked) <= 1 or (len(asked) == 2 and (definite or _PAST.search(body))):
        return True
    return len(asked) <= 4 and 2 * shared >= len(asked) and (definite or _PAST.search(body) is not None or shared > 1)


def _same_subject(question: str, last: Exchange) -> bool:
    """Whether a question that stands alone is still about what the last one was about."""
    own = {word for each in named(question) for word in content_words(each.name)}
    if own:
        held = named(last.question) + named(last.answer)
        return not own.isdisjoint(word for each in held for word in content_words(each.name))
    own_times = times(question)
    untimed = question[: own_times[0].start] + question[own_times[-1].end :] if own_times else question
    asked = question_words(untimed)
    said = set(content_words(f"{last.question}\n{last.answer}"))
    return bool(asked) and 2 * sum(word in said for word in asked) >= len(asked)


def _shared(asked: Sequence[str], last: Exchange) -> int:
    said = set(content_words(f"{last.question}\n{last.answer}"))
    return sum(word in said for word in asked)


# -- names and matters


def _subject_of(last: Exchange) -> str:
    """The names that the last question is about, or else its matter."""
    held = list(dict.fromkeys(each.name for each in named(last.question)))
    return ", ".join(held) if held else _matter(last.question.rstrip("?!. "))


def _matter(old: str) -> str:
    """``old`` without the words that ask, and without a matter that it took over itself."""
    if ukrainian.is_ukrainian(old):
        return ukrainian.matter(old)
    held = re.fullmatch(r"(?P<asked>.+?) \((?P<matter>.+)\)", old)
    if held:  # of a question that leant itself, what it adds and what it leant on
        own = held["asked"] if question_words(held["asked"]) else ""
        return f"{held['matter']}, {_matter(own)}"[:LONGEST] if own else held["matter"]
    if wraps := _WRAPS.match(old):
        return old[wraps.end() :]
    if re.match(r"[A-Z]{2,}\b", old):
        return old  # WHO asks nothing
    opening = re.match(
        rf"(?:{ASKING}|{AUXILIARY})\b(?:['’]s\b)?(?: (?:many|much|long|far|old|often|big|large|high))?(?: "
        rf"{AUXILIARY}\b)?"
        r"(?: happened (?:to|on|in|at)\b| caused\b)?\s*",
        old,
        re.IGNORECASE,
    )
    asks = re.match(
        rf"(?P<asking>{ASKING}(?: (?:many|much|long|far|old|often|big|large|high|well))?) "
        rf"(?P<of>(?:(?!{AUXILIARY}\b)[\w’'-]+ ){{0,3}}?)"
        rf"(?P<body>{AUXILIARY} .+)",
        old,
        re.IGNORECASE,
    )
    if asks and re.match(r"which|what|how m", asks["asking"], re.IGNORECASE) and asks["of"]:
        plain = plain_order(asks["body"]) or asks["body"].partition(" ")[2]
        return f"{asks['of']}{plain}"  # "seats Labour won"
    if asks and (plain := plain_order(asks["body"])):
        gap = re.match(r"who|what|which|how\b", asks["asking"], re.IGNORECASE)
        return f"{asks['asking'][:1].lower()}{asks['asking'][1:]} {plain}" if gap else plain
    if plain := plain_order(old):
        return f"whether {plain}"
    if re.match(r"[Ww]ho\b|[Ww]hich (?!of\b)", old):
        return f"{old[:1].lower()}{old[1:]}"
    return old[opening.end() :].strip() if opening and opening.end() < len(old) else old


def _bracketed(text: str, old: str) -> str:
    matter = _matter(old)
    if times(text):  # its own time, not the one before
        matter = _without_time(matter) or matter
    return f"{_capital(text)} ({matter})?"


def _without_time(text: str) -> str:
    for each in reversed(times(text)):
        lead = re.search(rf"\b{PREPOSITION} $", text[: each.start], re.IGNORECASE)
        text = " ".join(f"{text[: lead.start() if lead else each.start]}{text[each.end :]}".split())
    return text


def _question(text: str) -> str:
    return f"{_capital(text)}?"


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
