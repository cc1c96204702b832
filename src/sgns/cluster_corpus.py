"""The corpus of a run on a cluster: what the nodes are told of it, and how they open it."""

from __future__ import annotations

from dataclasses import dataclass

from sgns.corpus import Corpus
from sgns.held_out import first_tokens


@dataclass(frozen=True, slots=True)
class NodeCorpus:
    """Where a node finds the corpus, and what of it is trained.

    Attributes
    ----------
    path : str
        A folder, or an address, that every node can open.
    fingerprint : str
        Of the corpus there.
    n_tokens : int
        Its first so many tokens are trained.
    """

    path: str
    fingerprint: str
    n_tokens: int

    def open(self) -> Corpus:
        """Map what is to be trained.

        Raises
        ------
        OSError, FormatError
            It cannot be read here.
        ValueError
            It is another corpus than the driver's.
        """
        corpus = Corpus.open(self.path)
        if corpus.fingerprint != self.fingerprint:
            raise ValueError(
                f"corpus '{self.path}': expected the fingerprint {self.fingerprint!r}, as where "
                f"training was called, found {corpus.fingerprint!r}"
            )
        return first_tokens(corpus, self.n_tokens)
