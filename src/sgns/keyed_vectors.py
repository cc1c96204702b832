"""KeyedVectors: vectors with names, what they answer, how they are judged, saved and loaded."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sgns.config import JUDGED_WORDS, NEIGHBOURS, PAGE_WORDS, RESAMPLINGS, SEED
from sgns.gensim_names import OF_VECTORS, no_attribute
from sgns.nearest_keys import NearestKeys

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped, unused-ignore]

    from sgns._map_projection import MapMethod
    from sgns.analogies import AnalogiesResult, SimilarityFunction
    from sgns.evaluation_records import AnalogyQuestions, WordPairs
    from sgns.word_pairs import WordPairsResult


class KeyedVectors(NearestKeys):
    """Vectors with names, and the questions one asks of them; immutable.

    The names and their meanings are those of gensim 4. `most_similar_batch` answers many
    queries at once. A cosine with a vector of zeros is 0, never NaN; equal similarities are
    ordered by row number; a similarity that is not a number comes last.

    Parameters
    ----------
    keys, vectors, counts
        See `sgns.keyed_matrix.KeyedMatrix`: different str or int (n,), a matrix (n, dim), and
        how often each key occurred (n,), if that is known.

    Examples
    --------
    >>> import numpy as np
    >>> vectors = KeyedVectors(["up", "above", "down"], np.array([[1, 1], [1, 2], [-1, -1]]))
    >>> [key for key, similarity in vectors.most_similar("up")]
    ['above', 'down']
    """

    def evaluate_word_pairs(
        self,
        pairs: str | os.PathLike[str] | WordPairs | Iterable[tuple[str, str, float]],
        delimiter: str | None = None,
        encoding: str = "utf8",
        restrict_vocab: int | None = JUDGED_WORDS,
        case_insensitive: bool = True,
        dummy4unknown: bool = False,
        *,
        bootstrap: int = RESAMPLINGS,
        seed: int = SEED,
    ) -> WordPairsResult:
        """Correlate with human judgements; see `sgns.evaluation.evaluate_word_pairs`."""
        from sgns.evaluation import evaluate_word_pairs

        return evaluate_word_pairs(
            self,
            pairs,
            delimiter,
            encoding,
            restrict_vocab,
            case_insensitive,
            dummy4unknown,
            bootstrap=bootstrap,
            seed=seed,
        )

    def evaluate_word_analogies(
        self,
        analogies: str | os.PathLike[str] | AnalogyQuestions | Iterable[tuple[str, str, str, str]],
        restrict_vocab: int | None = JUDGED_WORDS,
        case_insensitive: bool = True,
        dummy4unknown: bool = False,
        similarity_function: SimilarityFunction = "most_similar",
        *,
        bootstrap: int = RESAMPLINGS,
        seed: int = SEED,
    ) -> AnalogiesResult:
        """Answer "a is to b as c is to ..."; see `sgns.evaluation.evaluate_word_analogies`."""
        from sgns.evaluation import evaluate_word_analogies

        return evaluate_word_analogies(
            self,
            analogies,
            restrict_vocab,
            case_insensitive,
            dummy4unknown,
            similarity_function,
            bootstrap=bootstrap,
            seed=seed,
        )

    def to_html(
        self,
        path: str | os.PathLike[str],
        words: Iterable[Any] | None = None,
        *,
        n_words: int = PAGE_WORDS,
        method: MapMethod = "tsne",
        labels: Mapping[Any, Any] | Sequence[Any] | None = None,
        clusters: int | None = None,
        highlight: Iterable[Any] = (),
        topn: int = NEIGHBOURS,
        seed: int = SEED,
        title: str | None = None,
    ) -> None:
        """Write a map to zoom and to search; see `sgns.interactive_map.write_map`."""
        from sgns.interactive_map import write_map

        write_map(
            self,
            path,
            words,
            n_words=n_words,
            method=method,
            labels=labels,
            clusters=clusters,
            highlight=highlight,
            topn=topn,
            seed=seed,
            title=title,
        )

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write everything to a folder; see `sgns.formats.save_vectors`."""
        from sgns.vector_folder import save_vectors

        save_vectors(self, path, overwrite=overwrite)

    @classmethod
    def load(cls, path: str | os.PathLike[str], mmap: bool = False) -> KeyedVectors:
        """Open what `save` wrote; see `sgns.formats.load_vectors`."""
        from sgns.vector_folder import load_vectors

        return load_vectors(path, mmap=mmap)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            raise no_attribute(self, name, OF_VECTORS)

    def to_dataframe(self) -> pd.DataFrame:
        """Copy the vectors into a table of pandas; see `sgns.dataframe.to_dataframe`."""
        from sgns.dataframe import to_dataframe

        return to_dataframe(self)

    def save_word2vec_format(
        self,
        path: str | os.PathLike[str],
        *,
        binary: bool = False,
        fvocab: str | os.PathLike[str] | None = None,
        write_header: bool = True,
        prefix: str = "",
        sort_by_count: bool = True,
    ) -> None:
        """Write a file that others read; see `sgns.formats.save_word2vec_format`."""
        from sgns.formats import save_word2vec_format

        save_word2vec_format(
            self,
            path,
            binary=binary,
            fvocab=fvocab,
            write_header=write_header,
            prefix=prefix,
            sort_by_count=sort_by_count,
        )

    @classmethod
    def load_word2vec_format(
        cls,
        path: str | os.PathLike[str],
        *,
        fvocab: str | os.PathLike[str] | None = None,
        binary: bool | None = None,
        encoding: str = "utf8",
        unicode_errors: str = "strict",
        limit: int | None = None,
        datatype: npt.DTypeLike = np.float32,
        no_header: bool = False,
    ) -> KeyedVectors:
        """Read a file of others; see `sgns.formats.load_word2vec_format`."""
        from sgns.formats import load_word2vec_format

        return load_word2vec_format(
            path,
            fvocab=fvocab,
            binary=binary,
            encoding=encoding,
            unicode_errors=unicode_errors,
            limit=limit,
            datatype=datatype,
            no_header=no_header,
        )
