/* What the modelled R3000 is made of: the keys [r3000], and the sizes of its
 * caches (cpu.icache, cpu.dcache), which software sees too. */
#ifndef SELKIRK_HWMODEL_R3000_DESC_H
#define SELKIRK_HWMODEL_R3000_DESC_H

#include "base/config.h"

typedef enum R3000Latency {
#define LATENCY(id, unit) R3000_LATENCY_##id,
#include "hwmodel/r3000/latency.def"
#undef LATENCY
    R3000_LATENCIES
} R3000Latency;

/* Times in cycles. */
typedef struct R3000Desc {
    uint32_t icache, dcache;   /* bytes */
    uint32_t irefill, drefill; /* words read on a miss */
    unsigned read;             /* the first word from memory */
    unsigned read_word;        /* each further one of a refill */
    unsigned uncached;         /* a fetch or load past the caches */
    unsigned write_buffer;     /* writes */
    unsigned write;            /* a write that memory takes */
    unsigned write_page;       /* and one in the row of the write before */
    uint32_t row;              /* bytes of memory that are one */
    bool overtake;             /* reads go before buffered writes */
    unsigned partial_store;    /* a cached store of less than a word */
    unsigned utlb;             /* pages; 0: no micro-TLB */
    unsigned utlb_miss;
    unsigned exception;
    unsigned latency[R3000_LATENCIES]; /* from issue to the result's use */
} R3000Desc;

R3000Desc r3000_desc_read(const Config *config);

#endif
