/* Look-up in a device's register table; see device.h. */
#include "hwmodel/dev/device.h"

const DeviceReg *device_reg(const DeviceClass *cls, uint32_t offset)
{
    for (size_t i = 0; i < cls->reg_count; i++) {
        const DeviceReg *reg = &cls->regs[i];
        if (offset >= reg->offset && offset - reg->offset < reg->bytes)
            return reg;
    }
    return NULL;
}
