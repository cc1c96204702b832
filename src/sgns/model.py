"""Model: a corpus, its parameters and its weights, joined."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sgns import tokenizers
from sgns.config import EPOCHS, DocumentsName, KernelName, TrainingConfig, Window, positive_integer
from sgns.corpus import Corpus
from sgns.document_rows import document_rows
from sgns.document_storage import create_documents, flush
from sgns.gensim_names import OF_MODELS, explains_gensim, no_attribute
from sgns.held_out import Validation
from sgns.history import EpochRecord
from sgns.interval import Every
from sgns.model_corpus import Source, as_corpus, checked_corpus, trained_words
from sgns.model_training import EndOptions, KeepOptions, WorkOptions, train_model
from sgns.model_vectors import NO_DOCUMENTS, ModelVectors
from sgns.progress import ProgressOption
from sgns.vocabulary import Vocabulary
from sgns.weights import Weights

if TYPE_CHECKING:
    from sgns.pretrained import Start


class Model(ModelVectors):
    """Word vectors, and those of documents, trained by skip-gram with negative sampling.

    Parameters
    ----------
    source : Corpus, path, list of paths, or iterable of documents
        What to train on. The path or address of a corpus folder opens it. Any other source is
        first read by `Corpus.build` into a temporary corpus: a text file with a document a line,
        several of them, a folder, or any iterable of strings or of lists of strings (read once, so
        a generator will do).
    vector_size, window, min_count, max_final_vocab, sample, negative, ns_exponent, alpha, \
min_alpha, shrink_windows, seed, kernel, negative_sharing, shared_negatives, documents, \
document_weight, freeze
        See `TrainingConfig`; the names are gensim's where gensim has the parameter.
    document_storage : path, optional
        Keep the matrix of documents in this new file, mapped while training, instead of in memory.
        The file stays, and goes on being used as long as the model is.
    start : Model, KeyedVectors, or pair of KeyedVectors, optional
        Begin from these word vectors and context vectors, for the words that they have; of a pair,
        the second are those of contexts, and either may be None.
    tokenizer : "whitespace", "words" or callable
        How strings become words when `source` is no `Corpus`; see `Corpus.build`.

    Raises
    ------
    TypeError, ValueError
        A parameter is out of its range, the source has no words, or fewer than two words are left
        after `min_count`.
    OSError
        The file of `document_storage` exists or cannot be written.

    Examples
    --------
    >>> baskets = [["pear", "plum"], ["plum", "fig"]] * 50
    >>> model = Model(baskets, vector_size=8, min_count=1, sample=0)
    >>> model.train(epochs=1, workers=1).wv.most_similar("plum", topn=1)[0][0] in {"pear", "fig"}
    True
    """

    @explains_gensim
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
        documents: DocumentsName | None = TrainingConfig.documents,
        document_weight: float = TrainingConfig.document_weight,
        freeze: Literal["words"] | None = TrainingConfig.freeze,
        document_storage: str | os.PathLike[str] | None = None,
        start: Start | None = None,
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
            documents=documents,
            document_weight=document_weight,
            freeze=freeze,
        )
        if document_storage is not None and documents is None:
            raise ValueError("document_storage: expected with documents only")
        corpus = as_corpus(source, tokenizer)
        vocabulary = trained_words(corpus, self._config)
        tags = None if documents is None else document_rows(corpus).keys
        n_documents = None if tags is None else len(tags)
        weights = _initial_weights(self._config, vocabulary, start, n_documents, document_storage)
        self._set(corpus, vocabulary, weights, [], tags=tags)

    def _set(
        self,
        corpus: Corpus | None,
        vocabulary: Vocabulary,
        weights: Weights,
        history: Iterable[EpochRecord],
        *,
        tags: Sequence[Any] | None = None,
        tokenizer: str | None = None,
    ) -> None:
        self._corpus = corpus
        self._history = list(history)
        self._set_vectors(
            vocabulary,
            weights,
            tags=tags,
            tokenizer=tokenizer if corpus is None else corpus.meta.get("tokenizer"),
        )

    @classmethod
    def _of(
        cls,
        config: TrainingConfig,
        corpus: Corpus | None,
        vocabulary: Vocabulary,
        weights: Weights,
        history: Iterable[EpochRecord],
        *,
        tags: Sequence[Any] | None = None,
        tokenizer: str | None = None,
    ) -> Model:
        """A model from its parts, as loading has them."""
        model = cls.__new__(cls)
        model._config = config
        model._set(corpus, vocabulary, weights, history, tags=tags, tokenizer=tokenizer)
        return model

    @explains_gensim
    def train(
        self,
        epochs: int = EPOCHS,
        workers: int | None = None,
        *,
        corpus: Corpus | None = None,
        shuffle: bool = True,
        deterministic: bool = False,
        cluster: Any = None,
        progress: ProgressOption = None,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: Every = "5min",
        resume: bool = False,
        validation: Validation = None,
        patience: int | None = None,
        callbacks: Any = None,
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
            the model's words, and its documents have the model's tags.
        shuffle : bool
            Visit the corpus in a fresh order each epoch, block by block; see
            `sgns.training.Training`.
        deterministic : bool
            Give the same bits for the same seed whatever `workers` is, at the cost of some speed
            and of a copy of the weights for each of up to four threads. Corpora of less than about
            half a million tokens are trained by one to three threads then.
        cluster : str, distributed.Client, cluster of Dask, or None
            Train on a cluster of Dask (extra ``cluster``): its scheduler's address, a client, or
            "local", which starts `workers` processes of one thread each and ends them after. Else
            `workers` is the number of threads of each node; None: as many as Dask says it has. All
            nodes open the corpus by its path. See the guide on clusters.
        progress : bool, callable or None
            A progress bar on standard error: always, never, or (None) where that is a terminal or
            a notebook; a callable is given a `Progress` several times a second.
        checkpoint : path, optional
            A folder, new or of an earlier run of the same call, that keeps how far training has
            come: at the times of `checkpoint_every`, at Ctrl-C, and at the end. What is in it is
            whole at any moment, and a model folder too.
        checkpoint_every : str or int
            ``"epoch"``, a time such as ``"30s"``, ``"5min"`` or ``"2h"``, or a number of tokens
            visited. Within an epoch all threads first finish the jobs (parts of an epoch, at most
            two million tokens each) that they are at.
        resume : bool
            Go on from the newest checkpoint in that folder; start where there is none. With
            ``workers=1`` or `deterministic` the vectors are bit for bit those of a run that was
            never stopped.
        validation : float, Corpus or None
            Text to measure the loss of after each epoch, `EpochRecord.validation_loss`: a corpus,
            of which the words that the model knows are taken, or a share, between 0 and 1, of this
            corpus, the last documents, which are then not trained. Not with `documents`.
        patience : int or None
            End when the validation loss has not been lower than its lowest for so many epochs, 1
            or more. The model is then that of the last epoch.
        callbacks : callable, object, or several of them
            Called after each epoch with the model and its record: functions, or objects with such
            a function `on_epoch_end`. One that returns ``"stop"`` ends training.

        Returns
        -------
        Model
            This model.

        Raises
        ------
        KeyboardInterrupt
            On Ctrl-C, within a second. The model keeps what it has learnt so far; the epoch that
            was cut short has no record in `history`. With `checkpoint` the threads finish their
            jobs first, unless it is pressed again, and the message says where the checkpoint is.
        DivergedError
            The loss is no longer a finite number: the learning rate is too high. No checkpoint is
            written of that; the last one stays.
        FileExistsError
            There is a checkpoint, and `resume` is false.
        ValueError
            The checkpoint is one of another corpus or of other parameters, which the message
            names; or a parameter is out of its range.
        BlockingIOError
            Another run uses the folder of checkpoints.
        RuntimeError
            The model is being trained already: by another thread, or around this callback.
        OSError
            A checkpoint cannot be written. Training ends, the model is as it is then, and the
            checkpoint before is left.
        """
        if self._is_training:
            raise RuntimeError(
                "train: this model is being trained, by another thread or by the call that this "
                "callback is of; wait for its end"
            )
        epochs = positive_integer("epochs", epochs)
        if corpus is not None:
            self._corpus = checked_corpus(corpus, self._vocabulary, self._tags)
        if self._corpus is None:
            raise ValueError("corpus: a loaded model does not know its corpus; pass corpus=")
        keeping = KeepOptions.of(checkpoint, checkpoint_every, resume)
        ending = EndOptions.of(self._config, validation, patience, callbacks)
        work = WorkOptions.of(
            workers, shuffle=shuffle, deterministic=deterministic, cluster=cluster
        )
        self._is_training = True
        try:
            self._own_weights()
            train_model(
                self,
                self._history,
                self._corpus,
                epochs=epochs,
                work=work,
                progress=progress,
                keeping=keeping,
                ending=ending,
            )
        finally:
            self._is_training = False
            flush(self._weights.documents)
        return self

    @property
    def corpus(self) -> Corpus | None:
        """What the model is trained on; None after `load`."""
        return self._corpus

    @property
    def history(self) -> Sequence[EpochRecord]:
        """A record of each epoch so far."""
        return tuple(self._history)

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = True) -> None:
        """Write the model to a folder, from which `load` brings it back to train further.

        Parameters
        ----------
        path : path
            The folder, which is written beside and renamed: at any moment it is the old model or
            the new one.
        overwrite : bool
            Replace a model at `path`.

        Raises
        ------
        FileExistsError
            The folder exists and `overwrite` is false, or is no model.
        """
        from sgns.model_folder import save_model

        save_model(self, Path(path), overwrite=overwrite)

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        *,
        mmap: bool = False,
        document_storage: str | os.PathLike[str] | None = None,
    ) -> Model:
        """Read a model from a folder that `save` has written.

        Parameters
        ----------
        path : path
            The folder.
        mmap : bool
            Map the matrices instead of reading them; training copies them first. Words are decoded,
            and duplicates among them found, at the first look-up.
        document_storage : path, optional
            Copy the matrix of documents into this new file and keep it there, mapped, instead of
            in memory; training changes the copy.

        Returns
        -------
        Model
            Without a corpus: see `train`.

        Raises
        ------
        FileNotFoundError, FormatError
            There is no such folder, or it is not a whole model of a known version.
        OSError
            The file of `document_storage` exists or cannot be written.
        ValueError
            `document_storage` is given, and the model has no documents.
        """
        from sgns.model_folder import load_model

        return load_model(cls, Path(path), mmap=mmap, document_storage=document_storage)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name == "dv":  # the property found no documents
                raise AttributeError(NO_DOCUMENTS, name=name, obj=self)
            raise no_attribute(self, name, OF_MODELS)

    def __repr__(self) -> str:
        documents = "" if self._tags is None else f" and {len(self._tags):,} documents"
        return (
            f"Model({len(self._vocabulary):,} words{documents} x {self._config.vector_size}, "
            f"{len(self._history)} epochs)"
        )


def _initial_weights(
    config: TrainingConfig,
    vocabulary: Vocabulary,
    start: Start | None,
    n_documents: int | None,
    document_storage: str | os.PathLike[str] | None,
) -> Weights:
    """Return W_t and W_c, and W_d where there are documents, as they are before training."""
    weights = Weights.initial(
        len(vocabulary),
        config.vector_size,
        config.seed,
        context_parts=2 if config.documents == "concat" else 1,
    )
    if start is not None:
        from sgns.pretrained import copy_start

        copy_start(start, vocabulary, weights, frozen=config.freeze is not None)
    if n_documents is None:
        return weights
    matrix = create_documents(n_documents, config.vector_size, config.seed, document_storage)
    return replace(weights, documents=matrix)
