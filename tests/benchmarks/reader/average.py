"""Averages the weights of several runs, which began from one another: ``average OUT FILE=SHARE FILE=SHARE …``.

Wortsman and others, "Model soups" (2022): the mean of fine-tuned weights is often better than each of them, and here it
keeps what an earlier run knew. Tensors that a run lacks are those of the last file.
"""

from __future__ import annotations

import sys

import numpy as np
from safetensors.numpy import load_file, save_file


def main() -> None:
    out, *parts = sys.argv[1:]
    runs = [(load_file(file), float(share)) for file, _, share in (part.rpartition("=") for part in parts)]
    last = runs[-1][0]
    made = {}
    for name, own in last.items():
        everywhere = all(name in tensors for tensors, _ in runs)
        weighted = [share * tensors[name] for tensors, share in runs] if everywhere else [own]
        made[name] = np.sum(weighted, axis=0).astype(np.float32)
    save_file(made, out)


if __name__ == "__main__":
    main()
