"""Names that gensim or others have and this package has not, and what to write instead."""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Callable, Mapping
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_DROP_IN = "or take `sgns.word2vec.Word2Vec`, which has gensim's calls"

#: Arguments of gensim's `Word2Vec(...)` and of its `train`.
ARGUMENTS = {
    "sentences": f"pass the text first, then train: Model(sentences).train(); {_DROP_IN}",
    "corpus_iterable": f"pass the text to Model(...), and nothing of it to train; {_DROP_IN}",
    "corpus_file": "pass the path first: Model(path).train()",
    "workers": "pass it to train: Model(...).train(workers=4)",
    "epochs": f"pass it to train: Model(...).train(epochs=5); {_DROP_IN}",
    "sg": "leave it out: it is always skip-gram; CBOW is not there",
    "hs": "leave it out: it is always negative sampling; hierarchical softmax is not there",
    "cbow_mean": "leave it out: CBOW is not there",
    "compute_loss": "leave it out: `model.history` has the loss of every epoch",
    "callbacks": "pass train a callable as progress=, or train epoch by epoch",
    "max_vocab_size": "leave it out: all words are counted; max_final_vocab= limits what is kept",
    "trim_rule": "take out words before: Model([[w for w in d if keep(w)] for d in documents])",
    "sorted_vocab": "leave it out: words are always in order of falling count",
    "batch_words": "leave it out: there are no batches of sentences",
    "null_word": "leave it out: there is no null word",
    "hashfxn": "leave it out: seed= alone decides on random numbers",
    "comment": "leave it out",
    "total_examples": "leave it out: a corpus knows how long it is",
    "total_words": "leave it out: a corpus knows how long it is",
    "word_count": "leave it out: train(checkpoint=..., resume=True) goes on from where it was",
    "queue_factor": "leave it out: there is no queue",
    "report_delay": "leave it out: progress=True shows a bar",
    "start_alpha": "pass alpha= to Model(...)",
    "end_alpha": "pass min_alpha= to Model(...)",
    "dm": 'take documents="dbow" for dm=0, documents="mean" in the place of dm=1',
    "dm_mean": 'take documents="mean" or documents="sum"',
    "dm_concat": 'take documents="concat", which joins a document and one word',
    "dm_tag_count": "leave it out: a document has as many tags as it comes with",
    "dbow_words": 'take documents="joint" for dbow_words=1, documents="dbow" without',
}

#: What sgns and gensim 4 have by another name: gensim 3, fastText, the C word2vec, neural networks.
RENAMED = {
    "size": "vector_size",
    "dim": "vector_size",
    "ws": "window",
    "minCount": "min_count",
    "max_vocab": "max_final_vocab",
    "neg": "negative",
    "negatives": "negative",
    "lr": "alpha",
    "learning_rate": "alpha",
    "iter": "epochs",
    "epoch": "epochs",
    "thread": "workers",
    "threads": "workers",
}

#: Attributes of gensim's `Word2Vec`.
OF_MODELS = {
    "build_vocab": f"Model(text) reads the text and finds its vocabulary; {_DROP_IN}",
    "get_latest_training_loss": "model.history[-1].loss_per_pair is the mean loss of a pair",
    "epochs": "len(model.history) counts the epochs so far",
    "corpus_count": "model.corpus.n_documents",
    "corpus_total_words": "model.corpus.n_tokens",
    "vector_size": "model.config.vector_size",
    "window": "model.config.window",
    "syn1neg": "model.weights.contexts",
    "layer1_size": "model.config.vector_size",
    "min_alpha_yet_reached": "model.history[-1].alpha",
    "total_train_time": "sum(record.seconds for record in model.history)",
    "train_count": "len(model.history) counts epochs",
    "predict_output_word": "there is nothing like it",
    "score": "there is nothing like it: it needs hierarchical softmax",
    "init_sims": "model.wv.get_normed_vectors()",
    "most_similar": "model.wv.most_similar(...)",
    "similarity": "model.wv.similarity(...)",
    "doesnt_match": "model.wv.doesnt_match(...)",
    "wmdistance": "there is no word mover's distance; model.wv.n_similarity(...) compares means",
    "docvecs": "model.dv",
}

#: Attributes of gensim's `KeyedVectors`.
OF_VECTORS = {
    "wmdistance": "there is no word mover's distance; n_similarity(...) compares means",
    "vocab": "key_to_index, index_to_key and get_vecattr(word, 'count')",
    "index2word": "index_to_key",
    "index2entity": "index_to_key",
    "syn0": "vectors",
    "vectors_norm": "get_normed_vectors()",
    "init_sims": "get_normed_vectors()",
    "fill_norms": "norms",
    "unit_normalize_all": "KeyedVectors(kv.index_to_key, kv.get_normed_vectors())",
    "add_vector": "vectors are immutable: KeyedVectors([*kv.index_to_key, key], ...)",
    "add_vectors": "vectors are immutable: KeyedVectors([*kv.index_to_key, *keys], ...)",
    "set_vecattr": "the only attribute is the count: KeyedVectors(keys, vectors, counts=...)",
    "expandos": "counts",
    "vectors_for_all": "KeyedVectors(keys, kv[keys])",
    "sort_by_descending_frequency": "vectors of a model are in that order",
    "resize_vectors": "vectors are immutable: make a new KeyedVectors",
    "word_vec": "get_vector(word)",
    "intersect_word2vec_format": "there is nothing like it for vectors that are there already",
}


def explains_gensim(function: Callable[P, T]) -> Callable[P, T]:
    """Decorate a function: a keyword that it has not says what to write instead.

    Raises
    ------
    TypeError
        From the function, when it is called with such a keyword.
    """
    taken = inspect.signature(function).parameters
    foreign = {name: text for name, text in ARGUMENTS.items() if name not in taken}

    @functools.wraps(function)
    def explained(*args: P.args, **kwargs: P.kwargs) -> T:
        for name in kwargs:
            instead = None if name in taken else _instead(name, foreign, list(taken))
            if instead is not None:
                raise TypeError(f"{name}: {instead}")
        return function(*args, **kwargs)

    return explained


def _instead(name: str, foreign: Mapping[str, str], taken: list[str]) -> str | None:
    """Return what to write instead of an argument that is not there; None if nobody knows."""
    if name in foreign:
        return f"gensim has it, sgns has not: {foreign[name]}"
    ours = RENAMED.get(name, "")
    if ours in taken:
        return f"the name of that is {ours}, as in gensim 4"
    if ours in foreign:
        return f"the name of that is {ours}; {foreign[ours]}"
    near = difflib.get_close_matches(name, taken, n=1)
    return f"there is no such argument; did you mean {near[0]}?" if near else None


def no_attribute(owner: object, name: str, known: Mapping[str, str]) -> AttributeError:
    """Return the error for an attribute that is not there, with what to write instead."""
    message = f"{type(owner).__name__!r} object has no attribute {name!r}"
    if name in known:
        message += f": gensim has it, sgns has not: {known[name]}"
    return AttributeError(message, name=name, obj=owner)
