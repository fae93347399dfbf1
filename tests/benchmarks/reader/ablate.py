"""What each choice of the training brings: short trainings that differ in one thing, on the same sample and seed.

``python -m tests.benchmarks.reader.ablate --data … --minilm … --out FOLDER``, in the environment of ``make reader``.
Prints the figures on the windows kept out for choosing. Short ones tell what is better, not how good it gets.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

SAME = ("--epochs", "1", "--public", "0.06", "--share", "0.12", "--short", "1", "--rate", "2e-4", "--seed", "5")
VARIANTS: dict[str, tuple[str, ...]] = {
    "mean of the states": (),
    "first token": ("--first-token",),
    "two lower layers frozen": ("--freeze", "2"),
    "four lower layers frozen": ("--freeze", "4"),
    "with faults made by program": ("--corrupt",),
}
SHOWN = ("first", "answerable auc", "statements auc", "balanced", "weakest kind", "wice auc")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--minilm", required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    print(f"{'':<30}" + "".join(f"{name:>16}" for name in SHOWN), flush=True)
    for name, options in VARIANTS.items():
        own = ["--data", args.data, "--minilm", args.minilm, "--out", str(args.out / name.replace(" ", "-"))]
        command = [sys.executable, "-m", "tests.benchmarks.reader.train", *own, *SAME, *options]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        figures = json.loads(next(line for line in reversed(said.splitlines()) if line.startswith("{")))
        print(f"{name:<30}" + "".join(f"{figures[key]:>16.3f}" for key in SHOWN), flush=True)


if __name__ == "__main__":
    main()
