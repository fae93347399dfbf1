"""Boilerplate: "Photo: Jane Doe/Getty Images", "Sign up for our newsletter", "Editor's note: …", "Updated 5 May".

It stands in the text of articles and is none of it: it is kept with the text, and is never a title and never quoted.
"""

from __future__ import annotations

import re

_BOILERPLATE = re.compile(
    r"[\s*_>(\[•·-]*(?:"
    r"(?:related|see also|photos?|photograph|image|picture|video|watch|listen|more|credit|source|caption)\s*:"
    r"|(?:photo|image|picture|illustration)s?\s+(?:by|credit|courtesy|source)\b|file photo\b"
    r"|(?:read more|click here|tap here|sign up (?:for|to|here)|subscribe (?:to|now|here)|follow us|story continues)\b"
    r"|advertisement\W*\Z"
    r"|(?:last\s+)?updated(?:\s*:|\s+(?:on|at)\b|\s+\d|\s+(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+\d)"
    r"|this (?:article|story) (?:was|has been) (?:first |originally )?(?:published|updated|corrected)\b"
    r"|(?:editor|publisher)[’']?s[’']? note\b)"
    r"|.*(?:/|\bvia )\s*getty images\b|.*(?:\A|[.!?)]\s+)getty images\W*\Z"
    r"|.*(?:\bhide caption\b|\breplay more\b|\ball rights reserved\b|(?-i:MUST WATCH|JUST WATCHED))",
    re.IGNORECASE | re.DOTALL,
)
"""What pages put around articles, in its own form: "Updated figures show …" and "Getty Images sued …" are told."""


def is_boilerplate(sentence: str) -> bool:
    """Whether ``sentence`` belongs to the page around an article, not to the article."""
    return _BOILERPLATE.match(sentence) is not None
