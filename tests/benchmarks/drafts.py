"""Written drafts beside the library: are their faults found, and are their true sentences carried?

Sixty drafts of five sentences over the starter articles, reworded as a journalist would, with one fault in a third of
the sentences. ``verify`` was worked on with the drafts of one half of the articles; the other half is held out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from assistant.drafts.verifying import Checked
from tests.benchmarks.answers import assistant
from tests.benchmarks.material import SEEDS, rows
from tests.benchmarks.questions import Remembering
from tests.benchmarks.report import Figure, Line
from vectorstore.library import Library

DRAFTS = Path(__file__).parents[1] / "data" / "drafts.jsonl"


class Judged(NamedTuple):
    """A sentence of a draft as it was written, and what is said to it."""

    part: str
    written: dict[str, Any]
    checked: Checked

    @property
    def carried(self) -> bool:
        return self.checked.finding == "carried"

    @property
    def from_its_article(self) -> bool:
        """Whether the article on which it was written is among the cited ones."""
        return any(cited.article.origin.endswith(self.written["article"]) for cited in self.checked.citations)


def run(_: Path | None) -> Iterator[Line]:
    with TemporaryDirectory() as scratch, Library.open(Path(scratch), embeddings=Remembering()) as library:
        library.add(SEEDS)
        judged = list(verified(library))
    faults, true, unstated = (
        [each for each in judged if each.written["true"] is label] for label in (False, True, None)
    )
    for part in ("looked at", "held out", ""):
        found = [not each.carried for each in faults if part in each.part]
        carried = [each.carried for each in true if part in each.part]
        name = f"{part}: " if part else ""
        yield Figure(f"{name}faults found", 100 * mean(found), f"% of {len(found)}", at_least=60)
        yield Figure(f"{name}true sentences carried", 100 * mean(carried), f"% of {len(carried)}", at_least=80)
    right = [each.from_its_article for each in true if each.carried]
    yield Figure("carried: from the article it was written on", 100 * mean(right), f"% of {len(right)}")
    yield "faults found: " + _by_kind((each.written["kind"], not each.carried) for each in faults)
    for finding in ("contradicted", "not_checkable"):
        counted = [sum(each.checked.finding == finding for each in group) for group in (faults, true)]
        yield f"{finding}: {counted[0]} of {len(faults)} faults, {counted[1]} of {len(true)} true sentences"
    left = ((each.written["kind"], each.checked.finding == "not_checkable") for each in unstated)
    yield f"state nothing, and are found not_checkable: {_by_kind(left)}"


def verified(library: Library) -> Iterator[Judged]:
    """Every sentence of the drafts, each draft verified as a whole."""
    desk = assistant(library)
    for draft in rows(DRAFTS):
        report = desk.verify(" ".join(sentence["text"] for sentence in draft["sentences"]))
        for written, checked in zip(draft["sentences"], report.sentences, strict=True):
            yield Judged(draft["part"], written, checked)


def _by_kind(of: Iterable[tuple[str, bool]]) -> str:
    """How often something holds for each kind, the rarest first."""
    kinds: dict[str, list[bool]] = defaultdict(list)
    for kind, holds in of:
        kinds[kind].append(holds)
    ordered = sorted(kinds.items(), key=lambda pair: mean(pair[1]))
    return ", ".join(f"{kind} {sum(holds)} of {len(holds)}" for kind, holds in ordered)
