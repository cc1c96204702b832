"""`sgns similar`: the words or documents nearest to given words or documents."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sgns._shared_arguments import add_json, add_topn, add_vectors
from sgns._shell_input import open_vectors
from sgns._shown_vectors import open_model
from sgns._terminal import print_json, print_rows

if TYPE_CHECKING:
    from sgns.keyed_vectors import KeyedVectors
    from sgns.model import Model

WORDS, DOCUMENTS = "words", "documents"


def add_similar(parser: argparse.ArgumentParser) -> None:
    """Add what `sgns similar` takes."""
    add_vectors(parser)
    parser.add_argument("words", metavar="WORD", nargs="*", help="each is a query of its own")
    parser.add_argument(
        "--document",
        dest="documents",
        metavar="TAG",
        nargs="+",
        help="queries that are documents, by their tags or numbers",
    )
    parser.add_argument(
        "--among",
        choices=(WORDS, DOCUMENTS),
        help="what to list: words, or documents (default: what the queries are)",
    )
    add_topn(parser)
    add_json(parser)


def similar(options: argparse.Namespace) -> None:
    """List what is nearest to each query."""
    if (options.documents is None) == (not options.words):
        raise ValueError("expected either words or --document, got both or neither")
    kind = WORDS if options.documents is None else DOCUMENTS
    among = options.among or kind
    queries, answers = options.words or options.documents, []
    if kind == among == WORDS:
        answers = open_vectors(options.vectors).most_similar_batch(queries, topn=options.topn)
    else:
        model = open_model(options.vectors)
        asked, searched = _vectors(model, kind), _vectors(model, among)
        keys = [_key(asked, query) for query in queries]
        of = keys if asked is searched else [[asked[key]] for key in keys]
        answers = searched.most_similar_batch(of, topn=options.topn)
    name = "word" if kind == WORDS else "document"
    other = "word" if among == WORDS else "document"
    if options.json:
        print_json(
            [
                {name: query, "similar": neighbours(answer, other)}
                for query, answer in zip(queries, answers, strict=True)
            ]
        )
        return
    print_rows(
        (query, found, f"{cosine:.4f}")
        for query, answer in zip(queries, answers, strict=True)
        for found, cosine in answer
    )


def neighbours(answer: Iterable[tuple[Any, float]], name: str = "word") -> list[dict[str, Any]]:
    """What JSON has of an answer."""
    return [{name: key, "cosine": cosine} for key, cosine in answer]


def _vectors(model: Model, kind: str) -> KeyedVectors:
    """The vectors of documents, or those of words that are in one space with them."""
    if model.tags is None:
        raise ValueError("the model has no document vectors; train one with --documents")
    if kind == DOCUMENTS:
        return model.dv
    if model.config.documents == "concat":
        raise ValueError('words and documents are not in one space with documents "concat"')
    return model.cv if model.config.documents == "dbow" else model.wv


def _key(vectors: KeyedVectors, text: str) -> Any:
    """The key that is meant: a number, where keys are numbers."""
    if vectors.has_int_keys:
        try:
            return int(text)
        except ValueError:
            raise ValueError(
                f"--document: expected the number of a document, got '{text}'"
            ) from None
    return text
