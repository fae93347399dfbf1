"""Running the reader: tokens in, calibrated probabilities out."""

from __future__ import annotations

import functools
import json
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, cast, get_args

import numpy as np

from vectorstore import forking

if TYPE_CHECKING:
    from numpy.typing import NDArray

WEIGHTS: Final = Path(__file__).parent / "weights"

CARRIED: Final = 0.5
"""Probability of "carried" from which a statement counts as carried. The probabilities are calibrated so that 0.5 is
the point chosen on the ``choose`` windows (``make reader-figures``)."""

RequestKind = Literal["answer", "digest", "timeline", "compare", "library", "talk", "instruct"]
"""What a message asks for: a fact, an overview, a course of events, outlets side by side, something about the library
itself, nothing (a greeting, thanks), or work on a text ("shorter, please")."""

REQUEST_KINDS: Final[tuple[RequestKind, ...]] = get_args(RequestKind)

TimeRole = Literal["event", "published", "recent", "none"]
"""What a time does in a question: something happened then, the articles are of then, it is said of now, or it limits
nothing (a name, a title, what lies ahead or is asked for)."""

OutletRole = Literal["only", "without", "preferred", "subject"]
"""What an outlet's name does in a question: its articles are asked for, left out or hinted at, or it is asked about."""

_ROLES: Final[tuple[tuple[str, ...], ...]] = (get_args(TimeRole), get_args(OutletRole))

_CLS, _SEP = 101, 102
_QUERY, _HEADER, _WHOLE = 64, 40, 384
"""Tokens of the question or statement, of title and day, and of everything. Training cuts at the same places."""

_BATCH = 1024
"""Tokens that one thread forwards together: what stays in a core's own cache."""

_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Evidence:
    """Sentences of one article in their order, and what is known of it."""

    sentences: tuple[str, ...]
    title: str = ""
    published: date | None = None

    @property
    def header(self) -> str:
        return f"{self.title} ({self.published})" if self.title and self.published else self.title


@dataclass(frozen=True, slots=True)
class Carries:
    """What the reader makes of a statement beside its evidence: three probabilities that sum to 1."""

    carried: float
    contradicted: float
    not_told: float


class Reader:
    """Thread safe. The model is loaded at the first question, in about 0.1 s."""

    def __init__(self, folder: Path = WEIGHTS) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._engine: _Engine | None = None
        self._judged: dict[tuple[str, Evidence], NDArray[np.float32]] = {}
        forking.OPEN.add(self)

    def renew(self) -> None:
        forking.left_to_parent(self._engine)
        self._lock, self._engine = threading.Lock(), None

    def answers(
        self, question: str, passages: Sequence[Evidence], similarities: Sequence[float] | None = None
    ) -> list[NDArray[np.float64]]:
        """For each passage the probability of each of its sentences that it answers ``question`` by itself.

        ``similarities`` are the cosines of the passages to the question, where a search has found them: a passage that
        is far from the question answers it less likely than its words alone would tell.
        """
        if not passages:
            return []
        engine = self._loaded()
        found = engine.run([(question, passage) for passage in passages])
        scale, weight, shift, typical = engine.answers
        cosines = [typical] * len(passages) if similarities is None else similarities
        return [
            1 / (1 + np.exp(-(scale * by_sentence[:, 0] + weight * cosine + shift)))
            for (by_sentence, _, _), cosine in zip(found, cosines, strict=True)
        ]

    def carries(self, pairs: Sequence[tuple[str, Evidence]], shares: Sequence[float] | None = None) -> list[Carries]:
        """For each statement and its evidence, in one batch. What was judged before is remembered.

        ``shares`` of the statements' content words that stand in their sources: where words are missing, a statement is
        carried less likely than the reader alone would say.
        """
        engine = self._loaded()
        weight, shift = engine.carries
        new = [pair for pair in dict.fromkeys(pairs) if pair not in self._judged]
        found = {pair: self._judged[pair] for pair in pairs if pair in self._judged}
        found |= {pair: logits for pair, (_, logits, _) in zip(new, engine.run(new), strict=True)} if new else {}
        if len(self._judged) > _REMEMBERED:
            self._judged.clear()
        self._judged |= found
        added = [0.0] * len(pairs) if shares is None else [weight * share + shift for share in shares]
        return [
            Carries(*_softmax(found[pair] + np.array([more, 0.0, 0.0], np.float32)).tolist())
            for pair, more in zip(pairs, added, strict=True)
        ]

    def request(self, text: str) -> tuple[RequestKind, float]:
        """What kind of request ``text`` is, and the probability of that."""
        chances = _softmax(self._loaded().message(text)[: len(REQUEST_KINDS)])
        best = int(chances.argmax())
        return REQUEST_KINDS[best], float(chances[best])

    def leans(self, question: str) -> float:
        """The probability that ``question`` cannot be understood without the one before it."""
        return float(_softmax(self._loaded().message(question)[len(REQUEST_KINDS) :])[1])

    def time_role(self, question: str, time: str) -> TimeRole:
        """What the words ``time`` of ``question`` do in it."""
        return cast(TimeRole, self._role(question, time, 0))

    def outlet_role(self, question: str, outlet: str) -> OutletRole:
        """What the words ``outlet`` of ``question`` do in it."""
        return cast(OutletRole, self._role(question, outlet, 1))

    def _role(self, question: str, piece: str, which: int) -> str:
        logits = self._loaded().role(question, piece)
        names = _ROLES[which]
        return names[int(logits[which * len(names) :][: len(names)].argmax())]

    def _loaded(self) -> _Engine:
        if self._engine is None:
            with self._lock:
                if self._engine is None:
                    self._engine = _Engine(self._folder)
        return self._engine


class _Engine:
    """The loaded model: each core forwards batches of its own on one thread, as the embedder does."""

    def __init__(self, folder: Path) -> None:
        from vectorstore.embedding.embeddings import use_widest_instructions

        use_widest_instructions()
        import ctranslate2
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        self._encoder = ctranslate2.Encoder(
            str(folder), device="cpu", compute_type="int8", inter_threads=self._cores, intra_threads=1
        )
        self._pool = ThreadPoolExecutor(self._cores, thread_name_prefix="read")
        heads = np.load(folder / "heads.npz")
        self._sentence: tuple[NDArray[np.float32], ...] = (heads["answers.weight"], heads["answers.bias"])
        self._verdict: tuple[NDArray[np.float32], ...] = (heads["verdict.weight"], heads["verdict.bias"])
        self._message: tuple[NDArray[np.float32], ...] = tuple(
            np.concatenate([heads[f"request.{part}"], heads[f"leans.{part}"]]) for part in ("weight", "bias")
        )
        self._roles: tuple[NDArray[np.float32], ...] = (heads["role.weight"], heads["role.bias"])
        self._messages: dict[tuple[str, str], NDArray[np.float32]] = {}
        calibration = json.loads((folder / "calibration.json").read_text(encoding="utf-8"))
        self.answers: tuple[float, float, float, float] = tuple(calibration["answers"])
        self.carries: tuple[float, float] = tuple(calibration["carries"])

    def run(self, pairs: Sequence[tuple[str, Evidence]]) -> list[tuple[NDArray[np.float32], ...]]:
        """For each pair the logits of its sentences, shape (sentences, 2), of the verdict, (3,), and the mean of its
        last states, (384,).
        """
        inputs = [self._tokens(query, evidence) for query, evidence in pairs]
        order = sorted(range(len(inputs)), key=lambda place: len(inputs[place][0]))
        # Few passages are shared between the cores, too.
        room = min(_BATCH, sum(len(ids) for ids, _, _ in inputs) // self._cores + 1)
        batches: list[list[int]] = []
        for place in order:
            if not batches or len(inputs[place][0]) * (len(batches[-1]) + 1) > room:
                batches.append([])
            batches[-1].append(place)
        found: dict[int, tuple[Any, ...]] = {}
        # A single batch is forwarded here and now: another thread would only add its start.
        for made in (
            map(self._forward, batches, [inputs])
            if len(batches) == 1
            else self._pool.map(self._forward, batches, [inputs] * len(batches))
        ):
            found.update(made)
        return [found[place] for place in range(len(pairs))]

    def message(self, text: str) -> NDArray[np.float32]:
        """Logits of what kind of request ``text`` is, and behind them of whether it stands alone or leans, (2,)."""
        return self._whole(text, "") @ self._message[0].T + self._message[1]

    def role(self, question: str, piece: str) -> NDArray[np.float32]:
        """Logits of what ``piece`` does in ``question``: the four roles of a time, and the four of an outlet."""
        return self._whole(question, piece) @ self._roles[0].T + self._roles[1]

    def _whole(self, text: str, piece: str) -> NDArray[np.float32]:
        """The mean of the last states; what was read before is remembered."""
        if (text, piece) not in self._messages:
            if len(self._messages) > _REMEMBERED:
                self._messages.clear()
            self._messages[text, piece] = self.run([(text, Evidence((piece,) if piece else ()))])[0][2]
        return self._messages[text, piece]

    def _tokens(self, query: str, evidence: Evidence) -> tuple[list[int], list[int], list[tuple[int, int]]]:
        """Token numbers, their kinds, and where each sentence's tokens stand: [CLS] query [SEP] header sentences."""
        asked, head, *parts = self._ids([query, evidence.header, *evidence.sentences])
        ids = [_CLS, *asked[:_QUERY], _SEP]
        kinds = [0] * len(ids)
        ids += head[:_HEADER]
        spans = []
        for part in parts:
            part = part[: max(0, _WHOLE - 1 - len(ids))]
            spans.append((len(ids), len(ids) + len(part)))
            ids += part
        ids.append(_SEP)
        return ids, kinds + [1] * (len(ids) - len(kinds)), spans

    def _ids(self, texts: list[str]) -> list[list[int]]:
        # A lone surrogate, which JSON can carry, is no text to the tokenizer.
        clean = [text.encode(errors="replace").decode() for text in texts]
        return [each.ids for each in self._tokenizer.encode_batch_fast(clean, add_special_tokens=False)]

    def _forward(self, batch: list[int], inputs: list[Any]) -> dict[int, tuple[Any, ...]]:
        ids = [inputs[place][0] for place in batch]
        longest = max(map(len, ids))
        # CTranslate2 wants the kinds as wide as the padded batch.
        kinds = [inputs[place][1] + [0] * (longest - len(inputs[place][1])) for place in batch]
        states = np.asarray(self._encoder.forward_batch(ids, token_type_ids=kinds).last_hidden_state)
        found = {}
        for row, place in enumerate(batch):
            own = states[row, : len(ids[row])]
            means = np.zeros((len(inputs[place][2]), own.shape[1]), np.float32)
            for number, (start, end) in enumerate(inputs[place][2]):
                if end > start:
                    means[number] = own[start:end].mean(axis=0)
            whole = own.mean(axis=0)
            found[place] = (
                means @ self._sentence[0].T + self._sentence[1],
                whole @ self._verdict[0].T + self._verdict[1],
                whole,
            )
        return found


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    powers = np.exp(logits - logits.max())
    chances: NDArray[np.float32] = powers / powers.sum()
    return chances


@functools.cache
def reader() -> Reader:
    """The reader that ships with the package; one for the process."""
    return Reader()
