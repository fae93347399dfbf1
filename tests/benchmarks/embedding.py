"""How near the local model's vectors are to float32, and how many it gives a second."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from tests.benchmarks.reference import Reference
from tests.benchmarks.report import Figure, Line
from vectorstore.embeddings import LocalEmbeddings
from vectorstore.weights import MINILM, locate

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


def run(data: Path | None) -> Iterator[Line]:
    """Needs no evaluation data: what it embeds is made here."""
    reference, embeddings = Reference(locate(MINILM).folder), LocalEmbeddings()
    embeddings.embed_query("converted, if this is the first time")
    begun = time.perf_counter()
    LocalEmbeddings().embed_query("loaded")
    yield Figure("model loaded and first query embedded", time.perf_counter() - begun, "s")

    texts = sentences(200)
    cosines = np.sum(reference.embed(texts) * embeddings.embed_array(texts), axis=1)
    yield Figure("cosine to float32, mean of 200 sentences", float(cosines.mean()), at_least=0.995)
    yield Figure("cosine to float32, lowest of the 200", float(cosines.min()))

    texts = passages(600)
    fast, slow = rate(embeddings.embed_array, texts), rate(reference.embed, texts[:32])
    yield Figure("passages embedded, about 160 tokens each", fast, "/s", slow, "/s, numpy float32")
    waits = [1000 / rate(embeddings.embed_array, [text]) for text in sentences(200, seed=3)]
    yield Figure("a query embedded, p95", float(np.percentile(waits, 95)), "ms", at_most=10)


def rate(embed: Callable[[Sequence[str]], object], texts: Sequence[str]) -> float:
    """Texts a second."""
    begun = time.perf_counter()
    embed(texts)
    return len(texts) / (time.perf_counter() - begun)
