/* strlen, strcpy, strcmp, a byte at a time: short loops, calls. */
#include "bare.h"

static char a[4096], b[4096];

static __attribute__((noinline)) u32 length(const char *s)
{
    const char *p = s;
    while (*p)
        p++;
    return (u32)(p - s);
}

static __attribute__((noinline)) void copy(char *to, const char *from)
{
    while ((*to++ = *from++))
        ;
}

static __attribute__((noinline)) int compare(const char *x, const char *y)
{
    while (*x && *x == *y)
        x++, y++;
    return (u8)*x - (u8)*y;
}

int main(void)
{
    u32 seed = 3, sum = 0;
    for (int round = 0; round < 4000; round++) {
        u32 n = 1 + (next_random(&seed) >> 16) % 4000;
        for (u32 i = 0; i < n; i += 97)
            a[i] = (char)('a' + i % 26);
        for (u32 i = 0; i < n; i++)
            if (!a[i])
                a[i] = 'x';
        a[n] = 0;
        copy(b, a);
        b[n / 2] ^= (char)(round & 1);
        sum = sum * 31 + length(b) + (u32)compare(a, b);
    }
    return finish("string", sum, 0x4c979717);
}
