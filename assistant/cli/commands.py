"""The command line: all groups of commands put together, and how one is run.

Everything heavy is imported by the command that needs it, so that ``--help`` answers at once.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

from typer import Typer
from typer.main import get_command

from assistant.cli import asking, library, serving, upkeep
from assistant.cli.printing import say
from vectorstore.messages import Message

# Without Rich's markup in help texts, which more than doubles the time that `--help` takes.
app = Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    context_settings={"help_option_names": ["--help", "-h"]},
    help="Ask your articles; every sentence of the answer points to its words.",
)
for _group in (library, asking, serving, upkeep):
    app.add_typer(_group.commands)


def run(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns the exit status. No error leaves it as a traceback."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that has no “ shows ?
    try:
        get_command(app).main(arguments, prog_name="assistant")
    except SystemExit as end:
        return 0 if isinstance(end.__context__, BrokenPipeError) else int(end.code or 0)  # `assistant list | head`
    except Exception as error:
        if os.environ.get("ASSISTANT_DEBUG"):
            raise
        return say(_plain(error), 1)
    return 0


def _plain(error: Exception) -> str:
    from assistant.errors import AssistantError
    from vectorstore.errors import LibraryError

    if isinstance(error, AssistantError | LibraryError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'The system'}: {error.strerror}."
    return Message(
        "Something went wrong that we did not foresee ({error}). Nothing acknowledged is lost. Run the command again "
        "with ASSISTANT_DEBUG=1 for the details, and please report them.",
        error=f"{type(error).__name__}: {error}",
    )
