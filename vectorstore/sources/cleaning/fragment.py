"""A fragment of HTML, such as a table's cell, as its reader sees it: ``<p>A&amp;B<ul><li>c`` → ``A&B``, ``- c``.

Nothing around an article is to be told from it here, as in a page, so nothing is left out but what is never shown. By
patterns of our own: they take linear time whatever the tags, which parsers of HTML do not, and no parser's process.
"""

from __future__ import annotations

import re
from html import unescape

_IS_HTML = re.compile(r"</(?:[a-z]|h[1-6])[a-z]*\s*>|<(?:p|br|img|hr|li|div)\b[^<>]*>|<!--", re.IGNORECASE)
_ESCAPED_HTML = re.compile(r"&lt;(?:p|br|div|/[a-z]+)\b", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{2,7}|#x[0-9a-f]{2,6}|[a-z]{2,8}\d?);", re.IGNORECASE)
_UNSEEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style|template|noscript|head|iframe|svg|select|textarea|button|figcaption)\b[^<>]*>"
    r".*?(?:</\1\s*>|\Z)",
    re.IGNORECASE | re.DOTALL,
)
# WordPress's "[caption id="a"]<img> Words[/caption]", "[gallery ids="1,2"]", "[vc_row width="1"]", "[/vc_row]".
_SHORTCODE = re.compile(
    r"\[(caption|embed|audio|video|playlist)\b[^\[\]]*\][^\[]{0,2000}\[/\1\]"
    r"|\[gallery\b[^\[\]]*\]|\[[a-z][\w-]*\s+[\w-]+=[^\[\]]*\]|\[/[a-z][\w-]*\]",
)
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)\b[^<>]*>|<[!?][^<>]*>", re.IGNORECASE)
_BREAKS = {
    **dict.fromkeys(
        "address article aside blockquote dd div dl dt figure footer form h1 h2 h3 h4 h5 h6 header hr main ol p pre "
        "section table ul".split(),
        "\n\n",
    ),
    "br": "\n",
    "tr": "\n",
    "li": "\n- ",
    "td": " | ",
    "th": " | ",
}
_OPENING_ONLY = frozenset({"br", "tr", "li", "td", "th"})


def plain_text(value: str) -> str:
    """``value`` without tags and entities where it holds any; other text as it is."""
    if "<" not in value and "&" not in value:
        return value
    if _ESCAPED_HTML.search(value) and not _IS_HTML.search(value):
        value = unescape(value)
    if not _IS_HTML.search(value):
        return unescape(value) if _ENTITY.search(value) else value
    html = _SHORTCODE.sub("", _UNSEEN.sub("", value))
    if not re.search(r"<(?:p|br|div|li)\b", html, re.IGNORECASE):  # an editor's own text: its lines are lines
        html = html.replace("\r\n", "\n").replace("\n\n", "<p>").replace("\n", "<br>")
    text = unescape(_TAG.sub(_break, " ".join(html.split())))
    lines = [line.strip().removeprefix("| ") for line in re.sub(r"\n- \s+", "\n- ", text).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line for line in lines if line != "-")).strip()


def _break(match: re.Match[str]) -> str:
    name = (match[2] or "").lower()
    return "" if match[1] and name in _OPENING_ONLY else _BREAKS.get(name, "")
