"""What evaluation found as plain dictionaries, for JSON and for reports."""

from __future__ import annotations

import dataclasses
from typing import Any

from sgns.analogies import AnalogiesResult, AnalogySection
from sgns.probes import ProbeTable
from sgns.word_groups import ClusteringResult, OutlierResult
from sgns.word_pairs import WordPairsResult

Result = WordPairsResult | AnalogiesResult | ClusteringResult | OutlierResult | ProbeTable


def facts(result: Result) -> dict[str, Any]:
    """Return the figures of a result, without the single pairs, questions and trials of files."""
    match result:
        case WordPairsResult():
            return _of_pairs(result)
        case AnalogiesResult():
            return _of_analogies(result)
        case ClusteringResult():
            return _of_clustering(result)
        case OutlierResult():
            return _of_outliers(result)
        case ProbeTable():
            return dataclasses.asdict(result) | {"oov_ratio": result.oov_ratio}


def _of_pairs(result: WordPairsResult) -> dict[str, Any]:
    return {
        "name": result.name,
        "spearman": result.spearman.statistic,
        "spearman_interval": list(result.spearman_interval),
        "spearman_pvalue": result.spearman.pvalue,
        "pearson": result.pearson.statistic,
        "pearson_interval": list(result.pearson_interval),
        "pearson_pvalue": result.pearson.pvalue,
        "pairs": result.n_pairs,
        "unknown": result.n_unknown,
        "oov_ratio": result.oov_ratio,
        "invalid_lines": list(result.invalid_lines),
    }


def _of_analogies(result: AnalogiesResult) -> dict[str, Any]:
    return {
        "name": result.name,
        "objective": result.objective,
        "candidates": result.n_candidates,
        "sections": [_of_section(section) for section in result.sections],
        "total": _of_section(result.total),
        "invalid_lines": list(result.invalid_lines),
    }


def _of_section(section: AnalogySection) -> dict[str, Any]:
    return {
        "name": section.name,
        "questions": section.n_questions,
        "answered": section.n_answered,
        "correct": len(section.correct),
        "accuracy": section.accuracy,
        "interval": list(section.interval),
        "oov_ratio": section.oov_ratio,
    }


def _of_clustering(result: ClusteringResult) -> dict[str, Any]:
    return {
        "purity": result.purity,
        "baseline": result.baseline,
        "words": result.n_words,
        "categories": result.n_categories,
        "unknown": list(result.unknown),
        "oov_ratio": result.oov_ratio,
    }


def _of_outliers(result: OutlierResult) -> dict[str, Any]:
    return {
        "accuracy": result.accuracy,
        "position_percentage": result.position_percentage,
        "trials": len(result.trials),
        "unknown": list(result.unknown),
        "oov_ratio": result.oov_ratio,
    }
