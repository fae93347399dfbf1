"""What the embedding model gives in plain float32: its forward pass in numpy, to measure the engine against.

The encoder is that of Devlin et al., "BERT" (2019): learned positions, layer norm after each sum, exact GELU. The
pooling is that of Reimers and Gurevych, "Sentence-BERT" (2019): the mean over a text's tokens, then unit length.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class Reference:
    """A BERT in the layout of sentence-transformers; no padding, no shortcuts.

    ``pooling`` is ``mean``, or ``cls`` for the first token's vector.
    """

    def __init__(self, folder: Path, pooling: str = "mean") -> None:
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self._pooling = pooling
        self._layers: int = config["num_hidden_layers"]
        self._heads: int = config["num_attention_heads"]
        self._epsilon: float = config["layer_norm_eps"]
        self._tensors: dict[str, Floats] = load_file(folder / "model.safetensors")
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        limit = json.loads((folder / "sentence_bert_config.json").read_text(encoding="utf-8"))["max_seq_length"]
        self._tokenizer.enable_truncation(limit)
        self._tokenizer.no_padding()

    def embed(self, texts: Sequence[str]) -> Floats:
        """Unit vectors, shape (len(texts), dimension).

        The tokens of all texts are rows of one matrix, so that the products are few and large: many small ones take
        minutes where numpy's threads must share the machine.
        """
        tokens = [self._tokenizer.encode(text).ids for text in texts]
        ends = np.cumsum([len(numbers) for numbers in tokens])
        rows = [slice(end - len(numbers), end) for numbers, end in zip(tokens, ends, strict=True)]
        positions = np.concatenate([np.arange(len(numbers)) for numbers in tokens])
        state = self._norm(
            self._tensors["embeddings.word_embeddings.weight"][np.concatenate(tokens)]
            + self._tensors["embeddings.position_embeddings.weight"][positions]
            + self._tensors["embeddings.token_type_embeddings.weight"][0],
            "embeddings.LayerNorm",
        )
        for number in range(self._layers):
            here = f"encoder.layer.{number}"
            query, key, value = (
                self._linear(state, f"{here}.attention.self.{part}") for part in ("query", "key", "value")
            )
            attended = np.concatenate([self._attend(query[text], key[text], value[text]) for text in rows])
            state = self._norm(
                state + self._linear(attended, f"{here}.attention.output.dense"), f"{here}.attention.output.LayerNorm"
            )
            wide = _gelu(self._linear(state, f"{here}.intermediate.dense"))
            state = self._norm(state + self._linear(wide, f"{here}.output.dense"), f"{here}.output.LayerNorm")
        pooled = np.stack([state[text][0] if self._pooling == "cls" else state[text].mean(axis=0) for text in rows])
        vectors: Floats = pooled / np.linalg.norm(pooled, axis=1, keepdims=True)
        return vectors

    def _attend(self, query: Floats, key: Floats, value: Floats) -> Floats:
        """Every token of one text looks at every other, in each head by itself."""
        length, width = query.shape
        query, key, value = (part.reshape(length, self._heads, -1).transpose(1, 0, 2) for part in (query, key, value))
        scores = query @ key.transpose(0, 2, 1) / np.float32(np.sqrt(width / self._heads))
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        joined: Floats = (weights @ value).transpose(1, 0, 2).reshape(length, width)
        return joined

    def _linear(self, state: Floats, name: str) -> Floats:
        product: Floats = state @ self._tensors[f"{name}.weight"].T + self._tensors[f"{name}.bias"]
        return product

    def _norm(self, state: Floats, name: str) -> Floats:
        centred = state - state.mean(axis=-1, keepdims=True)
        scale = np.sqrt(np.square(centred).mean(axis=-1, keepdims=True) + np.float32(self._epsilon))
        normed: Floats = centred / scale * self._tensors[f"{name}.weight"] + self._tensors[f"{name}.bias"]
        return normed


def _gelu(x: Floats) -> Floats:
    return np.asarray(x * (1 + _erf(x / np.float32(np.sqrt(2)))) / 2, dtype=np.float32)


def _erf(x: Floats) -> Floats:
    """The error function to 1.5e-7, float32's own precision (Abramowitz and Stegun, formula 7.1.26)."""
    t = 1 / (1 + 0.3275911 * np.abs(x))
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    return np.asarray(np.sign(x) * (1 - series * np.exp(-np.square(x))), dtype=np.float32)
