"""Boilerplate: "Photo: Jane Doe/Getty Images", "Sign up for our newsletter", "Editor's note: …", "Updated 5 May".

It stands in the text of articles and is none of it: it is kept with the text, and is never a title and never quoted.
"""

from __future__ import annotations

import re

_BOILERPLATE = re.compile(
    r"[\s*_>(\[•·-]*(?:"
    r"(?:related|see also|photos?|photograph|image|picture|video|watch|listen|more|credit|source|caption)\s*:"
    r"|(?:photo|image|picture|illustration)s?\s+(?:by|credit|courtesy)\b|file photo\b"
    r"|(?:read more|click here|tap here|sign up|subscribe|follow us|advertisement|story continues|skip to)\b"
    r"|(?:last\s+)?updated\b"
    r"|this (?:article|story) (?:was|has been) (?:first |originally )?(?:published|updated|corrected)\b"
    r"|(?:editor|publisher)[’']?s[’']? note\b)"
    r"|.*\b(?:hide caption|replay more|must watch|just watched|image source|getty images|all rights reserved"
    r"|editor[’']s note)\b",
    re.IGNORECASE | re.DOTALL,
)


def is_boilerplate(sentence: str) -> bool:
    """Whether ``sentence`` belongs to the page around an article, not to the article."""
    return _BOILERPLATE.match(sentence) is not None
