"""Fits the heads for kinds of requests, follow-ups and roles: linear ones on the reader's own states.

The messages are few and short: as part of the training they come to a handful of steps, so their head is fitted last.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path
from typing import Any

import numpy as np

from assistant.reader.model import WEIGHTS, Evidence, _Engine
from tests.benchmarks.reader import data

PENALTY = 2e-2
"""Weight decay (L2), chosen on a fifth of the messages."""
STEPS = 1500


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    args = parser.parse_args()
    engine = _Engine(args.weights)
    folder = args.data / "reader"
    train = list(data.requests(folder, random.Random(1)))
    dev = list(data.requests(folder, random.Random(1), "requests_dev"))
    states, aims = _states(engine, train)
    weight, bias = fit(states, aims, PENALTY)
    held, gold = _states(engine, dev)
    found = held @ weight.T + bias
    powers = np.exp(found - found.max(1, keepdims=True))
    chances = powers / powers.sum(1, keepdims=True)
    right = chances.argmax(1) == gold
    sure = chances.max(1) >= 0.6
    print(
        f"of {len(gold)} messages by another hand {right.mean():.3f} right; sure of {sure.mean():.3f}, "
        f"of those {right[sure].mean():.3f} right"
    )
    asked = [q["q"] for row in data.written(folder, "dev") for q in row["questions"]]
    states, _ = _states(engine, [data.Example(text, "", (), (), kind=0) for text in asked])
    logits = states @ weight.T + bias
    powers = np.exp(logits - logits.max(1, keepdims=True))
    other = (powers / powers.sum(1, keepdims=True))[:, 1:].max(1) >= 0.6
    print(f"written questions taken for something else: {other.mean():.4f}")
    leaning, alone = data.leaning(folder)
    states, _ = _states(engine, [data.Example(text, "", (), (), kind=0) for text in (*leaning, *alone)])
    aims = np.array([1] * len(leaning) + [0] * len(alone))
    held = np.arange(len(aims)) % 5 == 0
    lean_weight, lean_bias = fit(states[~held], aims[~held], PENALTY, 2)
    found = (states[held] @ lean_weight.T + lean_bias).argmax(1)
    print(
        f"a fifth kept back: of follow-ups {found[aims[held] == 1].mean():.3f} lean, "
        f"of whole questions {found[aims[held] == 0].mean():.3f}"
    )
    heads = dict(np.load(args.weights / "heads.npz"))
    heads["role.weight"], heads["role.bias"] = _roles(engine)
    heads["leans.weight"], heads["leans.bias"] = lean_weight.astype(np.float32), lean_bias.astype(np.float32)
    heads["request.weight"], heads["request.bias"] = weight.astype(np.float32), bias.astype(np.float32)
    np.savez(args.weights / "heads.npz", **heads)


def _roles(engine: _Engine) -> tuple[Any, Any]:
    """Weights and biases for the roles of times, and below them for those of outlets."""
    groups = []
    for first in (0, 4):
        train = [each for each in data.roles() if each.role // 4 * 4 == first]
        found = engine.run([(each.query, Evidence(each.sentences)) for each in train])
        aims = np.array([each.role - first for each in train])
        groups.append(fit(np.stack([each[2] for each in found]).astype(float), aims, PENALTY, 4))
    weight, bias = (np.concatenate(parts).astype(np.float32) for parts in zip(*groups, strict=True))
    return weight, bias


def _states(engine: _Engine, examples: list[data.Example]) -> tuple[Any, Any]:
    found = engine.run([(example.query, Evidence(())) for example in examples])
    return np.stack([each[2] for each in found]).astype(float), np.array([example.kind for example in examples])


def fit(states: Any, aims: Any, penalty: float, kinds: int = len(data.KINDS)) -> tuple[Any, Any]:
    """Weights (kinds, width) and biases of a multinomial logistic regression, each kind counting alike; by Adam."""
    mean, spread = states.mean(0), states.std(0) + 1e-6
    x, y = (states - mean) / spread, np.eye(kinds)[aims]
    counts = y.sum(0)
    weights = (y @ (1 / np.sqrt(counts)))[:, None]
    weights /= weights.mean()
    w, b = np.zeros((kinds, x.shape[1])), np.zeros(kinds)
    first, second = np.zeros((kinds, x.shape[1] + 1)), np.zeros((kinds, x.shape[1] + 1))
    for step in range(1, STEPS + 1):
        logits = x @ w.T + b
        p = np.exp(logits - logits.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        error = (p - y) * weights / len(x)
        gradient = np.concatenate([error.T @ x + penalty * w, error.sum(0)[:, None]], axis=1)
        first, second = 0.9 * first + 0.1 * gradient, 0.999 * second + 0.001 * gradient**2
        move = 0.02 * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-9)
        w, b = w - move[:, :-1], b - move[:, -1]
    return w / spread, b - (w / spread) @ mean


if __name__ == "__main__":
    main()
