"""Word and document vectors by skip-gram with negative sampling."""

from sgns.config import TrainingConfig
from sgns.corpus import Corpus
from sgns.environment import show_config
from sgns.errors import DivergedError, FormatError
from sgns.history import EpochRecord, Progress
from sgns.keyed_vectors import KeyedVectors
from sgns.model import Model
from sgns.vocabulary import Vocabulary

__version__ = "0.1.0"

__all__ = [
    "Corpus",
    "DivergedError",
    "EpochRecord",
    "FormatError",
    "KeyedVectors",
    "Model",
    "Progress",
    "TrainingConfig",
    "Vocabulary",
    "show_config",
]
