/* Copies of rows that two threads train: what each has changed reaches the shared rows. */
#include "check.h"
#include "own_rows.h"

enum { ROWS = 5, OWN = 3, STRIDE = 16 };

static const float factors[OWN] = {0.5f, 0.75f, 1.0f};

static void add(const sgns_own_rows *own, uint32_t row, float change)
{
    for (int d = 0; d < STRIDE; d++)
        sgns_own_row(own, row)[d] += change * (float)(d + 1);
}

static int is(const float *row, float start, float change)
{
    for (int d = 0; d < STRIDE; d++)
        if (row[d] != start + change * (float)(d + 1))
            return 0;
    return 1;
}

void test_own_rows(void)
{
    float shared[ROWS * STRIDE];
    sgns_own_rows one, other;
    for (int i = 0; i < ROWS * STRIDE; i++)
        shared[i] = 1.0f;
    check(sgns_own_rows_init(&one, shared, STRIDE, OWN, factors) == 0, "own_rows has memory");
    check(sgns_own_rows_init(&other, shared, STRIDE, OWN, factors) == 0, "own_rows has memory");
    sgns_copy_own_rows(&one);
    sgns_copy_own_rows(&other);
    check(sgns_own_row(&one, OWN) == shared + OWN * STRIDE, "rare words have no copy");

    add(&one, 0, 0.25f);
    add(&other, 0, 0.5f);
    check(is(shared, 1.0f, 0), "a copy is a thread's own");
    sgns_exchange_next_row(&one);
    check(is(shared, 1.0f, 0.25f), "the first change of a row is added in full");
    sgns_exchange_next_row(&other);
    check(is(shared, 1.0f, 0.25f + 0.5f * 0.5f), "the second one is weighed");
    check(is(sgns_own_row(&other, 0), 1.0f, 0.5f), "a copy is then the shared row");
    check(is(sgns_own_row(&one, 0), 1.0f, 0.25f), "other copies wait for their turn");

    add(&one, 1, 0.125f);
    sgns_exchange_next_row(&one);
    check(is(shared + STRIDE, 1.0f, 0.125f), "rows take turns");
    add(&one, 2, 0.5f);
    sgns_exchange_all_rows(&one);
    check(is(shared + 2 * STRIDE, 1.0f, 0.5f), "in the end all are exchanged");
    check(is(sgns_own_row(&one, 0), 1.0f, 0.5f), "and have what the others changed");
    sgns_exchange_all_rows(&one);
    sgns_exchange_all_rows(&other);
    check(is(shared, 1.0f, 0.5f) && is(shared + STRIDE, 1.0f, 0.125f), "nothing is added twice");
    for (int i = OWN * STRIDE; i < ROWS * STRIDE; i++)
        check(shared[i] == 1.0f, "float %d of a row without copy is left alone", i);
    sgns_own_rows_free(&one);
    sgns_own_rows_free(&other);

    check(sgns_own_rows_init(&one, shared, STRIDE, 0, NULL) == 0, "no copies need little");
    sgns_copy_own_rows(&one);
    sgns_exchange_all_rows(&one);
    check(sgns_own_row(&one, 0) == shared, "without copies all rows are shared");
    sgns_own_rows_free(&one);
}
