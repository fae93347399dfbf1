"""The reader as torch sees it: MiniLM's encoder (BERT, six layers), and two heads on means of its last states."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

WIDTH, LAYERS, HEADS, FEEDFORWARD, VOCABULARY, POSITIONS = 384, 6, 12, 1536, 30522, 512
DROPOUT = 0.1


class Layer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)
        self.norm1 = nn.LayerNorm(WIDTH, eps=1e-12)
        self.up = nn.Linear(WIDTH, FEEDFORWARD)
        self.down = nn.Linear(FEEDFORWARD, WIDTH)
        self.norm2 = nn.LayerNorm(WIDTH, eps=1e-12)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        batch, length, _ = x.shape
        q, k, v = (
            part.view(batch, length, HEADS, WIDTH // HEADS).transpose(1, 2) for part in self.qkv(x).chunk(3, dim=-1)
        )
        # Written out: on a CPU torch's fused attention takes a third of a step at heads of 32.
        weights = (q @ k.transpose(2, 3) * (WIDTH // HEADS) ** -0.5 + mask.to(q.dtype)).softmax(-1)
        attended = weights.to(v.dtype) @ v
        attended = attended.transpose(1, 2).reshape(batch, length, WIDTH)
        x = self.norm1(x + functional.dropout(self.out(attended), DROPOUT, self.training))
        return self.norm2(x + functional.dropout(self.down(functional.gelu(self.up(x))), DROPOUT, self.training))


class Reader(nn.Module):
    """``forward`` gives for a batch: answer logits (batch, sentences), carry logits of the same shape, verdict
    logits (batch, 3): carried, contradicted, not told, request logits (batch, 7), and role logits (batch, 8)."""

    def __init__(self, first_token: bool = False) -> None:
        super().__init__()
        self.words = nn.Embedding(VOCABULARY, WIDTH)
        self.kinds = nn.Embedding(2, WIDTH)
        self.places = nn.Embedding(POSITIONS, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.answers = nn.Linear(WIDTH, 2)
        self.verdict = nn.Linear(WIDTH, 3)
        self.request = nn.Linear(WIDTH, 7)
        self.role = nn.Linear(WIDTH, 8)
        self.first_token = first_token

    def states(self, ids: Tensor, kinds: Tensor) -> Tensor:
        mask = torch.zeros(ids.shape).masked_fill(ids == 0, -1e4)[:, None, None, :]
        places = torch.arange(ids.shape[1])
        x = self.norm(self.words(ids) + self.kinds(kinds) + self.places(places)[None])
        x = functional.dropout(x, DROPOUT, self.training)
        for layer in self.layers:
            x = layer(x, mask)
        return x

    def forward(self, ids: Tensor, kinds: Tensor, owners: Tensor, sentences: int) -> tuple[Tensor, ...]:
        """``ids``, ``kinds`` and ``owners`` (which sentence a token belongs to, -1 for none) are (batch, length)."""
        states = self.states(ids, kinds).float()
        belongs = functional.one_hot(owners + 1, sentences + 1)[:, :, 1:].float()
        means = torch.einsum("bls,blw->bsw", belongs, states) / belongs.sum(1).clamp(min=1)[:, :, None]
        real = (ids != 0).float()[:, :, None]
        whole = states[:, 0] if self.first_token else (states * real).sum(1) / real.sum(1)
        drop = lambda x: functional.dropout(x, DROPOUT, self.training)  # noqa: E731
        heads = (self.verdict, self.request, self.role)
        return self.answers(drop(means)), *(head(drop(whole)) for head in heads)

    def load_minilm(self, file: Path) -> None:
        """The published weights of all-MiniLM-L6-v2."""
        tensors = {name.removeprefix("bert."): tensor for name, tensor in load_file(file).items()}
        own = self.state_dict()

        def put(name: str, *sources: str) -> None:
            for part in ("weight", "bias"):
                if f"{name}.{part}" in own:
                    own[f"{name}.{part}"].copy_(torch.cat([tensors[f"{source}.{part}"] for source in sources]))

        put("words", "embeddings.word_embeddings")
        put("kinds", "embeddings.token_type_embeddings")
        put("places", "embeddings.position_embeddings")
        put("norm", "embeddings.LayerNorm")
        for number in range(LAYERS):
            here = f"encoder.layer.{number}"
            put(f"layers.{number}.qkv", *(f"{here}.attention.self.{part}" for part in ("query", "key", "value")))
            put(f"layers.{number}.out", f"{here}.attention.output.dense")
            put(f"layers.{number}.norm1", f"{here}.attention.output.LayerNorm")
            put(f"layers.{number}.up", f"{here}.intermediate.dense")
            put(f"layers.{number}.down", f"{here}.output.dense")
            put(f"layers.{number}.norm2", f"{here}.output.LayerNorm")

    def save(self, file: Path) -> None:
        save_file({name: tensor.contiguous() for name, tensor in self.state_dict().items()}, file)
