"""Judging word vectors: everything public about evaluation under one name.

`word_pairs` and `analogies` compare with gold answers from files (read by `evaluation_files`),
`word_groups` with given categories and groups, and `probes` needs no file at all. Names, arguments
and numbers of the first two are those of gensim's ``KeyedVectors``; results are immutable records
that print as tables. Iterating over a result gives what gensim returns, so that
``pearson, spearman, oov_ratio = evaluate_word_pairs(...)`` and
``score, sections = evaluate_word_analogies(...)`` work.
"""

from sgns._bootstrap import Correlation, Interval
from sgns.analogies import (
    AnalogiesResult,
    AnalogyAnswer,
    AnalogySection,
    SimilarityFunction,
    evaluate_word_analogies,
)
from sgns.evaluation_files import (
    read_analogies,
    read_categories,
    read_msr_analogies,
    read_outlier_groups,
    read_word_pairs,
)
from sgns.evaluation_records import (
    AnalogyQuestion,
    AnalogyQuestions,
    OutlierGroup,
    QuestionSection,
    WordPair,
    WordPairs,
)
from sgns.probes import ENGLISH_PROBES, Probe, ProbeTable, probe_pairs
from sgns.word_groups import (
    ClusteringResult,
    OutlierResult,
    OutlierTrial,
    evaluate_clustering,
    evaluate_outliers,
    purity,
)
from sgns.word_pairs import PairSimilarity, WordPairsResult, evaluate_word_pairs

__all__ = [
    "ENGLISH_PROBES",
    "AnalogiesResult",
    "AnalogyAnswer",
    "AnalogyQuestion",
    "AnalogyQuestions",
    "AnalogySection",
    "ClusteringResult",
    "Correlation",
    "Interval",
    "OutlierGroup",
    "OutlierResult",
    "OutlierTrial",
    "PairSimilarity",
    "Probe",
    "ProbeTable",
    "QuestionSection",
    "SimilarityFunction",
    "WordPair",
    "WordPairs",
    "WordPairsResult",
    "evaluate_clustering",
    "evaluate_outliers",
    "evaluate_word_analogies",
    "evaluate_word_pairs",
    "probe_pairs",
    "purity",
    "read_analogies",
    "read_categories",
    "read_msr_analogies",
    "read_outlier_groups",
    "read_word_pairs",
]
