"""Commands for whoever runs it for others: ``chat``, ``serve``, ``mcp``, ``keys``, ``feedback``, ``doctor``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

from typer import Exit, Option, Typer

from assistant.cli import printing
from assistant.cli.common import LIBRARY, Folder, Json, opened
from assistant.cli.printing import say, show
from vectorstore.messages import Message

commands = Typer()
keys = Typer(rich_markup_mode=None, no_args_is_help=True, help="Add, list and remove the keys of the service.")
commands.add_typer(keys, name="keys")


@commands.command()
def chat(
    library: Folder = LIBRARY,
    host: Annotated[str, Option(help="address to listen on")] = "127.0.0.1",
    port: Annotated[int, Option(help="port to listen on")] = 7860,
    auth: Annotated[str | None, Option(metavar="FILE", help="who may log in; python -m ui.users makes it")] = None,
    answers: Annotated[int, Option(metavar="N", help="answers written at once")] = 64,
    public_url: Annotated[str | None, Option(metavar="URL", help="where readers open it behind a proxy")] = None,
    proxy: Annotated[list[str] | None, Option(metavar="ADDRESS", help="the proxy's IP address or network")] = None,
) -> None:
    """Open the chat page."""
    # The page is the layer above this one: started by its name, never imported.
    import runpy

    given = {"library": library, "host": host, "port": port, "answers": answers, "auth": auth, "public-url": public_url}
    sys.argv = ["ui", *(f"--{name}={value}" for name, value in given.items() if value is not None)]
    sys.argv += [f"--proxy={address}" for address in proxy or ()]
    runpy.run_module("ui", run_name="__main__", alter_sys=True)


@commands.command()
def serve(
    library: Folder = LIBRARY,
    host: Annotated[str, Option(help="address to listen on")] = "127.0.0.1",
    port: Annotated[int, Option(help="port to listen on")] = 7861,
    per_minute: Annotated[int, Option(metavar="N", min=1, help="requests a minute that each key may make")] = 60,
) -> None:
    """Serve other programs: REST, and OpenAI's protocol under /v1."""
    from assistant.service import application

    with opened(library, read_only=True) as desk:
        application.serve(
            desk,
            host=host,
            port=port,
            per_minute=per_minute,
            announce=lambda address: show(
                Message("{address}/v1 for OpenAI's clients, {address}/api/docs for the rest.", address=address)
            ),
        )


@commands.command()
def mcp(library: Folder = LIBRARY) -> None:
    """Serve a program with a model by MCP, on standard input and output."""
    from assistant.service.mcp import server

    with opened(library, read_only=True) as desk:
        server(desk).run("stdio")


@keys.command("add")
def add_key(
    name: str,
    role: Annotated[
        Literal["ask", "search", "metrics"], Option(help="search: no questions; metrics: nothing but /metrics")
    ] = "ask",
    library: Folder = LIBRARY,
) -> None:
    """Make a key; it is shown only now."""
    from assistant.service.keys import Keys

    show(Keys(library).add(name, role))
    say(Message("Keep it now: it is not shown again. Programs send it as Authorization: Bearer KEY."))


@keys.command("list")
def list_keys(library: Folder = LIBRARY) -> None:
    """List the keys by their names."""
    from assistant.service.keys import Keys

    show(f"{name}\t{key.role}\t{key.added:%Y-%m-%d}" for name, key in Keys(library).all().items())


@keys.command("remove")
def remove_key(name: str, library: Folder = LIBRARY) -> None:
    """Remove a key; the service refuses it at once."""
    from assistant.service.keys import Keys

    Keys(library).remove(name)


@commands.command()
def feedback(library: Folder = LIBRARY, json: Json = False) -> None:
    """Show what readers said of answers, with the answers."""
    from assistant.history.conversations import Conversations

    with Conversations(library, read_only=True) as conversations:
        said = conversations.feedback()
    show([each.to_dict() for each in said] if json else printing.feedback(said, library))


@commands.command()
def doctor(
    library: Folder = LIBRARY,
    port: Annotated[int, Option(help="the port that `chat` shall have")] = 7860,
    json: Json = False,
) -> None:
    """Find what is wrong with what is set up here, and say how to mend it and what the chat model can do.

    Exit status: 1 where something does not work.
    """
    from assistant.cli.doctor import examine

    found = list(examine(Path(library).expanduser(), port))
    show([each.to_dict() for each in found] if json else printing.findings(found))
    raise Exit(not all(each.ok or each.hint for each in found))
