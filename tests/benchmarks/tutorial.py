"""The pipeline of the usual tutorial, to measure against. Run in an environment of its own by ``peers.py``:

    python tutorial.py MODEL_FOLDER ARTICLES.jsonl NEW_FOLDER

prints what it took as JSON, in seconds.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path


def main(model: str, table: str, folder: str) -> None:
    begun = time.perf_counter()
    import torch  # type: ignore[import-not-found]
    from langchain_chroma import Chroma  # type: ignore[import-not-found]
    from langchain_core.documents import Document
    from langchain_huggingface import HuggingFaceEmbeddings  # type: ignore[import-not-found]
    from langchain_text_splitters import RecursiveCharacterTextSplitter  # type: ignore[import-not-found]

    imported = time.perf_counter()
    embeddings = HuggingFaceEmbeddings(model_name=model)
    embeddings.embed_query("The first text pays for what is made ready late.")
    store = Chroma("articles", embeddings, persist_directory=folder)
    loaded = time.perf_counter()

    documents = []
    for line in Path(table).read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        facts = {name: record[name] for name in ("id", "title", "url", "publish_date") if record.get(name)}
        documents.append(Document(record["text"], metadata=facts))
    chunks = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200).split_documents(documents)
    store.add_documents(chunks)
    added = time.perf_counter()
    result = {
        "imports": imported - begun,
        "model": loaded - imported,
        "adding": added - loaded,
        "chunks": len(chunks),
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
