"""DocumentTags: the names of documents, several to a document and shared between documents."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, SupportsIndex, overload

import numpy as np
from numpy.typing import NDArray

from sgns._encode import WordTable, largest_token
from sgns.errors import FormatError
from sgns.string_array import StringArray

Keys = StringArray | NDArray[np.int64]
TagList = list[str] | list[int]

# What meta.json says of how tags lie.
ONE, SEVERAL = "one", "several"
# The names of files: several tags a document; one a document, as sgns 0.1.0 had them.
KEYS, IDS, OFFSETS = "tag_keys", "tag_ids", "tag_offsets"
ONE_EACH = "tags"
KINDS = ("strings", "integers")
LAYOUTS = [{"kind": kind, "per_document": number} for kind in KINDS for number in (ONE, SEVERAL)]
BLOCK = 1 << 20


class DocumentTags(Sequence[TagList]):
    """The tags of each document, in their order; immutable.

    ``tags[i]`` is the list of the tags of document i, all strings or all integers. Those of a
    corpus are in `Corpus.tags`; this class is not made by hand.

    Attributes
    ----------
    keys : StringArray or int64 array (n_tags,)
        The different tags, in the order of their first appearance.
    ids : uint32 array (total,)
        Numbers of tags, document after document: ``keys[ids[j]]`` is a tag.
    offsets : int64 array (n_documents + 1,)
        The tags of document i have the numbers ``ids[offsets[i]:offsets[i + 1]]``.
    """

    __slots__ = ("_one_each", "ids", "keys", "offsets")

    def __init__(
        self,
        keys: Keys,
        ids: NDArray[np.uint32],
        offsets: NDArray[np.int64],
        one_each: Keys | None = None,
    ) -> None:
        self.keys = keys
        self.ids = ids
        self.offsets = offsets
        self._one_each = one_each

    @classmethod
    def from_one_each(cls, tags: Keys) -> DocumentTags:
        """Number one tag a document: how folders of sgns 0.1.0 hold them.

        Parameters
        ----------
        tags : StringArray or int64 array (n_documents,)
            The tag of each document.

        Returns
        -------
        DocumentTags
            Equal tags have the same number.
        """
        table = WordTable()
        if isinstance(tags, StringArray):
            ids = table.encode_tokens(tags.data.data, tags.offsets[1:], 0)
        else:
            data = tags.astype("<i8").tobytes()
            ids = table.encode_tokens(data, 8 * np.arange(1, len(tags) + 1), 0)
        keys = table_keys(table, as_strings=isinstance(tags, StringArray))
        return cls(keys, ids, np.arange(len(tags) + 1, dtype=np.int64), tags)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @overload
    def __getitem__(self, index: SupportsIndex) -> TagList: ...
    @overload
    def __getitem__(self, index: slice) -> list[TagList]: ...
    def __getitem__(self, index: SupportsIndex | slice) -> TagList | list[TagList]:
        if isinstance(index, slice):
            return [self[i] for i in range(len(self))[index]]
        i = range(len(self))[index]
        numbers = self.ids[self.offsets[i] : self.offsets[i + 1]]
        if isinstance(self.keys, StringArray):
            return [self.keys[number] for number in numbers.tolist()]
        found: list[int] = self.keys[numbers].tolist()
        return found

    def __repr__(self) -> str:
        kind = KINDS[0] if isinstance(self.keys, StringArray) else KINDS[1]
        return f"<DocumentTags: {len(self.keys):,} {kind} on {len(self):,} documents>"

    def check(self) -> None:
        """Check what training relies on: every document has tags, each of them one of the keys.

        Raises
        ------
        FormatError
            Something does not hold; the message names the file and the place.
        """
        ids, offsets, n_keys = self.ids, self.offsets, len(self.keys)
        if offsets[0] != 0 or offsets[-1] != len(ids):
            raise FormatError(
                f"tag_offsets.npy runs from {offsets[0]:,} to {offsets[-1]:,}, "
                f"expected 0 to {len(ids):,}, the number of tags in tag_ids.npy"
            )
        for first in range(0, len(offsets) - 1, BLOCK):
            block = offsets[first : first + BLOCK + 1]
            bare = np.flatnonzero(block[1:] <= block[:-1])
            if bare.size:
                i = int(bare[0])
                raise FormatError(
                    f"tag_offsets.npy: offset {first + i + 1:,} is {block[i + 1]:,} after "
                    f"{block[i]:,}, expected at least one tag for each document"
                )
        for first in range(0, len(ids), BLOCK):
            numbers = np.ascontiguousarray(ids[first : first + BLOCK])
            if largest_token(numbers) >= n_keys:
                i = int(np.flatnonzero(numbers >= n_keys)[0])
                raise FormatError(
                    f"tag_ids.npy: item {first + i:,} is {numbers[i]:,}, "
                    f"expected the number of one of {n_keys:,} tags"
                )

    @property
    def meta(self) -> dict[str, str]:
        """What ``meta.json`` says of them."""
        kind = KINDS[0] if isinstance(self.keys, StringArray) else KINDS[1]
        return {"kind": kind, "per_document": SEVERAL if self._one_each is None else ONE}

    @property
    def files(self) -> dict[str, NDArray[Any]]:
        """The arrays as they lie on disk, by the names of their files without ``.npy``."""
        if self._one_each is not None:
            return _key_files(ONE_EACH, self._one_each)
        return {**self.key_files, IDS: self.ids, OFFSETS: self.offsets}

    @property
    def key_files(self) -> dict[str, NDArray[Any]]:
        """Those of `files` that hold the different tags."""
        return _key_files(KEYS, self.keys)


def table_keys(table: WordTable, *, as_strings: bool) -> Keys:
    """Return what a table has numbered, as strings or (8 bytes each) as integers."""
    offsets, data = table.words()
    return StringArray(data, offsets) if as_strings else data.view("<i8").astype(np.int64)


def _key_files(name: str, keys: Keys) -> dict[str, NDArray[Any]]:
    if isinstance(keys, StringArray):
        return {f"{name}.offsets": keys.offsets, f"{name}.bytes": keys.data}
    return {name: keys}


def open_tags(
    meta: Mapping[str, str],
    n_documents: int,
    array: Callable[[str, Any, int | None], NDArray[Any]],
    strings: Callable[[str, int | None], StringArray],
) -> DocumentTags:
    """Open tags as `meta` says that they lie.

    Parameters
    ----------
    array, strings
        ``array(file, dtype, length)`` and ``strings(name, length)`` open what is in a file.
    """

    def keys(name: str, length: int | None) -> Keys:
        is_text = meta["kind"] == KINDS[0]
        return strings(name, length) if is_text else array(f"{name}.npy", np.int64, length)

    if meta["per_document"] == ONE:
        return DocumentTags.from_one_each(keys(ONE_EACH, n_documents))
    return DocumentTags(
        keys(KEYS, None),
        array(f"{IDS}.npy", np.uint32, None),
        array(f"{OFFSETS}.npy", np.int64, n_documents + 1),
    )
