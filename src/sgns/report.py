"""A report on a model: one page to hand in after an experiment, to read on paper and on screens.

It holds parameters, corpus, training, similarities, neighbours, evaluation and a map, with all
pictures inside. Needs matplotlib and scikit-learn: ``pip install 'sgns[plot]'``.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable, Iterable, Sequence
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sgns import _report_parts as html
from sgns._evaluation_facts import Result
from sgns._files import atomic_write
from sgns._lookup import rows_of
from sgns._map_projection import MapMethod, needed
from sgns.analogies import AnalogiesResult, evaluate_word_analogies
from sgns.config import JUDGED_WORDS, NEIGHBOURS, PICTURE_WORDS, SEED
from sgns.probes import ENGLISH_PROBES, ProbeTable, probe_pairs
from sgns.word_pairs import WordPairsResult, evaluate_word_pairs

if TYPE_CHECKING:
    from sgns.evaluation_files import FilePath
    from sgns.history import EpochRecord
    from sgns.keyed_vectors import KeyedVectors
    from sgns.model import Model


def write_report(
    model: Model | str | os.PathLike[str],
    path: str | os.PathLike[str],
    *,
    pairs: Sequence[FilePath] = (),
    analogies: Sequence[FilePath] = (),
    results: Iterable[Result] = (),
    probes: Iterable[tuple[str, str]] | None = None,
    words: Iterable[Any] | None = None,
    topn: int = NEIGHBOURS,
    n_words: int = PICTURE_WORDS,
    method: MapMethod = "tsne",
    restrict_vocab: int | None = JUDGED_WORDS,
    seed: int = SEED,
    title: str | None = None,
) -> None:
    """Write a page on a trained model that holds all that it needs.

    Parameters
    ----------
    model : Model or path
        The model, or its folder.
    path : path
        The page; replaced if it exists.
    pairs, analogies : sequence of paths
        Files of scored word pairs and of analogy questions to judge the vectors by.
    results : iterable of results of `sgns.evaluation`
        What else was found, such as that of `evaluate_clustering`.
    probes : iterable of (str, str), optional
        Pairs of words whose similarity to show; without it those `ENGLISH_PROBES` that are known.
    words : iterable of keys, optional
        Words whose neighbours to show; without it the first words of six known probes, or where
        none is known the six most frequent words. They stand out on the map.
    topn : int
        How many neighbours of each word, 1 or more.
    n_words, method, seed
        Of the map; see `sgns.plotting.plot_map`.
    restrict_vocab : int, optional
        Words past the first so many count as unknown in `pairs` and `analogies`.
    title : str, optional
        What to write above; without it the name of the folder, or "Word vectors".

    Raises
    ------
    KeyError
        A word is not in the model.
    FormatError, FileNotFoundError
        A file cannot be read.
    ValueError
        The model was not trained, or a parameter is out of range.
    ImportError
        A package is missing.
    """
    needed("matplotlib", "matplotlib")
    model, name, corpus = _opened(model)
    if not model.history:
        raise ValueError("model: expected one that was trained, got one without any epoch")
    kv = model.learnt_words
    table = _probed(kv, probes)
    chosen = _chosen(kv, table) if words is None else list(dict.fromkeys(words))
    rows_of(kv, chosen)  # before the long work, names those that are unknown
    judged: list[Result] = [*results]
    judged += [evaluate_word_pairs(kv, file, restrict_vocab=restrict_vocab) for file in pairs]
    judged += [evaluate_word_analogies(kv, file, restrict_vocab) for file in analogies]
    body = [
        *_summary(model, corpus),
        *_training(model),
        *_similarities(table),
        *_neighbours(kv, chosen, topn),
        *_evaluation(judged),
        *_map(kv, n_words, method, chosen, seed),
        *_parameters(model, corpus),
    ]
    with atomic_write(path) as file:
        file.write(html.page(title or name, body))


def _opened(model: Model | str | os.PathLike[str]) -> tuple[Model, str, dict[str, Any]]:
    """Return a model, its name, and what is known of the corpus that it was trained on."""
    if isinstance(model, str | os.PathLike):
        from sgns.meta_file import MODEL, read_meta
        from sgns.model import Model

        path = Path(model)
        return Model.load(path, mmap=True), path.name, read_meta(path, MODEL)["corpus"] or {}
    if model.corpus is None:
        return model, "Word vectors", {}
    known = {name: getattr(model.corpus, name) for name in ("n_documents", "fingerprint")}
    return model, "Word vectors", known


def _summary(model: Model, corpus: dict[str, Any]) -> list[str]:
    """What it is, in the figures that people look for first."""
    last, kv = model.history[-1], model.learnt_words
    seconds = [record.seconds for record in model.history]
    figures = [
        ("words of text", f"{last.tokens:,}"),
        ("words in the vocabulary", f"{len(kv):,}"),
        ("vector size", kv.vector_size),
        ("epochs", len(model.history)),
        ("time per epoch (median)", f"{_short(statistics.median(seconds))} s"),
        ("time of training", f"{_short(sum(seconds))} s"),
    ]
    words, documents = _trained(model.history)
    if words:
        figures += [
            ("windows per epoch", f"{last.targets:,}"),
            ("pairs per epoch", f"{last.pairs:,}"),
            ("final loss per pair", f"{last.loss_per_pair:.4f}"),
            ("final loss per window", f"{last.loss_per_target:.4f}"),
        ]
    if documents:
        figures += [
            ("pairs of documents per epoch", f"{last.document_pairs:,}"),
            ("final loss per pair of documents", f"{last.document_loss_per_pair:.4f}"),
        ]
    if "n_documents" in corpus:
        figures.insert(1, ("documents", f"{corpus['n_documents']:,}"))
    mode = model.config.documents
    what = "" if mode is None else f', with vectors of documents by "{mode}"'
    note = "; words are shown by their context vectors" if model.words_are_random else ""
    return [
        html.remark(f"Skip-gram with negative sampling{what}, by sgns {_version()}{note}"),
        html.facts(figures),
        html.remark(
            "Losses are in nats. A pair is a target and one of its contexts with "
            f"{model.config.negative} noise words; a window is a target with all its contexts."
        ),
    ]


def _trained(history: Sequence[EpochRecord]) -> tuple[bool, bool]:
    """Tell whether words were targets, and documents by themselves; of nothing, words were."""
    documents = any(record.document_pairs for record in history)
    return any(record.pairs for record in history) or not documents, documents


def _training(model: Model) -> list[str]:
    """How it went, epoch by epoch."""
    from sgns.plotting import plot_loss

    words, documents = _trained(model.history)
    columns: dict[str, Callable[[EpochRecord], object]] = {"epoch": lambda r: r.epoch}
    if words:
        columns |= {
            "loss per pair": lambda r: f"{r.loss_per_pair:.4f}",
            "loss per window": lambda r: f"{r.loss_per_target:.4f}",
            "windows": lambda r: f"{r.targets:,}",
            "pairs": lambda r: f"{r.pairs:,}",
        }
    if documents:
        columns |= {
            "loss per pair of documents": lambda r: f"{r.document_loss_per_pair:.4f}",
            "pairs of documents": lambda r: f"{r.document_pairs:,}",
        }
    if any(isfinite(record.validation_loss) for record in model.history):
        columns["loss per pair of held-out text"] = lambda r: f"{r.validation_loss:.4f}"
    columns |= {
        "seconds": lambda r: _short(r.seconds),
        "words/s": lambda r: f"{r.words_per_second:,.0f}",
        "learning rate at the end": lambda r: f"{r.alpha:.5f}",
    }
    rows = [[column(record) for column in columns.values()] for record in model.history]
    measured = (r.loss_per_pair if words else r.document_loss_per_pair for r in model.history)
    drawn = (
        [html.picture(plot_loss(model.history), "Mean loss of a pair in each epoch", small=True)]
        if any(map(isfinite, measured))
        else []
    )
    return [html.heading("Training"), *drawn, html.table([*columns], rows, left=0)]


def _similarities(table: ProbeTable) -> list[str]:
    """The pairs that were asked for."""
    if not table.probes:
        return []
    rows = [
        (
            probe.first,
            probe.second,
            "unknown" if probe.similarity is None else f"{probe.similarity:.3f}",
            "" if probe.rank is None else f"{probe.rank:,}",
        )
        for probe in table.probes
    ]
    return [
        html.heading("Similarities"),
        html.table(("word", "other word", "cosine", "rank"), rows, left=2),
        html.remark(
            f"Random pairs among {table.n_words:,} words: {table.random_mean:.3f} "
            f"(standard deviation {table.random_std:.3f}). Rank 1 is the nearest neighbour."
        ),
    ]


def _neighbours(kv: KeyedVectors, words: Sequence[Any], topn: int) -> list[str]:
    """The nearest words of each chosen one."""
    if topn < 1:
        raise ValueError(f"topn: expected 1 or more, got {topn}")
    if not words:
        return []
    found = kv.most_similar_batch([[word] for word in words], topn)
    tables = [
        (str(word), html.table((), [(key, f"{cosine:.3f}") for key, cosine in neighbours]))
        for word, neighbours in zip(words, found, strict=True)
    ]
    return [html.heading("Neighbours"), html.columns(tables)]


def _evaluation(results: Sequence[Result]) -> list[str]:
    """What the vectors were judged by."""
    if not results:
        return []
    parts = [html.heading("Evaluation")]
    pairs = [result for result in results if isinstance(result, WordPairsResult)]
    if pairs:
        header = ("word pairs", "Spearman", "95 % interval", "Pearson", "pairs", "unknown")
        parts.append(html.table(header, map(_pairs_row, pairs)))
    for result in results:
        if isinstance(result, AnalogiesResult):
            parts += _analogies(result)
        elif not isinstance(result, WordPairsResult):
            parts.append(f"<p>{html.text(result)}</p>")
    return parts


def _pairs_row(result: WordPairsResult) -> tuple[str, ...]:
    return (
        result.name,
        f"{result.spearman.statistic:.3f}",
        f"{result.spearman_interval:.3f}",
        f"{result.pearson.statistic:.3f}",
        f"{result.n_pairs:,}",
        f"{result.oov_ratio:.1f} %",
    )


def _analogies(result: AnalogiesResult) -> list[str]:
    rows = [
        (
            section.name,
            f"{len(section.correct):,}",
            f"{section.n_answered:,}",
            f"{section.accuracy:.3f}" if section.n_answered else "-",
            f"{section.interval:.3f}" if section.n_answered else "-",
            f"{section.oov_ratio:.1f} %",
        )
        for section in (*result.sections, result.total)
    ]
    header = (f"analogies: {result.name}", "correct", "of", "accuracy", "95 % interval", "unknown")
    return [
        html.table(header, rows),
        html.remark(f"{result.objective} among {result.n_candidates:,} words"),
    ]


def _map(
    kv: KeyedVectors, n_words: int, method: MapMethod, highlight: Sequence[Any], seed: int
) -> list[str]:
    """The first words in the plane."""
    from sgns.plotting import plot_map

    axes = plot_map(kv, n_words=n_words, method=method, highlight=highlight, seed=seed)
    shown = f"The {min(n_words, len(kv)):,} most frequent words and the chosen ones, by {method}"
    return [html.heading("Map"), html.picture(axes, f"{shown}; colours are clusters")]


def _parameters(model: Model, corpus: dict[str, Any]) -> list[str]:
    """How it can be done again."""
    rows = list(model.config.to_dict().items())
    if "fingerprint" in corpus:
        rows.append(("fingerprint of the corpus", corpus["fingerprint"]))
    return [html.heading("Parameters"), html.table(("parameter", "value"), rows, left=2)]


def _probed(kv: KeyedVectors, probes: Iterable[tuple[str, str]] | None) -> ProbeTable:
    if probes is not None:
        return probe_pairs(kv, probes)
    return probe_pairs(kv, [pair for pair in ENGLISH_PROBES if all(word in kv for word in pair)])


def _chosen(kv: KeyedVectors, table: ProbeTable) -> list[Any]:
    """Return six words that have neighbours to show: of the probes, or where none is known any."""
    known = [probe.first for probe in table.probes if probe.similarity is not None]
    return list(dict.fromkeys(known or kv.index_to_key[:6]))[:6]


def _short(seconds: float) -> str:
    """Return a time in seconds, with two digits at least of one that is nearly none."""
    return f"{seconds:.2f}" if seconds >= 0.1 else f"{seconds:.2g}"


def _version() -> str:
    from importlib.metadata import version

    return version("sgns")
