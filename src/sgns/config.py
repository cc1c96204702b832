"""The training parameters: their names, defaults and ranges; defaults that several calls share."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from numbers import Integral, Real
from typing import Any, Literal, get_args

from sgns.errors import FormatError

Window = int | Literal["document"]
KernelName = Literal["fused", "blas"]
DocumentsName = Literal["dbow", "joint", "sum", "mean", "concat"]

# Limits of the compiled core: targets in one step, and rows in one call of a kernel.
MAX_LANES = 64
MAX_ROWS = 64

SEED = 1
EPOCHS = 5  # over the corpus, of `Model.train`
INFERENCE_EPOCHS = 20  # over a document, of `Model.infer`

# Of queries and evaluation; the first two are gensim's.
NEIGHBOURS = 10
JUDGED_WORDS = 300_000
RESAMPLINGS = 1_000

# Of maps: words in a picture, words on a page to search.
PICTURE_WORDS = 200
PAGE_WORDS = 2_000


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """What a model is and how it is trained; checked when made, never changed.

    Parameters
    ----------
    vector_size : int
        Length of a word vector, 1 to 65,536.
    window : int or "document"
        How many words to each side of the target are its contexts, 1 to 1,000,000, or "document":
        every two words of a document are a pair (baskets, item sets).
    min_count : int
        Words seen less often are left out, as if the text did not have them. 1 or more.
    max_final_vocab : int or None
        Keep at the most so many words, the most frequent ones. None: no limit.
    sample : float
        Threshold of frequent-word subsampling, 0 or more (0: keep every word). A word of relative
        frequency f is kept with probability ``min(1, sqrt(sample / f) + sample / f)``, the formula
        of the C word2vec.
    negative : int
        Noise words that weigh against each context, 1 to 1,000.
    ns_exponent : float
        A word is noise with probability proportional to ``count ** ns_exponent``. Any finite
        number; 0.75 in word2vec, 0 draws all words alike, negative favours rare ones (Caselles-
        Dupre et al. 2018 for recommenders).
    alpha : float
        Learning rate at the start of a call of `train`, above 0 and at most 1,000,000.
    min_alpha : float
        Learning rate at the end of a call of `train`, to which it falls linearly, 0 to `alpha`.
    shrink_windows : bool
        Let every window reach 1 to `window` words, drawn evenly, as in word2vec, so that near words
        weigh more. False: always `window`.
    seed : int
        Of every random number, 0 to 2**64 - 1.
    kernel : "fused" or "blas"
        What computes: "fused", C that is made for the instruction set of the machine and keeps its
        numbers in registers, or "blas", the inner loop of the original word2vec on the sdot and
        saxpy of SciPy's BLAS, slower and here to compare with.
    negative_sharing : int
        How many windows, each from another part of the corpus, one draw of noise words serves, 1
        to 64, or 0: fresh noise words for every pair, as the kernel "blas" always draws them.
        Fewer windows share where so many would overshoot (see `sgns.step_shape`): in vocabularies
        of a few words, in wide windows, at high learning rates.
    shared_negatives : int
        How many noise words a draw that serves several windows holds, 1 to 64: more make the
        gradient less noisy and training slower. Each weighs ``negative / shared_negatives``
        against each context, so that the expected gradient does not depend on this number.
    documents : "dbow", "joint", "sum", "mean", "concat" or None
        What predicts a context: the word (None), its document ("dbow"), each of them ("joint"), or
        both as one vector ("sum", "mean", "concat"). "dbow" is PV-DBOW (Le & Mikolov 2014) and
        leaves words untrained; "joint" is gensim's ``dbow_words=1`` (Dai, Olah & Le 2015); with
        "concat" the vectors of contexts are twice as long.
    document_weight : float
        How much the loss of a document and a context weighs against that of a word and a context
        with ``documents="joint"``, from 1e-6 to 1,000; in gensim it is 1.
    freeze : "words" or None
        "words" leaves the vectors of words and contexts as they are and trains those of documents
        only.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, what was expected and what came.
    """

    vector_size: int = 100
    window: Window = 5
    min_count: int = 5
    max_final_vocab: int | None = None
    sample: float = 1e-3
    negative: int = 5
    ns_exponent: float = 0.75
    alpha: float = 0.025
    min_alpha: float = 0.0001
    shrink_windows: bool = True
    seed: int = SEED
    kernel: KernelName = "fused"
    negative_sharing: int = 32
    shared_negatives: int = 32
    documents: DocumentsName | None = None
    document_weight: float = 3.0
    freeze: Literal["words"] | None = None

    def __post_init__(self) -> None:
        self._integer("vector_size", 1, 65_536)
        if self.window != "document":
            self._integer("window", 1, 1_000_000, otherwise='"document"')
        self._integer("min_count", 1, 2**63 - 1)
        if self.max_final_vocab is not None:
            self._integer("max_final_vocab", 1, 2**32 - 1, otherwise="None")
        self._integer("negative", 1, 1_000)
        self._integer("seed", 0, 2**64 - 1)
        self._integer("negative_sharing", 0, MAX_LANES)
        self._integer("shared_negatives", 1, MAX_ROWS)
        self._real("sample", 0.0)
        self._real("ns_exponent", -math.inf)
        self._real("alpha", 0.0, at_most=1e6)
        self._real("min_alpha", 0.0)
        if self.alpha == 0:
            raise ValueError("alpha: expected a number above 0, got 0")
        if self.min_alpha > self.alpha:
            raise ValueError(
                f"min_alpha: expected at most alpha ({self.alpha:g}), got {self.min_alpha:g}"
            )
        if not isinstance(self.shrink_windows, bool):
            raise TypeError(f"shrink_windows: expected True or False, got {self.shrink_windows!r}")
        if self.kernel not in get_args(KernelName):
            raise ValueError(f'kernel: expected "fused" or "blas", got {self.kernel!r}')
        self._check_documents()

    def _check_documents(self) -> None:
        if self.documents is not None and self.documents not in get_args(DocumentsName):
            names = ", ".join(f'"{name}"' for name in get_args(DocumentsName))
            raise ValueError(f"documents: expected {names} or None, got {self.documents!r}")
        self._real("document_weight", 1e-6, at_most=1e3)
        if self.document_weight != type(self).document_weight and self.documents != "joint":
            raise ValueError(
                f'document_weight: expected with documents="joint" only, got it with '
                f"documents={self.documents!r}"
            )
        if self.freeze not in ("words", None):
            raise ValueError(f'freeze: expected "words" or None, got {self.freeze!r}')
        if self.freeze is not None and self.documents is None:
            raise ValueError(
                'freeze: expected with documents only; "words" leaves nothing to train'
            )

    def _integer(self, name: str, low: int, high: int, *, otherwise: str = "") -> None:
        value: Any = getattr(self, name)
        alternative = f" or {otherwise}" if otherwise else ""
        expected = f"{name}: expected an integer from {low:,} to {high:,}{alternative}"
        if isinstance(value, bool) or not isinstance(value, Integral):
            raise TypeError(f"{expected}, got {value!r}")
        value = int(value)
        if not low <= value <= high:
            raise ValueError(f"{expected}, got {value:,}")
        object.__setattr__(self, name, value)

    def _real(self, name: str, low: float, *, at_most: float = math.inf) -> None:
        value: Any = getattr(self, name)
        limit = "" if low == -math.inf else f" of {low:g} or more"
        if at_most < math.inf:
            limit = f" from {low:g} to {at_most:g}"
        expected = f"{name}: expected a finite number{limit}"
        if isinstance(value, bool) or not isinstance(value, Real):
            raise TypeError(f"{expected}, got {value!r}")
        try:
            value = float(value)
        except OverflowError:
            value = math.inf
        if not math.isfinite(value) or value < low or value > at_most:
            raise ValueError(f"{expected}, got {value}")
        object.__setattr__(self, name, value)

    @property
    def shares_negatives(self) -> bool:
        """Whether windows share their noise words."""
        return self.kernel == "fused" and self.negative_sharing > 0

    @property
    def has_word_targets(self) -> bool:
        """Whether words predict the contexts in their windows."""
        return self.documents != "dbow"

    @property
    def weight_of_documents(self) -> float:
        """What the loss of targets that are documents is weighed by; words weigh 1."""
        return self.document_weight if self.documents == "joint" else 1.0

    @property
    def has_document_targets(self) -> bool:
        """Whether documents predict their words by themselves."""
        return self.documents in ("dbow", "joint")

    def to_dict(self) -> dict[str, Any]:
        """The parameters by name.

        Returns
        -------
        dict
            Of plain types that JSON has.
        """
        return asdict(self)

    @classmethod
    def from_dict(cls, parameters: dict[str, Any], *, where: str) -> TrainingConfig:
        """The parameters back from `to_dict`.

        Parameters
        ----------
        parameters : dict
            Values by name; those that are missing have their defaults.
        where : str
            What an error says that they came from.

        Returns
        -------
        TrainingConfig
            Checked as one that is made by hand.

        Raises
        ------
        FormatError
            Naming `where` they came from and what is wrong with them.
        """
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(parameters) - known)
        if unknown:
            raise FormatError(f"{where}: unknown parameter {unknown[0]!r}")
        try:
            return cls(**parameters)
        except (TypeError, ValueError) as error:
            raise FormatError(f"{where}: {error}") from error


def positive_integer(name: str, value: object) -> int:
    """The value, if it is an integer of 1 or more."""
    expected = f"{name}: expected an integer of 1 or more, got"
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{expected} {value!r}")
    if int(value) < 1:
        raise ValueError(f"{expected} {value}")
    return int(value)
