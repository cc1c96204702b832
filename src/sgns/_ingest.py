"""From text to the arrays of a corpus."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from sgns._files import write_array
from sgns.text import simple_documents
from sgns.vocabulary import pack_strings

FORMAT = "sgns corpus"
VERSION = 1


def ingest(
    folder: Path,
    source: Any,
    tokenizer: Any,
    document_unit: str,
    errors: str,
    workers: int | None,
    progress: Any,
    tags: Any,
) -> None:
    """Simple."""
    documents = list(simple_documents(source))
    counter = Counter(word for document in documents for word in document)
    if not counter:
        raise ValueError(f"{source!r} holds no words")
    words = sorted(counter, key=lambda word: (-counter[word], word))
    ids = {word: i for i, word in enumerate(words)}
    tokens = np.array([ids[w] for document in documents for w in document], dtype="<u4")
    offsets = np.cumsum([0] + [len(document) for document in documents], dtype="<i8")
    data, word_offsets = pack_strings(words)
    write_array(folder / "tokens.npy", tokens)
    write_array(folder / "offsets.npy", offsets)
    write_array(folder / "counts.npy", np.array([counter[w] for w in words], dtype="<i8"))
    write_array(folder / "words.npy", data)
    write_array(folder / "word_offsets.npy", word_offsets)
    meta = {
        "format": FORMAT,
        "version": VERSION,
        "n_tokens": len(tokens),
        "n_documents": len(documents),
        "n_words": len(words),
        "tokenizer": "whitespace",
        "tags": None,
        "fingerprint": hashlib.blake2b(tokens.tobytes(), digest_size=16).hexdigest(),
    }
    (folder / "meta.json").write_text(json.dumps(meta, indent=1))
