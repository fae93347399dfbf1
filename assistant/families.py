"""Words of one family that inflection does not join: "fly" and "flight", "sink" and "sank", "Germany" and "German".

``assistant.words.stem`` folds the endings; this table holds the pairs that have no common stem. A question asks with a
verb for what a report tells with a noun, so the two must count as the same word when sentences are chosen and evidence
is judged. The check of answers does not use it: there a paraphrase has to earn its words.
"""

from __future__ import annotations

from typing import Final

from assistant.words import content_words, question_words, stem

_VERBS_AND_NOUNS: Final = """
fly flight, arrive arrival, depart departure, lose loss, choose choice, grow growth, weigh weight, sell sale,
collide collision, decide decision, explode explosion, destroy destruction, produce production, reduce reduction,
speak speech, succeed success, fail failure, propose proposal, approve approval, refuse refusal, deny denial,
survive survivor survival, remove removal, discover discovery, recover recovery, deliver delivery, injure injury,
invade invasion, expand expansion, permit permission, admit admission, submit submission, divide division,
extend extension, suspend suspension, attend attendance, perform performance, appear appearance, resist resistance,
compete competition competitor, oppose opposition, believe belief, prove proof, marry marriage, acquire acquisition,
advise advice adviser, respond response, defend defence defense, close closure, seize seizure, expose exposure,
live life, rob robbery, compare comparison, analyse analysis, resolve resolution,
solve solution, describe description, receive receipt reception, complain complaint, bury burial, renew renewal,
withdraw withdrawal withdrew withdrawn, attack attacker, assist assistance, differ difference, conclude conclusion,
pursue pursuit, employ employee, inherit heir, birth born, pray prayer, steal theft thief, poison poisonous,
erupt eruption, long length, high height, wide width, deep depth, strong strength, young youth, poor poverty,
safe safety, die kill fatality casualty toll,
secure security, own owner ownership, buy buyer, able ability, free freedom, true truth, warm warmth, govern government
"""
_FORMS: Final = """
arise arose arisen, awake awoke, bear bore borne, bend bent, bite bit bitten, bleed bled, blow blew blown,
breed bred, bring brought, catch caught, cling clung, creep crept, deal dealt, dig dug, drink drank drunk,
eat ate eaten, feed fed, feel felt, flee fled, forbid forbade forbidden, forget forgot forgotten, forgive forgave,
freeze froze frozen, hang hung, hear heard, hide hid hidden, keep kept, kneel knelt, lay laid, lend lent,
light lit, mean meant, mistake mistook mistaken, overcome overcame, overtake overtook overtaken,
overthrow overthrew overthrown, ring rang rung, seek sought, shake shook shaken, shine shone, shrink shrank shrunk,
sink sank sunk, sleep slept, slide slid, spin spun, spring sprang sprung, stick stuck, swear swore sworn,
sweep swept, swim swam swum, swing swung, tear tore torn, undergo underwent undergone, undertake undertook undertaken,
wake woke woken, wear wore worn, weave wove woven, weep wept
"""
"""Forms of irregular verbs that news uses now and then; ``stem`` knows those of every day."""

_PLACES_AND_PEOPLES: Final = """
america american, france french, germany german, russia russian, china chinese, japan japanese, india indian,
italy italian, spain spanish, poland polish, ukraine ukrainian, britain british, ireland irish, scotland scottish,
wales welsh, england english, sweden swedish, norway norwegian, denmark danish, finland finnish, iceland icelandic,
netherlands dutch, belgium belgian, switzerland swiss, austria austrian, hungary hungarian, romania romanian,
greece greek, turkey turkiye turkish, israel israeli, iran iranian, iraq iraqi, syria syrian, egypt egyptian,
canada canadian, mexico mexican, brazil brazilian, argentina argentine argentinian, australia australian,
portugal portuguese, taiwan taiwanese, vietnam vietnamese, korea korean, africa african, europe european,
asia asian, pakistan pakistani, palestine palestinian, afghanistan afghan, cuba cuban, peru peruvian, chile chilean,
morocco moroccan, algeria algerian, tunisia tunisian, libya libyan, sudan sudanese, ethiopia ethiopian, kenya kenyan,
somalia somali, nigeria nigerian, ghana ghanaian, congo congolese, uganda ugandan, tanzania tanzanian, rwanda rwandan,
zambia zambian, zimbabwe zimbabwean, mali malian, niger nigerien, senegal senegalese, angola angolan, lebanon lebanese,
saudi saudis, yemen yemeni, qatar qatari, kuwait kuwaiti, armenia armenian, azerbaijan azerbaijani, belarus belarusian,
moldova moldovan, lithuania lithuanian, latvia latvian, estonia estonian, czech czechia, slovakia slovak,
slovenia slovenian, croatia croatian, serbia serbian, bosnia bosnian, albania albanian, kosovo kosovan,
bulgaria bulgarian, cyprus cypriot, malta maltese, luxembourg luxembourgish, kazakhstan kazakh, uzbekistan uzbek,
indonesia indonesian, malaysia malaysian, singapore singaporean, thailand thai, philippines filipino philippine,
myanmar burma burmese, cambodia cambodian, bangladesh bangladeshi, nepal nepali nepalese, lanka lankan,
mongolia mongolian, colombia colombian, venezuela venezuelan, ecuador ecuadorian, bolivia bolivian,
paraguay paraguayan, uruguay uruguayan, haiti haitian, jamaica jamaican, honduras honduran, guatemala guatemalan,
nicaragua nicaraguan, panama panamanian, zealand zealander, fiji fijian, antarctica antarctic
"""
_HEADS: Final = {
    stem(word): stem(family.split()[0])
    for family in ",".join((_VERBS_AND_NOUNS, _FORMS, _PLACES_AND_PEOPLES)).split(",")
    for word in family.split()
}

PLACES: Final = frozenset(stem(names.split()[0]) for names in _PLACES_AND_PEOPLES.split(","))
"""Families of the names of countries and continents, written as they stand in English news."""


def family(stemmed: str) -> str:
    """The word that stands for the family of a stem; a stem without one stands for itself."""
    return _HEADS.get(stemmed, stemmed)


def content_families(text: str) -> frozenset[str]:
    """The families of the words of ``text`` that carry meaning."""
    return frozenset(family(word) for word in content_words(text))


def question_families(question: str) -> list[str]:
    """The families of a question's content words without those that only ask, each once, in order."""
    return list(dict.fromkeys(family(word) for word in question_words(question)))
