"""Every text that the page shows, in one place, so that it can be read through and translated."""

from __future__ import annotations

NAME = "Article Assistant"
TAGLINE = "Ask your articles. Every sentence points to the words that support it."
STARTING = "Starting the page…"
ADDRESS = "Open {address} in a browser. Ctrl-C stops it."
STOPPED = "The page is closed. The library is as you left it."
PORT_TAKEN = "Port {port} on {host} is in use. Close the program that uses it, or choose another: --port {other}"
PORT_FORBIDDEN = "Port {port} may not be used by this account. Choose one above 1023: --port 7860"
PORT_IMPOSSIBLE = "{port} is no port. Ports go from 1 to 65535: --port 7860"
HOST_UNKNOWN = "{host!r} is no address of this machine. For this machine only: --host 127.0.0.1"
FOREIGN_REQUEST = "This page does not take requests from other sites."
FOREIGN_HOST = "This page answers under 127.0.0.1 and localhost only. For another name, start it with --host."
NO_SUCH_ROUTE = "There is nothing at this address."

CHAT = "Chat"
LIBRARY = "Library"

# Chat
QUESTION_LABEL = "Your question"
QUESTION_PLACEHOLDER = "Ask your articles"
ASK = "Ask"
STOP = "Stop"
NEW_CONVERSATION = "New conversation"
WELCOME = "What would you like to know?"
WELCOME_EMPTY = "Your library is empty"
WELCOME_EMPTY_HINT = (
    "Open “Library” above and add text, Markdown, HTML, JSONL or CSV files. Answers come from them alone."
)
HOLDINGS = "{articles} in the library"
HOLDINGS_DATED = "{articles} in the library, {first} to {last}"
HOLDINGS_ONE_DAY = "{articles} in the library, of {first}"
TRY = "Try one of these"
STARTER_SOURCE = "Starter Library"  # how the source of every starter article begins
EXAMPLES = (
    "How much did DART shorten the orbit of Dimorphos?",
    "How many people died in the earthquake in Turkey and Syria?",
    "What did Umerov and Lecornu discuss?",
)
READING = "Reading the articles…"
QUESTION_TOO_LONG = "The question is {length} characters long; {limit} are accepted. Please shorten it."
QUESTION_IN_PROGRESS = "An answer is still being written in this tab. Wait for it, or stop it."
PAGE_FAILED = "The page itself failed, not the library. Ask again; if it happens twice, the terminal says more."

# Answer
ANSWER_READY = "The answer is ready, with {sources}."
SOURCES = "Sources"
NEAREST = "Nearest articles"
ABSTAINED = "The library does not hold the answer."
CUT = "This answer was cut off."
STOPPED_ANSWER = "You stopped this answer."
NO_DATE = "no date known"
UNTITLED = "Untitled"
NO_SOURCE = "source not known"
OPEN_ORIGINAL = "Open the original"
CHIP = "Source {number}: {title}, {source}, {date}"
PARTLY = "partly supported"
UNSUPPORTED = "not supported"
DOUBTS = "Check before you rely on it"
WRITER_EXTRACTIVE = "Extractive: quotes only, no model"
WRITES_EXTRACTIVE = "Answers are quotes from your articles; no model writes them"
WRITES_MODEL = "{model} writes the answers; each sentence is checked against its source"
WRITER_MODEL = "Written by {model}; checked against its sources"
SCOPE_ALL = "all dates"
SCOPE_SINCE = "articles since {since}"
SCOPE_UNTIL = "articles up to {until}"
SCOPE_BETWEEN = "articles from {since} to {until}"
SCOPE_WORDS = "as you wrote “{words}”"
SCOPE_RECENT = "recent articles first"
SCOPE_NEAR = "those nearest to {day} first"
SCOPE_SOURCES = "only {sources}"
SCOPE_WITHOUT_SOURCES = "without {sources}"
SCOPE_PREFER_SOURCES = "{sources} first"
LEFT_OUT_UNDATED = "{count} undated left out"
SECONDS = "{seconds:.1f}\N{NO-BREAK SPACE}s"

# Library
ADD = "Add articles"
ADD_HINT = "or drop files here: text, Markdown, HTML, JSONL (also .gz) or CSV, up to {megabytes} MB each"
ADDING = "Adding…"
ADDING_PROGRESS = "{task}: {done} of {total}"
ADDED_NOTHING = "No file arrived. Choose one and try again."
UPLOAD_FAILED = "The files could not be kept: {reason}. Nothing was added."
REPORT = "{passages} in {seconds:.1f} s"
READ_ONLY = (
    "Another process owns this library, so it can be read but not changed here. "
    "Close that process and start this page again to add articles."
)
FILTER_LABEL = "Find by title or source"
SHOWN_OF = "{shown} of {total} shown, latest first. Type to narrow the list."
NONE_FOUND = "No article’s title or source contains this."
COLUMN_TITLE = "Title"
COLUMN_SOURCE = "Source"
COLUMN_DATE = "Published"
COLUMN_ADDED = "Added"

OUTCOMES = {
    "added": "added",
    "changed": "changed",
    "unchanged": "already there",
    "duplicate": "copy of another",
    "refused": "refused",
}
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def counted(count: int, one: str, many: str | None = None) -> str:
    """``1 article``, ``1,204 articles``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
