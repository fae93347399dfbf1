"""What a benchmark prints: one line for a figure, with its baseline from the same run, the ratio and the target."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number. With ``judged="ratio"`` the target is one for value over baseline."""

    name: str
    value: float
    unit: str = ""
    baseline: float | None = None
    against: str = ""
    """What the baseline is."""
    at_least: float | None = None
    at_most: float | None = None
    judged: Literal["value", "ratio"] = "value"

    @property
    def ratio(self) -> float | None:
        return self.value / self.baseline if self.baseline else None

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; ``None`` without one."""
        judged = self.ratio if self.judged == "ratio" else self.value
        if judged is None or (self.at_least is None and self.at_most is None):
            return None
        return (self.at_least is None or judged >= self.at_least) and (self.at_most is None or judged <= self.at_most)


Line = Figure | str
"""What a benchmark yields: figures, and remarks (what was measured on, what was skipped)."""


def show(line: Line) -> None:
    """Prints at once: a long run is watched."""
    print(_row(line) if isinstance(line, Figure) else f"  ({line})", flush=True)


def show_title(title: str) -> None:
    print(f"\n{title}\n  {'':<46}{'value':>13}  {'baseline':<30}{'ratio':>7}  target", flush=True)


def machine() -> str:
    """The facts without which no timing means anything."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{cores} cores, {_processor()}, {platform.system()}, Python {platform.python_version()}{load}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:  # only Linux has it
        return platform.processor() or platform.machine()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


def _row(figure: Figure) -> str:
    value = f"{number(figure.value)} {figure.unit}".rstrip()
    baseline = "" if figure.baseline is None else f"{number(figure.baseline)} {figure.against}"
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
    target = ""
    if figure.met is not None:
        bound = f"≥ {figure.at_least:g}" if figure.at_least is not None else f"≤ {figure.at_most:g}"
        of_what = " as ratio" if figure.judged == "ratio" else f" {figure.unit}".rstrip()
        target = f"{bound}{of_what}: {'met' if figure.met else 'MISSED'}"
    return f"  {figure.name:<46}{value:>13}  {baseline:<30}{ratio:>7}  {target}".rstrip()


def number(value: float) -> str:
    if value == int(value):
        return f"{value:,.0f}"
    return f"{value:,.1f}" if abs(value) >= 10 else f"{value:.3f}"
