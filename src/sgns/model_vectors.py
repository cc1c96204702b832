"""What a model knows: parameters, weights, the vectors they hold, and inference from them."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence, Sized
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sgns.config import INFERENCE_EPOCHS, TrainingConfig, positive_integer
from sgns.cores import count_workers
from sgns.corpus import Corpus
from sgns.keyed_vectors import KeyedVectors
from sgns.lending import Lending
from sgns.vocabulary import Vocabulary
from sgns.weights import Matrix, Weights, initial_rows, laid_out

if TYPE_CHECKING:
    from sgns.tokenizers import Tokenizer

NO_DOCUMENTS = "this model has no document vectors; train one with documents="


class ModelVectors:
    """The part of a model that stands still between calls of training; see `Model`."""

    _config: TrainingConfig

    def _set_vectors(
        self,
        vocabulary: Vocabulary,
        weights: Weights,
        *,
        tags: Sequence[Any] | None,
        tokenizer: str | None,
    ) -> None:
        self._vocabulary = vocabulary
        self._weights = weights
        self._tags = tags
        self._tokenizer = tokenizer
        self._keyed: dict[str, KeyedVectors] = {}
        self._lending = Lending()
        self._is_training = False

    @property
    def config(self) -> TrainingConfig:
        """The training parameters."""
        return self._config

    @property
    def vocabulary(self) -> Vocabulary:
        """The words that are trained, by falling count."""
        return self._vocabulary

    @property
    def tags(self) -> Sequence[Any] | None:
        """The tags of documents in the order of their vectors; None without documents."""
        return self._tags

    @property
    def tokenizer(self) -> str | None:
        """What the corpus says how its text became words; None where it was no text."""
        return self._tokenizer

    @property
    def weights(self) -> Weights:
        """The matrices W_t, W_c and, with documents, W_d: `wv`, `cv` and `dv` show them."""
        return self._weights

    @property
    def wv(self) -> KeyedVectors:
        """The word vectors as they are now; training on leaves them as they are.

        They share the model's memory, which training leaves to them if somebody still holds them.
        While training runs, each access (from a progress callable, say) copies them.

        With ``documents="dbow"`` words are not trained: without `start` these are the random
        vectors that they began with, of which a warning tells, and `cv` has what is learnt.
        """
        if self.words_are_random:
            warnings.warn(
                'model.wv: words are not trained with documents="dbow" and have random vectors; '
                "model.cv has what is learnt about words",
                stacklevel=2,
            )
        return self._vectors("words", self._vocabulary.words, counts=self._vocabulary.counts)

    @property
    def words_are_random(self) -> bool:
        """Whether the word vectors are the first ones: of "dbow" without other ones to start."""
        if self._config.documents != "dbow":
            return False
        size = self._weights.vector_size
        _, first = next(initial_rows(1, size, np.random.PCG64(self._config.seed)))
        return bool(np.array_equal(self._weights.word_vectors[:1], first))

    @property
    def learnt_words(self) -> KeyedVectors:
        """What is learnt about words: `wv`, or `cv` where `words_are_random`."""
        return self.cv if self.words_are_random else self.wv

    @property
    def cv(self) -> KeyedVectors:
        """The context vectors by word, as `wv` has the word vectors.

        With ``documents="dbow"`` they are what is learnt about words, in one space with `dv`. With
        "concat" they are twice as long as other vectors: a part that meets those of words and one
        that meets those of documents.
        """
        return self._vectors("contexts", self._vocabulary.words, counts=self._vocabulary.counts)

    @property
    def dv(self) -> KeyedVectors:
        """The document vectors by tag, as `wv` has the word vectors.

        Without tags the key of a document is its number. With ``documents="joint"``, "sum" and
        "mean" documents and words are in one space: ``model.dv.similar_by_vector(model.wv[word])``
        finds the documents nearest to a word, ``model.wv.similar_by_vector(model.dv[tag])`` the
        words nearest to a document. With "dbow" that holds for the context vectors, `cv`, instead
        of `wv`; with "concat" for neither.

        Raises
        ------
        AttributeError
            The model was trained without documents.
        """
        if self._tags is None:
            raise AttributeError(NO_DOCUMENTS)
        return self._vectors("documents", self._tags)

    def _vectors(self, name: str, keys: Sequence[Any], **counts: Any) -> KeyedVectors:
        """Matrix `name` of the weights by its keys, lent and not copied where that is possible."""
        if self._is_training:
            return KeyedVectors(keys, self._weights.without_padding()[name].copy(), **counts)
        if name not in self._keyed:
            matrix: Matrix = getattr(self._weights, name)
            if name == "contexts" and self._weights.context_parts > 1:
                vectors = self._weights.context_vectors  # a copy already
            else:
                vectors = self._lending.lend(name, matrix)[:, : self._weights.vector_size]
            self._keyed[name] = KeyedVectors(keys, vectors, **counts)
        return self._keyed[name]

    def infer(
        self,
        documents: Corpus | Iterable[Any],
        *,
        epochs: int = INFERENCE_EPOCHS,
        alpha: float | None = None,
        min_alpha: float | None = None,
        workers: int | None = None,
        seed: int | None = None,
        tokenizer: str | Tokenizer | None = None,
    ) -> Matrix:
        """Vectors for documents that the model was not trained on; its weights stand still.

        Parameters
        ----------
        documents : Corpus, or iterable of str or of lists of words
            Words that the model does not know are skipped.
        epochs : int
            Passes over each document, 1 or more.
        alpha, min_alpha : float or None
            The learning rate of the first pass, and towards which it falls; None: as in training.
        workers : int or None
            Threads; None: one for every core.
        seed : int or None
            Of every random number; None: as in training.
        tokenizer : "whitespace", "words", callable or None
            How strings become words; None: as in the corpus that the model was trained on.

        Returns
        -------
        float32 array (n_documents, vector_size)
            A document's vector is the same to the last bit in whatever company, order and number of
            threads it is inferred. One without a known word has the zero vector, of which one
            warning tells; with "sum", "mean" and "concat", where words predict their neighbours,
            one of a single known word has it, too.

        Raises
        ------
        TypeError
            A document is neither a string nor a list of words.
        ValueError
            The model has no documents, or a parameter is out of its range.
        """
        from sgns.inference import Inference
        from sgns.inference_input import document_chunks

        if self._tags is None:
            raise ValueError(f"infer: {NO_DOCUMENTS}")
        self._lay_out()
        inference = Inference(
            self._config,
            self._vocabulary,
            self._weights,
            epochs=positive_integer("epochs", epochs),
            workers=count_workers(workers),
            seed=self._config.seed if seed is None else seed,
            alpha=alpha,
            min_alpha=min_alpha,
        )
        chunks = document_chunks(documents, self._vocabulary, tokenizer, self._tokenizer)
        n_documents = len(documents) if isinstance(documents, Sized) else None
        return inference.vectors(chunks, n_documents)

    def infer_vector(self, doc_words: str | Sequence[str], **options: Any) -> Matrix:
        """The vector (vector_size,) of one document, by gensim's name; see `infer`.

        Many documents at once take far less time in one call of `infer`.

        Parameters
        ----------
        doc_words : str or sequence of str
            A text, or its words.
        **options
            See `infer`.

        Returns
        -------
        float32 array (vector_size,)
            The vector.
        """
        vector: Matrix = self.infer([doc_words], **options)[0]
        return vector

    def _lay_out(self) -> None:
        """Bring W_t and W_c to the layout of the kernels, which a mapped model has not."""
        weights = self._weights
        if not weights.words.flags.writeable:
            self._weights = replace(
                weights,
                words=laid_out(weights.word_vectors, weights.vector_size),
                contexts=laid_out(weights.context_vectors, weights.vector_size),
            )

    def _own_weights(self) -> None:
        """Train a copy of each matrix that somebody still holds vectors of, or that is mapped."""
        self._keyed.clear()
        weights = self._weights
        stored = isinstance(weights.documents, np.memmap) and weights.documents.flags.writeable
        if stored and self._lending.is_held("documents"):
            raise ValueError(
                "document_storage: training would change document vectors that are still held "
                "somewhere; let go of `dv` and what was taken from it, or copy the arrays"
            )
        changed: dict[str, Any] = {
            name: laid_out(matrix, weights.vector_size)
            for name, matrix in weights.without_padding().items()
            if self._lending.is_held(name) or not getattr(weights, name).flags.writeable
        }
        self._weights = replace(weights, **changed)
        self._lending = Lending()
