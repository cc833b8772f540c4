/* The description of the R3000 from its keys. */
#include "hwmodel/r3000/desc.h"

R3000Desc r3000_desc_read(const Config *config)
{
#define INT(key) ((unsigned)config_int(config, CONFIG_##key))
    return (R3000Desc){
        .icache = INT(CPU_ICACHE),
        .dcache = INT(CPU_DCACHE),
        .irefill = INT(R3000_IREFILL),
        .drefill = INT(R3000_DREFILL),
        .read = INT(R3000_READ),
        .read_word = INT(R3000_READ_WORD),
        .uncached = INT(R3000_UNCACHED),
        .write_buffer = INT(R3000_WRITE_BUFFER),
        .write = INT(R3000_WRITE),
        .write_page = INT(R3000_WRITE_PAGE),
        .row = INT(R3000_ROW),
        .overtake = config_bool(config, CONFIG_R3000_OVERTAKE),
        .partial_store = INT(R3000_PARTIAL_STORE),
        .utlb = INT(R3000_UTLB),
        .utlb_miss = INT(R3000_UTLB_MISS),
        .exception = INT(R3000_EXCEPTION),
        .latency =
            {
#define LATENCY(id, unit) [R3000_LATENCY_##id] = INT(R3000_LATENCY_##id),
#include "hwmodel/r3000/latency.def"
#undef LATENCY
            },
    };
#undef INT
}
