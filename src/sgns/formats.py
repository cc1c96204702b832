"""What is read and written: folders of arrays, and the files of word2vec and its relatives."""

from __future__ import annotations

from sgns.vector_folder import load_vectors, save_vectors
from sgns.word2vec_read import load_word2vec_format
from sgns.word2vec_write import save_word2vec_format

__all__ = ["load_vectors", "load_word2vec_format", "save_vectors", "save_word2vec_format"]
