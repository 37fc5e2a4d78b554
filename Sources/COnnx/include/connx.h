/// ONNX files behind C functions: protobuf-c's messages, with the weights left where they are.
///
/// A message is read by field numbers (`onnx_fields.h`), as protobuf-c's own descriptors know them. Messages of an opened
/// file are never written to; changes are made on copies in a draft, which share what they do not change.
#ifndef CONNX_H
#define CONNX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "onnx_fields.h"

#ifdef __cplusplus
extern "C" {
#endif

/// An opened file. Its messages live until it is closed, and the file's bytes have to as well.
typedef struct onnx_file onnx_file;
/// Changed and new messages. It has to outlive neither the file nor be outlived by it, but is of no use without it.
typedef struct onnx_draft onnx_draft;
/// A protobuf message of any type.
typedef struct onnx_message onnx_message;

typedef struct {
    const uint8_t *data;
    size_t count;
} onnx_bytes;

typedef enum {
    ONNX_OK,
    ONNX_MALFORMED,
    ONNX_UNSUPPORTED,
    ONNX_OUT_OF_MEMORY,
} onnx_status;

typedef struct {
    onnx_status status;
    /// Where in the file.
    size_t offset;
    char message[160];
} onnx_error;

/// Messages nest at most this deep, as in protobuf's own parsers.
enum { ONNX_MAXIMUM_NESTING = 100 };

/// Whether the bytes are fields of a ModelProto with a graph; looks no deeper.
bool onnx_is_model(const uint8_t *data, size_t count);

/// Checks and unpacks a ModelProto.
///
/// The payloads of raw_data, float_data and double_data are not copied: the messages point into `data`.
///
/// @return NULL on failure, with `error` filled in. Memory is bounded by 64 MiB + 40 times the bytes that are not payload.
onnx_file *onnx_open(const uint8_t *data, size_t count, onnx_error *error);
void onnx_close(onnx_file *file);
const onnx_message *onnx_root(const onnx_file *file);
/// The number of tensors, anywhere in the file, that keep their data in another file.
size_t onnx_external_tensor_count(const onnx_file *file);

/// The number of elements of a repeated field; 1 or 0 for one that is set or not. 0 for a field that the type lacks.
size_t onnx_count(const onnx_message *message, enum onnx_field field);
/// An element of a field; zero, empty or NULL if there is none. Unsigned 64-bit numbers keep their bit pattern.
int64_t onnx_integer(const onnx_message *message, enum onnx_field field, size_t index);
double onnx_real(const onnx_message *message, enum onnx_field field, size_t index);
onnx_bytes onnx_text(const onnx_message *message, enum onnx_field field, size_t index);
const onnx_message *onnx_child(const onnx_message *message, enum onnx_field field, size_t index);
/// All elements of a repeated field of numbers, in native byte order and not aligned.
onnx_bytes onnx_elements(const onnx_message *message, enum onnx_field field);
bool onnx_is_repeated(const onnx_message *message, enum onnx_field field);
/// The number of bytes of fields that the schema does not know.
size_t onnx_unknown_byte_count(const onnx_message *message);

/// @return NULL if memory is short.
onnx_draft *onnx_draft_create(void);
void onnx_draft_destroy(onnx_draft *draft);
/// A copy that shares children, bytes and arrays with `message`. NULL if memory is short.
onnx_message *onnx_copy(onnx_draft *draft, const onnx_message *message);
/// An empty message of the type that `field` of `parent` takes; it is not put there. NULL if memory is short.
onnx_message *onnx_new(onnx_draft *draft, const onnx_message *parent, enum onnx_field field);
/// An empty ModelProto.
onnx_message *onnx_new_model(onnx_draft *draft);

// Edits of messages that a draft made. They return false if memory is short, or the field is not of the kind that the
// function is for. An optional field has the one index 0, and is set from then on.
void onnx_clear(onnx_message *message, enum onnx_field field);
/// Gives a repeated field an array of its own, the first elements taken over, new ones zero.
bool onnx_resize(onnx_draft *draft, onnx_message *message, enum onnx_field field, size_t count);
bool onnx_set_integer(onnx_message *message, enum onnx_field field, size_t index, int64_t value);
bool onnx_set_real(onnx_message *message, enum onnx_field field, size_t index, double value);
bool onnx_set_child(onnx_message *message, enum onnx_field field, size_t index, const onnx_message *child);
/// Copies `value` into the draft.
bool onnx_set_text(
    onnx_draft *draft, onnx_message *message, enum onnx_field field, size_t index, const void *value, size_t count);
/// Points to `value`, which has to live until the message is written.
bool onnx_set_reference(onnx_message *message, enum onnx_field field, size_t index, const void *value, size_t count);

/// The bytes that the message takes when it is written.
size_t onnx_packed_byte_count(const onnx_message *message);
/// Takes the next bytes; false ends the writing.
typedef bool (*onnx_sink)(void *context, const uint8_t *data, size_t count);
/// Writes a message piece by piece; large payloads go to the sink from where they are.
/// @return false if the sink did.
bool onnx_write(const onnx_message *message, onnx_sink sink, void *context);

#ifdef __cplusplus
}
#endif

#endif
