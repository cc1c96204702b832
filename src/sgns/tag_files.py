"""TagFiles: the tags of a corpus that is being built, written as they are numbered."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sgns._files import GrowingArray, write_array
from sgns.tag_numbering import TagNumbering
from sgns.tags import IDS, OFFSETS, DocumentTags


class TagFiles:
    """Files of tags in the folder of a corpus; none where no document has a tag.

    Attributes
    ----------
    numbering : TagNumbering
        What takes the tags of one document after the other.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ids = GrowingArray(folder / f"{IDS}.npy", np.uint32)
        self._offsets = GrowingArray(folder / f"{OFFSETS}.npy", np.int64)
        self.numbering = TagNumbering(self._ids, self._offsets)

    def __enter__(self) -> TagFiles:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._ids.close()
        finally:
            self._offsets.close()

    def finish(self) -> DocumentTags | None:
        """Write everything; return the tags, mapped, or None if there are none."""
        keys = self.numbering.finish()
        self.__exit__()
        paths = [self._folder / f"{name}.npy" for name in (IDS, OFFSETS)]
        if not self.numbering.n_documents:
            for path in paths:
                path.unlink()
            return None
        ids, offsets = (np.load(path, mmap_mode="r") for path in paths)
        tags = DocumentTags(keys, ids, offsets)
        for name, array in tags.key_files.items():
            write_array(self._folder / f"{name}.npy", array)
        return tags
