"""Model: a corpus, its parameters and its weights, joined."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Iterable, Sequence
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np

from sgns import tokenizers
from sgns.config import KernelName, TrainingConfig, Window
from sgns.corpus import Corpus
from sgns.corpus_files import is_corpus
from sgns.history import EpochRecord
from sgns.keyed_vectors import KeyedVectors
from sgns.progress import ProgressOption
from sgns.training import train
from sgns.vocabulary import Vocabulary
from sgns.weights import Matrix, Weights

Source = Corpus | str | os.PathLike[str] | Iterable[Any]


class Model:
    """Word vectors trained by skip-gram with negative sampling.

    Parameters
    ----------
    source : Corpus, path, list of paths, or iterable of documents
        What to train on. The path of a corpus folder opens it. Any other source is first read by
        `Corpus.build` into a temporary corpus: a text file with a document a line, several of
        them, a folder, or any iterable of strings or of lists of strings (read once, so a
        generator will do).
    vector_size, window, min_count, max_final_vocab, sample, negative, ns_exponent, alpha, \
min_alpha, shrink_windows, seed, kernel, negative_sharing, shared_negatives
        See `TrainingConfig`; the names are gensim's where gensim has the parameter.
    tokenizer : "whitespace", "words" or callable
        How strings become words when `source` is no `Corpus`; see `Corpus.build`.

    Raises
    ------
    ValueError
        A parameter is out of its range, the source has no words, or fewer than two words are left
        after `min_count`.

    Examples
    --------
    >>> baskets = [["pear", "plum"], ["plum", "fig"]] * 50
    >>> model = Model(baskets, vector_size=8, min_count=1, sample=0)
    >>> model.train(epochs=1, workers=1).wv.most_similar("plum", topn=1)[0][0] in {"pear", "fig"}
    True
    """

    def __init__(
        self,
        source: Source,
        vector_size: int = TrainingConfig.vector_size,
        window: Window = TrainingConfig.window,
        min_count: int = TrainingConfig.min_count,
        max_final_vocab: int | None = TrainingConfig.max_final_vocab,
        sample: float = TrainingConfig.sample,
        negative: int = TrainingConfig.negative,
        ns_exponent: float = TrainingConfig.ns_exponent,
        alpha: float = TrainingConfig.alpha,
        min_alpha: float = TrainingConfig.min_alpha,
        shrink_windows: bool = TrainingConfig.shrink_windows,
        seed: int = TrainingConfig.seed,
        *,
        kernel: KernelName = TrainingConfig.kernel,
        negative_sharing: int = TrainingConfig.negative_sharing,
        shared_negatives: int = TrainingConfig.shared_negatives,
        tokenizer: Any = tokenizers.DEFAULT,
    ) -> None:
        self._config = TrainingConfig(
            vector_size=vector_size,
            window=window,
            min_count=min_count,
            max_final_vocab=max_final_vocab,
            sample=sample,
            negative=negative,
            ns_exponent=ns_exponent,
            alpha=alpha,
            min_alpha=min_alpha,
            shrink_windows=shrink_windows,
            seed=seed,
            kernel=kernel,
            negative_sharing=negative_sharing,
            shared_negatives=shared_negatives,
        )
        corpus = _as_corpus(source, tokenizer)
        vocabulary = _trained_words(corpus, self._config)
        weights = Weights.initial(len(vocabulary), self._config.vector_size, self._config.seed)
        self._set(corpus, vocabulary, weights, [])

    def _set(
        self,
        corpus: Corpus | None,
        vocabulary: Vocabulary,
        weights: Weights,
        history: Iterable[EpochRecord],
    ) -> None:
        self._corpus = corpus
        self._vocabulary = vocabulary
        self._weights = weights
        self._history = list(history)
        self._wv: KeyedVectors | None = None
        self._given: Callable[[], Matrix | None] = _nothing
        self._is_training = False

    @classmethod
    def _of(
        cls,
        config: TrainingConfig,
        corpus: Corpus | None,
        vocabulary: Vocabulary,
        weights: Weights,
        history: Iterable[EpochRecord],
    ) -> Model:
        """A model from its parts, as loading has them."""
        model = cls.__new__(cls)
        model._config = config
        model._set(corpus, vocabulary, weights, history)
        return model

    def train(
        self,
        epochs: int = 5,
        workers: int | None = None,
        *,
        corpus: Corpus | None = None,
        shuffle: bool = True,
        progress: ProgressOption = None,
    ) -> Model:
        """Train by `epochs` more passes over the corpus, from the weights as they are.

        Parameters
        ----------
        epochs : int
            Passes, 1 or more. The learning rate falls from `alpha` to `min_alpha` over them.
        workers : int or None
            Threads; None: one for every core. With 1, the same seed gives the same bits.
        corpus : Corpus, optional
            Train on this one, and from now on. Needed after `load`; its vocabulary must begin with
            the model's words.
        shuffle : bool
            Visit the corpus in a fresh order each epoch, block by block; see `sgns.training.train`.
        progress : bool, callable or None
            A progress bar on standard error: always, never, or (None) where that is a terminal or
            a notebook; a callable is given a `Progress` several times a second.

        Returns
        -------
        Model
            This model.

        Raises
        ------
        KeyboardInterrupt
            On Ctrl-C, within a second. The model keeps what it has learnt so far; the epoch that
            was cut short has no record in `history`.
        DivergedError
            The loss is no longer a finite number: the learning rate is too high.
        """
        if isinstance(epochs, bool) or not isinstance(epochs, Integral):
            raise TypeError(f"epochs: expected an integer of 1 or more, got {epochs!r}")
        if epochs < 1:
            raise ValueError(f"epochs: expected an integer of 1 or more, got {epochs}")
        if corpus is not None:
            self._corpus = self._checked(corpus)
        if self._corpus is None:
            raise ValueError("corpus: a loaded model does not know its corpus; pass corpus=")
        self._own_weights()
        self._is_training = True
        try:
            train(
                self._corpus,
                self._config,
                self._weights,
                epochs=int(epochs),
                workers=workers,
                shuffle=shuffle,
                progress=progress,
                epochs_before=len(self._history),
                on_epoch=self._history.append,
            )
        finally:
            self._is_training = False
        return self

    def _checked(self, corpus: Corpus) -> Corpus:
        """The corpus, if its words have the model's numbers."""
        if not isinstance(corpus, Corpus):
            raise TypeError(f"corpus: expected a Corpus, got {type(corpus).__name__}")
        theirs = corpus.vocabulary.words
        for number, word in enumerate(self._vocabulary):
            if number >= len(theirs) or theirs[number] != word:
                other = repr(theirs[number]) if number < len(theirs) else "nothing"
                raise ValueError(
                    f"corpus: expected word {number} to be {word!r} as in the model, got {other}"
                )
        return corpus

    def _own_weights(self) -> None:
        """Train a copy where somebody still holds vectors of these weights, or maps them."""
        self._wv = None
        if self._given() is not None or not self._weights.words.flags.writeable:
            self._weights = self._weights.copy()
        self._given = _nothing

    @property
    def wv(self) -> KeyedVectors:
        """The word vectors as they are now; training on leaves them as they are.

        They share the model's memory, which training leaves to them if somebody still holds them.
        While training runs, each access (from a progress callable, say) copies them.
        """
        if self._is_training:
            return self._keyed(self._weights.word_vectors.copy())
        if self._wv is None:
            # Every array taken from these vectors keeps `shared` alive, and nothing else does.
            shared = np.asarray(self._weights.words.data)
            self._given = weakref.ref(shared)
            self._wv = self._keyed(shared[:, : self._weights.vector_size])
        return self._wv

    def _keyed(self, vectors: Matrix) -> KeyedVectors:
        return KeyedVectors(self._vocabulary.words, vectors, counts=self._vocabulary.counts)

    @property
    def config(self) -> TrainingConfig:
        """The training parameters."""
        return self._config

    @property
    def vocabulary(self) -> Vocabulary:
        """The words that are trained, by falling count."""
        return self._vocabulary

    @property
    def corpus(self) -> Corpus | None:
        """What the model is trained on; None after `load`."""
        return self._corpus

    @property
    def weights(self) -> Weights:
        """The matrices W_t and W_c, of which `wv` shows the first."""
        return self._weights

    @property
    def history(self) -> Sequence[EpochRecord]:
        """A record of each epoch so far."""
        return tuple(self._history)

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = True) -> None:
        """Write the model to a folder, from which `load` brings it back to train further.

        The folder is written beside and renamed: at any moment it is the old model or the new one.

        Raises
        ------
        FileExistsError
            The folder exists and `overwrite` is false, or is no model.
        """
        from sgns.model_folder import save_model

        save_model(self, Path(path), overwrite=overwrite)

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, mmap: bool = False) -> Model:
        """Read a model from a folder that `save` has written.

        Parameters
        ----------
        path : path
            The folder.
        mmap : bool
            Map the matrices instead of reading them; training copies them first.

        Raises
        ------
        FileNotFoundError, FormatError
            There is no such folder, or it is not a whole model of a known version.
        """
        from sgns.model_folder import load_model

        return load_model(cls, Path(path), mmap=mmap)

    def __repr__(self) -> str:
        return (
            f"Model({len(self._vocabulary):,} words x {self._config.vector_size}, "
            f"{len(self._history)} epochs)"
        )


def _nothing() -> None:
    """What a reference to vectors gives that nobody holds."""


def _as_corpus(source: Source, tokenizer: Any) -> Corpus:
    """The corpus itself, the one in a folder, or a temporary one of the text."""
    if isinstance(source, Corpus):
        return source
    if isinstance(source, str | os.PathLike) and is_corpus(source):
        return Corpus.open(source)
    return Corpus.build(source, tokenizer=tokenizer)


def _trained_words(corpus: Corpus, config: TrainingConfig) -> Vocabulary:
    """The words that survive `min_count` and `max_final_vocab`."""
    vocabulary = corpus.vocabulary
    n = vocabulary.prefix(config.min_count, config.max_final_vocab)
    if n == 0:
        most = f"the most frequent one, {vocabulary[0]!r}, occurs {vocabulary.counts[0]:,} times"
        raise ValueError(
            f"min_count: none of the {len(vocabulary):,} words occurs {config.min_count:,} times; "
            f"{most}"
        )
    if n == 1:
        raise ValueError(
            f"vocabulary: expected at least 2 words, got only {vocabulary[0]!r} "
            f"(min_count={config.min_count}, max_final_vocab={config.max_final_vocab})"
        )
    if n == len(vocabulary):
        return vocabulary
    return Vocabulary(vocabulary.words[:n], vocabulary.counts[:n])
