"""``python -m tests.benchmarks.peers``: adding articles, against the usual tutorial's pipeline on the same machine.

Splitting by RecursiveCharacterTextSplitter(1000, 200), the same weights in sentence-transformers, and
``langchain_chroma.Chroma.add_documents``. It needs torch, so it lives in ``.venv-peers``, made at the first run.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tests.benchmarks.__main__ import evaluation_data
from tests.benchmarks.adding import seconds_to_add, warm_up
from tests.benchmarks.material import table
from tests.benchmarks.report import Figure, Line, machine, show, show_title
from vectorstore.embeddings import LocalEmbeddings
from vectorstore.weights import MINILM, locate

ENVIRONMENT = Path(__file__).parents[2] / ".venv-peers"
TORCH = "torch==2.13.0"
PACKAGES = (
    "sentence-transformers==6.2.0",
    "langchain-chroma==1.1.0",
    "langchain-huggingface==1.2.3",
    "langchain-text-splitters==1.1.3",
    "chromadb==1.5.9",
)
ARTICLES = 300
ROUNDS = 2

_OURS = """
import json, time
begun = time.perf_counter()
import chromadb
from vectorstore.embeddings import LocalEmbeddings
from vectorstore.library import Library
imported = time.perf_counter()
LocalEmbeddings().embed_query("The first text pays for what is made ready late.")
print(json.dumps({"imports": imported - begun, "model": time.perf_counter() - imported}))
"""


@dataclass(frozen=True, slots=True)
class Tutorial:
    """What one run of ``tutorial.py`` took, in seconds."""

    imports: float
    model: float
    adding: float
    chunks: int
    torch: str
    cuda: str | None


def main() -> None:
    data = evaluation_data()
    print(f"{machine()}\nEvaluation data: {data or 'none (ARTICLE_DATA is not set)'}")
    show_title("Adding articles, against the usual tutorial")
    for line in run(data):
        show(line)


def run(data: Path | None) -> Iterator[Line]:
    yield from _make_environment()
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        path, what = table(data, ARTICLES, folder)
        count = sum(1 for _ in path.open(encoding="utf-8"))
        yield f"{what}; {ROUNDS} rounds of each, by turns; imports and loading the model are not in the speed"
        embeddings = LocalEmbeddings()
        warm_up(path, folder / "warm", embeddings)
        ours, theirs = [], []
        for number in range(ROUNDS):
            ours.append(seconds_to_add(path, folder / f"ours-{number}", embeddings))
            theirs.append(_tutorial(path, folder / f"theirs-{number}"))
            yield f"round {number + 1}: ours {ours[-1]:.1f} s, the tutorial's {theirs[-1].adding:.1f} s"
    yield f"torch {theirs[0].torch}, CUDA {theirs[0].cuda}; the tutorial's pipeline made {theirs[0].chunks:,} chunks"
    start = json.loads(_output(sys.executable, "-c", _OURS))
    for part, name in (("imports", "imports"), ("model", "loading the model")):
        tutorial = median(getattr(one, part) for one in theirs)
        yield Figure(name, start[part], "s", tutorial, "s, tutorial")
    speed = count / median(one.adding for one in theirs)
    yield Figure("articles added", count / median(ours), "/s", speed, "/s, tutorial", at_least=4, judged="ratio")


def _make_environment() -> Iterator[Line]:
    wanted = "\n".join((TORCH, *PACKAGES))
    ready = ENVIRONMENT / "ready"
    if ready.is_file() and ready.read_text(encoding="utf-8") == wanted:
        return
    yield f"making {ENVIRONMENT}, once; this fetches torch"
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)], check=True)
    # torch by itself and first: the others would take whatever build of it they find.
    for packages in ((TORCH,), (TORCH, *PACKAGES)):
        subprocess.run([_python(), "-m", "pip", "install", "--quiet", *packages], check=True)
    ready.write_text(wanted, encoding="utf-8")


def _tutorial(path: Path, folder: Path) -> Tutorial:
    script = Path(__file__).with_name("tutorial.py")
    output = _output(_python(), str(script), str(locate(MINILM).folder), str(path), str(folder))
    return Tutorial(**json.loads(output.splitlines()[-1]))


def _output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[:3])} … failed: {done.stderr.strip()[-1000:]}")
    return done.stdout


def _python() -> str:
    return str(ENVIRONMENT / "bin" / "python")


if __name__ == "__main__":
    main()
