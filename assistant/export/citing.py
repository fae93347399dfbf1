"""The sources of an answer as references for other texts: in the form of the APA, and as links to the quoted words."""

from __future__ import annotations

from urllib.parse import quote

from assistant.export.text import ENGLISH, headline, link, one_line, titled
from assistant.messages import Translator
from assistant.types import Answer, Citation

LONGEST_EXACT = 300
"""Characters of a quotation that a link holds whole; of a longer one it holds the ends, as Chromium's own links do."""
_ENDS = 5
"""Words of each end."""


def answer_apa(answer: Answer, words: Translator = ENGLISH) -> str:
    """One reference for each cited article, in APA style (7th edition), in the order of the alphabet.

    Authors stand as the article names them: which part of a name is the family's cannot be told for all languages.
    """
    cited = {each.article.id: each.article for each in answer.citations}
    references = []
    for article in cited.values():
        title = one_line(titled(article, words)).rstrip(".")
        day = f"({article.published:%Y, %B} {article.published.day})" if article.published else "(n.d.)"
        authors = " & ".join(map(one_line, article.authors))
        lead = [f"{authors.rstrip('.')}. {day}. {title}."] if authors else [f"{title}. {day}."]
        outlet = [f"{one_line(article.source).rstrip('.')}."] if article.source else []
        references.append(" ".join([*lead, *outlet, *filter(None, [link(article.url)])]))
    return "".join(f"{each}\n" for each in sorted(references, key=str.casefold))


def answer_links(answer: Answer, words: Translator = ENGLISH) -> str:
    """For each citation a link that opens the original at the quoted words; without an address, the article's name."""
    return "".join(f"[{each.number}] {_to_words(each) or headline(each.article, words)}\n" for each in answer.citations)


def _to_words(citation: Citation) -> str | None:
    """The address with a text fragment (https://wicg.github.io/scroll-to-text-fragment/)."""
    address = link(citation.article.url)
    if address is None:
        return None
    said = citation.quote.strip()
    parts = [said]
    if len(said) > LONGEST_EXACT or "\n" in said:  # a fragment lies within one paragraph, but its ends need not
        listed = said.split()
        parts = [" ".join(listed[:_ENDS]), " ".join(listed[-_ENDS:])]
    fragment = ",".join(quote(one_line(part), safe="").replace("-", "%2D") for part in parts)
    return f"{address}{'' if '#' in address else '#'}:~:text={fragment}"
