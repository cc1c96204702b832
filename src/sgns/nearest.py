"""The arithmetic of nearest neighbours: norms, cosine scores and the best of them.

Everything goes through the matrix in blocks of rows, so that padded, memory-mapped and half
precision matrices are served without a copy of the whole. Equal scores are ordered by falling
nearness and then by row number, and a score that is not a number comes last.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import numpy as np
import numpy.typing as npt

from sgns.block_product import BlasProduct, KernelProduct, has_wide_kernel, in_whole_registers
from sgns.cores import count_workers

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]
Matrix = npt.NDArray[np.floating]

# One block of scores holds at most this many float32 numbers (16 MiB).
BLOCK_SCORES = 1 << 22
# Numbers in a block of rows that is converted or squared (4 MiB as float32).
BLOCK_NUMBERS = 1 << 20
# Up to one in so many scores of a block is sorted directly; of more, the best are picked first.
SPARSE = 64
# Queries that share one pass over the matrix.
BATCH_QUERIES = 1024
# What is worth the kernels and their threads: scores, queries, and the most rows for each query, as
# what is found is sorted again in every block.
LEAST_FOR_KERNEL = 1 << 22
LEAST_QUERIES = 16
MOST_ROWS = 32
# Shorter blocks would spend their time outside of the products.
SHORTEST_BLOCK = 512


def row_blocks(n_rows: int, rows: int) -> Iterator[slice]:
    """Slices of `rows` rows each (the last may be shorter) that cover `n_rows`."""
    for start in range(0, n_rows, rows):
        yield slice(start, min(start + rows, n_rows))


def row_norms(matrix: Matrix) -> Floats:
    """Euclidean lengths of the rows, (n,); summed in double precision, block by block."""
    norms = np.empty(len(matrix), dtype=np.float32)
    rows = max(1, BLOCK_NUMBERS // max(1, matrix.shape[1]))
    with np.errstate(invalid="ignore", over="ignore"):
        for block in row_blocks(len(matrix), rows):
            numbers = matrix[block].astype(np.float64)
            norms[block] = np.sqrt(np.einsum("ij,ij->i", numbers, numbers))
    return norms


def divisors(norms: Floats) -> Floats:
    """`norms`, with 1 for vectors of zeros, so that they stay zeros when divided.

    Lengths below the smallest normal float32 (1.2e-38), which have too few digits left to
    divide by, count as zero.
    """
    return np.where(norms < np.finfo(np.float32).tiny, np.float32(1), norms)


def unit_rows(vectors: Matrix) -> Floats:
    """Scale the rows of `vectors` (m, dim) to length one; a row of zeros stays zeros."""
    with np.errstate(invalid="ignore"):
        return np.divide(vectors, divisors(row_norms(vectors))[:, None], dtype=np.float32)


def cosine_scores(matrix: Matrix, norms: Floats, query: Floats) -> Floats:
    """Cosines (n,) of every row with the unit vector `query` (dim,); 0 for rows of zeros."""
    with np.errstate(invalid="ignore", over="ignore"):
        if matrix.dtype == np.float32:
            scores = np.asarray(matrix @ query, dtype=np.float32)
        else:
            rows = max(1, BLOCK_NUMBERS // max(1, matrix.shape[1]))
            scores = np.empty(len(matrix), dtype=np.float32)
            for block in row_blocks(len(matrix), rows):
                scores[block] = matrix[block].astype(np.float32) @ query
        scores /= divisors(norms)
    return scores


def best(scores: npt.NDArray[np.floating], count: int) -> Indices:
    """Positions of the `count` highest scores, best first; ties by position, NaN last."""
    count = min(count, len(scores))
    if count <= 0:
        return np.empty(0, dtype=np.int64)
    falling = -scores
    last = np.partition(falling, count - 1)[count - 1]
    # Every tie with the last place competes for it, so that the lowest position wins.
    rivals = np.arange(len(scores)) if np.isnan(last) else np.flatnonzero(falling <= last)
    order = np.argsort(falling[rivals], kind="stable")[:count]
    return rivals[order].astype(np.int64)


def nearest_rows(
    matrix: Matrix,
    norms: Floats,
    queries: Floats,
    count: int,
    *,
    start: int = 0,
    stop: int | None = None,
) -> tuple[Indices, Floats]:
    """Find the `count` rows of `matrix[start:stop]` nearest to each of many queries.

    One matrix product per block of rows and queries; a block's scores are compared with the
    lowest score each query holds so far, and the few that pass are merged in.

    Parameters
    ----------
    matrix : (n, dim)
        Rows to search.
    norms : float32 (n,)
        Lengths of all rows.
    queries : float32 (m, dim)
        Unit vectors (or zeros).
    count
        How many rows to find for each query.

    Returns
    -------
    rows : int64 (m, count)
        Row numbers, best first; -1 where there are fewer rows than `count`.
    scores : float32 (m, count)
        Their cosines; -inf where there is no row. A score that is not a number is never found.

    Notes
    -----
    Beside the result and `queries`, memory stays below about 4 x 16 MiB plus 100 bytes for each
    of 1024 x `count` candidates, whatever the sizes of the matrix and of the batch.
    """
    stop = len(matrix) if stop is None else min(stop, len(matrix))
    rows = np.full((len(queries), count), -1, dtype=np.int64)
    scores = np.full((len(queries), count), -np.inf, dtype=np.float32)
    if count == 0 or start >= stop:
        return rows, scores
    for batch in row_blocks(len(queries), BATCH_QUERIES):
        held, search = (rows[batch], scores[batch]), range(start, stop)
        if _is_worth_threads(len(queries[batch]), len(search), count) and has_wide_kernel():
            _search_in_threads(matrix, norms, queries[batch], search, held)
        else:
            length = max(1, min(4096, BLOCK_SCORES // len(queries[batch])))
            product = BlasProduct(matrix, queries[batch])
            _search(product, norms, search, length, held)
    return rows, scores


def _is_worth_threads(n_queries: int, n_rows: int, count: int) -> bool:
    """Whether the kernels are faster for so many queries and rows than BLAS, if they are at all."""
    worth = n_queries >= LEAST_QUERIES and n_queries * n_rows >= LEAST_FOR_KERNEL
    return worth and count <= MOST_ROWS


def _search_in_threads(
    matrix: Matrix, norms: Floats, queries: Floats, search: range, held: tuple[Indices, Floats]
) -> None:
    """The same as `_search`, each thread going through a part of the rows by itself."""
    rows, scores = held
    queries = in_whole_registers(queries)
    length = max(1, min(4096, BLOCK_SCORES // len(queries), BLOCK_NUMBERS // queries.shape[1]))
    threads = max(1, min(count_workers(None), length // SHORTEST_BLOCK))
    first = min(search.start + length, search.stop)
    _search(KernelProduct(matrix, queries, length), norms, range(search.start, first), length, held)
    length = max(1, min(2048, length // threads))
    stopped = Event()

    def work(part: range) -> tuple[Indices, Floats]:
        """Find what is above what the first rows have, whose places count as taken."""
        own = np.full_like(rows, -1), np.repeat(scores[:, -1:], rows.shape[1], axis=1)
        product = KernelProduct(matrix, queries, length)
        for block in row_blocks(len(part), length):
            if stopped.is_set():
                break
            _search(product, norms, part[block], length, own)
        return own

    borders = np.linspace(first, search.stop, threads + 1).astype(int).tolist()
    with ThreadPoolExecutor(threads, "sgns-queries") as pool:
        try:
            found = list(pool.map(work, map(range, borders[:-1], borders[1:])))
        except BaseException:  # Ctrl-C does not wait for the rest
            stopped.set()
            raise
    for new_rows, new_scores in found:
        query_of, place = np.nonzero(new_rows >= 0)
        if len(query_of):
            _merge(rows, scores, query_of, new_rows[query_of, place], new_scores[query_of, place])


def _search(
    product: BlasProduct | KernelProduct,
    norms: Floats,
    search: range,
    length: int,
    held: tuple[Indices, Floats],
) -> None:
    """Fill the rows and scores held, (m, count) each, for one batch, reading the matrix once."""
    rows, scores = held
    count = rows.shape[1]
    for begin in range(search.start, search.stop, length):
        end = min(begin + length, search.stop)
        with np.errstate(invalid="ignore", over="ignore"):
            found = product.of(begin, end)
            found /= divisors(norms[begin:end])
        # Rows come in rising order, so a tie with the last place held never takes it.
        passing = found > scores[:, -1:]
        if np.count_nonzero(passing) > passing.size // SPARSE:
            # The first block always, and others where rows are sorted towards the query.
            for query in range(len(found)):
                few = best(found[query], count)
                passing[query] = False
                passing[query, few] = found[query, few] > scores[query, -1]
        places = np.flatnonzero(passing)
        if len(places):
            query_of, column = np.divmod(places, end - begin)
            _merge(rows, scores, query_of, column + begin, found.ravel()[places])


def _merge(
    rows: Indices, scores: Floats, query_of: Indices, new_rows: Indices, new_scores: Floats
) -> None:
    """Keep the best `count` of what each query holds and its new candidates, in order."""
    touched, local = np.unique(query_of, return_inverse=True)
    count = rows.shape[1]
    owner = np.concatenate((np.repeat(np.arange(len(touched)), count), local))
    all_rows = np.concatenate((rows[touched].ravel(), new_rows))
    all_scores = np.concatenate((scores[touched].ravel(), new_scores))
    # Empty places (-inf) sort behind every candidate, and every owner has at least `count`.
    order = np.lexsort((all_rows, -all_scores, owner))
    sizes = np.bincount(owner, minlength=len(touched))
    firsts = np.cumsum(sizes) - sizes
    kept = order[firsts[:, None] + np.arange(count)]
    rows[touched] = all_rows[kept]
    scores[touched] = all_scores[kept]
