"""``make reader``: trains the reader and writes its weights, int8, into the package.

Resumable: a checkpoint is written every few minutes, and the order of the examples follows from the seed alone.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from tests.benchmarks.reader import data
from tests.benchmarks.reader.data import CARRIED, NOT_CARRIED, Example
from tests.benchmarks.reader.model import Reader

BATCH = 4096
"""Tokens of a step, padding included."""
SHORT, SHORT_BATCH = 48, 768
"""Examples of so few tokens (messages, roles) come in smaller batches: else they were a handful of steps."""
LONGEST = 384
QUERY, HEADER = 64, 40


class Encoder:
    """Examples to token numbers: [CLS] query [SEP] title (day) sentences [SEP], the second part of kind 1."""

    def __init__(self, file: Path) -> None:
        self.tokenizer = Tokenizer.from_file(str(file))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        self.cache: dict[str, list[int]] = {}

    def ids(self, text: str) -> list[int]:
        found = self.cache.get(text)
        if found is None:
            found = self.cache[text] = self.tokenizer.encode(text, add_special_tokens=False).ids
        return found

    def __call__(self, example: Example) -> tuple[list[int], list[int], list[int]]:
        query = self.ids(example.query)[:QUERY]
        ids = [101, *query, 102, *self.ids(example.header)[:HEADER]]
        owners = [-1] * len(ids)
        kinds = [0] * (len(query) + 2) + [1] * (len(ids) - len(query) - 2)
        for number, sentence in enumerate(example.sentences):
            part = self.ids(sentence)[: LONGEST - 1 - len(ids)]
            ids += part
            owners += [number] * len(part)
            kinds += [1] * len(part)
        return [*ids, 102], [*kinds, 1], [*owners, -1]


def batches(
    examples: Sequence[Example], encode: Encoder, random_: random.Random | None, budget: int = BATCH
) -> Iterator[tuple[list[Example], tuple[Tensor, Tensor, Tensor], int]]:
    """Examples of about one length together, as arrays; the batches in random order."""
    encoded = [(encode(example), example) for example in examples]
    order = sorted(
        range(len(encoded)),
        key=lambda i: len(encoded[i][0][0]) * (random_.uniform(0.9, 1.1) if random_ else 1.0),
    )
    groups: list[list[int]] = []
    longest = 0
    for index in order:
        longest = max(longest, len(encoded[index][0][0]))
        room = budget if longest > SHORT else min(budget, SHORT_BATCH)
        if not groups or longest * (len(groups[-1]) + 1) > room:
            groups.append([])
            longest = len(encoded[index][0][0])
        groups[-1].append(index)
    if random_:
        random_.shuffle(groups)
    for group in groups:
        width = max(len(encoded[i][0][0]) for i in group)
        arrays = np.zeros((3, len(group), width), dtype=np.int64)
        arrays[2] = -1
        for row, index in enumerate(group):
            for which, values in enumerate(encoded[index][0]):
                arrays[which, row, : len(values)] = values
        members = [encoded[i][1] for i in group]
        yield members, tuple(torch.from_numpy(arrays)), max(1, *(len(m.sentences) for m in members))  # type: ignore[misc]


def loss_of(members: list[Example], logits: tuple[Tensor, ...]) -> Tensor:
    by_sentence, verdicts, kinds, roles = logits
    total = torch.zeros(())
    asked = [i for i, m in enumerate(members) if m.verdict < 0 and m.kind < 0 and m.role < 0]
    if asked:
        gold = torch.zeros(len(asked), by_sentence.shape[1])
        real = torch.zeros_like(gold)
        for row, i in enumerate(asked):
            for place, answers in enumerate(members[i].answers):
                gold[row, place], real[row, place] = float(answers), 1.0
        scores = by_sentence[asked, :, 0]
        each = functional.binary_cross_entropy_with_logits(scores, gold, reduction="none") * real
        total = total + each.sum() / len(asked)
        # Which of them, or none: the same scores as a choice with "no answer" at 0.
        choice = torch.cat([torch.zeros(len(asked), 1), scores.masked_fill(real == 0, -30.0)], dim=1)
        target = torch.cat([(gold.sum(1, keepdim=True) == 0).float(), gold], dim=1)
        target = target / target.sum(1, keepdim=True)
        total = total - (target * functional.log_softmax(choice, dim=1)).sum(1).mean()
        total = total * (len(asked) / len(members))
    told = [i for i, m in enumerate(members) if m.kind >= 0]
    if told:
        aim = torch.tensor([members[i].kind for i in told])
        total = total + functional.cross_entropy(kinds[told], aim) * (len(told) / len(members))
    placed = [i for i, m in enumerate(members) if m.role >= 0]
    if placed:  # a time is told apart from times alone, an outlet from outlets
        aim = torch.tensor([members[i].role for i in placed])
        other = torch.arange(8)[None] // 4 != aim[:, None] // 4
        lost = functional.cross_entropy(roles[placed].masked_fill(other, -30.0), aim)
        total = total + lost * (len(placed) / len(members))
    judged = [i for i, m in enumerate(members) if m.verdict >= 0]
    if judged:
        logs = functional.log_softmax(verdicts[judged], dim=1)
        aim = torch.tensor([members[i].verdict for i in judged])
        not_carried = torch.logsumexp(logs[:, 1:], dim=1)
        exact = logs.gather(1, aim.clamp(max=2)[:, None])[:, 0]
        part = -torch.where(aim == NOT_CARRIED, not_carried, exact).mean()
        several = [i for i in judged if members[i].verdict == CARRIED and len(members[i].sentences) > 1]
        if several:
            gold = torch.zeros(len(several), by_sentence.shape[1])
            real = torch.zeros_like(gold)
            for row, i in enumerate(several):
                for place, answers in enumerate(members[i].answers):
                    gold[row, place], real[row, place] = float(answers), 1.0
            each = (
                functional.binary_cross_entropy_with_logits(by_sentence[several, :, 1], gold, reduction="none") * real
            )
            part = part + 0.3 * each.sum() / real.sum() * len(several) / len(judged)
        total = total + 2.0 * part * (len(judged) / len(members))
    return total


@torch.no_grad()
def scores(model: Reader, encode: Encoder, examples: Sequence[Example]) -> list[tuple[np.ndarray[Any, Any], ...]]:
    """For each example: answer logits, carry logits (sentences,), verdict (3,), request (7,) and role logits (8,)."""
    model.eval()
    found: dict[int, tuple[np.ndarray[Any, Any], ...]] = {}
    for members, (ids, kinds, owners), count in batches(examples, encode, None, 8192):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            by_sentence, verdicts, requests, roles = model(ids, kinds, owners, count)
        for i, member in enumerate(members):
            n = len(member.sentences)
            found[id(member)] = (
                by_sentence[i, :n, 0].float().numpy(),
                by_sentence[i, :n, 1].float().numpy(),
                verdicts[i].float().numpy(),
                requests[i].float().numpy(),
                roles[i].float().numpy(),
            )
    return [found[id(example)] for example in examples]


def epoch(folder: Path, number: int, seed: int, args: argparse.Namespace) -> list[Example]:
    """The examples of one epoch: all that was written, and a share of the public sets, another in each epoch."""
    random_ = random.Random(f"{seed}-{number}")
    train = data.written(folder, "train")
    made = [*data.questions(train, random_), *data.statements(train, random_)]
    made += data.corrupted(train, random_) if args.corrupt else ()
    for _ in range(args.later):
        made += data.later(folder, random_)
    public = [*data.pairs(folder), *data.public_questions(folder, random.Random(f"{seed}-public-{number}"))]
    random.Random(seed).shuffle(public)
    share = args.public[min(number, len(args.public) - 1)]
    start = int(sum(args.public[:number]) * len(public)) % len(public)
    size = int(share * len(public))
    made += list(itertools.islice(itertools.cycle(public), start, start + size))
    made = random_.sample(made, int(args.share * len(made)))
    for _ in range(args.short):
        made += [*data.requests(folder, random_), *data.roles()]
    return made


def quick_figures(model: Reader, encode: Encoder, folder: Path, support: Path, part: str) -> dict[str, float]:
    from tests.benchmarks.reader import measure

    run = lambda examples: scores(model, encode, examples)  # noqa: E731
    windows = data.written(folder, part)
    return {
        **measure.question_figures(windows, run),
        **measure.statement_figures(windows, run),
        **measure.wice_figures(support, run),
        **measure.role_figures(list(data.roles("roles_dev")), run),
        **measure.request_figures(list(data.requests(folder, random.Random(0), "requests_dev")), run),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--minilm", type=Path, required=True, help="folder with model.safetensors and tokenizer.json")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--public", type=float, nargs="*", default=[0.4, 0.2, 0.1, 0.1])
    parser.add_argument("--later", type=int, default=1, help="how often what was written later comes in an epoch")
    parser.add_argument("--share", type=float, default=1.0, help="of all but messages and roles that an epoch has")
    parser.add_argument("--short", type=int, default=4, help="how often messages and roles come in an epoch")
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--corrupt", action="store_true", help="adds statements that were made false by program")
    parser.add_argument("--first-token", action="store_true")
    parser.add_argument("--freeze", type=int, default=0)
    parser.add_argument("--begin", type=Path, help="weights to begin with instead of MiniLM's")
    parser.add_argument("--first", type=int, default=0, help="the epoch to begin with, its rate as if it went on")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    torch.set_num_threads(2)
    args.out.mkdir(parents=True, exist_ok=True)
    encode = Encoder(args.minilm / "tokenizer.json")
    model = Reader(args.first_token)
    model.load_minilm(args.minilm / "model.safetensors")
    if args.begin:
        model.load_state_dict(load_file(args.begin), strict=False)
    # The embeddings stay: half of all weights, and a few thousand windows say little about most words.
    for part in (model.words, model.places, *model.layers[: args.freeze]):
        part.requires_grad_(False)
    reader_data = args.data / "reader"
    sizes = []
    for number in range(args.epochs):
        tokens = sum(
            ids.numel()
            for _, (ids, _, _), _ in batches(
                epoch(reader_data, number, args.seed, args), encode, random.Random(f"{args.seed}-{number}")
            )
        )
        sizes.append(tokens)
    total = sum(sizes) / BATCH
    print("tokens an epoch:", sizes, "steps about", int(total), flush=True)
    decayed = [p for n, p in model.named_parameters() if p.requires_grad and p.ndim > 1]
    plain = [p for n, p in model.named_parameters() if p.requires_grad and p.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}], lr=args.rate
    )
    warm = 0.06 * total

    def factor(step: float) -> float:
        return min(step / warm, max(0.02, (total - step) / (total - warm)))

    start_at = (args.first, 0, sum(sizes[: args.first]) / BATCH)
    file = args.out / "checkpoint.pt"
    if file.exists():
        state = torch.load(file)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        start_at = tuple(state["at"])
        print("resumed at", start_at, flush=True)
    began = saved = time.monotonic()
    done = start_at[2]
    seen, running = 0, []
    for number in range(start_at[0], args.epochs):
        examples = epoch(reader_data, number, args.seed, args)
        for at, (members, (ids, kinds, owners), count) in enumerate(
            batches(examples, encode, random.Random(f"{args.seed}-{number}"))
        ):
            if number == start_at[0] and at < start_at[1]:
                continue
            model.train()
            for group in optimizer.param_groups:
                group["lr"] = args.rate * factor(done)
            with torch.autocast("cpu", dtype=torch.bfloat16):
                logits = model(ids, kinds, owners, count)
            loss = loss_of(members, logits)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            done += ids.numel() / BATCH
            seen += ids.numel()
            running.append(loss.item())
            if at % 50 == 0:
                rate = seen / (time.monotonic() - began)
                print(
                    f"epoch {number} step {at} {done / total:.1%} loss {np.mean(running[-100:]):.3f} "
                    f"{rate:.0f} tokens/s, {(total - done) * BATCH / rate / 60:.0f} min left",
                    flush=True,
                )
            if time.monotonic() - saved > 300:
                torch.save(
                    {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "at": (number, at + 1, done)},
                    file,
                )
                saved = time.monotonic()
        model.save(args.out / f"epoch{number}.safetensors")
        figures = quick_figures(model, encode, reader_data, args.data / "support", "choose")
        print(json.dumps({"epoch": number, **{k: round(v, 3) for k, v in figures.items()}}), flush=True)
    model.save(args.out / "reader.safetensors")


if __name__ == "__main__":
    main()
