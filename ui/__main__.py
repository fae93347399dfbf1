"""``python -m ui``: the page over a library, without the rest of the command line."""

from __future__ import annotations

import argparse
import os
import sys

from assistant import Assistant
from assistant.errors import AssistantError
from ui.answering.threads import PLACES
from ui.app import PORT, serve
from ui.users import Users
from vectorstore.errors import LibraryError
from vectorstore.watching import in_background


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m ui", description="Serve the page over a library of articles.")
    parser.add_argument("--library", default=os.environ.get("ASSISTANT_LIBRARY", "library"), help="its folder")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: this machine only)")
    parser.add_argument("--port", type=int, default=PORT, help=f"the port (default: {PORT})")
    parser.add_argument(
        "--auth", metavar="FILE", help="users who may log in; python -m ui.users NAME makes a line of it"
    )
    parser.add_argument(
        "--answers",
        type=int,
        default=PLACES,
        metavar="N",
        help=f"answers written at once, others wait (default: {PLACES})",
    )
    parser.add_argument(
        "--public-url",
        default=os.environ.get("ASSISTANT_PUBLIC_URL", ""),
        metavar="URL",
        help="where readers open the page, if a server before it passes their requests on (https://articles.example)",
    )
    parser.add_argument(
        "--proxy",
        action="append",
        default=os.environ.get("ASSISTANT_PROXIES", "").split(),
        metavar="ADDRESS",
        help="IP address or network of such a server, whose word on who asks is believed; may be given several times",
    )
    options = parser.parse_args(arguments)
    if options.answers < 1:
        parser.error("--answers: at least one at once")
    try:
        users = Users.read(options.auth) if options.auth else None
        with Assistant.open(options.library) as desk, in_background(desk.library, desk.limits):
            serve(
                desk,
                host=options.host,
                port=options.port,
                users=users,
                places=options.answers,
                public_url=options.public_url,
                proxies=options.proxy,
            )
    except (AssistantError, LibraryError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:  # before the page was up; afterwards it ends by itself
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
