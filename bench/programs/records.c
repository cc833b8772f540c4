/* Records, pointers, switches and small calls, in the manner of Dhrystone. */
#include "bare.h"

typedef struct Record {
    struct Record *next;
    u32 kind, value;
    char text[20];
} Record;

static Record pool[64];

static __attribute__((noinline)) u32 classify(u32 x)
{
    switch (x % 7) {
    case 0: return 3;
    case 1: return x >> 3;
    case 2: return x & 0xff;
    case 3: return 1;
    case 4: return x ^ 0x55;
    case 5: return 9;
    default: return x;
    }
}

static __attribute__((noinline)) void update(Record *r, u32 k)
{
    Record copy = *r;
    copy.kind = classify(copy.value + k);
    copy.value = copy.value * 5 + copy.kind;
    copy.text[k % 20] = (char)copy.kind;
    *r = copy;
    r->next->value ^= copy.value >> 7;
}

int main(void)
{
    for (u32 i = 0; i < 64; i++) {
        pool[i].next = &pool[(i * 37 + 1) % 64];
        pool[i].value = i * 0x9e3779b9u;
    }
    Record *r = pool;
    for (u32 k = 0; k < 1000000; k++) {
        update(r, k);
        r = r->next;
    }
    u32 sum = 0;
    for (u32 i = 0; i < 64; i++)
        sum = sum * 31 + pool[i].value + (u8)pool[i].text[i % 20];
    return finish("records", sum, 0x751fb1aa);
}
