#include "schema.h"

using namespace ctflite;

namespace {

// The reference's target as a vector or string.
ctf_vector vector_at(const uint8_t *reference) {
  const uint8_t *start = follow(reference);
  return {start + 4, load<uint32_t>(start)};
}

const ctf_field *field_of(ctf_table table, int32_t id) { return table.position ? ctf_field_at(table.type, id) : nullptr; }

}  // namespace

extern "C" {

ctf_table ctf_root(const uint8_t *bytes) { return {follow(bytes), Schema::shared().root}; }

const uint8_t *ctf_position(ctf_table table, int32_t id) {
  return field_of(table, id) ? field_position(table.position, id) : nullptr;
}

bool ctf_has(ctf_table table, int32_t id) { return ctf_position(table, id) != nullptr; }

int64_t ctf_integer(ctf_table table, int32_t id) {
  const ctf_field *field = ctf_field_at(table.type, id);
  if (!field || field->kind != CTF_INTEGER) return 0;
  const uint8_t *position = ctf_position(table, id);
  if (!position) return field->default_integer;
  switch (field->width) {
    case 1: return field->is_signed ? load<int8_t>(position) : load<uint8_t>(position);
    case 2: return field->is_signed ? load<int16_t>(position) : load<uint16_t>(position);
    case 4: return field->is_signed ? load<int32_t>(position) : static_cast<int64_t>(load<uint32_t>(position));
    default: return load<int64_t>(position);
  }
}

double ctf_real(ctf_table table, int32_t id) {
  const ctf_field *field = ctf_field_at(table.type, id);
  if (!field || field->kind != CTF_REAL) return 0;
  const uint8_t *position = ctf_position(table, id);
  if (!position) return field->default_real;
  return field->width == 4 ? load<float>(position) : load<double>(position);
}

ctf_vector ctf_elements(ctf_table table, int32_t id) {
  const ctf_field *field = field_of(table, id);
  if (!field || (field->kind != CTF_VECTOR && field->kind != CTF_STRING)) return {nullptr, 0};
  const uint8_t *position = field_position(table.position, id);
  return position ? vector_at(position) : ctf_vector{nullptr, 0};
}

ctf_table ctf_child(ctf_table table, int32_t id) {
  const ctf_field *field = field_of(table, id);
  if (!field || (field->kind != CTF_TABLE && field->kind != CTF_UNION)) return {nullptr, -1};
  const uint8_t *position = field_position(table.position, id);
  if (!position) return {nullptr, -1};
  const int32_t type = field->kind == CTF_TABLE ? field->type : ctf_union_member(field->type, ctf_integer(table, id - 1));
  if (type < 0) return {nullptr, -1};
  return {follow(position), type};
}

ctf_table ctf_child_in(ctf_table table, int32_t id, size_t index) {
  const ctf_field *field = field_of(table, id);
  const ctf_vector vector = ctf_elements(table, id);
  if (!field || field->element != CTF_TABLE || index >= vector.count) return {nullptr, -1};
  return {follow(vector.elements + 4 * index), field->type};
}

ctf_vector ctf_string_in(ctf_table table, int32_t id, size_t index) {
  const ctf_field *field = field_of(table, id);
  const ctf_vector vector = ctf_elements(table, id);
  if (!field || field->element != CTF_STRING || index >= vector.count) return {nullptr, 0};
  return vector_at(vector.elements + 4 * index);
}

}  // extern "C"
