"""Pages that stand in an article's place: checks for robots, walls, errors, lists of articles. Refused by name.

What a site says there is known by its words, so the patterns are short lists of what sites write, in the languages in
which we have met it. A short article may say one of these things: two of them, or one as a heading over a few words,
are a notice.
"""

from __future__ import annotations

import re
from itertools import islice

from lxml.html import HtmlElement

from vectorstore.messages import Message

LONGEST_NOTICE = 1_200
"""Characters of a notice. Those of Cloudflare, Akamai and the usual questions about cookies have up to 1,100."""

A_FEW_WORDS = 600
"""Characters of text under a heading that is a notice by itself."""

WHOLE_HEADING = 0.6
"""Share of a heading that a phrase takes: "Please log in", and not "Please log in: how a bank lost its users"."""

LONGEST_BEGINNING = 700
"""Characters that sites show of an article to those who do not pay: one to three paragraphs."""

SHORTEST_PARAGRAPH = 250
"""Characters; what stands below a headline in a list of articles is shorter."""

LONGEST_APPEAL = 500
"""Characters of a paragraph that asks to subscribe."""


def _any(phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(map(str.strip, phrases.strip().split("\n"))), re.IGNORECASE)


_NOTICES = (
    (
        _any(r"""
            just a moment|checking (?:if the site connection|your browser)
            (?:verify(?:ing)?|confirm) (?:that )?you are (?:a )?human
            enable (?:js|javascript)\b|needs to review the security of your connection|disable any ad ?blocker
            are you (?:a robot|human)|not a (?:robot|bot)\b|robot (?:check|or human)|attention required
            unusual (?:traffic|activity)
            pardon our interruption|incapsula incident|ddos[- ]guard|complete (?:the|a) (?:security check|captcha)
            (?:you have been|been) blocked|access (?:to this page has been )?denied|enable cookies|\bray id\b
            security verification
            перевірка (?:вашого )?браузера|що ви (?:людина|не робот)|что вы (?:человек|не робот)
            (?:ein mensch|kein roboter) sind
        """),
        Message("it is a site’s check for robots, not an article; save the page in a browser and add the file"),
    ),
    (
        _any(r"""
            (?:value|respect) your privacy|your privacy|before you (?:continue|go on)
            (?:accept|reject) (?:all )?cookies|accept all
            (?:our|unsere|nos|nuestros|nasi|наші) (?:[\w ]{1,12} )?(?:partner\w*|partenaires|socios|партнери)\b
            manage (?:your )?consent|consent to (?:our|the) (?:processing|use)|withdraw your consent
            precise geolocation data
            (?:we|our site) uses? cookies|store and/?(?:or)? access information
            process(?:es|ing)? (?:of )?(?:your )?personal data
            bevor sie (?:fortfahren|weiterlesen)|mit werbung und (?:cookies|tracking)|datenschutzerklärung
            verarbeiten (?:\w+ )?daten
            votre vie privée|своїх? персональн|файлів cookie|файли cookie|файлы cookie
        """),
        Message("it asks about cookies and is no article; answer it in a browser, save the page and add the file"),
    ),
    (
        _any(r"""
            (?:error|http|fehler|erreur|помилка|ошибка) ?404\b|^404\b.{0,25}$|\b404 (?:error|not found|page)
            ^not found$|page not found
            page (?:was|could|can) ?(?:not|n?[o’']t) (?:be )?found|page (?:doesn[’']t|does not|no longer) exists?
            nothing was found at this|page unavailable|(?:has been|was) (?:removed|deleted) or
            (?:is )?no longer available
            page you (?:are|were|[’']re) looking for|seite (?:wurde )?nicht gefunden|existiert (?:leider )?nicht
            page introuvable
            página no encontrada|página não encontrada|pagina non trovata|sayfa bulunamadı|nie znaleziono strony
            сторінк[ау] не (?:знайдено|існує)|страница не найдена|strona nie (?:została znaleziona|istnieje)
        """),
        Message("it says that there is no such page; check its address in a browser"),
    ),
    (
        _any(r"""
            ^(?:log ?in|sign ?in|anmelden|einloggen|se connecter|увійти|вхід|войти|zaloguj się)\b|^welcome back$
            (?:log|sign) in to (?:continue|read|view|your account)|please (?:log|sign) in|forgot (?:your )?password
            create (?:a|an|your) (?:free )?account|забули пароль|passwort vergessen|mot de passe oublié
        """),
        Message("it is a form to log in, not an article; log in with a browser, save the page and add the file"),
    ),
)
_WALL = r"""
    (?:subscribe|sign up|register|log in|sign in|become a member).{0,60}to (?:continue|keep|finish) reading
    to (?:continue|keep|finish) reading.{0,60}(?:subscri|sign (?:in|up)|log in|register)|subscribers[- ]only
    (?:subscribe|register|log in|sign in).{0,60}to (?:read th(?:e|is) (?:full|whole|article|story)|get full access)
    for (?:paying )?subscribers(?: only)?$|is (?:only )?(?:for|available to) subscribers
    (?:limit of|last|your) free articles?
    (?:nur für|exklusiv für) abonnenten|réservée? aux abonnés|il vous reste .{1,20} à lire|para suscriptores
    tylko dla (?:prenumeratorów|subskrybentów)|(?:лише|тільки) (?:за передплатою|для передплатників|передплатникам)
    только (?:по подписке|для подписчиков)|nur mit (?:abo|plus)
"""
_HAS_WALL = _any(_WALL)
_APPEAL = _any(
    _WALL.rstrip()
    + r"""
    already a (?:subscriber|member)\?|unlimited access|jetzt (?:weiterlesen|abonnieren|testen)
    оформ(?:іть|ити) передплату
"""
)

PAID = Message("its page says that only subscribers may read it all; what it shows may be no more than the beginning")


def one_line(element: HtmlElement) -> str:
    return " ".join(element.text_content().split())


def why_notice(tree: HtmlElement, text: str) -> str | None:
    """Why a page that only says that the article is not there is refused; ``None`` for others."""
    if len(text) > LONGEST_NOTICE:
        return None
    headings = [one_line(heading) for heading in islice(tree.iter("title", "h1", "h2"), 4)]
    parts = [part for heading in headings for part in re.split(r"\s[|·–—-]\s", heading)]
    has_password = next(iter(tree.xpath("//input[@type='password']")), None) is not None
    for phrases, reason in _NOTICES:
        heads = [
            match for part in parts if (match := phrases.search(part)) and len(match[0]) >= WHOLE_HEADING * len(part)
        ]
        said = {match[0].lower() for part in (*parts, text) for match in phrases.finditer(part)}
        is_form = has_password and phrases is _NOTICES[-1][0]
        if (heads and len(text) <= A_FEW_WORDS) or len(said) > 1 or (said and is_form):
            return reason
    return None


def has_wall(tree: HtmlElement) -> bool:
    """Whether a heading or paragraph of the page says that only subscribers may read on."""
    lines = (one_line(element) for element in tree.iter("h1", "h2", "h3", "h4", "p"))
    return any(len(line) <= LONGEST_APPEAL and _HAS_WALL.search(line) for line in lines)


def without_paywall(text: str) -> tuple[str, bool]:
    """``text`` without the paragraphs that ask to subscribe, and whether there were such."""
    blocks = text.split("\n\n")
    kept = [block for block in blocks if len(block) > LONGEST_APPEAL or not _APPEAL.search(block)]
    return "\n\n".join(kept), len(kept) < len(blocks)


def why_beginning(text: str, *, paid: bool) -> str | None:
    """Why a page is refused that says that its article is ``paid`` for, and shows a few sentences of it."""
    if not paid or len(text) > LONGEST_BEGINNING:
        return None
    return Message(
        "only subscribers may read it, and the page shows no more than its beginning; log in with a browser, save the "
        "page and add the file"
    )


def why_list(tree: HtmlElement, text: str) -> str | None:
    """Why a page of headlines that lead to articles is refused; ``None`` where a text stands between them."""
    body = tree.find("body")
    if body is None or any(len(line) >= SHORTEST_PARAGRAPH for line in text.split("\n")):
        return None
    links = [line for link in body.iter("a") if len((line := one_line(link)).split()) >= 4]
    headlines, in_a_row, longest = 0, 0, 0
    for element in body.iter("h1", "h2", "h3", "h4", "p"):
        if element.tag == "p":
            in_a_row += len(one_line(element)) >= 40
            longest = max(longest, in_a_row)
        elif element.xpath("boolean(.//a[@href] | ancestor::a[@href])"):
            headlines, in_a_row = headlines + 1, 0
    mostly_links = len(links) >= 6 and 2 * sum(map(len, links)) > len(one_line(body))
    if mostly_links or (headlines >= 6 and longest <= 2):
        return Message("it is a list of articles, not an article; add the addresses of those that you want")
    return None
