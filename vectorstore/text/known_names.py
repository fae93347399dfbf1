"""Places and given names that languages write so differently that no rule of spelling connects them."""

from __future__ import annotations

from vectorstore.text.spelling import VOWELS_AT_END, Form, forms

_ONE_PLACE = """
kyiv kiev kyyiv kiyiv kiyev | kharkiv kharkov charkiw | lviv lvov lwow lwiw | odesa odessa | chernihiv chernigov
mykolaiv mykolayiv nikolaev nikolayev | zaporizhzhia zaporizhzhya zaporizhia zaporozhye zaporozhe | rivne rovno
vinnytsia vinnytsya vinnitsa | chornobyl chernobyl | donbas donbass | luhansk lugansk | dnipro dnepr | crimea krym krim
ternopil ternopol | zhytomyr zhitomir | chisinau kishinev kyshyniv | tbilisi tiflis | beijing peking pekin
mumbai bombay | kolkata calcutta | myanmar burma | yangon rangoon | turkiye turkey | ankara angora
moscow moskva moskau moskwa | warsaw warszawa varshava warschau | prague praha prag praga | vienna wien viden vena
munich munchen muenchen myunkhen miunkhen | cologne koln koeln | brussels bruxelles brussel bryussel briussel
geneva geneve genf zheneva | rome roma rom rim | athens athina afiny afini | lisbon lisboa lissabon lisabon
copenhagen kobenhavn kopenhagen kopengagen | gothenburg goteborg | bucharest bucuresti bukharest bukarest
belgrade beograd belgrad byelgrad belhrad | milan milano | naples napoli | venice venezia | turin torino
florence firenze | poland polska polshcha polsha | germany deutschland nimechchina germaniya | france frantsiya
hungary magyarorszag ugorshchina vengriya | brazil brasil | spain espana ispaniya | greece hellas gretsiya
""".replace("\n", "|")
"""Places whose names in two languages no rule of spelling connects; Cyrillic ones as ``spelling.fold`` has them."""

_ONE_GIVEN_NAME = """
volodymyr vladimir wladimir wolodymyr volodimir | oleksandr aleksandr alexander aleksander alexandr alexandre
oleksii oleksiy alexei aleksei alexey alexej aleksey | mykola nikolai nikolay nikolaj mikola | oleh oleg | ihor igor
serhii serhiy sergei sergey sergej serge sergiy | andrii andriy andrei andrey andrej | pavlo pavel pawel | hanna anna
dmytro dmitry dmitri dmitrii dmitriy dmitro | yevhen yevgeny evgeny evgenii evgeniy yevgeniy yevhenii jewgeni
mykhailo mykhaylo mikhail michail mikhaylo | petro pyotr petr pjotr | olena elena yelena | vasyl vasily vasil wassili
kateryna ekaterina yekaterina katerina | yurii yuriy yuri yury jurij juri | kostiantyn kostyantyn konstantin
maksym maksim maxim | hryhorii grigory grigoriy | heorhii georgy georgiy georgi | fedir fyodor fedor | george dzhordzh
john dzhon | joe dzho | james dzheyms | jean zhan | emmanuel emmanyuel emanuel emmaniuel
""".replace("\n", "|")
"""Given names that every language has in its own form. Their bearers differ (Volodymyr Zelensky, Vladimir Putin), so
they are near, never one."""


def _groups(table: str) -> dict[str, int]:
    return {form: number for number, group in enumerate(table.split("|")) for form in group.split()}


_PLACES, _GIVEN_NAMES = _groups(_ONE_PLACE), _groups(_ONE_GIVEN_NAME)

_PLACE_STEMS, _GIVEN_STEMS = (
    {VOWELS_AT_END.sub("", form): number for form, number in group.items()} for group in (_PLACES, _GIVEN_NAMES)
)


def group_forms(word: str) -> tuple[str, ...]:
    """The other forms of a place or given name that rules do not reach; empty for every other word."""
    found: dict[str, None] = {}
    for form in forms(word):
        for names, stems in ((_PLACES, _PLACE_STEMS), (_GIVEN_NAMES, _GIVEN_STEMS)):
            number = stems.get(form.folded) if form.cut else names.get(form.folded)
            if number is not None:
                found |= dict.fromkeys(name for name, group in names.items() if group == number)
    return tuple(found)


def same_place(one: Form, other: Form) -> bool:
    """Whether two forms name one place."""
    return _one_of(one, other, _PLACES, _PLACE_STEMS)


def same_given_name(one: Form, other: Form) -> bool:
    """Whether two forms are one given name, as different languages have it."""
    return _one_of(one, other, _GIVEN_NAMES, _GIVEN_STEMS)


def _one_of(form: Form, other: Form, names: dict[str, int], stems: dict[str, int]) -> bool:
    one = stems.get(form.folded) if form.cut else names.get(form.folded)
    return one is not None and one == (stems.get(other.folded) if other.cut else names.get(other.folded))
