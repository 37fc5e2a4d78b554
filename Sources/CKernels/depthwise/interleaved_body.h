// Depthwise convolution of bytes, one output channel for each of the input's. Bytes of four input rows are brought side
// by side, so that one dot product does four taps of 16 neighbouring lanes. A lane is a channel of a pixel. Two output
// rows share the interleaved rows where windows overlap.
//
// The columns of a stride are kept apart (column mod stride), so that the lanes of one tap lie side by side for all
// output pixels.
//
// The including file gives what depends on the instruction set:
//   CK_NAME              names what others see
//   CK_VECTORS(rows)     vectors of 16 lanes at a time for so many output rows: 2 or 4
//   interleave_many      some whole vectors of a run, and how many lanes they are
//   accumulate           adds the products of all steps
//   CK_COLUMNS_KERNEL    if defined, the kernel for windows that go by columns
//   CK_DIRECT, CK_DIRECT_HYBRID   the kernels for windows that have no plan
//   what gemm/int8_body.h has of sums and bytes
#include "../numeric/hybrid.h"
#include "../numeric/store_bytes.h"

// Vectors reach beyond the end of what they are meant for.
#define BAND_SLACK 256

// A slice of channels of one call.
typedef struct {
    const ck_conv *p;
    const ck_depthwise_plan *plan;
    // The slice's first channel, their count, and the first phase and one past the last.
    ptrdiff_t first, channels, phase, last_phase;
    uint8_t flip, fill;
    // Of the image, if results are real numbers.
    const ck_batch_quantization *found;
    _Alignas(64) uint8_t band[CK_BAND_BYTES + BAND_SLACK];
} depthwise;

CK_INLINE ptrdiff_t at_most(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }

// `lanes` lanes of four rows, whole vectors of 16 of them. A row with the move 0 is the same everywhere.
CK_INLINE void interleave(
    const uint8_t *const *rows, const ptrdiff_t *moves, uint8_t flip, ptrdiff_t lanes, uint8_t *y) {
    for (ptrdiff_t at = interleave_many(rows, moves, flip, lanes, y); at < lanes; at += 16)
        interleave_16(rows, at, moves, flip, y + at * 4);
}

// Interleaves the input for output pixels from `pixel` on.
static void fill_band(depthwise *d, const uint8_t *image, ptrdiff_t iy, ptrdiff_t pixel, ptrdiff_t pixels) {
    const ck_conv *p = d->p;
    const ck_depthwise_plan *plan = d->plan;
    uint8_t fill[64];
    memset(fill, d->fill, sizeof fill);
    ptrdiff_t spacing = plan->spacing, pitch = plan->pitch, line = p->input_width * p->input_channels;
    ptrdiff_t lanes = plan->is_flat ? d->channels : (d->last_phase - d->phase) * CK_BLOCK;
    ptrdiff_t columns = (pixels - 1) * p->stride_width + (p->kernel_width - 1) * p->dilation_width + 1;
    for (ptrdiff_t group = 0; group < plan->groups; group++) {
        const uint8_t *rows[4];
        ptrdiff_t moves[4];
        for (ptrdiff_t i = 0; i < 4; i++) {
            ptrdiff_t y = iy + (group * 4 + i) * p->dilation_height;
            int is_inside = y >= 0 && y < p->input_height;
            rows[i] = is_inside ? image + y * line + d->first : fill;
            moves[i] = is_inside ? -1 : 0;
        }
        for (ptrdiff_t plane = 0; plane < plan->planes; plane++) {
            uint8_t *to = d->band + (group * plan->planes + plane) * plan->plane_bytes;
            // Columns start + i · spacing.
            ptrdiff_t start = pixel * p->stride_width - p->pad_left + plane;
            ptrdiff_t count = (columns - plane + spacing - 1) / spacing;
            ptrdiff_t before = start < 0 ? at_most(count, (-start + spacing - 1) / spacing) : 0;
            ptrdiff_t inside = p->input_width > start ? (p->input_width - start + spacing - 1) / spacing : 0;
            ptrdiff_t after = at_most(inside, count);
            if (after < before) after = before;
            memset(to, d->fill ^ d->flip, (size_t)(before * pitch * 4));
            // Pixels that follow each other are one run.
            int is_run = spacing == 1 && pitch == p->input_channels;
            ptrdiff_t step = is_run ? after - before : 1;
            for (ptrdiff_t i = before; i < after; i += step) {
                const uint8_t *from[4];
                ptrdiff_t at = (start + i * spacing) * p->input_channels;
                for (int r = 0; r < 4; r++) from[r] = rows[r] + (at & moves[r]);
                interleave(from, moves, d->flip, is_run ? step * pitch : lanes, to + i * pitch * 4);
            }
            memset(to + after * pitch * 4, d->fill ^ d->flip, (size_t)((count - after) * pitch * 4));
        }
    }
}

// Where the vectors of one phase are.
typedef struct {
    // The phase's first lane in the band, and lanes from one vector to the next.
    ptrdiff_t lane, step_in;
    // Where results go, and how many from one vector to the next; steps over results of more than a byte go further.
    int8_t *y;
    ptrdiff_t row_step, step_out;
    // How many vectors there are; how many lanes of each are results, and of the last one.
    ptrdiff_t count, each, last;
    ptrdiff_t stored_rows;
} run;

// Real numbers of the sums of vectors for one output row.
CK_INLINE void store_real_row(
    const depthwise *d, const ck_lanes *lanes, const run *run, ptrdiff_t i, ptrdiff_t row, const ck_sums *sums,
    const int vectors) {
    float *to = (float *)run->y + row * run->row_step + i * run->step_out;
    int32_t zero_point = (int32_t)((uint32_t)d->found->zero_point + CK_BYTE_OFFSET);
#pragma clang loop unroll(full)
    for (int q = 0; q < vectors; q++) {
        ck_i32x16 integers;
        memcpy(&integers, &sums[q], sizeof integers);
        ck_store_hybrid(
            to + q * run->step_out, integers, d->found->scale, zero_point, lanes->factor, lanes->multiplier,
            lanes->rest, d->p->minimum, d->p->maximum, i + q + 1 == run->count ? run->last : run->each);
    }
}

// The vectors [i, i + vectors) of a phase.
CK_INLINE void compute(
    const depthwise *d, ptrdiff_t phase, const run *run, ptrdiff_t i, const int vectors, const int rows,
    const ck_rounding rounding, const ck_common_output *common) {
    const ck_depthwise_plan *plan = d->plan;
    const ck_lanes *lanes = (const ck_lanes *)((const char *)plan + ck_depthwise_lanes_offset()) + phase;
    const int8_t *w =
        (const int8_t *)plan + ck_depthwise_weights_offset(plan) + phase * plan->steps * rows * 64;
    const ck_sums bias = ck_loaded_sums(lanes->bias), none = ck_no_sums();
    ck_sums sums[8];
#pragma clang loop unroll(full)
    for (int q = 0; q < vectors * rows; q++) sums[q] = bias;
    accumulate(plan, sums, d->band + (run->lane + i * run->step_in) * 4, run->step_in * 4, w, vectors, rows);
    // Sums stay in registers where all loops over them are unrolled.
#pragma clang loop unroll(full)
    for (int j = 0; j < rows; j++) {
        if (j >= run->stored_rows) break;
        if (rounding == CK_ROUNDS_NOTHING) {
            store_real_row(d, lanes, run, i, j, sums + j * vectors, vectors);
            continue;
        }
        ck_sums four[4] = {none, none, none, none};
#pragma clang loop unroll(full)
        for (int q = 0; q < vectors; q++)
            four[q] = ck_rescaled(sums[j * vectors + q], lanes, &d->p->output, common, rounding);
        ck_bytes bytes = ck_packed_output(four[0], four[1], four[2], four[3], common, rounding);
        int8_t *to = run->y + j * run->row_step + i * run->step_out;
        if (run->each == CK_BLOCK && (i + vectors < run->count || run->last == CK_BLOCK)) {
#pragma clang loop unroll(full)
            for (int q = 0; q < vectors; q++) ck_store_16(to + q * run->step_out, bytes, q);
        } else {
            int8_t copy[64];
            ck_store_64(copy, bytes);
            for (int q = 0; q < vectors; q++)
                ck_store_part(
                    to + q * run->step_out, copy + q * CK_BLOCK, i + q + 1 == run->count ? run->last : run->each);
        }
    }
}

CK_INLINE void compute_phases(
    const depthwise *d, ptrdiff_t pixel, ptrdiff_t pixels, int8_t *y, ptrdiff_t stored_rows, const int rows,
    const ck_rounding rounding) {
    const ck_conv *p = d->p;
    const ck_depthwise_plan *plan = d->plan;
    const ck_common_output common = ck_common_output_of(&p->output);
    ptrdiff_t channels = p->output_channels, bytes = pixels * channels;
    for (ptrdiff_t phase = d->phase; phase < d->last_phase; phase++) {
        ptrdiff_t lane = (phase - d->phase) * CK_BLOCK;
        run run = {
            .lane = lane, .step_in = plan->pitch * p->stride_width,
            .y = y + (pixel * channels + d->first + lane) * (rounding == CK_ROUNDS_NOTHING ? (ptrdiff_t)sizeof(float) : 1),
            .row_step = p->output_width * channels, .step_out = channels, .count = pixels,
            .stored_rows = stored_rows};
        run.each = run.last = at_most(d->channels - lane, CK_BLOCK);
        if (plan->is_flat) {
            run.count = ((bytes + CK_BLOCK - 1) / CK_BLOCK - phase + plan->phases - 1) / plan->phases;
            if (run.count <= 0) break;
            run.step_in = run.step_out = plan->phases * CK_BLOCK;
            run.each = CK_BLOCK;
            run.last = at_most(CK_BLOCK, bytes - lane - (run.count - 1) * run.step_out);
        }
        ptrdiff_t i = 0;
        for (; i + CK_VECTORS(rows) <= run.count; i += CK_VECTORS(rows))
            compute(d, phase, &run, i, CK_VECTORS(rows), rows, rounding, &common);
        if (CK_VECTORS(rows) > 2 && i + 2 <= run.count) {
            compute(d, phase, &run, i, 2, rows, rounding, &common);
            i += 2;
        }
        if (i < run.count) compute(d, phase, &run, i, 1, rows, rounding, &common);
    }
}

#define PHASES(rows, rounding)                                                                                 \
    static void phases_##rows##_##rounding(                                                                    \
        const depthwise *d, ptrdiff_t pixel, ptrdiff_t pixels, int8_t *y, ptrdiff_t stored_rows) {             \
        compute_phases(d, pixel, pixels, y, stored_rows, rows, rounding);                                      \
    }
#define BOTH(rounding) PHASES(1, rounding) PHASES(2, rounding)
BOTH(CK_ROUNDS_SINGLE)
BOTH(CK_ROUNDS_POSITIVE)
BOTH(CK_ROUNDS_TWICE_UP)
BOTH(CK_ROUNDS_TWICE)
BOTH(CK_ROUNDS_OTHERWISE)
BOTH(CK_ROUNDS_NOTHING)

typedef void (*phases_function)(const depthwise *, ptrdiff_t, ptrdiff_t, int8_t *, ptrdiff_t);
#define ROWS(rounding) [rounding] = {phases_1_##rounding, phases_2_##rounding}
static const phases_function phases_functions[CK_ROUNDINGS][2] = {
    ROWS(CK_ROUNDS_SINGLE), ROWS(CK_ROUNDS_POSITIVE), ROWS(CK_ROUNDS_TWICE_UP), ROWS(CK_ROUNDS_TWICE),
    ROWS(CK_ROUNDS_OTHERWISE), ROWS(CK_ROUNDS_NOTHING)};

static void depthwise_interleaved(const ck_conv *p, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    depthwise d;
    const ck_depthwise_plan *plan = p->prepared;
    d.p = p;
    d.plan = plan;
    d.flip = p->flip ^ CK_BYTE_OFFSET;
    int is_hybrid = plan->rounding == CK_ROUNDS_NOTHING;
    ptrdiff_t size = is_hybrid ? (ptrdiff_t)sizeof(float) : 1;
    ptrdiff_t channels = p->output_channels, image = p->input_height * p->input_width * p->input_channels;
    phases_function compute_phases = phases_functions[plan->rounding][plan->output_rows - 1];
    for (d.phase = 0; d.phase < plan->phases; d.phase += plan->slice) {
        d.last_phase = at_most(d.phase + plan->slice, plan->phases);
        d.first = plan->is_flat ? 0 : d.phase * CK_BLOCK;
        d.channels = plan->is_flat ? channels : at_most(channels, d.last_phase * CK_BLOCK) - d.first;
        for (ptrdiff_t row = begin; row < end;) {
            ptrdiff_t oy = row % p->output_height, n = row / p->output_height;
            ptrdiff_t rows = at_most(plan->output_rows, at_most(end - row, p->output_height - oy));
            ptrdiff_t iy = oy * p->stride_height - p->pad_top;
            int8_t *y = (int8_t *)buffers[1] + row * p->output_width * channels * size;
            d.found = is_hybrid ? (const ck_batch_quantization *)buffers[2] + n : NULL;
            d.fill = (uint8_t)(is_hybrid ? d.found->zero_point : p->input_zero_point) ^ p->flip;
            for (ptrdiff_t pixel = 0; pixel < p->output_width; pixel += plan->chunk) {
                ptrdiff_t pixels = at_most(plan->chunk, p->output_width - pixel);
                fill_band(&d, (const uint8_t *)buffers[0] + n * image, iy, pixel, pixels);
                compute_phases(&d, pixel, pixels, y, rows);
            }
            row += rows;
        }
    }
}

void CK_NAME(ck_depthwise_int8)(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_conv *p = parameters;
#if defined(CK_COLUMNS_KERNEL)
    if (ck_depthwise_goes_by_columns(p)) return CK_COLUMNS_KERNEL(p, buffers, begin, end);
#endif
    if (p->prepared) depthwise_interleaved(p, buffers, begin, end);
    else CK_DIRECT(parameters, buffers, begin, end);
}

void CK_NAME(ck_depthwise_hybrid)(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_conv *p = parameters;
    if (p->prepared) depthwise_interleaved(p, buffers, begin, end);
    else CK_DIRECT_HYBRID(parameters, buffers, begin, end);
}
