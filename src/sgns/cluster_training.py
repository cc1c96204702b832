"""Opening a cluster for a call of training: its engine, its nodes, and a corpus they all find."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sgns.cluster_corpus import NodeCorpus
from sgns.cluster_engine import open_engine
from sgns.cluster_nodes import ClusterNodes
from sgns.config import TrainingConfig
from sgns.corpus import Corpus
from sgns.weights import Weights


@contextmanager
def open_nodes(
    cluster: Any,
    workers: int | None,
    *,
    corpus: Corpus,
    trained: Corpus,
    config: TrainingConfig,
    weights: Weights,
) -> Iterator[ClusterNodes | None]:
    """Open a cluster, as `Model.train` is given it; None where there is none.

    Parameters
    ----------
    cluster, workers
        See `Model.train`.
    corpus : Corpus
        What the nodes open.
    trained : Corpus
        Its beginning, or all of it.
    config : TrainingConfig
        The parameters.
    weights : Weights
        What the replicas begin with.

    Raises
    ------
    ValueError
        The nodes could not open the corpus, as it has no path.
    ImportError, OSError, TimeoutError, TypeError
        See `open_engine`.
    """
    if cluster is None:
        yield None
        return
    with ExitStack() as stack:
        engine = stack.enter_context(open_engine(cluster, workers))
        path = corpus.path
        if path is None:
            if not engine.is_local:
                raise ValueError(
                    "cluster: expected a corpus in a folder that all workers can open, got one "
                    "without a path; save it first"
                )
            path = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "corpus"
            corpus.save(path)
        where = str(path.absolute()) if corpus.address is None else corpus.address
        found = NodeCorpus(where, corpus.fingerprint, trained.n_tokens)
        threads = None if cluster == "local" else workers
        yield ClusterNodes(engine, trained, found, config, weights, threads)
