"""The shell commands; the only module that prints.

Results go to standard output, as lines of tab-separated columns or as JSON; progress and errors
go to standard error. Each command imports what it needs, so `sgns --help` is quick.
"""

from __future__ import annotations

import argparse
import dataclasses
import inspect
import json
import os
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from sgns.arguments import USAGE_ERROR, command_parser
from sgns.errors import FormatError

if TYPE_CHECKING:
    from sgns.corpus import Corpus
    from sgns.keyed_vectors import KeyedVectors
    from sgns.model import Model

INTERRUPTED, PIPE_CLOSED = 130, 141  # 128 and the number of the signal, as shells have it


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code: 0, 2 for an error, 130 for Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            options = command_parser().parse_args(arguments)
            _COMMANDS[options.command](options)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has what it wanted; nothing may be flushed to it when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except KeyboardInterrupt as interrupt:
        _say(f"sgns: interrupted; {interrupt}" if str(interrupt) else "sgns: interrupted")
        return INTERRUPTED
    except (OSError, ValueError, KeyError, OverflowError, MemoryError, ImportError) as error:
        _say(f"sgns: error: {_one_line(error)}")
        return USAGE_ERROR
    return 0


# ---- commands -----------------------------------------------------------------------------------


def _build(options: argparse.Namespace) -> None:
    from sgns.corpus import Corpus

    _refuse_to_replace(options.out, options)
    with _on_interrupt(f"nothing was written to '{options.out}'"):
        corpus = Corpus.build(
            _source(options.source),
            options.out,
            overwrite=options.force,
            progress=_shows_progress(options),
            **_given(options, Corpus.build),
        )
    with corpus:
        _print_rows(_corpus_facts(corpus).items())


def _train(options: argparse.Namespace) -> None:
    from sgns.model import Model

    out = Path(options.out)
    if not options.resume:
        _refuse_to_replace(
            out, options, "pass --force to replace it or --resume to train it further"
        )
    with _on_interrupt(f"nothing was written to '{out}'"):
        model, corpus = _model_to_train(options)
        if not options.quiet:
            _say(f"sgns: training on {corpus.n_tokens:,} words; Ctrl-C stops and keeps the model")
        epochs_before = len(model.history)
        try:
            model.train(
                corpus=corpus,
                progress=_shows_progress(options),
                **_given(options, Model.train),
            )
        except KeyboardInterrupt:
            _keep_unfinished(model, out, epochs_before)
        model.save(out, overwrite=options.force or options.resume)
    _print_history(model, epochs_before, as_json=options.json)


def _model_to_train(options: argparse.Namespace) -> tuple[Model, Corpus]:
    """Return a new model, or with --resume the saved one, and the corpus to train it on."""
    from sgns.config import TrainingConfig
    from sgns.model import Model

    parameters = _given(options, TrainingConfig)
    if not options.resume:
        TrainingConfig(**parameters)  # a wrong value should not wait for a long text
        corpus = _open_or_build(options)
        return Model(corpus, **parameters), corpus
    for name in parameters:
        flag = f"--{name.replace('_', '-')}"
        raise ValueError(f"{flag}: with --resume the parameters are those of '{options.out}'")
    return Model.load(options.out), _open_or_build(options)


def _keep_unfinished(model: Model, out: Path, epochs_before: int) -> NoReturn:
    """Save a model whose training was interrupted, without replacing a finished one."""
    if len(model.history) == epochs_before:
        raise KeyboardInterrupt
    place = out.with_name(f"{out.name}.interrupted") if out.exists() else out
    model.save(place, overwrite=place != out)
    raise KeyboardInterrupt(f"the model as it is after epoch {len(model.history)} is in '{place}'")


def _similar(options: argparse.Namespace) -> None:
    answers = _open_vectors(options.vectors).most_similar_batch(options.words, topn=options.topn)
    if options.json:
        _print_json(
            [
                {"word": word, "similar": _neighbours(answer)}
                for word, answer in zip(options.words, answers, strict=True)
            ]
        )
        return
    _print_rows(
        (word, other, f"{cosine:.4f}")
        for word, answer in zip(options.words, answers, strict=True)
        for other, cosine in answer
    )


def _analogy(options: argparse.Namespace) -> None:
    vectors = _open_vectors(options.vectors)
    answer = vectors.most_similar(
        positive=[options.b, options.c], negative=[options.a], topn=options.topn
    )
    if options.json:
        _print_json(_neighbours(answer))
        return
    _print_rows((other, f"{cosine:.4f}") for other, cosine in answer)


def _export(options: argparse.Namespace) -> None:
    out = Path(options.out)
    is_matrix = out.suffix == ".npy"
    if is_matrix and options.binary:
        raise ValueError(f"--binary is about word2vec's format, and '{out}' is to be a .npy file")
    keys_path = Path(f"{out}.keys.json")
    for path in (out, keys_path) if is_matrix else (out,):
        _refuse_to_replace(path, options)
    with _on_interrupt(f"'{out}' was not written"):
        vectors = _open_vectors(options.vectors)
        if is_matrix:
            _write_matrix(vectors, out, keys_path)
        else:
            vectors.save_word2vec_format(out, binary=options.binary)


def _info(options: argparse.Namespace) -> None:
    from sgns.corpus import Corpus
    from sgns.model import Model

    path = Path(options.path)
    kind = _kind(path)
    facts: dict[str, Any]
    if kind == "corpus":
        with Corpus.open(path) as corpus:
            facts = _corpus_facts(corpus)
    elif kind == "model":
        facts = _model_facts(Model.load(path, mmap=True))
    else:
        facts = {"kind": "vectors", **_vector_facts(_open_vectors(path))}
    if options.json:
        _print_json(facts)
    else:
        _print_rows(facts.items())


def _config(options: argparse.Namespace) -> None:
    del options
    from sgns import show_config

    show_config()


def _demo(options: argparse.Namespace) -> None:
    from sgns import demo

    with _on_interrupt(f"what was written is in '{options.folder}'"):
        for line in demo.run(options.folder, **_given(options, demo.run)):
            print(line, flush=True)


_COMMANDS = {
    "analogy": _analogy,
    "build": _build,
    "config": _config,
    "demo": _demo,
    "export": _export,
    "info": _info,
    "similar": _similar,
    "train": _train,
}


# ---- what is read -------------------------------------------------------------------------------


def _source(names: Sequence[str]) -> Any:
    """Return one name as it is, several as paths: words of a list could be taken for a text."""
    if len(names) == 1:
        return names[0]
    return [name if name == "-" else Path(name) for name in names]


def _given(options: argparse.Namespace, taker: Any) -> dict[str, Any]:
    """Return the options that were given and that a function or a dataclass takes."""
    names = inspect.signature(taker).parameters
    skipped = {"source", "folder"}  # passed on by position
    return {
        name: value
        for name, value in vars(options).items()
        if name in names and name not in skipped
    }


def _open_or_build(options: argparse.Namespace) -> Corpus:
    """Open the corpus that is named, or build a temporary one from text."""
    from sgns.corpus import Corpus

    reading = _given(options, Corpus.build)
    if len(options.source) == 1 and _kind_of_folder(Path(options.source[0])) == "corpus":
        for name in ("tokenizer", "document_unit", "errors"):
            if name in reading:
                flag = "--" + name.replace("_", "-")
                raise ValueError(f"{flag} is about text, and '{options.source[0]}' is a corpus")
        return Corpus.open(options.source[0])
    return Corpus.build(_source(options.source), progress=_shows_progress(options), **reading)


def _open_vectors(path: str | os.PathLike[str]) -> KeyedVectors:
    from sgns.keyed_vectors import KeyedVectors
    from sgns.model import Model

    kind = _kind(Path(path))
    if kind == "corpus":
        raise ValueError(f"'{path}' is a corpus; train a model from it with `sgns train`")
    if kind == "model":
        return Model.load(path, mmap=True).wv
    if kind == "vectors":
        return KeyedVectors.load(path, mmap=True)
    return KeyedVectors.load_word2vec_format(path)


def _kind(path: Path) -> str:
    """Tell a model, a corpus, saved vectors and a file apart by what is there."""
    if not path.exists():
        raise FileNotFoundError(f"no model, corpus or file of vectors named '{path}'")
    if not path.is_dir():
        return "file"
    kind = _kind_of_folder(path)
    if kind is None:
        raise FormatError(
            f"'{path}': expected a folder with a model, a corpus or vectors; its meta.json is "
            "missing or says nothing of them"
        )
    return kind


def _kind_of_folder(path: Path) -> str | None:
    try:
        meta = json.loads((path / "meta.json").read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    words = str(meta.get("format")).replace(".", " ").split() if isinstance(meta, dict) else []
    return words[1] if words[:1] == ["sgns"] and words[1:2] and words[1] in _KINDS else None


_KINDS = ("corpus", "model", "vectors")


# ---- what is told -------------------------------------------------------------------------------


def _corpus_facts(corpus: Corpus) -> dict[str, Any]:
    return {
        "kind": "corpus",
        "words": corpus.n_tokens,
        "documents": corpus.n_documents,
        "vocabulary": len(corpus.vocabulary),
        "tokenizer": corpus.meta.get("tokenizer"),
        "fingerprint": corpus.fingerprint,
    }


def _vector_facts(vectors: KeyedVectors) -> dict[str, Any]:
    return {
        "vectors": len(vectors),
        "vector_size": vectors.vector_size,
        "dtype": vectors.vectors.dtype.name,
        "first_keys": vectors.index_to_key[:5],
    }


def _model_facts(model: Model) -> dict[str, Any]:
    facts = {"kind": "model", **_vector_facts(model.wv), "epochs": len(model.history)}
    if model.history:
        facts["loss_per_pair"] = model.history[-1].loss_per_pair
    return {**facts, **dataclasses.asdict(model.config)}


def _print_history(model: Model, epochs_before: int, *, as_json: bool) -> None:
    records = [dataclasses.asdict(record) for record in model.history[epochs_before:]]
    if as_json:
        for record in records:
            _print_json(record)
        return
    names = ("epoch", "loss_per_pair", "words_per_second", "seconds", "alpha")
    _print_rows([names, *(tuple(record[name] for name in names) for record in records)])


def _neighbours(answer: Iterable[tuple[Any, float]]) -> list[dict[str, Any]]:
    return [{"word": word, "cosine": cosine} for word, cosine in answer]


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False))


def _print_rows(rows: Iterable[Sequence[Any]]) -> None:
    for row in rows:
        print("\t".join(map(_cell, row)))


def _cell(value: Any) -> str:
    """Return a value as text that stays in its column."""
    if isinstance(value, list):
        return " ".join(map(_cell, value))
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text.replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


# ---- what is written ----------------------------------------------------------------------------


def _refuse_to_replace(
    path: str | os.PathLike[str],
    options: argparse.Namespace,
    remedy: str = "pass --force to replace it",
) -> None:
    if os.path.lexists(path) and not options.force:
        raise FileExistsError(f"'{path}' exists; {remedy}")


def _write_matrix(vectors: KeyedVectors, out: Path, keys_path: Path) -> None:
    import numpy as np

    from sgns._files import atomic_write

    with atomic_write(keys_path) as file:
        file.write(json.dumps(list(vectors.index_to_key), ensure_ascii=False).encode())
    with atomic_write(out) as file:
        np.save(file, vectors.vectors, allow_pickle=False)


# ---- standard error -----------------------------------------------------------------------------


def _shows_progress(options: argparse.Namespace) -> bool:
    return not options.quiet and sys.stderr.isatty()


@contextmanager
def _on_interrupt(state: str) -> Iterator[None]:
    """Let Ctrl-C carry a word on the state that things are left in."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        raise KeyboardInterrupt(str(interrupt) or state) from None


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    _say(f"sgns: warning: {message}")


def _one_line(error: BaseException) -> str:
    """Return what an exception says, on one line."""
    if isinstance(error, OSError) and error.strerror and error.filename:
        text = f"'{error.filename}': {error.strerror}"
    elif type(error) is KeyError and error.args:
        text = str(error.args[0])  # str(error) would be the repr of it
    else:
        text = str(error)
    return " ".join(text.split()) or type(error).__name__
