// Pools of regions that are operands, and convolutions whose taps are moved by operands.
#include "../movement/indices.h"

#include <float.h>
#include <math.h>

// Four neighbours and their weights; none outside of the image.
typedef struct {
    ptrdiff_t places[4];
    float weights[4];
} neighbours;

// Positions up to one element outside of the image are taken to its border.
static int region_neighbours(float y, float x, ptrdiff_t height, ptrdiff_t width, neighbours *n) {
    if (!(y >= -1 && y <= (float)height && x >= -1 && x <= (float)width)) return 0;
    y = y > 0 ? y : 0;
    x = x > 0 ? x : 0;
    ptrdiff_t top = (ptrdiff_t)y, left = (ptrdiff_t)x, bottom = top + 1, right = left + 1;
    if (top >= height - 1) {
        top = bottom = height - 1;
        y = (float)top;
    }
    if (left >= width - 1) {
        left = right = width - 1;
        x = (float)left;
    }
    float ly = y - (float)top, lx = x - (float)left;
    *n = (neighbours){{top * width + left, top * width + right, bottom * width + left, bottom * width + right},
                      {(1 - ly) * (1 - lx), (1 - ly) * lx, ly * (1 - lx), ly * lx}};
    return 1;
}

// More samples than this for one element come of regions far larger than any image.
static ptrdiff_t sample_count(ptrdiff_t wanted, float extent, ptrdiff_t bins) {
    if (wanted > 0) return wanted;
    float count = ceilf(extent / (float)bins);
    return !(count > 0) ? 0 : count > 4096 ? 4096 : (ptrdiff_t)count;
}

void ck_roi_align_float32_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_roi_align *p = parameters;
    ptrdiff_t bins = p->output_height * p->output_width;
    for (ptrdiff_t unit = begin; unit < end; unit++) {
        ptrdiff_t region = unit / p->channels, channel = unit % p->channels;
        const float *roi = (const float *)buffers[1] + region * 4;
        int64_t batch = ((const int64_t *)buffers[2])[region];
        if (ck_place(batch, p->batches, 0, buffers[4]) < 0) continue;
        float *y = (float *)buffers[3] + unit * bins;
        const float *image = (const float *)buffers[0] + (batch * p->channels + channel) * p->height * p->width;
        float offset = p->half_pixel ? 0.5f : 0;
        float x0 = roi[0] * p->scale - offset, y0 = roi[1] * p->scale - offset;
        float width = roi[2] * p->scale - offset - x0, height = roi[3] * p->scale - offset - y0;
        if (!p->half_pixel) {
            width = width > 1 ? width : 1;
            height = height > 1 ? height : 1;
        }
        ptrdiff_t rows = sample_count(p->sampling_ratio, height, p->output_height);
        ptrdiff_t columns = sample_count(p->sampling_ratio, width, p->output_width);
        float count = (float)(rows * columns > 1 ? rows * columns : 1);
        float bin_height = height / (float)p->output_height, bin_width = width / (float)p->output_width;
        for (ptrdiff_t bin = 0; bin < bins; bin++) {
            float sum = 0, largest = 0;
            int found = 0;
            for (ptrdiff_t row = 0; row < rows; row++)
                for (ptrdiff_t column = 0; column < columns; column++) {
                    float at_y = y0 + (float)(bin / p->output_width) * bin_height
                        + ((float)row + 0.5f) * bin_height / (float)rows;
                    float at_x = x0 + (float)(bin % p->output_width) * bin_width
                        + ((float)column + 0.5f) * bin_width / (float)columns;
                    neighbours n = {{0}, {0}};
                    int inside = region_neighbours(at_y, at_x, p->height, p->width, &n);
                    for (int i = 0; i < 4; i++) {
                        float value = inside ? n.weights[i] * image[n.places[i]] : 0;
                        sum += value;
                        largest = !found || value > largest ? value : largest;
                        found = 1;
                    }
                }
            y[bin] = p->is_max ? largest : sum / count;
        }
    }
}

void ck_roi_pool_float32_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_roi_align *p = parameters;
    ptrdiff_t bins = p->output_height * p->output_width;
    for (ptrdiff_t unit = begin; unit < end; unit++) {
        ptrdiff_t channel = unit % p->channels;
        const float *roi = (const float *)buffers[1] + unit / p->channels * 5;
        float *y = (float *)buffers[2] + unit * bins;
        float edges[4];
        for (int i = 0; i < 4; i++) {
            float edge = roundf(roi[i + 1] * p->scale);
            edges[i] = !(edge > -1e6f) ? -1e6f : edge > 1e6f ? 1e6f : edge;
        }
        // What is no number, or beyond all whole numbers, names no image either.
        int64_t named = roi[0] > -1e18f && roi[0] < 1e18f ? (int64_t)floorf(roi[0]) : -1;
        ptrdiff_t batch = ck_place(named, p->batches, 0, buffers[3]);
        if (batch < 0) continue;
        const float *image = (const float *)buffers[0] + (batch * p->channels + channel) * p->height * p->width;
        float width = fmaxf(edges[2] - edges[0] + 1, 1), height = fmaxf(edges[3] - edges[1] + 1, 1);
        for (ptrdiff_t bin = 0; bin < bins; bin++) {
            float row = (float)(bin / p->output_width), column = (float)(bin % p->output_width);
            float bin_height = height / (float)p->output_height, bin_width = width / (float)p->output_width;
            float bounds[4] = {
                floorf(row * bin_height) + edges[1], ceilf((row + 1) * bin_height) + edges[1],
                floorf(column * bin_width) + edges[0], ceilf((column + 1) * bin_width) + edges[0]};
            for (int i = 0; i < 4; i++) {
                float limit = (float)(i < 2 ? p->height : p->width);
                bounds[i] = bounds[i] < 0 ? 0 : bounds[i] > limit ? limit : bounds[i];
            }
            int is_empty = bounds[1] <= bounds[0] || bounds[3] <= bounds[2];
            float largest = is_empty ? 0 : -FLT_MAX;
            for (ptrdiff_t i = (ptrdiff_t)bounds[0]; !is_empty && i < (ptrdiff_t)bounds[1]; i++)
                for (ptrdiff_t j = (ptrdiff_t)bounds[2]; j < (ptrdiff_t)bounds[3]; j++)
                    largest = image[i * p->width + j] > largest ? image[i * p->width + j] : largest;
            y[bin] = largest;
        }
    }
}

// An element between four others; what lies outside of the image is zero.
static float interpolated(const float *image, ptrdiff_t height, ptrdiff_t width, float y, float x) {
    if (!(y > -1 && y < (float)height && x > -1 && x < (float)width)) return 0;
    float top = floorf(y), left = floorf(x), ly = y - top, lx = x - left, sum = 0;
    for (int i = 0; i < 4; i++) {
        ptrdiff_t row = (ptrdiff_t)top + i / 2, column = (ptrdiff_t)left + i % 2;
        if (row < 0 || row >= height || column < 0 || column >= width) continue;
        sum += image[row * width + column] * (i / 2 ? ly : 1 - ly) * (i % 2 ? lx : 1 - lx);
    }
    return sum;
}

void ck_deform_conv_float32_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_deform_conv *p = parameters;
    const float *w = buffers[1], *bias = buffers[3];
    ptrdiff_t area = p->output_height * p->output_width, taps = p->kernel_height * p->kernel_width;
    ptrdiff_t cells = p->height * p->width, inputs = p->channels / p->groups, outputs = p->outputs / p->groups;
    for (ptrdiff_t unit = begin; unit < end; unit++) {
        ptrdiff_t n = unit / area, at = unit % area;
        const float *x = (const float *)buffers[0] + n * p->channels * cells;
        const float *offsets = (const float *)buffers[2] + n * p->offset_groups * taps * 2 * area + at;
        const float *mask = buffers[4] ? (const float *)buffers[4] + n * p->offset_groups * taps * area + at : NULL;
        float *y = (float *)buffers[5] + n * p->outputs * area + at;
        for (ptrdiff_t o = 0; o < p->outputs; o++) y[o * area] = bias ? bias[o] : 0;
        for (ptrdiff_t c = 0; c < p->channels; c++) {
            ptrdiff_t group = c / inputs, offset_group = c / (p->channels / p->offset_groups);
            for (ptrdiff_t tap = 0; tap < taps; tap++) {
                ptrdiff_t moved = offset_group * taps + tap;
                float row = (float)(at / p->output_width * p->stride_height - p->pad_top
                                    + tap / p->kernel_width * p->dilation_height)
                    + offsets[moved * 2 * area];
                float column = (float)(at % p->output_width * p->stride_width - p->pad_left
                                       + tap % p->kernel_width * p->dilation_width)
                    + offsets[(moved * 2 + 1) * area];
                float value = interpolated(x + c * cells, p->height, p->width, row, column);
                if (mask) value *= mask[moved * area];
                const float *weight = w + (group * outputs * inputs + c % inputs) * taps + tap;
                for (ptrdiff_t o = 0; o < outputs; o++)
                    y[(group * outputs + o) * area] += value * weight[o * inputs * taps];
            }
        }
    }
}
