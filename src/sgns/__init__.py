"""Word vectors by skip-gram with negative sampling."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sgns.config import TrainingConfig
    from sgns.corpus import Corpus
    from sgns.environment import show_config
    from sgns.errors import DivergedError, FormatError
    from sgns.history import EpochRecord, Progress
    from sgns.keyed_vectors import KeyedVectors
    from sgns.model import Model
    from sgns.sharded_corpus import ShardedCorpus
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
    "ShardedCorpus",
    "TrainingConfig",
    "Vocabulary",
    "show_config",
]

# Where each name lives; it is imported when first asked for, so that a shell command that only
# needs a few of them starts at once.
_HOMES = {
    "Corpus": "corpus",
    "DivergedError": "errors",
    "EpochRecord": "history",
    "FormatError": "errors",
    "KeyedVectors": "keyed_vectors",
    "Model": "model",
    "Progress": "history",
    "ShardedCorpus": "sharded_corpus",
    "TrainingConfig": "config",
    "Vocabulary": "vocabulary",
    "show_config": "environment",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'sgns' has no attribute {name!r}")
    value = getattr(import_module(f"sgns.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
