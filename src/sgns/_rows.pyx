"""Between Python and the C code for changed rows: checks memory views, drops the GIL."""

from libc.stdint cimport int64_t, uint8_t, uint16_t
from libc.stdlib cimport free, malloc

cdef extern from "rows.h" nogil:
    int64_t sgns_take_changes(
        uint8_t *marks, int64_t n_rows, const float *base, float *copy, ptrdiff_t stride,
        int64_t *ids, float *deltas)
    ctypedef struct sgns_changed_rows:
        const int64_t *ids
        const float *deltas
        const float *copy
        int64_t n

    void sgns_merge_changes(
        float *base, float **copies, int64_t n_copies, ptrdiff_t stride,
        const sgns_changed_rows *changes, int64_t n_changes, const int64_t *ids,
        const float *factors, int64_t n, int64_t *next, float *row)

cdef extern from "half_rows.h" nogil:
    ctypedef struct sgns_half_rows:
        const int64_t *ids
        const uint16_t *deltas
        int64_t n

    int64_t sgns_take_half_rows(
        uint8_t *marks, int64_t first, int64_t end, const float *base, const float *copy,
        ptrdiff_t stride, int64_t *ids, uint16_t *deltas)
    void sgns_merge_half_rows(
        const sgns_half_rows *changes, int64_t n_changes, const int64_t *ids, const float *factors,
        int64_t n, ptrdiff_t stride, float *sum, int64_t *next, uint16_t *merged)
    void sgns_add_half_rows(
        float *base, float *copy, ptrdiff_t stride, const int64_t *ids, const uint16_t *deltas,
        int64_t n)


def take_changes(
        uint8_t[::1] marks, const float[:, ::1] base, float[:, ::1] copy, int64_t[::1] ids,
        float[:, ::1] deltas):
    """Fill ids and deltas with what `copy` differs by from `base` in marked rows, and undo it.

    Returns how many they are; ids and deltas need room for every marked row.
    """
    cdef int64_t n_rows = base.shape[0]
    if not n_rows == marks.shape[0] == copy.shape[0]:
        raise ValueError("marks, base, copy: expected as many rows of each")
    check_stride(base.shape[1], copy.shape[1])
    check_stride(base.shape[1], deltas.shape[1])
    cdef int64_t marked = 0, i
    with nogil:
        for i in range(n_rows):
            marked += marks[i] != 0
    if ids.shape[0] < marked or deltas.shape[0] < marked:
        raise ValueError(f"ids, deltas: expected room for {marked} rows")
    if marked:
        with nogil:
            sgns_take_changes(
                &marks[0], n_rows, &base[0, 0], &copy[0, 0], base.shape[1], &ids[0], &deltas[0, 0])
    return marked


def merge_changes(
        float[:, ::1] base, list copies, list changes, const int64_t[::1] ids,
        const float[::1] factors):
    """base[ids[k]] += factors[k] * the changes of that row; all copies get the row as well.

    `changes` has a triple for each shard: rising numbers of rows, what is to be added to them or
    None, and, where it is None, the copy that still has these rows as they were trained. All these
    numbers are in `ids`, which rise as well; where some are not, the rows before have been merged
    when that is found.
    """
    cdef Py_ssize_t n = ids.shape[0], width = base.shape[1]
    cdef Py_ssize_t n_copies = len(copies), n_changes = len(changes), c
    cdef const int64_t[::1] numbers
    cdef const float[:, ::1] rows
    cdef float[:, ::1] copy
    if factors.shape[0] != n:
        raise ValueError("ids, factors: expected one for each row")
    check_ids(ids, base.shape[0])
    if n == 0:
        if sum([len(change[0]) for change in changes]):
            raise ValueError("changes: expected rising numbers that are in ids")
        return
    cdef float **into = <float **> malloc((n_copies + 1) * sizeof(float *))
    cdef sgns_changed_rows *taken = <sgns_changed_rows *> malloc(
        (n_changes + 1) * sizeof(sgns_changed_rows))
    cdef int64_t *next_row = <int64_t *> malloc((n_changes + 1) * sizeof(int64_t))
    cdef float *room = <float *> malloc(width * sizeof(float))
    try:
        if into == NULL or taken == NULL or next_row == NULL or room == NULL:
            raise MemoryError("merge_changes: no room for a row")
        for c in range(n_copies):
            copy = copies[c]
            check_copy(base, copy)
            into[c] = &copy[0, 0]
        for c in range(n_changes):
            numbers, deltas, trained = changes[c]
            taken[c].n = numbers.shape[0]
            taken[c].deltas = taken[c].copy = NULL
            if taken[c].n == 0:
                continue
            taken[c].ids = &numbers[0]
            if deltas is None:
                copy = trained
                check_copy(base, copy)
                taken[c].copy = &copy[0, 0]
                continue
            rows = deltas
            if rows.shape[0] != numbers.shape[0]:
                raise ValueError("changes: expected as many rows as numbers")
            check_stride(width, rows.shape[1])
            taken[c].deltas = &rows[0, 0]
        with nogil:
            sgns_merge_changes(
                &base[0, 0], into, n_copies, width, taken, n_changes, &ids[0], &factors[0], n,
                next_row, room)
        for c in range(n_changes):
            if next_row[c] != taken[c].n:
                raise ValueError("changes: expected rising numbers that are in ids")
    finally:
        free(into)
        free(taken)
        free(next_row)
        free(room)


def take_half_rows(
        uint8_t[::1] marks, const float[:, ::1] base, const float[:, ::1] copy, int64_t first,
        int64_t end, int64_t[::1] ids, uint16_t[:, ::1] deltas):
    """Fill ids and deltas (bfloat16) with `copy` - `base` of the marked rows from first to end.

    Returns how many they are; ids and deltas need room for every marked row.
    """
    cdef int64_t n_rows = base.shape[0], marked = 0, i
    if not n_rows == marks.shape[0] == copy.shape[0] or not 0 <= first <= end <= n_rows:
        raise ValueError("marks, base, copy: expected as many rows of each, first and end of them")
    check_stride(base.shape[1], copy.shape[1])
    check_stride(base.shape[1], deltas.shape[1])
    with nogil:
        for i in range(first, end):
            marked += marks[i] != 0
    if ids.shape[0] < marked or deltas.shape[0] < marked:
        raise ValueError(f"ids, deltas: expected room for {marked} rows")
    if marked:
        with nogil:
            sgns_take_half_rows(
                &marks[0], first, end, &base[0, 0], &copy[0, 0], base.shape[1], &ids[0],
                &deltas[0, 0])
    return marked


def merge_half_rows(
        list changed, list changes, const int64_t[::1] ids, const float[::1] factors,
        uint16_t[:, ::1] merged):
    """merged[k] = factors[k] * the sum of the changes of row ids[k], all in bfloat16.

    `changed` and `changes` have an array of rising numbers and one of rows for each node; all these
    numbers are in `ids`, which rise as well.
    """
    cdef Py_ssize_t n_changes = len(changed), n = ids.shape[0], width = merged.shape[1], c
    cdef const int64_t[::1] rows
    cdef const uint16_t[:, ::1] deltas
    if len(changes) != n_changes or factors.shape[0] != n or merged.shape[0] != n:
        raise ValueError("ids, factors, merged: expected one for each row")
    if n == 0:
        if sum(map(len, changed)):
            raise ValueError("changed: expected rising numbers that are in ids")
        return
    cdef sgns_half_rows *taken = <sgns_half_rows *> malloc(n_changes * sizeof(sgns_half_rows))
    cdef int64_t *next_row = <int64_t *> malloc(n_changes * sizeof(int64_t))
    cdef float *total = <float *> malloc(width * sizeof(float))
    try:
        if taken == NULL or next_row == NULL or total == NULL:
            raise MemoryError("merge_half_rows: no room for a row")
        for c in range(n_changes):
            rows, deltas = changed[c], changes[c]
            if rows.shape[0] != deltas.shape[0]:
                raise ValueError("changed, changes: expected as many rows of each")
            taken[c].n = rows.shape[0]
            if rows.shape[0]:
                check_stride(width, deltas.shape[1])
                taken[c].ids, taken[c].deltas = &rows[0], &deltas[0, 0]
        with nogil:
            sgns_merge_half_rows(
                taken, n_changes, &ids[0], &factors[0], n, width, total, next_row, &merged[0, 0])
        for c in range(n_changes):
            if next_row[c] != taken[c].n:
                raise ValueError("changed: expected rising numbers that are in ids")
    finally:
        free(taken)
        free(next_row)
        free(total)


def add_half_rows(
        float[:, ::1] base, float[:, ::1] copy, const int64_t[::1] ids,
        const uint16_t[:, ::1] deltas):
    """base[ids] += deltas (bfloat16); copy[ids] = base[ids]."""
    check_stride(base.shape[1], copy.shape[1])
    if base.shape[0] != copy.shape[0] or ids.shape[0] != deltas.shape[0]:
        raise ValueError("copy, ids: expected one for each row of base, of deltas")
    check_ids(ids, base.shape[0])
    if ids.shape[0]:
        check_stride(base.shape[1], deltas.shape[1])
        with nogil:
            sgns_add_half_rows(
                &base[0, 0], &copy[0, 0], base.shape[1], &ids[0], &deltas[0, 0], ids.shape[0])


cdef int check_stride(Py_ssize_t a, Py_ssize_t b) except -1:
    if a != b or a < 1:
        raise ValueError(f"rows: expected equal widths, got {a} and {b}")
    return 0


cdef int check_copy(const float[:, ::1] base, const float[:, ::1] copy) except -1:
    check_stride(base.shape[1], copy.shape[1])
    if base.shape[0] != copy.shape[0]:
        raise ValueError("base, copies: expected as many rows of each")
    return 0


cdef int check_ids(const int64_t[::1] ids, Py_ssize_t n_rows) except -1:
    """Refuse rows that are not there."""
    cdef Py_ssize_t i
    cdef bint wrong = False
    with nogil:
        for i in range(ids.shape[0]):
            wrong |= not 0 <= ids[i] < n_rows
    if wrong:
        raise ValueError(f"ids: expected numbers of {n_rows} rows")
    return 0
