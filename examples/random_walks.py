"""Nodes of a graph as vectors, from random walks (DeepWalk: Perozzi et al. 2014).

The graph is generated: its nodes belong to communities that nobody tells the model, and most edges
stay within one. Walks are sentences, nodes are their words; communities show as neighbourhoods.

    python examples/random_walks.py
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sgns import Corpus, KeyedVectors, Model

NEIGHBOURS_WITHIN, NEIGHBOURS_ACROSS = 8.0, 2.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Generate a graph, walk on it, train, and tell what was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--communities", type=int, default=10)
    parser.add_argument("--size", type=int, default=60, help="nodes of a community")
    parser.add_argument("--walks", type=int, default=20, help="from each node")
    parser.add_argument("--length", type=int, default=40, help="steps of a walk")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--workers", type=int, help="threads; without it one for every core")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)

    generator = np.random.default_rng(options.seed)
    community = np.repeat(np.arange(options.communities), options.size)
    adjacent = planted_graph(community, generator)
    walks = random_walks(adjacent, options.walks, options.length, generator)
    # Walks are numbers already: no text is made of them.
    offsets = np.arange(len(walks) + 1) * options.length
    names = [str(node) for node in range(len(community))]
    with Corpus.from_arrays(walks.ravel(), offsets, names) as corpus:
        model = Model(corpus, vector_size=32, window=5, min_count=1, sample=0, seed=options.seed)
        model.train(epochs=options.epochs, workers=options.workers)

    nodes, edges = len(community), int(adjacent.sum()) // 2
    print(f"{nodes:,} nodes, {edges:,} edges, {share_of_edges(adjacent, community):.1%} within")
    print(f"walks: {len(walks):,} of {options.length} steps")
    print(f"neighbours of the same community: {share_of_community(model.wv, community):.1%}")
    return 0


def planted_graph(
    community: NDArray[np.int64], generator: np.random.Generator
) -> NDArray[np.bool_]:
    """Draw edges between nodes, the likelier within a community; return (n, n), symmetric."""
    together = community[:, np.newaxis] == community
    within = NEIGHBOURS_WITHIN / max(together.sum(axis=1).max() - 1, 1)
    across = NEIGHBOURS_ACROSS / max((~together).sum(axis=1).max(), 1)
    drawn = generator.random(together.shape) < np.where(together, within, across)
    upper = np.triu(drawn, k=1)
    # A ring through all nodes, so that none is alone.
    ring = np.arange(len(community))
    upper[ring[:-1], ring[1:]] = True
    return upper | upper.T


def random_walks(
    adjacent: NDArray[np.bool_], per_node: int, length: int, generator: np.random.Generator
) -> NDArray[np.int64]:
    """Walk from every node at once; return the nodes visited, (walks, length)."""
    degree = adjacent.sum(axis=1)
    starts = np.concatenate([[0], np.cumsum(degree)])
    targets = np.nonzero(adjacent)[1]
    here = np.tile(np.arange(len(adjacent)), per_node)
    walks = np.empty((len(here), length), dtype=np.int64)
    for step in range(length):
        walks[:, step] = here
        here = targets[starts[here] + generator.integers(degree[here])]
    return walks


def share_of_edges(adjacent: NDArray[np.bool_], community: NDArray[np.int64]) -> float:
    """Return the share of edges that stay within a community."""
    first, second = np.nonzero(adjacent)
    return float(np.mean(community[first] == community[second]))


def share_of_community(wv: KeyedVectors, community: NDArray[np.int64], topn: int = 10) -> float:
    """Return the share of the nearest nodes that are of the node's own community."""
    nodes = list(wv)
    rows, _ = wv.most_similar_batch(nodes, topn=topn, as_arrays=True)
    of_row = community[[int(node) for node in nodes]]
    return float(np.mean(of_row[rows] == of_row[:, np.newaxis]))


if __name__ == "__main__":
    sys.exit(main())
