"""Vectors as a table of pandas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sgns.keyed_vectors import KeyedVectors

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped, unused-ignore]


def to_dataframe(vectors: KeyedVectors) -> pd.DataFrame:
    """Copy the vectors into a DataFrame: a row for each key, in order of row number.

    Needs pandas: ``pip install 'sgns[interchange]'``. The way back is
    ``KeyedVectors(frame.index, frame.to_numpy())``.

    Parameters
    ----------
    vectors : KeyedVectors
        Keys and vectors.

    Returns
    -------
    pandas.DataFrame
        (n, dim) of the type of the vectors. The index, named ``key``, holds the keys; the columns
        are numbered from 0.

    Raises
    ------
    ImportError
        pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise ImportError(
            "to_dataframe needs pandas, which is not installed: pip install 'sgns[interchange]'"
        ) from error
    keys = pd.Index(list(vectors.index_to_key), name="key")
    return pd.DataFrame(np.array(vectors.vectors), index=keys)
