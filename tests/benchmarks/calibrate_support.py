"""``python -m tests.benchmarks.calibrate_support``: what the thresholds of the check of answers rest on.

Each threshold of ``assistant/support.py`` and ``assistant/contrast.py`` is varied alone, the others as they are. It is
chosen on one half of the material, true statements to be kept against statements with a planted fault to be flagged,
and the other half, which the choice did not see, is printed beside it. Needs ``ARTICLE_DATA``.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from types import ModuleType

from assistant import company, contrast, support
from tests.benchmarks.faults import FAITHFUL, FIRST, SECOND, Told
from tests.benchmarks.material import rows
from tests.benchmarks.support import balanced_accuracy, is_believed, material, pool_of

THRESHOLDS: tuple[tuple[ModuleType, str, tuple[float, ...]], ...] = (
    (support, "CARRIED", (0.4, 0.45, 0.5, 0.55, 0.6, 0.65)),
    (support, "CORE", (2, 3, 4)),
    (support, "BARELY", (0.15, 0.2, 0.25, 0.3)),
    (support, "SENTENCES", (1, 2, 3, 4)),
    (support, "ANOTHER_SENTENCE", (0.08, 0.12, 0.16)),
    (contrast, "GAP", (2, 3, 4, 5)),
    (contrast, "ALONG", (0.3, 0.4, 0.5)),
    (contrast, "AROUND", (2, 3, 4, 5)),
    (contrast, "NEARLY_ALL", (0.6, 0.7, 0.8)),
    (company, "WINDOW", (3, 4, 5)),
    (company, "KNOWN_BY", (2, 3, 4)),
    (company, "APART", (1, 2, 3)),
)
SAME = 1.2
"""Points within which two values are equally good, one of the 21 unsupported claims of WiCE in a half: then the one in
use stays."""

EVERY = 4
"""One in so many planted faults is used, of every kind: the whole takes an hour."""


@dataclass(frozen=True, slots=True)
class Half:
    """Statements to be kept and statements to be flagged, and claims with human verdicts."""

    true: Sequence[Told]
    false: Sequence[Told]
    claims: Path
    parity: int

    def measure(self) -> tuple[float, float, float]:
        """Per cent of the true kept and of the false flagged; balanced accuracy on WiCE's claims, in per cent."""
        kept = 100 * mean(map(is_believed, self.true))
        flagged = 100 - 100 * mean(map(is_believed, self.false))
        return kept, flagged, 100 * balanced_accuracy(rows(self.claims)[self.parity :: 2])


def half(data: Path, parity: int) -> Half:
    news, written = material(data, parity)
    pool, chance = pool_of(news), random.Random(11)
    made = [change(told, pool, chance) for told in news for change in FAITHFUL.values()]
    true = [*news, *written, *(told for told in made if told is not None)]
    # A fault in what is not believed as it stands shows nothing.
    sound = [told for told in (*news, *written) if is_believed(told)]
    false = [
        changed
        for told in sound
        for change in (*FIRST.values(), *SECOND.values())
        if (changed := change(told, pool, chance)) is not None
    ]
    return Half(true, false[::EVERY], data / "support" / "wice.jsonl.gz", parity)


@contextmanager
def changed(module: ModuleType, name: str, value: float) -> Iterator[None]:
    before = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, before)


def report(setting: Half, reported: Half) -> Iterator[str]:
    yield f"{len(setting.true)} true and {len(setting.false)} false statements to choose on,"
    yield f"{len(reported.true)} and {len(reported.false)} that the choice did not see"
    yield f"{'':<18}{'value':>6}   {'kept':>6}{'flagged':>9}{'mean':>7}{'WiCE':>7}   the other half: the same"
    for module, name, values in THRESHOLDS:
        now = getattr(module, name)
        scores = {}
        for value in values:
            with changed(module, name, value):
                first, second = setting.measure(), reported.measure()
            # People's verdicts count as much as planted faults: a threshold may not please the one at the other's cost.
            scores[value] = mean((mean(first[:2]), first[2]))
            shown = [
                f"{kept:>6.2f}{flagged:>9.2f}{(kept + flagged) / 2:>7.2f}{wice:>7.1f}"
                for kept, flagged, wice in (first, second)
            ]
            yield f"{name:<18}{value:>6}   {'   '.join(shown)}{'  in use' if value == now else ''}"
        best = max(scores, key=scores.__getitem__)
        chosen = now if scores[best] - scores[now] <= SAME else best
        why = (
            "the best"
            if chosen == best
            else f"{best} is better by {scores[best] - scores[now]:.2f} points, within the noise"
        )
        yield f"{name}: {chosen} ({why})\n"


def main() -> None:
    named = os.environ.get("ARTICLE_DATA")
    if not named:
        sys.exit("ARTICLE_DATA is not set: name the folder of evaluation data.")
    for line in report(half(Path(named), 0), half(Path(named), 1)):
        print(line, flush=True)


if __name__ == "__main__":
    main()
