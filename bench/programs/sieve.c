/* Sieve of Eratosthenes: byte stores with growing strides. */
#include "bare.h"

enum { N = 200000, ROUNDS = 40 };
static u8 composite[N];

int main(void)
{
    u32 sum = 0;
    for (int round = 0; round < ROUNDS; round++) {
        for (u32 i = 0; i < N; i++)
            composite[i] = 0;
        for (u32 i = 2; i * i < N; i++)
            if (!composite[i])
                for (u32 j = i * i; j < N; j += i)
                    composite[j] = 1;
        for (u32 i = 2; i < N; i++)
            if (!composite[i])
                sum += i ^ (u32)round;
    }
    return finish("sieve", sum, 0xebfbadc0);
}
