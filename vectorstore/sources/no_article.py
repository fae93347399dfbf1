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

LONGEST_NOTICE = 1_500
"""Characters of a notice. Those of Cloudflare, Akamai and the usual questions about cookies have up to 1,200."""

A_FEW_WORDS = 600
LONGEST_HEADING = 70
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
            just a moment|checking (?:if the site connection|your browser)|verify(?:ing)? (?:that )?you are (?:a )?human
            enable javascript and cookies to continue|needs to review the security of your connection
            are you (?:a robot|human)|you are not a robot|attention required|pardon our interruption|unusual traffic
            incapsula incident|ddos[- ]guard|complete (?:the|a) (?:security check|captcha)|you have been blocked
            access (?:to this page has been )?denied|please enable cookies|\bray id\b
        """),
        Message("it is a site’s check for robots, not an article; save the page in a browser and add the file"),
    ),
    (
        _any(r"""
            we value your privacy|before you continue|we and our (?:\d+ |[a-z]+ )?partners|accept (?:all )?cookies
            manage (?:your )?consent|consent to (?:our|the) (?:processing|use)|precise geolocation data
            bevor sie (?:fortfahren|weiterlesen)|wir und unsere (?:\d+ )?partner|nous et nos (?:\d+ )?partenaires
            nosotros y nuestros (?:\d+ )?socios|my i nasi (?:\d+ )?partnerzy|ми та наші (?:\d+ )?партнер
        """),
        Message("it asks about cookies and is no article; answer it in a browser, save the page and add the file"),
    ),
    (
        _any(r"""
            \b(?:error|http) 404\b|^404\b|\b404 (?:error|not found|page)|^not found$|page not found
            page (?:was|could) ?(?:not|n[o’']t) (?:be )?found|page (?:doesn[’']t|does not|no longer) exist
            page you (?:are|were|[’']re) looking for|seite (?:wurde )?nicht gefunden|page introuvable
            página no encontrada|página não encontrada|pagina non trovata|sayfa bulunamadı
            сторінк[ау] не (?:знайдено|існує)|страница не найдена|strona nie (?:została znaleziona|istnieje)
        """),
        Message("it says that there is no such page; check its address in a browser"),
    ),
    (
        _any(r"""
            ^(?:log ?in|sign ?in|anmelden|einloggen|se connecter|увійти|вхід|войти|zaloguj się)\b.{0,30}$
            (?:log|sign) in to (?:continue|read|view|your account)|please (?:log|sign) in|forgot (?:your )?password
            create (?:a|an|your) (?:free )?account|забули пароль|passwort vergessen|mot de passe oublié
        """),
        Message("it is a form to log in, not an article; log in with a browser, save the page and add the file"),
    ),
)
_APPEAL = _any(r"""
    (?:subscribe|sign up|register|log in|sign in|become a member).{0,60}to (?:continue|keep|finish) reading
    (?:subscribe|sign up|register|log in|sign in).{0,60}(?:to read th(?:e|is) (?:full|whole|article|story)|full access)
    (?:continue|keep) reading.{0,60}(?:subscri|sign (?:in|up)|log in|register)|already a (?:subscriber|member)\?
    (?:is|are) (?:for|available to) subscribers|subscribers[- ]only|unlimited access to
    you have .{1,20} free articles? left|jetzt (?:weiterlesen|abonnieren)|réservée? aux abonnés
    il vous reste .{1,20} à lire|(?:solo|exclusivo) para suscriptores|tylko dla (?:prenumeratorów|subskrybentów)
    (?:лише|тільки) (?:за передплатою|для передплатників|передплатникам)|оформ(?:іть|ити) передплату
    только (?:по подписке|для подписчиков)
""")


PAID = Message("its page says that only subscribers may read it all; what it shows may be no more than the beginning")


def one_line(element: HtmlElement) -> str:
    return " ".join(element.text_content().split())


def why_notice(tree: HtmlElement, text: str) -> str | None:
    """Why a page that only says that the article is not there is refused; ``None`` for others."""
    headings = [one_line(heading) for heading in islice(tree.iter("title", "h1"), 3)]
    headings = [heading for heading in headings if len(heading) <= LONGEST_HEADING]
    for phrases, reason in _NOTICES:
        heads = any(map(phrases.search, headings))
        said = {match[0].lower() for part in (*headings, text) for match in phrases.finditer(part[:LONGEST_NOTICE])}
        if (heads and len(text) <= A_FEW_WORDS) or (len(said) > 1 and len(text) <= LONGEST_NOTICE):
            return reason
    return None


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
    """Why a page of headlines that lead to articles is refused; ``None`` where paragraphs stand between them."""
    body = tree.find("body")
    headlines = [line for link in tree.iter("a") if len((line := one_line(link)).split()) >= 4]
    paragraphs = any(len(line) >= SHORTEST_PARAGRAPH for line in text.split("\n"))
    if body is None or paragraphs or len(headlines) < 6 or 2 * sum(map(len, headlines)) < len(one_line(body)):
        return None
    return Message("it is a list of articles, not an article; add the addresses of those that you want")
