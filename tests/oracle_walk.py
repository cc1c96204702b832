"""The walk of the oracle: which target meets which contexts, and in what order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

from sgns import _core


@dataclass(frozen=True)
class Target:
    """A centre and its contexts in the order of the text, or the row of a document and those.

    `rows` are the rows of W_d that the input is made of, with the word's row of W_t or, where
    `word` is None, without.
    """

    word: int | None
    contexts: tuple[int, ...]
    rows: tuple[int, ...] = ()

    def cut(self, n):
        """The target with its first n contexts, and with those that are left."""
        return (
            replace(self, contexts=self.contexts[:n]),
            replace(self, contexts=self.contexts[n:]),
        )


class Walk:
    """Which target meets which contexts, worked out for the whole corpus at once."""

    def __init__(
        self, *, tokens, offsets, keep, window, shrink_windows, block, tags=None,
        tag_offsets=None, joined=False, word_targets=True, group=0,
    ):  # fmt: skip
        self.tokens = [int(token) for token in tokens]
        self.offsets = [int(offset) for offset in offsets]
        self.keep = [int(limit) for limit in keep]
        self.window = window
        self.shrink = shrink_windows
        self.block = block
        self.n_blocks = -(-len(self.tokens) // block)
        self.tags, self.tag_offsets = tags, tag_offsets
        self.joined, self.word_targets, self.group = joined, word_targets, group

    def start_epoch(self, token_key, order_key):
        self.token_key, self.order_key = token_key, order_key
        self.target_at = [None] * len(self.tokens)
        for document, (start, end) in enumerate(pairwise(self.offsets)):
            self._walk_document(document, start, end)

    def rows(self, document):
        """The rows of W_d that belong to a document."""
        if self.tags is None:
            return (document,)
        return tuple(self.tags[self.tag_offsets[document] : self.tag_offsets[document + 1]])

    def kept(self, place):
        """Is the token known and kept by subsampling?"""
        word = self.tokens[place]
        if word >= len(self.keep):
            return False
        return _core.random_at(self.token_key, place) >> 32 <= self.keep[word]

    def reach(self, place):
        """How many kept words to each side the window of this token takes in."""
        if not self.shrink:
            return self.window
        low = _core.random_at(self.token_key, place) & 0xFFFFFFFF
        return 1 + (low * self.window >> 32)

    def _walk_document(self, document, start, end):
        places = [place for place in range(start, end) if self.kept(place)]
        words = [self.tokens[place] for place in places]
        rows = self.rows(document) if self.joined else ()
        for i, place in enumerate(places):
            reach = len(words) if self.window == 0 else self.reach(place)
            contexts = words[max(i - reach, 0) : i] + words[i + 1 : i + 1 + reach]
            if contexts:
                self.target_at[place] = Target(words[i], tuple(contexts), rows)

    def blocks(self, places):
        """The (start, end) of the blocks that these places of the visiting order hold."""
        for place in places:
            number = (
                _core.permute(place, self.n_blocks, self.order_key) if self.order_key else place
            )
            yield number * self.block, min((number + 1) * self.block, len(self.tokens))

    def lane(self, places):
        """Targets of these blocks, each with the tokens that the lane has visited by then."""
        tokens_before = 0
        for start, end in self.blocks(places):
            for document, (first, last) in enumerate(pairwise(self.offsets)):
                stretch = range(max(start, first), min(end, last))
                for target in self._targets(document, stretch):
                    yield target, tokens_before + stretch.stop - start
            tokens_before += end - start

    def _targets(self, document, stretch):
        """Words, and after each group of centres the document, once for each of its tags."""
        centres = [place for place in stretch if self.kept(place)]
        size = self.group or max(len(centres), 1)
        for start in range(0, len(centres), size):
            group = centres[start : start + size]
            if self.word_targets:
                yield from (self.target_at[place] for place in group if self.target_at[place])
            if self.group:
                contexts = tuple(self.tokens[place] for place in group)
                yield from (Target(None, contexts, (row,)) for row in self.rows(document))

    def n_tokens(self, places):
        return sum(end - start for start, end in self.blocks(places))
