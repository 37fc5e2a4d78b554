#pragma once
#include <png.h>
#include <setjmp.h>
#include <string.h>

/// Decodes PNG files to 8-bit RGB or gray the way training tools do.
///
/// libpng's simplified interface corrects gamma and lays transparent pixels over a background; training tools do
/// neither, and a model must see the numbers that it was trained with. libpng reports errors by `longjmp`, which must
/// not cross Swift, so the whole exchange stands here.

typedef struct {
    const unsigned char *bytes;
    size_t count;
    size_t position;
} optimize_png_input;

typedef struct {
    char message[128];
} optimize_png_error;

static inline void optimize_png_read(png_structp png, png_bytep target, size_t count) {
    optimize_png_input *input = (optimize_png_input *)png_get_io_ptr(png);
    if (count > input->count - input->position) png_error(png, "the file is cut short");
    memcpy(target, input->bytes + input->position, count);
    input->position += count;
}

static inline void optimize_png_fail(png_structp png, png_const_charp message) {
    optimize_png_error *error = (optimize_png_error *)png_get_error_ptr(png);
    strncpy(error->message, message, sizeof error->message - 1);
    error->message[sizeof error->message - 1] = 0;
    longjmp(png_jmpbuf(png), 1);
}

static inline void optimize_png_ignore(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

/// Reads the size, and with `pixels` also the pixels: rows of 3 bytes a pixel, top row first.
///
/// Palettes and gray are expanded, 16-bit samples keep their high byte, alpha is dropped.
/// Returns 1, or 0 with `error` filled.
static inline int optimize_png_decode(
    const void *bytes, size_t count, unsigned *width, unsigned *height, unsigned char *pixels,
    optimize_png_error *error) {
    optimize_png_input input = {(const unsigned char *)bytes, count, 0};
    png_structp png =
        png_create_read_struct(PNG_LIBPNG_VER_STRING, error, optimize_png_fail, optimize_png_ignore);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info) {
        png_destroy_read_struct(&png, NULL, NULL);
        strcpy(error->message, "out of memory");
        return 0;
    }
    if (setjmp(png_jmpbuf(png))) {
        png_destroy_read_struct(&png, &info, NULL);
        return 0;
    }
    // Text, profiles and color spaces are skipped unread; they are no part of the pixels.
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_set_read_fn(png, &input, optimize_png_read);
    png_read_info(png, info);
    *width = png_get_image_width(png, info);
    *height = png_get_image_height(png, info);
    if (pixels) {
        int color = png_get_color_type(png, info);
        png_set_strip_16(png);
        png_set_strip_alpha(png);
        if (color == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
        if (!(color & PNG_COLOR_MASK_COLOR)) {
            png_set_expand_gray_1_2_4_to_8(png);
            png_set_gray_to_rgb(png);
        }
        int passes = png_set_interlace_handling(png);
        png_read_update_info(png, info);
        size_t row_bytes = (size_t)*width * 3;
        if (png_get_rowbytes(png, info) != row_bytes) png_error(png, "the pixels have an unknown form");
        for (int pass = 0; pass < passes; pass++)
            for (unsigned row = 0; row < *height; row++)
                png_read_row(png, pixels + row * row_bytes, NULL);
    }
    png_destroy_read_struct(&png, &info, NULL);
    return 1;
}
