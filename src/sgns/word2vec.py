"""Word2Vec: gensim's class by name and calls, over a `Model`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sgns.config import EPOCHS, TrainingConfig
from sgns.corpus import Corpus
from sgns.gensim_names import OF_MODELS, explains_gensim, no_attribute
from sgns.history import EpochRecord
from sgns.keyed_vectors import KeyedVectors
from sgns.model import Model
from sgns.renumbering import renumbered

_PARAMETERS = (
    "vector_size",
    "alpha",
    "window",
    "min_count",
    "sample",
    "seed",
    "min_alpha",
    "negative",
    "ns_exponent",
    "max_final_vocab",
    "shrink_windows",
)


class Word2Vec:
    """A `Model` that is made and trained by the calls of gensim 4's `Word2Vec`.

    For code that moves over: `from sgns.word2vec import Word2Vec` in place of
    ``from gensim.models import Word2Vec``. New code is shorter, and can do more, with `Model`.

    Parameters
    ----------
    sentences : iterable of lists of str, optional
        The text, read once; the model is then trained at once. Without it, and without
        `corpus_file`, call `build_vocab` and `train`.
    corpus_file : path, optional
        A text file with a sentence a line, in place of `sentences`.
    vector_size, alpha, window, min_count, sample, seed, min_alpha, negative, ns_exponent, \
max_final_vocab, shrink_windows
        See `TrainingConfig`.
    sg : 1
        Skip-gram. Unlike in gensim, where 0 is the default: there is no CBOW.
    hs : 0
        Negative sampling: there is no hierarchical softmax.
    workers : int or None
        Threads; None: one for every core.
    epochs : int
        Passes over the text.
    compute_loss : bool
        Makes no difference: the loss is always computed.

    Attributes
    ----------
    epochs : int
        As given.
    workers : int or None
        As given; may be changed before `train`.
    corpus_count, corpus_total_words : int
        Sentences and words of the text that the vocabulary was built from; 0 after `load`.

    Raises
    ------
    TypeError
        An argument of gensim's that has no counterpart; the message says what to do.
    ValueError
        `sg`, `hs` or another parameter is out of its range, or both texts are given.
    """

    @explains_gensim
    def __init__(
        self,
        sentences: Iterable[Any] | None = None,
        corpus_file: str | os.PathLike[str] | None = None,
        vector_size: int = TrainingConfig.vector_size,
        alpha: float = TrainingConfig.alpha,
        window: int = TrainingConfig.window,  # type: ignore[assignment]
        min_count: int = TrainingConfig.min_count,
        *,
        sample: float = TrainingConfig.sample,
        seed: int = TrainingConfig.seed,
        workers: int | None = None,
        min_alpha: float = TrainingConfig.min_alpha,
        sg: int = 1,
        hs: int = 0,
        negative: int = TrainingConfig.negative,
        ns_exponent: float = TrainingConfig.ns_exponent,
        epochs: int = EPOCHS,
        compute_loss: bool = False,
        max_final_vocab: int | None = TrainingConfig.max_final_vocab,
        shrink_windows: bool = TrainingConfig.shrink_windows,
    ) -> None:
        if sg != 1:
            raise ValueError(f"sg: expected 1, skip-gram, got {sg!r}; CBOW is not there")
        if hs != 0:
            raise ValueError(
                f"hs: expected 0, negative sampling, got {hs!r}; hierarchical softmax is not there"
            )
        del compute_loss
        self.epochs = epochs
        self.workers = workers
        self._model: Model | None = None
        self._latest: list[EpochRecord] = []
        self.corpus_count = 0
        self.corpus_total_words = 0
        given = locals()
        self._parameters: dict[str, Any] = {name: given[name] for name in _PARAMETERS}
        TrainingConfig(**self._parameters)
        if sentences is not None or corpus_file is not None:
            self.build_vocab(sentences, corpus_file)
            self._run(epochs, None)

    @property
    def model(self) -> Model:
        """The model behind it."""
        if self._model is None:
            raise RuntimeError("there is no vocabulary yet: call build_vocab(sentences) first")
        return self._model

    @property
    def wv(self) -> KeyedVectors:
        """The word vectors; see `Model.wv`."""
        return self.model.wv

    @property
    def vector_size(self) -> int:
        """Length of a word vector."""
        return int(self._parameters["vector_size"])

    @explains_gensim
    def build_vocab(
        self,
        corpus_iterable: Iterable[Any] | None = None,
        corpus_file: str | os.PathLike[str] | None = None,
        update: bool = False,
    ) -> None:
        """Read the text and number its words, replacing a model that was there.

        Parameters
        ----------
        corpus_iterable : iterable of lists of str, optional
            The text, read once.
        corpus_file : path, optional
            A text file with a sentence a line, in place of `corpus_iterable`.
        update : False
            A vocabulary does not grow.

        Raises
        ------
        ValueError
            `update` is true, as a vocabulary does not grow; or not exactly one text is given.
        """
        if update:
            raise ValueError(
                "update: expected False, as a vocabulary does not grow; build one from all texts"
            )
        corpus = Corpus.build(_only_one(corpus_iterable, corpus_file))
        self._model = Model(corpus, **self._parameters)
        self._latest = []
        self.corpus_count, self.corpus_total_words = corpus.n_documents, corpus.n_tokens

    @explains_gensim
    def train(
        self,
        corpus_iterable: Iterable[Any] | None = None,
        corpus_file: str | os.PathLike[str] | None = None,
        total_examples: int | None = None,
        total_words: int | None = None,
        epochs: int | None = None,
        *,
        compute_loss: bool = False,
    ) -> tuple[int, int]:
        """Train on a text, whose words that the vocabulary has not are left out.

        Parameters
        ----------
        corpus_iterable : iterable of lists of str, optional
            The text, read once, whatever the number of epochs.
        corpus_file : path, optional
            A text file with a sentence a line, in place of `corpus_iterable`.
        total_examples, total_words : int, optional
            Make no difference.
        epochs : int
            Passes; as in gensim it has to be given.
        compute_loss : bool
            Makes no difference.

        Returns
        -------
        tuple of int
            Words that were targets, and words visited, in all epochs.

        Raises
        ------
        RuntimeError
            There is no vocabulary yet.
        ValueError
            `epochs` is missing, not exactly one text is given, or the vocabulary has none of its
            words.
        """
        del total_examples, total_words, compute_loss
        if epochs is None:
            raise ValueError("epochs: expected a number, such as epochs=model.epochs, got None")
        with Corpus.build(_only_one(corpus_iterable, corpus_file)) as corpus:
            return self._run(epochs, renumbered(corpus, self.model.vocabulary))

    def _run(self, epochs: int, corpus: Corpus | None) -> tuple[int, int]:
        before = len(self.model.history)
        self.model.train(epochs, self.workers, corpus=corpus)
        self._latest = list(self.model.history[before:])
        targets = sum(record.targets for record in self._latest)
        return targets, sum(record.tokens for record in self._latest)

    def get_latest_training_loss(self) -> float:
        """Sum of the loss of all pairs in all epochs of the last training; 0 before the first.

        ``model.history`` of `model` has the mean of a pair, epoch by epoch.

        Returns
        -------
        float
            The same sum as gensim's, estimated from the steps that were sampled for it.
        """
        return sum(record.loss_per_pair * record.pairs for record in self._latest)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to a folder; see `Model.save`.

        Parameters
        ----------
        path : path
            The folder.
        """
        self.model.save(path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Word2Vec:
        """Read what `save` wrote, or any saved `Model`; see `Model.load`.

        Parameters
        ----------
        path : path
            The folder. Files of gensim are pickles and refused.

        Returns
        -------
        Word2Vec
            With the parameters of the saved model.
        """
        model = Model.load(path)
        loaded = cls(**{name: getattr(model.config, name) for name in _PARAMETERS})
        loaded._model = model
        return loaded

    def __repr__(self) -> str:
        return f"Word2Vec<{'no vocabulary yet' if self._model is None else self._model}>"

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            raise no_attribute(self, name, OF_MODELS)


def _only_one(sentences: Iterable[Any] | None, file: str | os.PathLike[str] | None) -> Any:
    if (sentences is None) == (file is None):
        given = "both" if file is not None else "neither"
        raise ValueError(f"expected either an iterable of sentences or corpus_file, got {given}")
    if isinstance(sentences, str):
        raise TypeError("sentences: expected an iterable of lists of words, got a single string")
    return sentences if file is None else os.fspath(file)
