/* The hazards of MIPS I; see hazard.h. */
#include "tests/random/hazard.h"

#include "base/bits.h"

static uint32_t bit(unsigned reg)
{
    return 1u << reg;
}

/* Sets of registers: bit n is register n, register zero left out. */
static uint32_t gprs_read(Insn in)
{
    uint32_t rs = bit(in.rs), rt = bit(in.rt), set = 0;
    switch (insn_info(in.op)->format) {
    case INSN_FORMAT_RD_RS_RT:
    case INSN_FORMAT_RD_RT_RS:
    case INSN_FORMAT_RS_RT:
    case INSN_FORMAT_RS_RT_BRANCH: set = rs | rt; break;
    case INSN_FORMAT_RD_RT_SA: set = rt; break;
    case INSN_FORMAT_RS:
    case INSN_FORMAT_RD_RS:
    case INSN_FORMAT_RT_RS_SIMM:
    case INSN_FORMAT_RT_RS_ZIMM:
    case INSN_FORMAT_RS_BRANCH:
    case INSN_FORMAT_FT_MEM:
    case INSN_FORMAT_CT_MEM: set = rs; break;
    case INSN_FORMAT_RT_MEM:
        set = insn_info(in.op)->cls == INSN_CLASS_STORE ? rs | rt : rs;
        break;
    default: break;
    }
    if (in.op == INSN_MTC0 || in.op == INSN_MTC1 || in.op == INSN_CTC1)
        set = rt;
    return set & ~1u;
}

static uint32_t gprs_loaded(Insn in)
{
    bool load = insn_info(in.op)->cls == INSN_CLASS_LOAD ||
                in.op == INSN_MFC0 || in.op == INSN_MFC1 || in.op == INSN_CFC1;
    return load ? bit(in.rt) & ~1u : 0;
}

static uint32_t fprs_read(Insn in, uint32_t word)
{
    enum { FMT_D = 17 };
    uint32_t set = 0;
    switch (insn_info(in.op)->format) {
    case INSN_FORMAT_FD_FS_FT:
    case INSN_FORMAT_FS_FT: set = bit(in.rs) | bit(in.rt); break;
    case INSN_FORMAT_FD_FS: set = bit(in.rs); break;
    default: break;
    }
    if (bits_get(word, 21, 5) == FMT_D)
        set |= set << 1; /* the odd register of the pair */
    if (in.op == INSN_MFC1)
        set = bit(in.rd);
    if (in.op == INSN_SWC1)
        set = bit(in.rt);
    return set;
}

static uint32_t fprs_loaded(Insn in)
{
    return in.op == INSN_LWC1   ? bit(in.rt)
           : in.op == INSN_MTC1 ? bit(in.rd)
                                : 0;
}

static bool uses_fcr31(Insn in)
{
    InsnClass cls = insn_info(in.op)->cls;
    return cls == INSN_CLASS_FP || cls == INSN_CLASS_FCOMP ||
           in.op == INSN_CFC1 || in.op == INSN_CTC1 || in.op == INSN_BC1F ||
           in.op == INSN_BC1T;
}

static bool reads_hilo(Insn in)
{
    return in.op == INSN_MFHI || in.op == INSN_MFLO;
}

static bool writes_hilo(Insn in)
{
    return insn_info(in.op)->cls == INSN_CLASS_MULDIV || in.op == INSN_MTHI ||
           in.op == INSN_MTLO;
}

bool hazard_between(uint32_t before, uint32_t last, uint32_t next)
{
    Insn b = insn_decode(before), l = insn_decode(last), n = insn_decode(next);
    if (gprs_loaded(l) & gprs_read(n))
        return true;
    if (fprs_loaded(l) & fprs_read(n, next))
        return true;
    if (insn_info(l.op)->cls == INSN_CLASS_FCOMP &&
        (n.op == INSN_BC1F || n.op == INSN_BC1T))
        return true;
    if (l.op == INSN_CTC1 && uses_fcr31(n))
        return true;
    return (reads_hilo(b) || reads_hilo(l)) && writes_hilo(n);
}
