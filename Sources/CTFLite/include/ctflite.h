#ifndef CTFLITE_H
#define CTFLITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The TFLite format's tables behind C functions: verifying, reading and building, all steered by the schema
// (schema/tflite.fbs) and none of it made for one table. No function throws, and none keeps what it is given.

#ifdef __cplusplus
extern "C" {
#endif

// ---- Schema

// What a field or a vector's element holds.
typedef enum {
  CTF_NONE = 0,
  CTF_INTEGER,  // any width, bool, enum or a union's tag
  CTF_REAL,
  CTF_STRING,
  CTF_VECTOR,
  CTF_TABLE,
  CTF_UNION,
} ctf_kind;

typedef struct {
  const char *name;
  ctf_kind kind;
  // Bytes of the scalar, or of a vector's element (4 for references).
  int32_t width;
  bool is_signed;
  // Of a vector's elements.
  ctf_kind element;
  // The table's type, for CTF_TABLE and vectors of tables; the union, for CTF_UNION; else -1.
  int32_t type;
  int64_t default_integer;
  double default_real;
} ctf_field;

// The type's number; -1 if the schema has none of that name.
int32_t ctf_type(const char *name);
// The name of a type without its namespace; NULL if there is no such type.
const char *ctf_type_name(int32_t type);
// One more than the largest field id of the type.
int32_t ctf_field_count(int32_t type);
// The field of that id; NULL if the type has none.
const ctf_field *ctf_field_at(int32_t type, int32_t id);
// The id of the field of that name; -1 if the type has none.
int32_t ctf_field_id(int32_t type, const char *name);
// The value of an enum's or a union's name; -1 if there is none.
int64_t ctf_enum_value(const char *enumeration, const char *name);
// The name of a value; NULL if the enum has none.
const char *ctf_enum_name(const char *enumeration, int64_t value);
// The type of a union's member; -1 if the union has none of that tag.
int32_t ctf_union_member(int32_t enumeration, int64_t tag);

// ---- Reading

// A table within verified bytes; `position` is NULL for a table that is not there.
typedef struct {
  const uint8_t *position;
  int32_t type;
} ctf_table;

// The elements of a vector, or the bytes of a string; `elements` is NULL if it is not there.
typedef struct {
  const uint8_t *elements;
  size_t count;
} ctf_vector;

typedef enum {
  CTF_VALID = 0,
  CTF_MALFORMED,
  // A union's member that the schema does not know: its size cannot be told.
  CTF_UNKNOWN_MEMBER,
  CTF_OUT_OF_MEMORY,
} ctf_status;

typedef struct {
  ctf_status status;
  // Where in the file, if not valid.
  uint64_t offset;
  // The first byte behind everything that the root reaches.
  uint64_t extent;
  // Fields that the files has and the schema does not.
  uint64_t unknown_fields;
  // The table of the first of them, such as `Tensor field 11`.
  char unknown[96];
  // What is wrong, such as `subgraphs[0].tensors[7].name: the text reaches beyond the end of the file`.
  char message[240];
} ctf_report;

// Whether the bytes hold a model that the functions below can read without leaving them.
// Only the first 2 GB - 1 can belong to the tables.
ctf_report ctf_verify(const uint8_t *bytes, size_t length);
// - Precondition: the bytes are verified.
ctf_table ctf_root(const uint8_t *bytes);

// Whether the file gives the field a value.
bool ctf_has(ctf_table table, int32_t id);
// The field's bytes; NULL if the file gives it no value.
const uint8_t *ctf_position(ctf_table table, int32_t id);
// A scalar, or its default.
int64_t ctf_integer(ctf_table table, int32_t id);
double ctf_real(ctf_table table, int32_t id);
// A vector or a string.
ctf_vector ctf_elements(ctf_table table, int32_t id);
// A table, or a union's member.
ctf_table ctf_child(ctf_table table, int32_t id);
// A table out of a vector of tables. - Precondition: the vector has such an element.
ctf_table ctf_child_in(ctf_table table, int32_t id, size_t index);
// A string out of a vector of strings. - Precondition: the vector has such an element.
ctf_vector ctf_string_in(ctf_table table, int32_t id, size_t index);

// A number or bool of the map that a custom operator's FlexBuffer options hold; false if there is none of that name, or
// the bytes are no such map.
bool ctf_flexbuffer_number(const uint8_t *bytes, size_t count, const char *key, double *number);

// ---- Building

// Builds tables from the leaves up. What was built is named by a reference, never 0; equal content is built once.
typedef struct ctf_builder ctf_builder;
typedef uint32_t ctf_reference;

// NULL if memory is short.
ctf_builder *ctf_builder_create(void);
void ctf_builder_destroy(ctf_builder *builder);
// Why building failed, such as a size above the format's 2 GB; NULL if it did not. A failed builder builds nothing more,
// and its functions return 0.
const char *ctf_builder_failure(const ctf_builder *builder);

ctf_reference ctf_build_string(ctf_builder *builder, const uint8_t *bytes, size_t count);
// A vector of scalars of 1, 2, 4 or 8 bytes.
ctf_reference ctf_build_vector(ctf_builder *builder, const void *elements, size_t count, int32_t width);
ctf_reference ctf_build_references(ctf_builder *builder, const ctf_reference *elements, size_t count);
// A vector of references that are all still to be filled in; never shared.
ctf_reference ctf_build_placeholders(ctf_builder *builder, size_t count);
// A copy of everything that the table reaches.
ctf_reference ctf_build_copy(ctf_builder *builder, ctf_table table);

typedef enum { CTF_SET_NOTHING = 0, CTF_SET_INTEGER, CTF_SET_REAL, CTF_SET_REFERENCE } ctf_setting_kind;
typedef struct {
  int32_t id;
  ctf_setting_kind kind;
  int64_t integer;
  double real;
  ctf_reference reference;
} ctf_setting;
// A table of the type with the given fields, and those of `base` that are not given. A scalar that is its default
// takes no room.
ctf_reference ctf_build_table(ctf_builder *builder, int32_t type, ctf_table base, const ctf_setting *settings,
                              size_t count);
// The finished bytes, which live as long as the builder; NULL if building failed.
uint8_t *ctf_build_root(ctf_builder *builder, ctf_reference root, size_t *size);
// Where the finished bytes hold what a reference names.
size_t ctf_built_offset(const ctf_builder *builder, ctf_reference reference);

#ifdef __cplusplus
}
#endif

#endif
