"""MCP: the tools as a client of the official SDK finds them, where that is installed."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from assistant.__main__ import main
from tests.assistant.conftest import DRONES_QUESTION
from tests.assistant.making import DRONES

ROOT = Path(__file__).parents[3]
with_the_sdk = pytest.mark.skipif(
    importlib.util.find_spec("mcp") is None, reason="pip install 'article-assistant[mcp]'"
)


async def told(folder: Path) -> dict[str, Any]:
    """What a client that starts the command is told."""
    from mcp import Client, MCPError
    from mcp.client.stdio import StdioServerParameters

    command = ["-m", "assistant", "mcp", "--library", str(folder)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    parameters = StdioServerParameters(command=sys.executable, args=command, cwd=ROOT, env=environment)
    async with Client(parameters) as client:
        tools = (await client.list_tools()).tools
        found = await client.call_tool("search", {"question": "drones", "k": 1})
        passage: Any = found.structured_content
        article_id = passage["result"][0]["article"]["id"]
        with pytest.raises(MCPError) as unknown:
            await client.read_resource("article://none")
        return {
            "tools": {tool.name: tool for tool in tools},
            "ask": await client.call_tool("ask", {"question": DRONES_QUESTION}),
            "before": await client.call_tool("ask", {"question": DRONES_QUESTION, "as_of": "soon"}),
            "read": await client.call_tool("read_article", {"article_id": article_id}),
            "list": await client.call_tool("list_articles", {"limit": 2}),
            "resource": await client.read_resource(f"article://{article_id}"),
            "unknown": str(unknown.value),
        }


@with_the_sdk
def test_a_client_finds_the_tools_and_reads_articles(folder: Path) -> None:
    said = asyncio.run(told(folder))
    assert set(said["tools"]) == {"ask", "search", "read_article", "list_articles"}
    assert all(tool.annotations.read_only_hint for tool in said["tools"].values())
    answer = said["ask"].structured_content
    assert "2,000 drones" in answer["text"]
    assert answer["citations"][0]["quote"] in DRONES
    assert said["before"].is_error
    assert "soon" in said["before"].content[0].text
    assert said["read"].structured_content["text"] == DRONES
    assert len(said["list"].structured_content["result"]) == 2
    assert said["resource"].contents[0].text == DRONES
    assert "none" in said["unknown"]


def test_where_the_sdk_is_missing_the_line_that_installs_it_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "mcp.server.mcpserver", None)
    assert main(["mcp", "--library", str(folder)]) == 1
    assert "pip install 'article-assistant[mcp]'" in capsys.readouterr().err
