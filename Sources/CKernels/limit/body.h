// CK_SUMS independent chains of multiply-adds, more than the processor has under way at once; a step is CK_LANES of them.
//
// Expects CK_NAME, CK_SUM and CK_OPERAND (vector types), CK_STEP(sum, x, y), CK_LANES, CK_SUMS, and CK_REGISTER: the
// constraint of a register that holds an operand.
void CK_NAME(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    (void)parameters;
    CK_OPERAND x, y;
    CK_SUM sums[CK_SUMS] = {};
    memcpy(&x, buffers[0], sizeof x);
    memcpy(&y, buffers[0], sizeof y);
    for (ptrdiff_t unit = begin; unit < end; unit++)
        for (int i = 0; i < CK_LIMIT_OPERATIONS / (CK_SUMS * CK_LANES); i++) {
            // Products that could be new ones each time are not computed ahead of the loop.
            __asm__ volatile("" : "+" CK_REGISTER(x), "+" CK_REGISTER(y));
#pragma clang loop unroll(full)
            for (int s = 0; s < CK_SUMS; s++) sums[s] = CK_STEP(sums[s], x, y);
        }
    for (int s = 1; s < CK_SUMS; s++) sums[0] += sums[s];
    memcpy(buffers[1], &sums[0], sizeof sums[0]);
}

#undef CK_NAME
#undef CK_SUM
#undef CK_OPERAND
#undef CK_STEP
#undef CK_LANES
#undef CK_SUMS
#undef CK_REGISTER
