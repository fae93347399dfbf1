"""Markdown as a reader sees it: plain text, because passages of it are quoted word for word."""

from __future__ import annotations

import json
import re
import tomllib
from contextlib import suppress

import yaml
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from vectorstore.errors import SourceRefused
from vectorstore.messages import Message
from vectorstore.sources.cleaning import fragment
from vectorstore.sources.fields import Fields

LONGEST_FRONT_MATTER = 64_000
"""Characters. Real front matter has a few hundred; YAML of megabytes takes minutes."""

_YAML = re.compile(r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_TOML = re.compile(r"\+\+\+[ \t]*\n(.*?)^\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
# What note programs such as Obsidian add to Markdown, and what its reader sees of it.
_NOTES_IN_SOURCE = (
    (re.compile(r"%%.*?%%", re.DOTALL), ""),  # a comment
    (re.compile(r"^((?:>[ \t]?)+)\[!\w+\][+-]?[ \t]*(.*)$", re.MULTILINE), r"\1\2\n\1"),  # "> [!quote] Statement"
    (re.compile(r"^([ \t]*[-*+][ \t]+)\[[ xX]\][ \t]+", re.MULTILINE), r"\1"),  # "- [x] done"
    (re.compile(r"^\[\^[^\]\n]{1,40}\]:[ \t]*", re.MULTILINE), ""),  # the text of a footnote
)
_NOTES_IN_LINE = (
    (re.compile(r"!\[\[[^\[\]]*\]\]|\[\^[^\]\n]{1,40}\]|\s\^[\w-]+$"), ""),  # picture, footnote, name
    (re.compile(r"\[\[(?:[^\[\]|]*\|)?([^\[\]|]*)\]\]"), r"\1"),  # "[[Ann Lee|her]]"
    (re.compile(r"(?<![\w=])==(?=[^\s=])(.{1,500}?)(?<=[^\s=])==(?![\w=])"), r"\1"),  # "==marked=="
)
_QUERIES = frozenset({"dataview", "dataviewjs", "query", "tasks"})
# Both loaders build strings, lists and dictionaries only, whatever tags a file writes; the second is in C.
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def front_matter(markdown: str, origin: str) -> tuple[Fields, str]:
    """The fields of the YAML, TOML or JSON that a file may begin with, and the Markdown after it.

    Every value of YAML stays the string that was written, so a date keeps its spelling until ``dates`` reads it. Raises
    ``SourceRefused`` with the line when the block cannot be read or is no mapping.
    """
    markdown = markdown.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    head = markdown[: LONGEST_FRONT_MATTER + 10]
    values: object = None
    end = 0
    if match := _YAML.match(head):
        values, end = _yaml(match[1], origin), match.end()
    elif match := _TOML.match(head):
        end = match.end()
        try:
            values = tomllib.loads(match[1])
        except tomllib.TOMLDecodeError as error:
            raise SourceRefused(f"{origin}:1", Message("its front matter is not TOML: {error}", error=error)) from error
    elif head.startswith("{"):
        with suppress(ValueError, RecursionError):  # else it is a text that begins with a bracket
            values, end = json.JSONDecoder(strict=False).raw_decode(head)
    if not isinstance(values or {}, dict):
        raise SourceRefused(f"{origin}:1", Message("its front matter is not of the form “title: …”"))
    fields = values if isinstance(values, dict) else {}
    return Fields({str(key): _unlinked(value) for key, value in fields.items()}, origin), markdown[end:]


def _yaml(text: str, origin: str) -> object:
    try:
        values = yaml.load(text, Loader=_LOADER)  # noqa: S506
    except yaml.MarkedYAMLError as error:
        mark = error.context_mark or error.problem_mark  # where it began, if that is known
        line = mark.line + 2 if mark else 1
        raise SourceRefused(
            f"{origin}:{line}",
            Message(
                "its front matter is not YAML: {problem}; put a value that holds “: ” in quotes", problem=error.problem
            ),
        ) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise SourceRefused(f"{origin}:1", Message("its front matter is not YAML: {error}", error=error)) from error
    if _is_larger(values, len(text)):
        reason = Message("its front matter repeats itself by aliases, as bombs do; write its values out")
        raise SourceRefused(f"{origin}:1", reason)
    return values


def _is_larger(value: object, most: int) -> bool:
    """Whether a value holds more than was written, ``most`` characters: an alias may stand for a thousand others."""
    waiting, size = [value], 0
    while waiting and size <= most:
        part = waiting.pop()
        size += len(part) if isinstance(part, str) else 1
        waiting += part if isinstance(part, list) else [*part, *part.values()] if isinstance(part, dict) else []
    return size > most


def _unlinked(value: object) -> object:
    """A value of front matter without the brackets of a link to another note: ``"[[Ann Lee]]"``."""
    if isinstance(value, list):
        return [_unlinked(part) for part in value]
    return _without_marks(value) if isinstance(value, str) else value


def _without_marks(line: str) -> str:
    for mark, seen in _NOTES_IN_LINE:
        line = mark.sub(seen, line)
    return line


def plain_text(markdown: str, title: str | None = None) -> tuple[str | None, str]:
    """The first heading of level 1, or ``None``, and the text without Markdown's marks.

    A heading that opens the text is left out of it when it is the title. Links keep their words, pictures go, code
    stays, list items and table rows keep their lines.
    """
    # Made here and not on import: it costs as much as reading an article with it.
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    for mark, seen in _NOTES_IN_SOURCE:
        markdown = mark.sub(seen, markdown)
    blocks = SyntaxTreeNode(parser.parse(markdown)).children
    heading = next((_render(block) for block in blocks if block.type == "heading" and block.tag == "h1"), None) or None
    texts = [text for block in blocks if (text := _render(block))]
    if heading and texts[0] == heading and (title is None or title.casefold() == heading.casefold()):
        del texts[0]
    return heading, "\n\n".join(texts)


def _render(node: SyntaxTreeNode) -> str:
    match node.type:
        case "inline":
            lines = "".join(map(_inline, node.children)).split("\n")
            return "\n".join(" ".join(_without_marks(line).split()) for line in lines)
        case "fence" | "code_block":
            return "" if node.info.strip() in _QUERIES else node.content.rstrip()
        case "html_block":
            return fragment.plain_text(node.content)
        case "bullet_list":
            return "\n".join(f"- {_render(item)}" for item in node.children)
        case "ordered_list":
            first = int(node.attrs.get("start", 1))
            return "\n".join(f"{number}. {_render(item)}" for number, item in enumerate(node.children, first))
        case "tr":
            return " | ".join(map(_render, node.children))
        case "list_item" | "table" | "thead" | "tbody":
            return "\n".join(filter(None, map(_render, node.children)))
        case _:
            return "\n\n".join(filter(None, map(_render, node.children)))


def _inline(node: SyntaxTreeNode) -> str:
    match node.type:
        case "softbreak":
            return " "
        case "hardbreak":
            return "\n"
        case "image":
            return ""
        case "html_inline":
            return "\n" if node.content.lower().startswith("<br") else ""
        case _:
            return node.content if not node.children else "".join(map(_inline, node.children))
