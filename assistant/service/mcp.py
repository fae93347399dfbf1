"""MCP, by which models use tools: ``ask``, ``search``, ``read_article`` and ``list_articles``.

They only read. Articles are resources too: ``article://ID``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from assistant.errors import AssistantError
from vectorstore.errors import LibraryError
from vectorstore.messages import Message

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

    from assistant.assistant import Assistant

Day = str | None
Outlets = list[str] | None
Json = dict[str, Any]


class McpMissing(AssistantError):
    """The MCP SDK is not installed; the message has the line that installs it."""


def server(desk: Assistant) -> MCPServer:
    """The tools and resources over ``desk``; ``server(desk).run("stdio")`` serves them. Raises ``McpMissing``."""
    try:
        from mcp.server.mcpserver import MCPServer
        from mcp.server.mcpserver.exceptions import ResourceNotFoundError, ToolError
        from mcp_types import ToolAnnotations
    except ImportError as error:
        raise McpMissing(
            Message("MCP takes a package that is not installed. Install it: pip install 'article-assistant[mcp]'")
        ) from error

    @contextmanager
    def translated(kind: type[Exception]) -> Iterator[None]:
        """Our errors reach the model as they are: it can ask differently."""
        try:
            yield
        except (AssistantError, LibraryError) as error:
            raise kind(str(error)) from error

    def ask(question: str, as_of: Day = None, since: Day = None, until: Day = None, sources: Outlets = None) -> Json:
        """Answer a question from the articles. Each [n] in the text stands for the quoted words of a citation.

        Days are YYYY-MM-DD: nothing later than as_of is used, since and until limit the day of publication. sources
        are outlets by their names; days and outlets that the question names are understood without them.
        """
        with translated(ToolError):
            return desk.ask(question, as_of=as_of, since=since, until=until, sources=sources).to_dict()

    def search(question: str, k: int = 10, since: Day = None, until: Day = None, sources: Outlets = None) -> list[Json]:
        """Find the k passages that fit a question best. Days and sources are those of ask."""
        with translated(ToolError):
            found = desk.search(question, k=min(k, 100), since=since, until=until, sources=sources)
            return [match.to_dict() for match in found]

    def read_article(article_id: str) -> Json:
        """Read one article: its text, title, day of publication, outlet and address."""
        with translated(ToolError):
            article = desk.library.article(article_id)
            return article.to_dict() | {"text": article.text}

    def list_articles(limit: int = 50, offset: int = 0) -> list[Json]:
        """List the articles, newest first, without their texts."""
        with translated(ToolError):
            listed = desk.articles(limit=max(1, min(limit, 1_000)), offset=max(0, offset), with_text=False)
            return [article.to_dict() for article in listed]

    def article(article_id: str) -> str:
        """The text of an article."""
        with translated(ResourceNotFoundError):
            return desk.library.article(article_id).text

    made = MCPServer("article-assistant", instructions="A library of articles: ask, search and read it.")
    for tool in (ask, search, read_article, list_articles):
        made.add_tool(tool, annotations=ToolAnnotations(read_only_hint=True))
    made.resource("article://{+article_id}", name="article", mime_type="text/plain")(article)
    return made
