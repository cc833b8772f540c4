/* Histogram: read-modify-write stores to addresses that depend on data. */
#include "bare.h"

static u32 count[4096];

int main(void)
{
    u32 seed = 11, sum = 0;
    for (u32 i = 0; i < 8000000; i++)
        count[next_random(&seed) >> 20]++;
    for (u32 i = 0; i < 4096; i++)
        sum = sum * 31 + count[i];
    return finish("histogram", sum, 0xecc923be);
}
