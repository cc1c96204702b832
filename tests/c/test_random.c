/* Random numbers and the draw of noise words. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "rng.h"
#include "sampler.h"

static void test_streams(void)
{
    /* The first outputs of SplitMix64's reference implementation with the seed 1234567. */
    static const uint64_t published[] = {UINT64_C(6457827717110365317),
                                         UINT64_C(3203168211198807973),
                                         UINT64_C(9817491932198370423)};
    uint64_t state = 1234567;
    for (uint64_t i = 0; i < 3; i++) {
        check(sgns_random_at(1234567, i + 1) == published[i], "random_at %d", (int)i);
        check(sgns_random_next(&state) == published[i], "random_next %d", (int)i);
    }
    check(sgns_below(0, 10) == 0 && sgns_below(UINT32_MAX, 10) == 9, "below 10");
    check(sgns_below(UINT32_MAX, UINT32_MAX) == UINT32_MAX - 1, "below the most");
}

static void test_permutation(void)
{
    for (uint64_t n = 1; n < 300; n += n < 20 ? 1 : 37) {
        unsigned char *seen = allocate(n);
        memset(seen, 0, n);
        for (uint64_t i = 0; i < n; i++) {
            uint64_t place = sgns_permute(i, n, 5);
            check(place < n && !seen[place], "permute %d of %d", (int)i, (int)n);
            seen[place < n ? place : 0] = 1;
        }
        free(seen);
    }
    const uint64_t many = (UINT64_C(1) << 40) + 3;
    for (uint64_t i = 0; i < 100; i++)
        check(sgns_permute(many - 1 - i, many, 9) < many, "permute past 32 bits");
}

/* The table gives every word exactly its share: columns are equally likely, and each splits into
 * the word itself and its alias. */
static void test_alias_table(uint32_t n, double exponent)
{
    double *weight = allocate(n * sizeof *weight), *share = allocate(n * sizeof *share);
    sgns_alias *table = allocate(n * sizeof *table);
    double total = 0;
    for (uint32_t i = 0; i < n; i++) {
        weight[i] = i % 5 == 3 ? 0.0 : pow(1.0 + i, exponent);
        total += weight[i];
        share[i] = 0;
    }
    check(sgns_alias_build(table, weight, n) == 0, "alias_build has memory");
    for (uint32_t i = 0; i < n; i++) {
        double stays = ((double)table[i].threshold + 1) / 4294967296.0;
        check(table[i].alias < n, "alias %u of %u", table[i].alias, n);
        share[i] += stays / n;
        share[table[i].alias < n ? table[i].alias : 0] += (1 - stays) / n;
    }
    for (uint32_t i = 0; i < n; i++)
        check(fabs(share[i] - weight[i] / total) < 1e-8, "share of word %u of %u: %g, not %g", i, n,
              share[i], weight[i] / total);
    uint64_t state = 3;
    for (int i = 0; i < 1000; i++) {
        uint64_t bits = sgns_random_next(&state);
        check(sgns_alias_word(table, sgns_alias_column(n, bits), bits) < n, "a draw below %u", n);
    }
    free(weight);
    free(share);
    free(table);
}

void test_random(void)
{
    test_streams();
    test_permutation();
    for (uint32_t n = 1; n <= 1000; n = n * 3 + 1) {
        test_alias_table(n, 0.75);
        test_alias_table(n, -2.0);
        test_alias_table(n, 0.0);
    }
}
