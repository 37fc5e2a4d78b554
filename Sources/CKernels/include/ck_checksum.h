// CRC-32, the checksum of zip archives. `isa` is one that the processor has.
#ifndef CK_CHECKSUM_H
#define CK_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

#include "ckernels.h"

// Replaces the first bytes by 16 others, so that the checksum of all that was summed up before, which is `checksum`, and of
// these bytes is that of the 16 alone, begun with a register of 0. Returns how many it replaces: 0 where the instruction
// set has no way to do so, or there are too few.
ptrdiff_t ck_fold_crc32(ck_isa isa, uint32_t checksum, const uint8_t *bytes, ptrdiff_t count, uint8_t folded[16]);

#endif
