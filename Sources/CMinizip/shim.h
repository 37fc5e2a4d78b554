#pragma once
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unzip.h>
#include <zip.h>

/// A file in memory that minizip works on: one that is read, or one that grows as it is written.
typedef struct {
    unsigned char *bytes;
    size_t count;
    size_t position;
    /// 0 for a file that is read, which is somebody else's memory.
    size_t capacity;
    int failed;
} optimize_zip_memory;

static inline voidpf optimize_zip_open(voidpf memory, const void *name, int mode) {
    (void)name;
    (void)mode;
    return memory;
}

static inline uLong optimize_zip_read(voidpf opaque, voidpf stream, void *target, uLong size) {
    (void)opaque;
    optimize_zip_memory *memory = (optimize_zip_memory *)stream;
    size_t count = memory->count - memory->position;
    if (count > size) count = size;
    if (count) memcpy(target, memory->bytes + memory->position, count);
    memory->position += count;
    return count;
}

static inline uLong optimize_zip_write(voidpf opaque, voidpf stream, const void *source, uLong size) {
    (void)opaque;
    optimize_zip_memory *memory = (optimize_zip_memory *)stream;
    if (!memory->capacity || size > SIZE_MAX / 4 - memory->position) {
        memory->failed = 1;
        return 0;
    }
    size_t end = memory->position + size;
    if (end > memory->capacity) {
        unsigned char *grown = (unsigned char *)realloc(memory->bytes, 2 * end);
        if (!grown) {
            memory->failed = 1;
            return 0;
        }
        memory->bytes = grown;
        memory->capacity = 2 * end;
    }
    if (size) memcpy(memory->bytes + memory->position, source, size);
    memory->position = end;
    if (end > memory->count) memory->count = end;
    return size;
}

static inline ZPOS64_T optimize_zip_tell(voidpf opaque, voidpf stream) {
    (void)opaque;
    return ((optimize_zip_memory *)stream)->position;
}

static inline long optimize_zip_seek(voidpf opaque, voidpf stream, ZPOS64_T offset, int origin) {
    (void)opaque;
    optimize_zip_memory *memory = (optimize_zip_memory *)stream;
    size_t start = origin == ZLIB_FILEFUNC_SEEK_SET   ? 0
                   : origin == ZLIB_FILEFUNC_SEEK_CUR ? memory->position
                                                      : memory->count;
    // There is nothing behind the end. What the archive says of itself is not to be trusted.
    if (offset > memory->count - start) return -1;
    memory->position = start + (size_t)offset;
    return 0;
}

static inline int optimize_zip_close(voidpf opaque, voidpf stream) {
    (void)opaque;
    (void)stream;
    return 0;
}

static inline int optimize_zip_error(voidpf opaque, voidpf stream) {
    (void)opaque;
    return ((optimize_zip_memory *)stream)->failed;
}

static inline zlib_filefunc64_def optimize_zip_functions(optimize_zip_memory *memory) {
    zlib_filefunc64_def functions = {
        optimize_zip_open, optimize_zip_read,  optimize_zip_write, optimize_zip_tell,
        optimize_zip_seek, optimize_zip_close, optimize_zip_error, memory,
    };
    return functions;
}

/// Opens an archive that stands in memory; NULL if it is none. The memory has to outlive it.
static inline unzFile optimize_unzip_open(optimize_zip_memory *memory) {
    zlib_filefunc64_def functions = optimize_zip_functions(memory);
    return unzOpen2_64("", &functions);
}

/// Begins an archive in memory; NULL if there is no room.
static inline zipFile optimize_zip_create(optimize_zip_memory *memory) {
    memset(memory, 0, sizeof *memory);
    memory->capacity = 1 << 16;
    memory->bytes = (unsigned char *)malloc(memory->capacity);
    if (!memory->bytes) return NULL;
    zlib_filefunc64_def functions = optimize_zip_functions(memory);
    return zipOpen2_64("", APPEND_STATUS_CREATE, NULL, &functions);
}

static inline void optimize_zip_free(optimize_zip_memory *memory) { free(memory->bytes); }

/// Begins a deflated member. `is_large`: whether it may take 4 GB or more.
static inline int optimize_zip_begin(zipFile archive, const char *name, int is_large) {
    zip_fileinfo info;
    memset(&info, 0, sizeof info);
    // 1 January 1980, the format's first day, as NumPy itself writes.
    info.dosDate = 1 << 21 | 1 << 16;
    // Bit 11: the name is UTF-8. Made by Unix (3), format version 4.5.
    return zipOpenNewFileInZip4_64(
        archive, name, &info, NULL, 0, NULL, 0, NULL, Z_DEFLATED, Z_DEFAULT_COMPRESSION, 0, -MAX_WBITS, DEF_MEM_LEVEL,
        Z_DEFAULT_STRATEGY, NULL, 0, 3 << 8 | 45, 1 << 11, is_large);
}
