/* Unit tests of base: bits, hashes, allocation and diagnostics. */
#include "base/alloc.h"
#include "base/bits.h"
#include "base/diag.h"
#include "base/hash.h"
#include "tests/support/fatal.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Bits and hashes */

static void test_bits_fields(void **state)
{
    (void)state;
    assert_int_equal(bits_get(0xdeadbeef, 0, 8), 0xef);
    assert_int_equal(bits_get(0xdeadbeef, 28, 4), 0xd);
    assert_int_equal(bits_get(0xdeadbeef, 31, 1), 1);
    assert_int_equal(bits_get(0xdeadbeef, 1, 31), 0x6f56df77);
    assert_int_equal(bits_sext8(0x7f), 0x7f);
    assert_int_equal(bits_sext8(0xffffff80), 0xffffff80);
    assert_int_equal(bits_sext8(0x1280), 0xffffff80);
    assert_int_equal(bits_sext16(0x7fff), 0x7fff);
    assert_int_equal(bits_sext16(0x8000), 0xffff8000);
    assert_int_equal(bits_sext16(0xabcd0001), 1);
}

static void test_bits_byte_order(void **state)
{
    (void)state;
    uint8_t bytes[8] = {0};
    for (size_t i = 0; i < 4; i++) { /* aligned and not */
        bits_store32(bytes + i, 0x01020304, true);
        assert_memory_equal(bytes + i, "\x01\x02\x03\x04", 4);
        assert_int_equal(bits_load32(bytes + i, true), 0x01020304);
        assert_int_equal(bits_load32(bytes + i, false), 0x04030201);
        bits_store32(bytes + i, 0x81020304, false);
        assert_memory_equal(bytes + i, "\x04\x03\x02\x81", 4);
        assert_int_equal(bits_load32(bytes + i, false), 0x81020304);
        bits_store16(bytes + i, 0xffff8102, true); /* the low half alone */
        assert_memory_equal(bytes + i, "\x81\x02\x02\x81", 4);
        assert_int_equal(bits_load16(bytes + i, true), 0x8102);
        assert_int_equal(bits_load16(bytes + i, false), 0x0281);
        bits_store16(bytes + i, 0x8102, false);
        assert_memory_equal(bytes + i, "\x02\x81\x02\x81", 4);
    }
}

/* Every byte tells, wherever it stands, and so does the length. */
static void test_hash(void **state)
{
    (void)state;
    uint8_t bytes[24] = {0};
    uint64_t hashes[25];
    for (size_t size = 0; size <= sizeof bytes; size++) {
        uint64_t hash = hashes[size] = hash_bytes(HASH_START, bytes, size);
        for (size_t i = 0; i < size; i++) {
            assert_true(hash != hashes[i]);
            for (unsigned bit = 0; bit < 8; bit++) {
                bytes[i] = (uint8_t)(1u << bit);
                assert_true(hash_bytes(HASH_START, bytes, size) != hash);
            }
            bytes[i] = 0;
        }
    }
    assert_true(hashes[0] == HASH_START);
    assert_true(hash_bytes(hashes[8], bytes, 16) == hashes[24]);
    assert_true(hash_u64(HASH_START, 0x0807060504030201) ==
                hash_bytes(HASH_START, "\1\2\3\4\5\6\7\10", 8));
    assert_true(hash_bytes(HASH_START, "foobar", 6) ==
                hash_u64(HASH_START, 0x06007261626f6f66));
    assert_true(hash_u64(HASH_START, 1) == 0x5a8419103ebe48e4);
}

/* Allocation */

static void allocate_too_much(void)
{
    free(alloc_resize(NULL, SIZE_MAX / 2, 16));
}

static void test_alloc(void **state)
{
    (void)state;
    uint8_t *bytes = alloc_zeroed(1000, 3);
    for (size_t i = 0; i < 3000; i++)
        assert_int_equal(bytes[i], 0);
    memset(bytes, 0x5a, 3000);
    bytes = alloc_resize(bytes, 50000, 4);
    for (size_t i = 0; i < 3000; i++)
        assert_int_equal(bytes[i], 0x5a);
    bytes[199999] = 1;
    bytes = alloc_resize(bytes, 0, 4); /* an empty array is still one */
    assert_non_null(bytes);
    free(bytes);

    void *none = alloc_zeroed(0, 8);
    assert_non_null(none);
    free(none);

    char text[] = "text";
    char *copy = alloc_string(text);
    text[0] = 'n';
    assert_string_equal(copy, "text");
    free(copy);

    /* Around the size of a large page, and no whole number of pages. */
    static const size_t sizes[] = {1, 4096, 2097151, 2097152, 5000001};
    for (unsigned i = 0; i < ARRAY_LEN(sizes); i++) {
        uint8_t *memory = alloc_large(sizes[i]);
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal(memory[k], 0);
        memset(memory, 0xff, sizes[i]);
        alloc_free_large(memory, sizes[i]);
    }

    assert_true(is_fatal(allocate_too_much));
}

/* Diagnostics */

static void test_diag(void **state)
{
    (void)state;
    Diag diag = {""};
    assert_false(diag_error(&diag, "%s:%d: bad", "a\033[2J\n\r\t\177b", 3));
    assert_string_equal(diag.text, "a?[2J????b:3: bad");
    assert_false(diag_error(&diag, "a consequence"));
    assert_string_equal(diag.text, "a?[2J????b:3: bad");

    char text[2 * DIAG_TEXT_MAX];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    diag = (Diag){""};
    assert_false(diag_error(&diag, "%s", text));
    assert_int_equal(strlen(diag.text), DIAG_TEXT_MAX - 1);

    diag = (Diag){""};
    diag_error(&diag, "%s", "naïve"); /* other scripts stay */
    assert_string_equal(diag.text, "naïve");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bits_fields),
        cmocka_unit_test(test_bits_byte_order),
        cmocka_unit_test(test_hash),
        cmocka_unit_test(test_alloc),
        cmocka_unit_test(test_diag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
