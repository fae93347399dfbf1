"""The clause of an English question in the order of a statement: "did Umerov meet" → "Umerov met"."""

from __future__ import annotations

import re
from typing import Literal

from assistant.antecedents import AUXILIARY, NAME, PREPOSITION

_PAST_FORMS = {
    pair.split()[0]: pair.split()[-1]
    for pair in (
        "become became,begin began,break broke,bring brought,build built,buy bought,catch caught,choose chose,"
        "come came,cost cost,cut cut,do did,draw drew,drive drove,eat ate,fall fell,feel felt,fight fought,find found,"
        "fly flew,forbid forbade,get got,give gave,go went,grow grew,have had,hear heard,hit hit,hold held,hurt hurt,"
        "keep kept,know knew,lead led,leave left,lend lent,let let,lose lost,make made,mean meant,meet met,pay paid,"
        "put put,read read,ride rode,rise rose,run ran,say said,see saw,seek sought,sell sold,send sent,set set,"
        "shoot shot,show showed,shut shut,sing sang,sink sank,sit sat,sleep slept,speak spoke,spend spent,split split,"
        "spread spread,stand stood,steal stole,strike struck,swear swore,swim swam,take took,teach taught,tell told,"
        "think thought,throw threw,understand understood,wake woke,wear wore,win won,withdraw withdrew,write wrote"
    ).split(",")
}
"""Verbs that do not end in -ed in the past."""

_CLAUSE_ENDS = "|".join(
    (*_PAST_FORMS, *"be work weigh happen start end open close last arrive die live look stop".split())
)
"""Verbs that may end a clause, and are seldom nouns there."""

_AFTER_VERBS = (
    rf"{PREPOSITION}|the|an?|its|his|her|their|off|up|out|down|back|over|away|that|into|more|better|when|if|so|and"
    r"|or|as|it|him|them|us"
)
"""What may follow a verb, and no noun that would be a part of the subject."""


def plain_order(clause: str) -> str | None:
    """Changes "did Umerov meet" to "Umerov met"; ``None`` where it cannot be seen which word is the verb."""
    found = re.match(
        rf"(?P<auxiliary>{AUXILIARY}) (?P<subject>(?:the|an?|its|his|her|their) [a-z’'-]+|(?-i:(?:the )?{NAME})) "
        rf"(?P<verb>(?!{PREPOSITION}\b)[a-z]+)(?P<rest>$|(?<= be) .*| (?:{_AFTER_VERBS})\b.*| (?-i:[A-ZÀ-ÖØ-Þ\d].*))",
        clause,
        re.IGNORECASE,
    ) or re.fullmatch(
        rf"(?P<auxiliary>{AUXILIARY}) (?P<subject>(?:the|an?|its|his|her|their) .+) (?P<verb>{_CLAUSE_ENDS})(?P<rest>)",
        clause,
        re.IGNORECASE,
    )
    if found is None:
        return None
    auxiliary, verb = found["auxiliary"].lower(), found["verb"]
    if found["rest"] and found["subject"].islower() and verb not in (*_PAST_FORMS, "be"):
        return None  # "the fusion experiment in Livermore": what looks like a verb may be the subject's noun
    if auxiliary == "did":
        verb = _PAST_FORMS.get(verb) or _with_ending(verb, "ed")
    elif auxiliary == "does":
        verb = {"have": "has"}.get(verb) or _with_ending(verb, "s")
    elif auxiliary != "do":
        verb = f"{auxiliary} {verb}"
    return f"{found['subject']} {verb}{found['rest']}"


def _with_ending(verb: str, ending: Literal["ed", "s"]) -> str:
    if re.search(r"[^aeiou]y$", verb):
        return f"{verb[:-1]}i{'ed' if ending == 'ed' else 'es'}"
    if ending == "s":
        return f"{verb}es" if re.search(r"(?:s|x|z|ch|sh|o)$", verb) else f"{verb}s"
    if re.fullmatch(r"(?:[^aeiou]*|ad|com|per|sub|oc|re|pre)[^aeiou][aeiou][bdglmnprt]", verb):
        return f"{verb}{verb[-1]}ed"
    return f"{verb}d" if verb.endswith("e") else f"{verb}ed"
