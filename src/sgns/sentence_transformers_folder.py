"""Vectors as a static model of sentence-transformers: a text is the mean of its words' vectors.

modules.json                       one module, a StaticEmbedding
config_sentence_transformers.json  compare texts by cosine
tokenizer.json                     splits at white space; word -> row
model.safetensors                  `embedding.weight` (n + 1, dim); the last row is zeros, for
                                   words that are not known

Only reading it needs sentence-transformers.
"""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np

from sgns._export_folder import export_folder
from sgns.keyed_vectors import KeyedVectors
from sgns.safetensors_file import write_tensors

FILES = (
    "modules.json",
    "config_sentence_transformers.json",
    "tokenizer.json",
    "model.safetensors",
)
UNKNOWN = "[UNK]"


def save_sentence_transformers(
    vectors: KeyedVectors,
    path: str | os.PathLike[str],
    *,
    pre_normalize: bool = True,
    lowercase: bool = False,
    overwrite: bool = False,
) -> None:
    """Write `vectors` to a folder that ``SentenceTransformer(path)`` opens.

    Its ``encode(text)`` points where ``vectors.get_mean_vector(text.split())`` does.

    Parameters
    ----------
    vectors : KeyedVectors
        Keys and vectors, written as float32. Integer keys are written in decimal.
    path : path
        The folder.
    pre_normalize : bool
        Scale every vector to unit length first, so that all words weigh alike, as in
        `KeyedVectors.get_mean_vector`.
    lowercase : bool
        Let the tokenizer lower the case of texts; for keys in lower case.
    overwrite : bool
        Replace the folder if there is nothing else in it than such files.

    Raises
    ------
    FileExistsError
        `path` exists, and `overwrite` is false or it holds something else.
    ValueError
        A key is empty or holds white space, so that no text could name it; or it cannot be
        encoded in UTF-8.
    """
    words = [str(key) for key in vectors.index_to_key]
    for row, word in enumerate(words):
        if word.split() != [word]:
            what = "without white space" if word else "that are not empty"
            raise ValueError(f"Expected keys {what}, got {word!r} in row {row}")
    try:
        tokenizer = _json(_tokenizer(words, lowercase))
    except UnicodeEncodeError as error:
        raise ValueError(f"Expected keys that UTF-8 can encode: {error.reason}") from None
    rows = vectors.get_normed_vectors() if pre_normalize else vectors.vectors
    weights = np.zeros((len(words) + 1, vectors.vector_size), dtype=np.float32)
    weights[:-1] = rows
    with export_folder(path, FILES, overwrite=overwrite) as folder:
        (folder / "modules.json").write_bytes(_json(_MODULES))
        (folder / "config_sentence_transformers.json").write_bytes(_json(_CONFIG))
        (folder / "tokenizer.json").write_bytes(tokenizer)
        with (folder / "model.safetensors").open("wb") as file:
            write_tensors(file, {"embedding.weight": weights}, {"format": "pt"})


def _tokenizer(words: list[str], lowercase: bool) -> dict[str, Any]:
    """The description of a tokenizer as the package `tokenizers` reads it."""
    vocabulary = dict(zip(words, range(len(words)), strict=True))
    unknown = UNKNOWN
    while unknown in vocabulary:
        unknown = f"[{unknown}]"
    vocabulary[unknown] = len(words)
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": {"type": "Lowercase"} if lowercase else None,
        "pre_tokenizer": {"type": "WhitespaceSplit"},
        "post_processor": None,
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": unknown},
    }


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode()


_MODULES = [
    {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.StaticEmbedding"}
]
_CONFIG: dict[str, Any] = {
    "model_type": "SentenceTransformer",
    "prompts": {},
    "default_prompt_name": None,
    "similarity_fn_name": "cosine",
}
