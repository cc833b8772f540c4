/*
 * bench: work whose results do not depend on the machine, so that machines can
 * be compared by them and by the time they take.
 *
 * bench [ROUNDS [STEPS]]: ROUNDS of integer work on records and strings, a
 * sort, a CRC and 64-bit divisions of a fixed size, STEPS of floating point
 * (both 20000 unless given). Each part prints its checksum and CPU time.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    RING_SIZE = 32,   /* records: 1.5 KB */
    WORD_COUNT = 4096 /* sorted and summed: 16 KB */
};

typedef enum { KIND_ADD, KIND_MULTIPLY, KIND_DIVIDE, KIND_RENAME } Kind;

typedef struct Record Record;

struct Record {
    Record *next;
    Kind kind;
    uint32_t key;
    int32_t value;
    char name[32];
};

/* CPU time since the previous call, in milliseconds. */
static long take_lap(clock_t *lap)
{
    clock_t now = clock();
    long ms = (long)((now - *lap) * 1000.0 / CLOCKS_PER_SEC);

    *lap = now;
    return ms;
}

static uint32_t step_random(uint32_t x)
{
    return x * 1103515245u + 12345u;
}

/* Kept out of line, as calls are part of what is measured. */
static __attribute__((noinline)) int32_t combine(const Record *a,
                                                 const Record *b)
{
    switch (a->kind) {
    case KIND_ADD: return (int32_t)((uint32_t)a->value + b->key);
    case KIND_MULTIPLY: return (int32_t)((uint32_t)a->value * (b->key | 1));
    case KIND_DIVIDE: return a->value / (int32_t)(b->key % 1000 + 1);
    case KIND_RENAME: return strcmp(a->name, b->name) < 0 ? 1 : -1;
    }
    return 0;
}

static __attribute__((noinline)) void rename_record(Record *record,
                                                    uint32_t seed)
{
    for (int i = 8; i < 16; i++) {
        record->name[i] = (char)('A' + seed % 26);
        seed /= 5;
    }
}

static uint32_t run_records(int rounds)
{
    static Record ring[RING_SIZE];
    uint32_t seed = 1;
    uint32_t checksum = 0;

    for (int i = 0; i < RING_SIZE; i++) {
        seed = step_random(seed);
        ring[i].next = &ring[(i * 5 + 1) % RING_SIZE];
        ring[i].kind = (Kind)(i % 4);
        ring[i].key = seed >> 8;
        ring[i].value = i;
        strcpy(ring[i].name, "RECORD: ........ OF THE RING");
    }

    Record *at = ring;

    for (int i = 0; i < rounds; i++) {
        Record *next = at->next;
        Record copy = *next;

        seed = step_random(seed);
        if (at->kind == KIND_RENAME)
            rename_record(at, seed);
        copy.value = combine(at, next);
        copy.key ^= seed >> 16;
        *next = copy;
        checksum = checksum * 31 + (uint32_t)copy.value;
        at = next;
    }
    return checksum;
}

static void sort_words(uint32_t *words, int count)
{
    for (int gap = count / 2; gap > 0; gap /= 2) {
        for (int i = gap; i < count; i++) {
            uint32_t word = words[i];
            int j = i;

            for (; j >= gap && words[j - gap] > word; j -= gap)
                words[j] = words[j - gap];
            words[j] = word;
        }
    }
}

/* CRC-32 (polynomial 0xedb88320, reflected), a bit at a time. */
static uint32_t sum_words(const uint32_t *words, int count)
{
    uint32_t crc = ~0u;

    for (int i = 0; i < count; i++) {
        for (int bit = 0; bit < 32; bit++) {
            uint32_t out = (crc ^ (words[i] >> bit)) & 1;

            crc >>= 1;
            if (out)
                crc ^= 0xedb88320u;
        }
    }
    return ~crc;
}

static uint64_t run_divisions(void)
{
    uint64_t sum = 0;

    for (uint32_t i = 1; i < 2000; i++)
        sum += (0xfedcba9876543210u + i * 7919u) / (i * 3 + 1) % 1000003;
    return sum;
}

/* The logistic map in double, a running product in float. */
static void run_floats(int steps, double *sum, float *product)
{
    double y = 0.5;

    *sum = 0;
    *product = 1;
    for (int i = 1; i <= steps; i++) {
        y = y * 3.7 * (1.0 - y);
        *sum += y / (double)i;
        *product = *product * 1.0001f + (float)y;
        if (*product > 1e6f)
            *product /= 1e6f;
    }
}

static int parse_count(const char *text)
{
    char *end;
    long count = strtol(text, &end, 10);

    if (end == text || *end != '\0' || count < 1 || count > 1000000000) {
        fprintf(stderr,
                "bench: '%s': give a count from 1 to 1000000000: "
                "bench [ROUNDS [STEPS]]\n",
                text);
        exit(2);
    }
    return (int)count;
}

int main(int argc, char **argv)
{
    static uint32_t words[WORD_COUNT];
    int rounds = argc > 1 ? parse_count(argv[1]) : 20000;
    int steps = argc > 2 ? parse_count(argv[2]) : 20000;
    clock_t lap = clock();

    uint32_t records = run_records(rounds);
    printf("int: %d rounds, checksum %08x, %ld ms\n", rounds, records,
           take_lap(&lap));

    uint32_t seed = 12345;

    for (int i = 0; i < WORD_COUNT; i++)
        words[i] = seed = step_random(seed);
    sort_words(words, WORD_COUNT);
    uint32_t crc = sum_words(words, WORD_COUNT);
    printf("sort, crc: %d words, checksum %08x, %ld ms\n", WORD_COUNT, crc,
           take_lap(&lap));

    uint64_t divisions = run_divisions();
    printf("div64: checksum %016llx, %ld ms\n", (unsigned long long)divisions,
           take_lap(&lap));

    double sum;
    float product;
    uint64_t sum_bits;
    uint32_t product_bits;

    run_floats(steps, &sum, &product);
    memcpy(&sum_bits, &sum, sizeof sum_bits);
    memcpy(&product_bits, &product, sizeof product_bits);
    printf("fp: %d steps, sum %.15g (%016llx), product %g (%08x), %ld ms\n",
           steps, sum, (unsigned long long)sum_bits, product, product_bits,
           take_lap(&lap));
    return 0;
}
