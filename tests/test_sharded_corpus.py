"""A corpus in shards is the corpus that one machine builds of the same text, and trains alike."""

from __future__ import annotations

import json
import random
import shutil
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest

from corpora import corpus_of
from jobs import INSTRUCTION_SETS, random_weights, settings, train_all
from sgns import Corpus, FormatError, Model, ShardedCorpus, _core
from sgns.plan import make_plan

SIZES = [1, 3, 8]


def write_texts(folder, *, n_files=9, n_lines=300, tags=False, seed=0):
    """Files of lines of 0 to 9 words, some of one file only; the fourth file is empty."""
    generator = random.Random(seed)
    words = ["a", "the", "é", "πολύ", "x" * 40, *(f"word{i}" for i in range(40))]
    folder.mkdir()
    for number in range(n_files):
        own = [*words, *(f"only{number}of{i}" for i in range(5))]
        lines = [
            f"tag{generator.randrange(40)}\t" * tags
            + " ".join(generator.choices(own, k=generator.randrange(10)))
            for _ in range(n_lines if number != 3 else 0)
        ]
        text = "\n".join(lines) + "\n" * (number % 2 and number != 3)
        (folder / f"{number}.txt").write_text(text, encoding="utf-8")
    return folder


def build(text, path, shards, **options):
    """In shards, by threads: as fast as it gets."""
    with ThreadPoolExecutor(2) as executor:
        return Corpus.build(text, path, cluster=executor, shards=shards, **options)


def parts(corpus):
    """Everything that training reads."""
    tags = corpus.tags
    return [
        list(corpus.vocabulary.words),
        corpus.vocabulary.counts.tolist(),
        corpus.offsets.tolist(),
        corpus.tokens.tolist(),
        None if tags is None else [list(tags.keys), tags.ids.tolist(), tags.offsets.tolist()],
    ]


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    return write_texts(tmp_path_factory.mktemp("texts") / "tagged", tags=True)


@pytest.fixture(scope="module")
def one(texts):
    with Corpus.build(texts, tags="column") as corpus:
        yield corpus


@pytest.fixture(scope="module")
def many(texts, tmp_path_factory):
    path = tmp_path_factory.mktemp("shards") / "x.corpus"
    with build(texts, path, 3, tags="column") as corpus:
        yield corpus


# ---- the same corpus ----------------------------------------------------------------------------


@pytest.mark.parametrize("shards", SIZES)
@pytest.mark.parametrize("tags", [None, "column"])
def test_shards_hold_what_one_build_makes(tmp_path, texts, shards, tags):
    with (
        Corpus.build(texts, tmp_path / "one", tags=tags) as one,
        build(texts, tmp_path / "many", shards, tags=tags) as many,
    ):
        assert isinstance(many, ShardedCorpus)
        assert many.n_shards == shards
        assert parts(many) == parts(one)
        assert many.fingerprint == one.fingerprint
        assert {**many.meta, "shards": 0} == {**one.meta, "shards": 0}
        many.verify()
        assert list(many)[100:200] == many[100:200] == one[100:200]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["many", "one"]


def test_the_fingerprint_joins_blocks_across_shards(tmp_path):
    """Blocks are of 262,144 tokens: here some lie in one shard, in two, and in three."""
    generator = np.random.default_rng(2)
    lengths = [400_000, 262_144 - 1_000, 500, 1_000_000, 100, 100_000]
    (tmp_path / "text").mkdir()
    for number, length in enumerate(lengths):
        words = generator.choice(["a", "b", "c", "dd"], size=length)
        (tmp_path / "text" / f"{number}").write_text(" ".join(words.tolist()))
    one = Corpus.build(tmp_path / "text", tmp_path / "one")
    for shards in (2, 40):
        with build(tmp_path / "text", tmp_path / f"{shards}", shards) as many:
            assert many.fingerprint == one.fingerprint
            many.verify()
    one.close()


def test_a_shard_is_a_corpus_in_the_words_of_the_whole(many):
    starts = many.document_starts
    assert starts[0] == 0
    assert starts[-1] == len(many)
    for number in range(many.n_shards):
        with many.shard(number) as shard:
            assert type(shard) is Corpus
            shard.verify()
            assert shard.vocabulary == many.vocabulary
            assert list(shard) == many[starts[number] : starts[number + 1]]
            assert list(shard.tags) == many.tags[starts[number] : starts[number + 1]]
            # Its tags are its own: a machine has the rows of its documents only.
            assert set(shard.tags.keys) == {tag for tags in shard.tags for tag in tags}
    with pytest.raises(IndexError):
        many.shard(many.n_shards)


def test_one_word_in_many_shards_ranks_by_its_whole_count(tmp_path):
    """Each shard knows "b" as its rarest word; of all of them it is the most frequent."""
    (tmp_path / "text").mkdir()
    for number in range(5):
        (tmp_path / "text" / f"{number}").write_text(f"b own{number} own{number}")
    with build(tmp_path / "text", tmp_path / "x", 5) as corpus:
        assert list(corpus.vocabulary.words) == ["b", *(f"own{i}" for i in range(5))]
        assert corpus.vocabulary.counts.tolist() == [5, 2, 2, 2, 2, 2]


def test_saving_joins_the_shards(tmp_path, one, many):
    many.save(tmp_path / "joined")
    with Corpus.open(tmp_path / "joined") as joined:
        assert type(joined) is Corpus
        assert parts(joined) == parts(one)
        assert dict(joined.meta) == dict(one.meta)
        joined.verify()
    with pytest.raises(FormatError, match=r"expected a corpus in shards at '.*joined'"):
        ShardedCorpus.open(tmp_path / "joined")
    assert ShardedCorpus.open(many.path).n_shards == 3


def test_a_temporary_corpus_goes_away(texts):
    corpus = Corpus.build(texts, tags="column", cluster="local", workers=1)
    assert corpus.path is None
    folder = corpus.shard_path(0).parent
    assert folder.is_dir()
    corpus.close()
    assert not folder.exists()
    with pytest.raises(ValueError, match="closed"):
        _ = corpus.tokens


# ---- the same training --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "training"),
    [
        ({}, {"workers": 1}),
        ({"documents": "joint"}, {"workers": 1}),
        ({"documents": "dbow"}, {"workers": 1, "shuffle": False}),
        ({"documents": "mean"}, {"workers": 1}),
        ({"window": "document", "kernel": "blas"}, {"workers": 1}),
        ({}, {"workers": 2, "deterministic": True}),
        ({}, {"workers": 1, "validation": 0.2}),
    ],
    ids=str,
)
def test_training_gives_the_bits_of_the_one_corpus(one, many, config, training):
    models = [
        Model(source, vector_size=8, min_count=2, **config).train(2, **training)
        for source in (one, many.path)
    ]
    for name in ("words", "contexts", "documents"):
        expected, found = (getattr(model._weights, name) for model in models)
        assert (expected is None) == (found is None)
        assert expected is None or np.array_equal(expected, found)
    records = [[record.loss_per_pair for record in model.history] for model in models]
    assert records[0] == records[1]


@pytest.mark.filterwarnings("ignore:.* documents have no known word")
def test_documents_are_inferred_from_a_corpus_in_shards(one, many):
    model = Model(one, vector_size=8, min_count=2, documents="joint").train(1, 1)
    assert np.array_equal(model.infer(one), model.infer(many))


@pytest.mark.parametrize("kernel", INSTRUCTION_SETS)
def test_jobs_do_not_depend_on_how_tokens_lie(kernel):
    """Pieces end where documents do; some are empty, and one document has a piece of its own."""
    arguments = settings(kernel=kernel, sharing=4, size=16)
    whole, ends = arguments["tokens"], arguments["offsets"]
    borders = [0, 0, ends[1], ends[2], ends[2], ends[-2], len(whole), len(whole)]
    pieces = tuple(whole[a:b].copy() for a, b in pairwise(borders))
    expected, found = random_weights(16), random_weights(16)
    assert train_all(arguments, expected) == train_all(arguments, found, pieces=pieces)
    assert np.array_equal(expected.words, found.words)
    assert np.array_equal(expected.contexts, found.contexts)


def test_every_token_of_every_piece_is_visited_once(many):
    model = Model(many, vector_size=8, min_count=1)
    visits = np.zeros(many.n_tokens, dtype=np.int32)
    plan = make_plan(many, model.config, model._weights, visits)
    plan.start_epoch(1, 2, 3)
    worker = _core.Worker(plan)
    for job in range(plan.n_jobs):
        worker.train_job(job, 0.01, 0.01)
    assert visits.tolist() == [1] * many.n_tokens


# ---- damage -------------------------------------------------------------------------------------


@pytest.fixture
def copied(tmp_path, many):
    return shutil.copytree(many.path, tmp_path / "y.corpus")


def test_a_missing_shard_is_named(copied):
    shutil.rmtree(copied / "shard-00001")
    with pytest.raises(FormatError, match=r"y\.corpus': shard-00001 is missing, one of 3 shards"):
        Corpus.open(copied)


def test_a_damaged_shard_is_named(copied):
    tokens = copied / "shard-00002" / "tokens.npy"
    tokens.write_bytes(tokens.read_bytes()[:-4])
    with pytest.raises(FormatError, match=r"shard-00002: '.*tokens\.npy' ends at byte .*rebuild"):
        Corpus.open(copied)


def test_shards_in_another_order_are_refused(copied):
    (copied / "shard-00000").rename(copied / "aside")
    (copied / "shard-00001").rename(copied / "shard-00000")
    (copied / "aside").rename(copied / "shard-00001")
    with pytest.raises(FormatError, match="shard-00000: expected the shard with fingerprint"):
        Corpus.open(copied)


def test_a_shard_of_another_corpus_is_refused(copied, tmp_path):
    shutil.rmtree(copied / "shard-00000")
    corpus_of([5, 6]).save(copied / "shard-00000")
    with pytest.raises(FormatError, match="shard-00000: expected the shard with fingerprint"):
        Corpus.open(copied)


def test_verifying_finds_a_changed_token(copied):
    path = copied / "shard-00001" / "tokens.npy"
    tokens = np.load(path)
    tokens[7] ^= 1
    np.save(path, tokens)
    with Corpus.open(copied) as corpus, pytest.raises(FormatError, match="fingerprint"):
        corpus.verify()


def test_verifying_finds_a_shard_with_words_of_its_own(copied):
    path = copied / "shard-00001"
    with Corpus.open(path) as shard:
        other = Corpus.from_arrays(shard.tokens, shard.offsets, [f"w{i}" for i in range(200)])
    for name in ("words.bytes.npy", "words.offsets.npy"):
        other.save(copied.parent / "other", overwrite=True)
        shutil.copyfile(copied.parent / "other" / name, path / name)
    with Corpus.open(copied) as corpus, pytest.raises(FormatError, match="shard-00001"):
        corpus.verify()


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ([], "shards: expected a list"),
        ("../outside", "shards: expected a list"),
        ([{"n_tokens": 1}], "fingerprint of shard 0"),
        ([{"n_tokens": 1, "n_documents": 1, "fingerprint": "x"}], "n_tokens: expected 1, the sum"),
        ([{"n_tokens": -1, "n_documents": 1, "fingerprint": "x"}], "of shard 0"),
    ],
)
def test_what_is_said_of_shards_is_checked(copied, entry, message):
    meta = json.loads((copied / "meta.json").read_text())
    meta["shards"] = entry
    (copied / "meta.json").write_text(json.dumps(meta))
    with pytest.raises(FormatError, match=message):
        Corpus.open(copied)


def test_shards_end_where_documents_do(copied):
    """Else a document would go on past the end of what is mapped."""
    offsets = np.load(copied / "offsets.npy")
    with Corpus.open(copied) as corpus:
        offsets[corpus.document_starts[1]] += 1
    np.save(copied / "offsets.npy", offsets)
    with pytest.raises(FormatError, match="the first of shard-00001"):
        Corpus.open(copied)
