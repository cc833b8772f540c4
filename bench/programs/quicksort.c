/* Quicksort of random words: branches that nothing predicts. */
#include "bare.h"

enum { N = 50000, ROUNDS = 12 };
static u32 v[N];

static void sort(u32 *low, u32 *high)
{
    while (low < high) {
        u32 pivot = low[(high - low) / 2];
        u32 *i = low - 1, *j = high + 1;
        for (;;) {
            do
                i++;
            while (*i < pivot);
            do
                j--;
            while (*j > pivot);
            if (i >= j)
                break;
            u32 t = *i;
            *i = *j;
            *j = t;
        }
        if (j - low < high - j) {
            sort(low, j);
            low = j + 1;
        } else {
            sort(j + 1, high);
            high = j;
        }
    }
}

int main(void)
{
    u32 seed = 7, sum = 0;
    for (int round = 0; round < ROUNDS; round++) {
        for (u32 i = 0; i < N; i++)
            v[i] = next_random(&seed);
        sort(v, v + N - 1);
        for (u32 i = 1; i < N; i++)
            sum = sum * 31 + (v[i] - v[i - 1]);
    }
    return finish("quicksort", sum, 0x320a49b9);
}
