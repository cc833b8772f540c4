/* What the workloads work on, made up by a generator: the same bytes
   everywhere, as all of it is integers.
   Usage: inputs text|image|sound|formula SIZE >FILE */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Random {
    uint64_t state;
} Random;

/* Marsaglia's xorshift64* (Vigna 2016): the upper half of its product. */
static uint32_t random_next(Random *random)
{
    uint64_t x = random->state;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    random->state = x;
    return (uint32_t)((x * 0x2545f4914f6cdd1d) >> 32);
}

/* A number below a limit. */
static uint32_t random_below(Random *random, uint32_t limit)
{
    return (uint32_t)(((uint64_t)random_next(random) * limit) >> 32);
}

/* --- Text ---------------------------------------------------------------- */

enum { WORDS = 4096, WORD_SIZE = 20, LINE_SIZE = 512 };

static void make_word(Random *random, char *word)
{
    static const char *const begins[] = {"b",  "c",  "d", "f",  "g", "h",
                                         "l",  "m",  "n", "p",  "r", "s",
                                         "st", "tr", "t", "ch", "v", "w"};
    static const char *const middles[] = {"a", "e", "i", "o", "u", "ea", "ou"};
    static const char *const ends[] = {"", "", "", "n", "r", "s", "t", "ng"};
    uint32_t syllables = 1 + random_below(random, 3);

    word[0] = '\0';
    for (uint32_t i = 0; i < syllables; i++) {
        strcat(word, begins[random_below(random, 18)]);
        strcat(word, middles[random_below(random, 7)]);
        strcat(word, ends[random_below(random, 8)]);
    }
}

/* Words, of which few are common and most are rare: word r about as often as
   1/r, as in languages.  Some numbers, punctuation, lines of 30 to 90 bytes;
   and here and there one that came before, as in any real file. */
static void write_text(Random *random, uint32_t bytes)
{
    static char words[WORDS][WORD_SIZE];
    char line[LINE_SIZE], former[LINE_SIZE] = "";
    uint32_t left = bytes;

    for (int i = 0; i < WORDS; i++)
        make_word(random, words[i]);
    while (left > 0) {
        uint32_t wanted = 30 + random_below(random, 60);
        uint32_t length = 0;

        while (length < wanted) {
            uint32_t octave = 1u << random_below(random, 13);
            uint32_t rank = (octave - 1 + random_below(random, octave)) % WORDS;
            uint32_t kind = random_below(random, 24);
            const char *after = kind == 0 ? "," : kind == 1 ? "." : "";

            if (kind == 2)
                length += (uint32_t)sprintf(line + length, "%u ",
                                            random_below(random, 100000));
            else
                length += (uint32_t)sprintf(line + length, "%s%s ", words[rank],
                                            after);
        }
        line[length - 1] = '\n';
        if (random_below(random, 8) == 0)
            strcpy(former, line);
        else if (random_below(random, 12) == 0 && former[0])
            length = (uint32_t)strlen(strcpy(line, former));
        if (length > left)
            length = left;
        fwrite(line, 1, length, stdout);
        left -= length;
    }
}

/* --- Image --------------------------------------------------------------- */

static uint8_t clamp(int32_t value)
{
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/* A square PPM: slopes of colour, discs with sharp rims, noise. */
static void write_image(Random *random, uint32_t size)
{
    enum { DISCS = 24 };
    struct {
        int32_t x, y, radius, colour[3];
    } discs[DISCS];
    int32_t side = (int32_t)size;

    for (int i = 0; i < DISCS; i++) {
        discs[i].x = (int32_t)random_below(random, size);
        discs[i].y = (int32_t)random_below(random, size);
        discs[i].radius = (int32_t)random_below(random, size / 5 + 1);
        for (int c = 0; c < 3; c++)
            discs[i].colour[c] = (int32_t)random_below(random, 256);
    }
    printf("P6\n%u %u\n255\n", size, size);
    for (int32_t y = 0; y < side; y++) {
        for (int32_t x = 0; x < side; x++) {
            int32_t colour[3] = {255 * x / side, 255 * y / side,
                                 128 + 127 * (x - y) / side};

            for (int i = 0; i < DISCS; i++) {
                int32_t dx = x - discs[i].x, dy = y - discs[i].y;

                if (dx * dx + dy * dy > discs[i].radius * discs[i].radius)
                    continue;
                for (int c = 0; c < 3; c++)
                    colour[c] = (colour[c] + discs[i].colour[c]) / 2;
            }
            for (int c = 0; c < 3; c++) {
                int32_t noise = (int32_t)random_below(random, 17) - 8;

                putchar(clamp(colour[c] + noise));
            }
        }
    }
}

/* --- Sound --------------------------------------------------------------- */

static void put_little(uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        putchar((int)(value >> 8 * i & 255));
}

/* A triangle wave: 2^32 of phase are a period. */
static int32_t triangle(uint32_t phase)
{
    int32_t half = (int32_t)(phase >> 16) - 32768;

    return (half < 0 ? -half : half) - 16384;
}

/* A WAV of one channel, 44100 Hz, 16 bits: chords of three triangle waves that
   change four times a second and fade, and noise. */
static void write_sound(Random *random, uint32_t samples)
{
    uint32_t phase[3] = {0}, step[3] = {0};

    fputs("RIFF", stdout);
    put_little(36 + samples * 2, 4);
    fputs("WAVEfmt ", stdout);
    put_little(16, 4);
    put_little(1, 2); /* PCM */
    put_little(1, 2);
    put_little(44100, 4);
    put_little(44100 * 2, 4);
    put_little(2, 2);
    put_little(16, 2);
    fputs("data", stdout);
    put_little(samples * 2, 4);
    for (uint32_t i = 0; i < samples; i++) {
        uint32_t position = i % 11025;
        int32_t sum = 0;

        for (int v = 0; v < 3; v++) {
            if (position == 0) /* 100 to 2100 Hz */
                step[v] = (100 + random_below(random, 2000)) * 97391u;
            phase[v] += step[v];
            sum += triangle(phase[v]) / 3;
        }
        sum = sum * (int32_t)(11025 - position) / 11025;
        sum += (int32_t)random_below(random, 256) - 128;
        put_little((uint32_t)sum & 0xffff, 2);
    }
}

/* --- Formula ------------------------------------------------------------- */

static int is_among(const uint32_t *numbers, int count, uint32_t wanted)
{
    for (int i = 0; i < count; i++)
        if (numbers[i] == wanted)
            return 1;
    return 0;
}

/* Random 3-SAT in DIMACS form, with 4.26 clauses a variable, which is where
   such formulas are hardest. */
static void write_formula(Random *random, uint32_t variables)
{
    uint32_t clauses = variables * 426 / 100;

    printf("p cnf %u %u\n", variables, clauses);
    for (uint32_t i = 0; i < clauses; i++) {
        uint32_t chosen[3];

        for (int k = 0; k < 3; k++)
            do
                chosen[k] = 1 + random_below(random, variables);
            while (is_among(chosen, k, chosen[k]));
        for (int k = 0; k < 3; k++)
            printf("%s%u ", random_below(random, 2) ? "-" : "", chosen[k]);
        puts("0");
    }
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*write)(Random *random, uint32_t size);
    } kinds[] = {
        {"text", write_text},
        {"image", write_image},
        {"sound", write_sound},
        {"formula", write_formula},
    };
    Random random = {0x9e3779b97f4a7c15};
    long size = argc == 3 ? strtol(argv[2], NULL, 10) : 0;

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (size < 3 || size > 1 << 24 || strcmp(argv[1], kinds[i].name) != 0)
            continue;
        kinds[i].write(&random, (uint32_t)size);
        return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
    }
    fputs("usage: inputs text|image|sound|formula SIZE >FILE\n", stderr);
    return 2;
}
