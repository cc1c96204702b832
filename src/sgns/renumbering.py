"""A corpus in the words of a vocabulary that is there already, to train a model on other text."""

from __future__ import annotations

import numpy as np

from sgns.corpus import Corpus
from sgns.corpus_files import CorpusArrays
from sgns.string_array import StringArray
from sgns.token_pieces import TokenPieces
from sgns.vocabulary import Vocabulary


def renumbered(corpus: Corpus, vocabulary: Vocabulary) -> Corpus:
    """Copy a corpus into memory with the words, numbers and counts of `vocabulary`.

    Words that are not in it are left out, as if the text did not have them; documents and their
    tags stay. Subsampling and noise then follow the counts of `vocabulary`, not those of the text,
    as when gensim trains a model further.

    Parameters
    ----------
    corpus : Corpus
        The text to train on.
    vocabulary : Vocabulary
        Of the model.

    Returns
    -------
    Corpus
        In memory.

    Raises
    ------
    ValueError
        None of the words is in `vocabulary`.
    """
    numbers = {word: number for number, word in enumerate(vocabulary)}
    absent = len(vocabulary)
    number_of = np.array([numbers.get(word, absent) for word in corpus.vocabulary], dtype=np.uint32)
    tokens = number_of[corpus.tokens]
    kept = tokens != absent
    if not kept.any():
        raise ValueError(
            f"corpus: none of its {len(number_of):,} words is among the {absent:,} of the model"
        )
    offsets = np.concatenate([[0], np.cumsum(kept)])[corpus.offsets]
    tokens = tokens[kept]
    arrays = CorpusArrays(
        TokenPieces(tokens),
        offsets.astype(np.int64),
        np.array(vocabulary.counts, dtype=np.int64),
        StringArray.from_strings(vocabulary.words),
        corpus.tags,
    )
    for array in (tokens, arrays.offsets, arrays.counts):
        array.flags.writeable = False
    meta = arrays.meta(
        fingerprint=arrays.fingerprint(),
        tokenizer=corpus.meta.get("tokenizer"),
        document_unit=corpus.meta.get("document_unit"),
    )
    return Corpus(arrays, meta, None)
