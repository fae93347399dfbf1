"""From what was trained to what the package ships: the encoder in int8, heads, tokenizer, calibration."""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save_file

from vectorstore.embedding.weights import Weights, convert


def export(trained: Path, minilm: Path, target: Path) -> None:
    """Writes ``model.bin``, ``tokenizer.json``, ``heads.npz`` and a neutral ``calibration.json`` into ``target``."""
    own = load_file(trained)
    tensors = {}

    def put(name: str, *parts: tuple[str, str]) -> None:
        for kind in ("weight", "bias"):
            if f"{name}.{kind}" in own:
                shares = np.split(own[f"{name}.{kind}"], len(parts))
                for (_, part), value in zip(parts, shares, strict=True):
                    tensors[f"{part}.{kind}"] = np.ascontiguousarray(value)

    def one(name: str, part: str) -> None:
        put(name, (name, part))

    one("words", "embeddings.word_embeddings")
    one("kinds", "embeddings.token_type_embeddings")
    one("places", "embeddings.position_embeddings")
    one("norm", "embeddings.LayerNorm")
    for number in range(6):
        here = f"encoder.layer.{number}"
        put(
            f"layers.{number}.qkv",
            *((name, f"{here}.attention.self.{name}") for name in ("query", "key", "value")),
        )
        one(f"layers.{number}.out", f"{here}.attention.output.dense")
        one(f"layers.{number}.norm1", f"{here}.attention.output.LayerNorm")
        one(f"layers.{number}.up", f"{here}.intermediate.dense")
        one(f"layers.{number}.down", f"{here}.output.dense")
        one(f"layers.{number}.norm2", f"{here}.output.LayerNorm")
    with tempfile.TemporaryDirectory() as scratch:
        folder, made = Path(scratch, "model"), Path(scratch, "converted")
        folder.mkdir()
        made.mkdir()
        for name in ("config.json", "tokenizer.json"):
            shutil.copyfile(minilm / name, folder / name)
        save_file(tensors, folder / "model.safetensors")
        convert(Weights(folder, "reader"), made)
        target.mkdir(parents=True, exist_ok=True)
        for name in ("model.bin", "config.json", "vocabulary.json", "tokenizer.json"):
            shutil.copyfile(made / name, target / name)
    heads: dict[str, Any] = {
        name: value for name, value in own.items() if name.startswith(("answers.", "verdict.", "request.", "role."))
    }
    width = own["request.weight"].shape[1]
    heads |= {"leans.weight": np.zeros((2, width), np.float32), "leans.bias": np.zeros(2, np.float32)}  # fitted last
    np.savez(target / "heads.npz", **heads)
    (target / "calibration.json").write_text(
        json.dumps({"answers": [1.0, 0.0, 0.0, 0.6], "carries": [4.0, 0.0]}) + "\n"
    )


def sums(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir()) if path.is_file()
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for option in ("trained", "minilm", "target"):
        parser.add_argument(option, type=Path)
    args = parser.parse_args()
    export(args.trained, args.minilm, args.target)
    print(json.dumps(sums(args.target), indent=1))
