"""What is read and written: folders of arrays, and files of other programs."""

from __future__ import annotations

from sgns.dataframe import to_dataframe
from sgns.npy_file import save_npy
from sgns.projector_folder import save_projector
from sgns.safetensors_file import save_safetensors
from sgns.sentence_transformers_folder import save_sentence_transformers
from sgns.vector_folder import load_vectors, save_vectors
from sgns.word2vec_read import load_word2vec_format
from sgns.word2vec_write import save_word2vec_format

__all__ = [
    "load_vectors",
    "load_word2vec_format",
    "save_npy",
    "save_projector",
    "save_safetensors",
    "save_sentence_transformers",
    "save_vectors",
    "save_word2vec_format",
    "to_dataframe",
]
