/* CRC-32 by table over a buffer: loads, shifts, a dependent chain. */
#include "bare.h"

static u32 table[256];
static u8 buffer[65536];

int main(void)
{
    for (u32 i = 0; i < 256; i++) {
        u32 c = i;
        for (int k = 0; k < 8; k++)
            c = c & 1 ? 0xedb88320u ^ (c >> 1) : c >> 1;
        table[i] = c;
    }
    u32 seed = 1;
    for (u32 i = 0; i < sizeof buffer; i++)
        buffer[i] = (u8)(next_random(&seed) >> 16);
    u32 crc = ~0u;
    for (int round = 0; round < 150; round++)
        for (u32 i = 0; i < sizeof buffer; i++)
            crc = table[(crc ^ buffer[i]) & 0xff] ^ (crc >> 8);
    return finish("crc32", ~crc, 0x911de7af);
}
