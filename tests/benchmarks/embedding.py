"""How true and how fast the local embedding model is. Run: ``python -m tests.benchmarks.embedding``."""

from __future__ import annotations

import random
import time

import numpy as np

from tests.benchmarks.reference import Reference
from vectorstore.embeddings import open_embeddings
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


def run() -> list[tuple[str, float]]:
    """Cosines to the float32 reference on 200 sentences, and passages a second beside the reference's own."""
    reference, embeddings = Reference(locate(MINILM).folder), open_embeddings()
    started = time.perf_counter()
    embeddings.embed_query("loaded")
    figures = [("seconds to load the model and embed one query", time.perf_counter() - started)]

    texts = sentences(200)
    cosines = np.sum(reference.embed(texts) * embeddings.embed_array(texts), axis=1)
    figures += [("mean cosine to float32", float(cosines.mean())), ("lowest cosine to float32", float(cosines.min()))]

    texts = passages(600)
    for what, embed, some in (
        ("passages a second", embeddings.embed_array, texts),
        ("passages a second, numpy float32", reference.embed, texts[:32]),
    ):
        started = time.perf_counter()
        embed(some)
        figures.append((what, len(some) / (time.perf_counter() - started)))

    waits = []
    for text in sentences(200, seed=3):
        started = time.perf_counter()
        embeddings.embed_query(text)
        waits.append(1000 * (time.perf_counter() - started))
    figures.append(("milliseconds for a query, p95", float(np.percentile(waits, 95))))
    return figures


if __name__ == "__main__":
    for what, figure in run():
        print(f"{figure:10.4f}  {what}")
