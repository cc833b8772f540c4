/* The on-chip timer of MIPS-161, the processor of System/161 2.x.  It is a
 * device so that its clock is the machine's; MFC0 and MTC0 reach it. */
#ifndef SELKIRK_HWMODEL_DEV_MIPS161_TIMER_H
#define SELKIRK_HWMODEL_DEV_MIPS161_TIMER_H

#include "hwmodel/dev/device.h"

extern const DeviceClass mips161_timer_class;

Device *mips161_timer_create(EventQueue *events, Line irq);

#endif
