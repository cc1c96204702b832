"""DocumentVectorizer: vectors of documents as a step of scikit-learn. Imported on demand only.

Needs scikit-learn: ``pip install 'sgns[sklearn]'``.
"""

from __future__ import annotations

import inspect
import tempfile
from collections.abc import Iterable, Sized
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sgns import tokenizers
from sgns.config import EPOCHS, INFERENCE_EPOCHS, DocumentsName, KernelName, TrainingConfig, Window
from sgns.corpus import Corpus
from sgns.model import Model

try:
    from sklearn.base import (  # type: ignore[import-untyped, import-not-found, unused-ignore]
        BaseEstimator,
        ClassNamePrefixFeaturesOutMixin,
        TransformerMixin,
    )
    from sklearn.utils.validation import (  # type: ignore[import-untyped, import-not-found, unused-ignore]
        check_is_fitted,
    )
except ImportError as error:
    raise ImportError(
        "sgns.sklearn needs scikit-learn, which is not installed: pip install 'sgns[sklearn]'"
    ) from error


class DocumentVectorizer(
    ClassNamePrefixFeaturesOutMixin,  # type: ignore[misc, unused-ignore]
    TransformerMixin,  # type: ignore[misc, unused-ignore]
    BaseEstimator,  # type: ignore[misc, unused-ignore]
):
    """Turn texts into the vectors that a `Model` with documents infers for them.

    `fit` trains a model on the texts. `transform` infers vectors from it, also for the texts that
    it was trained on: these have vectors from training, too (``model_.dv``), but what comes next in
    a pipeline must see texts of training and new ones through the same eyes. So
    ``fit_transform(X)`` is ``fit(X).transform(X)``, to the last bit.

    Parameters
    ----------
    vector_size, window, min_count, max_final_vocab, sample, negative, ns_exponent, alpha, \
min_alpha, shrink_windows, seed, kernel, negative_sharing, shared_negatives, document_weight
        See `TrainingConfig`.
    documents : "dbow", "joint", "sum", "mean" or "concat"
        What is trained; see `TrainingConfig`.
    tokenizer : "whitespace", "words" or callable
        How texts become words; see `Corpus.build`.
    epochs : int
        Passes of training over the texts; see `Model.train`.
    infer_epochs : int
        Passes over a text whose vector is inferred; see `Model.infer`.
    workers : int or None
        Threads; None: one for every core. With 1, the same seed gives the same vectors; more train
        faster, and differently each time. Inference from a model is the same for any number.
    deterministic : bool
        Train to the same vectors for the same seed with any number of `workers`; see `Model.train`.

    Attributes
    ----------
    model_ : Model
        The trained model.

    See Also
    --------
    sgns.Model.infer : what `transform` calls.

    Notes
    -----
    Parameters are checked by `fit`. A fitted vectorizer can be pickled, as scikit-learn does to
    hand it to other processes; it takes the model along without its corpus.

    Examples
    --------
    >>> from sgns.sklearn import DocumentVectorizer
    >>> texts = ["pear plum fig", "oak elm ash"] * 20
    >>> vectorizer = DocumentVectorizer(vector_size=4, min_count=1)
    >>> vectorizer.fit_transform(texts).shape
    (40, 4)
    >>> vectorizer.get_feature_names_out()[:1]
    array(['documentvectorizer0'], dtype=object)
    """

    def __init__(
        self,
        *,
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
        kernel: KernelName = TrainingConfig.kernel,
        negative_sharing: int = TrainingConfig.negative_sharing,
        shared_negatives: int = TrainingConfig.shared_negatives,
        documents: DocumentsName = "dbow",
        document_weight: float = TrainingConfig.document_weight,
        tokenizer: str | tokenizers.Tokenizer = tokenizers.DEFAULT,
        epochs: int = EPOCHS,
        infer_epochs: int = INFERENCE_EPOCHS,
        workers: int | None = 1,
        deterministic: bool = False,
    ) -> None:
        self.vector_size = vector_size
        self.window = window
        self.min_count = min_count
        self.max_final_vocab = max_final_vocab
        self.sample = sample
        self.negative = negative
        self.ns_exponent = ns_exponent
        self.alpha = alpha
        self.min_alpha = min_alpha
        self.shrink_windows = shrink_windows
        self.seed = seed
        self.kernel = kernel
        self.negative_sharing = negative_sharing
        self.shared_negatives = shared_negatives
        self.documents = documents
        self.document_weight = document_weight
        self.tokenizer = tokenizer
        self.epochs = epochs
        self.infer_epochs = infer_epochs
        self.workers = workers
        self.deterministic = deterministic

    def fit(self, X: Any, y: object = None) -> DocumentVectorizer:  # noqa: ARG002, N803
        """Train a model on texts.

        Parameters
        ----------
        X : iterable of str or of lists of words, or Corpus
            One text each.
        y : object
            Left alone.

        Returns
        -------
        DocumentVectorizer
            Itself.

        Raises
        ------
        TypeError, ValueError
            A parameter or text is not what is expected, or too few words are left.
        """
        if self.documents is None:
            raise ValueError("documents: expected a kind of document vectors, got None")
        texts = _texts(X)
        names = {*inspect.signature(Model).parameters} - {"tokenizer"}
        parameters = {k: v for k, v in self.get_params(deep=False).items() if k in names}
        # A list could be taken for one of file names, an iterator never is.
        source = texts if isinstance(texts, Corpus) else iter(texts)
        model = Model(source, tokenizer=self.tokenizer, **parameters)
        self.model_ = model.train(
            self.epochs, self.workers, deterministic=self.deterministic, progress=False
        )
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:  # noqa: N803
        """Infer a vector for each text.

        Parameters
        ----------
        X : iterable of str or of lists of words, or Corpus
            Words that the model does not know are skipped. A text without any other has the zero
            vector, of which one warning tells.

        Returns
        -------
        float32 array (n_texts, vector_size)
            A text's vector does not depend on the other texts.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            `fit` was not called.
        TypeError, ValueError
            A text is not what is expected.
        """
        check_is_fitted(self)
        texts = _texts(X)
        # The model knows the name of a tokenizer, but not where to find a function.
        given = callable(self.tokenizer) and not isinstance(texts, Corpus)
        return self.model_.infer(
            texts,
            epochs=self.infer_epochs,
            workers=self.workers,
            seed=self.seed,
            tokenizer=self.tokenizer if given else None,
        )

    def fit_transform(self, X: Any, y: object = None) -> NDArray[np.float32]:  # noqa: N803
        """Train a model on texts and infer their vectors: ``fit(X).transform(X)``.

        Parameters
        ----------
        X : iterable of str or of lists of words, or Corpus
            See `fit`.
        y : object
            Left alone.

        Returns
        -------
        float32 array (n_texts, vector_size)
            See `transform`.
        """
        texts = _texts(X)
        return self.fit(texts, y).transform(texts)

    @property
    def _n_features_out(self) -> int:
        """How many names `get_feature_names_out` makes."""
        return self.model_.config.vector_size

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = []
        return tags

    def __getstate__(self) -> dict[str, Any]:
        """Put the files of the model in its place: it has locks, threads and mapped arrays."""
        state = dict(super().__getstate__())
        if "model_" in state:
            with tempfile.TemporaryDirectory(prefix="sgns-") as folder:
                state["model_"].save(Path(folder) / "model")
                files = (Path(folder) / "model").iterdir()
                state["model_"] = {file.name: file.read_bytes() for file in files}
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Load the model from its files, which are checked as any folder of a model is."""
        if "model_" in state:
            with tempfile.TemporaryDirectory(prefix="sgns-") as folder:
                for name, content in state["model_"].items():
                    (Path(folder) / Path(name).name).write_bytes(content)
                state = {**state, "model_": Model.load(folder)}
        super().__setstate__(state)


def _texts(X: Any) -> Any:  # noqa: N803
    """Return texts that can be gone through more than once.

    Raises
    ------
    ValueError
        It is a single text, or an array that has not one text in each row.
    TypeError
        It is nothing to go through.
    """
    expected = "X: expected an iterable of texts or of lists of words, or a Corpus"
    if isinstance(X, Corpus):
        return X
    if isinstance(X, (str, bytes)):
        raise ValueError(f"{expected}, got a single text")
    if not isinstance(X, Iterable):
        raise TypeError(f"{expected}, got {type(X).__name__}")
    shape = getattr(X, "shape", None)
    if shape is not None and len(shape) != 1:
        raise ValueError(f"{expected}, got {type(X).__name__} of shape {shape}")
    return X if isinstance(X, Sized) else list(X)
