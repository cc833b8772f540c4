/* The fast way through fast-forwarding: compiled code where the guest is hot,
 * the reference CPU everywhere else.  What comes of it is what cpu_run() alone
 * would have computed: an instruction is a cycle, whoever executes it. */
#ifndef SELKIRK_MORPH_FORWARDER_H
#define SELKIRK_MORPH_FORWARDER_H

#include "base/config.h"
#include "base/hostprofile.h"
#include "frontend/cpu.h"
#include "hwmodel/mem/bus.h"
#include "hwmodel/vliw/engine.h"

typedef struct Forwarder Forwarder;

/* For `cpu`, whose code it shares and of whose mappings it hears until it is
 * destroyed; of `config` only the keys engine.* count.  All are borrowed.
 * NULL: there is no compiler, or it is not to be used. */
Forwarder *forwarder_create(const Config *config, const CpuConfig *cpu_config,
                            Cpu *cpu, Bus *bus);
/* Ends its threads. */
void forwarder_destroy(Forwarder *forwarder);
/* Likewise, and leaves the rest to the end of the process. */
void forwarder_close(Forwarder *forwarder);

/* After cpu_reset(). */
void forwarder_reset(Forwarder *forwarder);

/* Another one is about to run the guest, and has run it. */
void forwarder_leave(Forwarder *forwarder);
void forwarder_enter(Forwarder *forwarder);

/* As cpu_run(), cpu_set_deadline() and cpu_stop(). */
void forwarder_run(Forwarder *forwarder, uint64_t deadline);
void forwarder_set_deadline(Forwarder *forwarder, uint64_t deadline);
void forwarder_stop(Forwarder *forwarder);

/* What its engine did, on the host. */
EngineReport forwarder_report(const Forwarder *forwarder);

void forwarder_set_host_profile(Forwarder *forwarder, HostProfile *profile);

#endif
