"""How well a logistic regression tells labelled documents apart by their vectors."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

TRAINED = "trained"
SAMPLE = "trained, of the sample"
INFERRED = "inferred, classifier of trained"
ALONE = "inferred, classifier of inferred"


@dataclass(frozen=True)
class Labels:
    """Lines of the text, counted from 0 and rising, and the label of each."""

    lines: NDArray[np.int64]
    names: NDArray[np.str_]


def read_labels(path: Path) -> Labels:
    """Read a line number, a tab and a label from each line; a first line of names is left out."""
    found: dict[int, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf8").splitlines(), 1):
        first, tab, label = line.partition("\t")
        if number == 1 and not first.isdigit():
            continue
        if not tab or not first.isdigit():
            raise SystemExit(f"{path}, line {number}: expected a line number, a tab and a label")
        if int(first) in found:
            raise SystemExit(f"{path}, line {number}: line {first} has a label already")
        found[int(first)] = label
    lines = np.array(sorted(found), dtype=np.int64)
    if len(set(found.values())) < 2:
        raise SystemExit(f"{path}: expected two labels or more, got {len(set(found.values()))}")
    return Labels(lines, np.array([found[line] for line in lines.tolist()], dtype=np.str_))


def accuracies(
    trained: NDArray[np.float32],
    inferred: NDArray[np.float32],
    sample: list[int],
    labels: Labels,
    folds: int,
) -> dict[str, float]:
    """Return shares of labels that a classifier gets right that never saw these documents.

    Parameters
    ----------
    trained
        (n_lines, size): a vector for each line of the text.
    inferred
        (len(sample), size): those of some lines with labels, inferred anew.
    folds
        Of the cross-validation; all measures have the same ones.
    """
    fold_of = _folds(labels.names, folds)
    vectors, names = trained[labels.lines], labels.names
    rows = np.searchsorted(labels.lines, sample)
    right, of_inferred = (np.zeros(n, dtype=bool) for n in (len(names), len(rows)))
    for fold in range(folds):
        test, sampled = fold_of == fold, fold_of[rows] == fold
        classifier = _fitted(vectors[~test], names[~test])
        right[test] = classifier.predict(vectors[test]) == names[test]
        if sampled.any():
            told = classifier.predict(inferred[sampled])
            of_inferred[sampled] = told == names[rows[sampled]]
    found = {TRAINED: float(right.mean())}
    if len(rows):
        found |= {SAMPLE: float(right[rows].mean()), INFERRED: float(of_inferred.mean())}
        alone = _accuracy_alone(inferred, names[rows], fold_of[rows])
        found |= {} if alone is None else {ALONE: alone}
    return found


def _accuracy_alone(
    inferred: NDArray[np.float32], names: NDArray[np.str_], fold_of: NDArray[np.int64]
) -> float | None:
    """Return the accuracy within the sample; None where it is too small to learn from."""
    right = np.zeros(len(names), dtype=bool)
    for fold in np.unique(fold_of):
        test = fold_of == fold
        if len(np.unique(names[~test])) < 2:
            return None
        told = _fitted(inferred[~test], names[~test]).predict(inferred[test])
        right[test] = told == names[test]
    return float(right.mean())


def _folds(names: NDArray[np.str_], folds: int) -> NDArray[np.int64]:
    """Return the fold of each document, with the same shares of labels in all."""
    from sklearn.model_selection import StratifiedKFold

    splitter = StratifiedKFold(folds, shuffle=True, random_state=0)
    fold_of = np.empty(len(names), dtype=np.int64)
    for fold, (_, test) in enumerate(splitter.split(names, names)):
        fold_of[test] = fold
    return fold_of


def _fitted(vectors: NDArray[np.float32], names: NDArray[np.str_]) -> Any:
    """Fit after bringing all columns to one scale, which programs differ in."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    return classifier.fit(vectors, names)
