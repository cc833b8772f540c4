/* Recursion: calls, returns and stack traffic (Ackermann and Fibonacci). */
#include "bare.h"

static u32 fibonacci(u32 n)
{
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

static u32 ackermann(u32 m, u32 n)
{
    if (m == 0)
        return n + 1;
    if (n == 0)
        return ackermann(m - 1, 1);
    return ackermann(m - 1, ackermann(m, n - 1));
}

int main(void)
{
    u32 sum = fibonacci(31);
    for (u32 n = 0; n < 6; n++)
        sum = sum * 31 + ackermann(2, 40 * n) + ackermann(3, n);
    return finish("recursion", sum, 0x7b11bbb5);
}
