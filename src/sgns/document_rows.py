"""Which rows of the matrix of documents belong to which document, and what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sgns.corpus import Corpus
from sgns.integer_keys import IntegerKeys
from sgns.string_array import StringArray


@dataclass(frozen=True, slots=True)
class DocumentRows:
    """The rows of W_d.

    Attributes
    ----------
    keys : sequence of str or of int
        The tag of each row, all different; a range where documents have no tags.
    ids : uint32 array (total,) or None
        Document i has the rows ``ids[offsets[i]:offsets[i + 1]]``. None: row i is document i's.
    offsets : int64 array (n_documents + 1,) or None
        See `ids`.
    """

    keys: Sequence[Any]
    ids: NDArray[np.uint32] | None = None
    offsets: NDArray[np.int64] | None = None


def document_rows(corpus: Corpus) -> DocumentRows:
    """The rows that the documents of a corpus have: one for each tag, or one for each document."""
    tags = corpus.tags
    if tags is None:
        return DocumentRows(range(corpus.n_documents))
    keys = tags.keys if isinstance(tags.keys, StringArray) else IntegerKeys(tags.keys)
    return DocumentRows(keys, tags.ids, tags.offsets)
