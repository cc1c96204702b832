"""Which words are on a map, where they lie, and which of them belong together."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sgns._lookup import Float32, WordVectors, rows_of

MapMethod: TypeAlias = Literal["tsne", "pca", "umap"]
MOST_CLUSTERS = 7
_FEWEST_FOR_TSNE = 6  # fewer have no neighbourhoods to keep: it moves unlike words together


def needed(module: str, package: str, extra: str = "sgns[plot]") -> Any:
    """Import a module that only pictures need."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(
            f"this needs {package}, which is not installed: pip install '{extra}'"
        ) from error


def chosen_words(
    kv: WordVectors,
    words: Iterable[Any] | None,
    n_words: int,
    highlight: Iterable[Any],
    method: MapMethod,
) -> list[Any]:
    """Return the words of a map, each once: those given or the first, then the highlighted ones."""
    if method not in ("tsne", "pca", "umap"):
        raise ValueError(f"method: expected 'tsne', 'pca' or 'umap', got {method!r}")
    chosen = list(kv.index_to_key[:n_words] if words is None else words)
    chosen = list(dict.fromkeys([*chosen, *sorted(set(highlight) - set(chosen), key=str)]))
    rows_of(kv, chosen)
    if len(chosen) < 3:
        raise ValueError(f"words: expected at least 3 to draw a map of, got {len(chosen)}")
    return chosen


def group_words(
    words: Sequence[Any],
    unit: Float32,
    labels: Mapping[Any, Any] | Sequence[Any] | None,
    clusters: int | None,
    seed: int,
) -> dict[str, list[int]]:
    """Return the positions of the words of each group, by the name of the group."""
    if labels is not None:
        if isinstance(labels, Mapping):
            given = [str(labels.get(word, "other")) for word in words]
        elif len(labels) == len(words):
            given = [str(label) for label in labels]
        else:
            raise ValueError(
                f"labels: expected one for each of {len(words)} words, got {len(labels)}"
            )
        named: dict[str, list[int]] = {}
        for place, label in enumerate(given):
            named.setdefault(label, []).append(place)
        return named
    count = max(2, min(MOST_CLUSTERS, len(words) // 25)) if clusters is None else clusters
    if not 0 <= count <= len(words):
        raise ValueError(f"clusters: expected 0 to {len(words)} (the words), got {clusters}")
    if count < 2:
        return {"words": list(range(len(words)))}
    kmeans = needed("sklearn.cluster", "scikit-learn").KMeans
    with _one_thread():
        found = kmeans(count, n_init=10, random_state=seed).fit(unit)
    groups: dict[str, list[int]] = {}
    for cluster in np.argsort(-np.bincount(found.labels_, minlength=count)).tolist():
        members = np.flatnonzero(found.labels_ == cluster)
        central = members[np.argsort(-(unit[members] @ found.cluster_centers_[cluster]))[:3]]
        groups[", ".join(str(words[place]) for place in central)] = members.tolist()
    return groups


def project(unit: Float32, method: MapMethod, seed: int) -> NDArray[np.float64]:
    """Bring unit vectors (n, dim) to the plane: float64 of shape (n, 2)."""
    if method == "pca" or (method == "tsne" and len(unit) < _FEWEST_FOR_TSNE):
        centred = unit.astype(np.float64) - unit.mean(axis=0, dtype=np.float64)
        left, scale, _ = np.linalg.svd(centred, full_matrices=False)
        places = np.zeros((len(unit), 2))
        kept = min(2, left.shape[1])
        # The sign of a singular vector is arbitrary: let its largest entry be positive.
        sign = np.sign(left[np.abs(left[:, :kept]).argmax(axis=0), np.arange(kept)])
        places[:, :kept] = left[:, :kept] * scale[:kept] * sign
        return places
    if method == "umap":
        projection = needed("umap", "umap-learn", "umap-learn").UMAP(
            n_neighbors=min(15, len(unit) - 1), random_state=seed, n_jobs=1
        )
    else:
        projection = needed("sklearn.manifold", "scikit-learn").TSNE(
            perplexity=min(30.0, (len(unit) - 1) / 3), init="pca", random_state=seed
        )
    with _one_thread():
        return np.asarray(projection.fit_transform(unit), dtype=np.float64)


def _one_thread() -> AbstractContextManager[Any]:
    """Keep scikit-learn to one thread: the same picture on any machine, and no slower.

    A map has some hundred words; threads that wait for each other at every step cost more than
    they bring.
    """
    limits: AbstractContextManager[Any] = needed(
        "threadpoolctl", "threadpoolctl"
    ).threadpool_limits(1)
    return limits
