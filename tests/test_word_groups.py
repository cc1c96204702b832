"""Clusters, outliers and probes: planted answers."""

import math

import numpy as np
import pytest

from judged_vectors import random_vectors, vectors_of
from sgns.evaluation import (
    OutlierGroup,
    evaluate_clustering,
    evaluate_outliers,
    probe_pairs,
    purity,
)


def grouped_vectors(spread, seed=3):
    """Five groups of eight words, each about a direction of its own."""
    generator = np.random.default_rng(seed)
    centres = np.repeat(np.eye(5, 12), 8, axis=0)
    vectors = (centres + spread * generator.normal(size=centres.shape)) * 3.0
    return vectors_of([f"g{i // 8}_{i % 8}" for i in range(40)], vectors)


GROUPS = {f"g{g}": [f"g{g}_{i}" for i in range(8)] for g in range(5)}


class TestGroups:
    def test_purity_by_hand(self):
        assert purity([1, 1, 1, 2, 2, 3], "aabbbc") == pytest.approx(5 / 6)
        assert purity([1] * 6, "aabbbc") == 0.5
        with pytest.raises(ValueError, match="got 2 and 1"):
            purity([1, 2], "a")

    def test_planted_categories(self):
        result = evaluate_clustering(grouped_vectors(0.05), {**GROUPS, "x": ["unknown"]})
        assert result.purity == 1.0
        assert result.baseline == 0.2
        assert (result.n_categories, result.n_words, result.unknown) == (5, 40, ("unknown",))
        assert {len(cluster) for cluster in result.clusters} == {8}
        assert str(result).startswith("purity 1.000 (one cluster: 0.200); 40 words, 5 categories")
        assert evaluate_clustering(grouped_vectors(5.0), GROUPS).purity < 0.7

    def test_categories_from_file(self, tmp_path):
        path = tmp_path / "c.tsv"
        path.write_text("".join(f"{w}\t{g}\n" for g, words in GROUPS.items() for w in words))
        assert evaluate_clustering(grouped_vectors(0.05), path).purity == 1.0

    def test_too_few_words(self):
        with pytest.raises(ValueError, match=r"at least 2 known words .* got 1 \(1 unknown\)"):
            evaluate_clustering(grouped_vectors(0.05), {"g": ["g0_0", "nothing"]})

    def test_planted_outliers(self):
        groups = [
            OutlierGroup("g0", tuple(GROUPS["g0"]), ("g1_0", "nothing", "g0_3")),
            OutlierGroup("few", ("g1_0", "none"), ("g2_0",)),
        ]
        result = evaluate_outliers(grouped_vectors(0.05), groups)
        assert [trial.detected for trial in result.trials] == [True, False, False, False]
        assert [trial.position is None for trial in result.trials] == [False, True, False, True]
        assert result.accuracy == 0.5
        assert result.unknown == ("nothing", "none")
        assert result.oov_ratio == 50.0
        assert "4 trials" in str(result)

    def test_outlier_position_is_that_of_the_paper(self):
        """Positions follow mean pairwise similarity of the group without each word in turn."""
        kv = grouped_vectors(0.9)
        trial = evaluate_outliers(kv, [OutlierGroup("g", tuple(GROUPS["g0"]), ("g1_0",))]).trials[0]
        unit = kv.vectors[:9] / np.linalg.norm(kv.vectors[:9], axis=1, keepdims=True)
        without = []
        for word in range(9):
            rest = np.delete(unit, word, axis=0)
            product = rest @ rest.T
            without.append(product.sum() - np.trace(product))
        order = np.argsort(without, kind="stable").tolist()  # the outlier leaves the tightest rest
        assert trial.position == order.index(8)

    def test_no_usable_trial(self):
        result = evaluate_outliers(grouped_vectors(0.1), [OutlierGroup("g", ("x", "y"), ("z",))])
        assert math.isnan(result.accuracy)


class TestProbes:
    def test_similarity_and_rank(self):
        kv = vectors_of("abcd", [[1, 0], [1, 0.1], [1, 1], [-1, 0]])
        table = probe_pairs(kv, [("a", "b"), ("a", "c"), ("a", "d"), ("a", "a"), ("a", "x")])
        assert [probe.rank for probe in table.probes] == [1, 2, 3, 1, None]
        assert table.probes[1].similarity == pytest.approx(math.sqrt(0.5))
        assert table.probes[4].similarity is None
        assert table.oov_ratio == 20.0
        assert table.n_words == 4

    def test_rank_over_blocks_agrees_with_sorting(self, monkeypatch):
        monkeypatch.setattr("sgns.probes._WORDS", 61)
        monkeypatch.setattr("sgns.probes._QUERIES", 4)
        kv = random_vectors()
        pairs = [(kv.index_to_key[i], kv.index_to_key[399 - i]) for i in range(0, 30, 3)]
        unit = kv.vectors / np.linalg.norm(kv.vectors, axis=1, keepdims=True)
        for probe, i in zip(probe_pairs(kv, pairs).probes, range(0, 30, 3), strict=True):
            order = [row for row in np.argsort(-(unit @ unit[i])) if row != i]
            assert probe.rank == order.index(399 - i) + 1

    def test_random_pairs_give_the_scale(self):
        shifted = random_vectors()
        shifted.vectors += 100.0
        table = probe_pairs(shifted, [])
        assert table.random_mean > 0.9
        assert table == probe_pairs(shifted, [])
        assert abs(probe_pairs(random_vectors(), []).random_mean) < 0.05
        with pytest.raises(ValueError, match="random_pairs"):
            probe_pairs(shifted, [], random_pairs=0)
        assert math.isnan(probe_pairs(vectors_of("a", [[1.0]]), []).random_std)

    def test_prints_a_table(self):
        text = str(probe_pairs(vectors_of("ab", np.eye(2)), [("a", "b"), ("a", "x")]))
        lines = text.splitlines()
        assert lines[1].split() == ["a", "b", "0.000", "1"]
        assert lines[2].split() == ["a", "x", "unknown", "-"]
        assert lines[3].startswith("random pairs among 2 words: similarity 0.000")
