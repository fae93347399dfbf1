"""A checked draft as a file to hand out: Markdown, JSON, or HTML with the draft beside the library's words."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from assistant.drafts.verifying import Finding, Report
from assistant.export.page import template
from assistant.export.text import ENGLISH, byline, headline, markdown
from assistant.messages import Translator
from vectorstore.messages import Message

Form = Literal["markdown", "json", "html"]

FINDINGS: Mapping[Finding, Message] = {
    "carried": Message("carried by the library"),
    "contradicted": Message("the library says otherwise"),
    "not_told": Message("not told in the library"),
    "not_checkable": Message("nothing to check"),
}


def written(report: Report, form: Form, words: Translator = ENGLISH) -> str:
    """``report`` in one of the forms, ended by a line break."""
    return _FORMS[form](report, words).rstrip() + "\n"


def _markdown(report: Report, words: Translator) -> str:
    lines = [f"# {words.gettext('A draft beside the library')}"]
    for each in report.sentences:
        finding = words.gettext(FINDINGS[each.finding])
        why = f": {markdown(words.gettext(each.reason))}" if each.reason else ""
        lines.append(f"{markdown(each.text)}\n\n**{finding}**{why}")
        lines += [
            f"> {markdown(citation.quote)}\n>\n> {markdown(headline(citation.article, words, citation.page))}"
            for citation in each.citations
        ]
    return "\n\n".join(lines)


def _html(report: Report, words: Translator) -> str:
    values = {"words": words, "_": words.gettext, "findings": FINDINGS, "byline": byline}
    return template(Path(__file__).with_name("report.html.jinja")).render(values, report=report)


_FORMS: Mapping[Form, Callable[[Report, Translator], str]] = {
    "markdown": _markdown,
    "json": lambda report, _: json.dumps(report.to_dict(), ensure_ascii=False, indent=2),
    "html": _html,
}
