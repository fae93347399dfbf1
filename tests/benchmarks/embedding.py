"""How near the local model's vectors are to float32, and how many it gives a second: here, and in AVX2 alone.

Without VNNI the sums of int8 products saturate at 16 bits; the weights are kept in seven bits so that they cannot, and
a processor that stops at AVX2 gives the same vectors but for rounding.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from tests.benchmarks.reference import Reference
from tests.benchmarks.report import Figure, Line
from vectorstore.embedding.embeddings import LocalEmbeddings
from vectorstore.embedding.weights import MINILM, locate

_SUBJECTS = (
    "The port authority",
    "A retired engineer from Gdynia",
    "Mayor Ines Almeida",
    "The glacier survey",
    "Nobody at the ministry",
    "Київська метеостанція",
    "An eleven-year-old chess player",
    "The lithium refinery",
    "Judge O'Rourke",
    "Half of the beekeepers",
    "Our weather balloon",
    "The night train to Malmö",
)
_VERBS = (
    "reported",
    "denied",
    "was surprised by",
    "paid €{number} million for",
    "waited {number} days for",
    "lost",
    "photographed",
    "has postponed",
    "argued against",
    "measured",
)
_OBJECTS = (
    "the second reactor",
    "a shipment of oranges",
    "the county's oldest bridge",
    "three goals in stoppage time",
    "a drop in interest rates",
    "the vaccine trial",
    "an orchestra without strings",
    "the drought of {year}",
    "signals from the probe",
    "new rules on overtime",
    "the price of copper",
)
_ENDINGS = (
    ".",
    " after the vote.",
    ", officials said on {number} March {year}.",
    " – for the first time since {year}!",
    " because the harbour had frozen over and no pilot would take the risk.",
    "; the appeal was dismissed.",
    ", and was it worth it?",
    " (see page {number}).",
    " despite heavy rain.",
)


def sentences(count: int, seed: int = 1) -> list[str]:
    """Made sentences, all different: news of several kinds, figures, names, a little of another script."""
    choice = random.Random(seed)
    made: dict[str, None] = {}
    while len(made) < count:
        form = " ".join((choice.choice(_SUBJECTS), choice.choice(_VERBS), choice.choice(_OBJECTS)))
        form += choice.choice(_ENDINGS)
        made[form.format(number=choice.randint(2, 99), year=choice.randint(1890, 2030))] = None
    return list(made)


def passages(count: int, seed: int = 2) -> list[str]:
    """Made passages of about 160 tokens: seven to ten sentences each."""
    choice = random.Random(seed)
    pool = sentences(2000, seed)
    return [" ".join(choice.choices(pool, k=choice.randint(7, 10))) for _ in range(count)]


AVX2 = {"CT2_FORCE_CPU_ISA": "AVX2", "ONEDNN_MAX_CPU_ISA": "AVX2"}
"""The environment in which a newer processor does as one without VNNI. The integer products are oneDNN's, which chooses
by itself: the first variable alone changes no vector."""


def run(data: Path | None) -> Iterator[Line]:
    """Needs no evaluation data: what it embeds is made here."""
    reference, embeddings = Reference(locate(MINILM).folder), LocalEmbeddings()
    embeddings.embed_query("converted, if this is the first time")
    begun = time.perf_counter()
    LocalEmbeddings().embed_query("loaded")
    yield Figure("model loaded and first query embedded", time.perf_counter() - begun, "s")

    yield "each measured in a process of its own: this processor's instructions, then AVX2 alone"
    here, avx2 = measured({}), measured(AVX2)
    against = "in AVX2 alone"
    yield Figure("cosine to float32, mean of 200 sentences", here.mean, "", avx2.mean, against, at_least=0.995)
    yield Figure("cosine to float32, lowest of the 200", here.lowest, "", avx2.lowest, against)
    yield Figure("passages embedded, about 160 tokens each", here.rate, "/s", avx2.rate, f"/s, {against}")
    slow = rate(reference.embed, passages(32))
    yield Figure("the same", here.rate, "/s", slow, "/s, numpy float32")
    waits = [1000 / rate(embeddings.embed_array, [text]) for text in sentences(200, seed=3)]
    yield Figure("a query embedded, p95", float(np.percentile(waits, 95)), "ms", at_most=10)


@dataclass(frozen=True, slots=True)
class Measured:
    mean: float
    """Of the cosines to float32."""
    lowest: float
    rate: float
    """Passages a second."""


def measured(environment: Mapping[str, str], passages: int = 600) -> Measured:
    """By a process of its own: the engine reads the environment once."""
    command = [sys.executable, "-m", "tests.benchmarks.embedding", str(passages)]
    done = subprocess.run(command, env=os.environ | environment, stdout=subprocess.PIPE, text=True, check=True)
    return Measured(**json.loads(done.stdout))


def measure(count: int) -> Measured:
    embeddings, texts = LocalEmbeddings(), sentences(200)
    cosines = np.sum(Reference(locate(MINILM).folder).embed(texts) * embeddings.embed_array(texts), axis=1)
    return Measured(float(cosines.mean()), float(cosines.min()), rate(embeddings.embed_array, passages(count)))


def rate(embed: Callable[[Sequence[str]], object], texts: Sequence[str]) -> float:
    """Texts a second."""
    begun = time.perf_counter()
    embed(texts)
    return len(texts) / (time.perf_counter() - begun)


if __name__ == "__main__":
    print(json.dumps(asdict(measure(int(sys.argv[1])))))
