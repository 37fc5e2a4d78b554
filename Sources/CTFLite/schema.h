#ifndef CTFLITE_SCHEMA_H
#define CTFLITE_SCHEMA_H

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "ctflite.h"
#include "flatbuffers/flatbuffers.h"
#include "flatbuffers/reflection.h"

namespace ctflite {

struct TableType {
  std::string name;
  // By id; a gap has the kind CTF_NONE.
  std::vector<ctf_field> fields;
  std::unordered_map<std::string, int32_t> ids;

  const ctf_field *field(int32_t id) const {
    if (id < 0 || static_cast<size_t>(id) >= fields.size() || fields[id].kind == CTF_NONE) return nullptr;
    return &fields[id];
  }
};

struct EnumType {
  std::unordered_map<std::string, int64_t> values;
  std::unordered_map<int64_t, std::string> names;
  // A union's members: tag → table type.
  std::unordered_map<int64_t, int32_t> members;
};

// The schema in the form that reading and building ask it: by number.
struct Schema {
  const reflection::Schema *reflection;
  std::vector<TableType> types;
  std::vector<EnumType> enums;
  std::unordered_map<std::string, int32_t> type_numbers;
  std::unordered_map<std::string, int32_t> enum_numbers;
  int32_t root;

  const TableType *type(int32_t number) const {
    return number >= 0 && static_cast<size_t>(number) < types.size() ? &types[number] : nullptr;
  }

  static const Schema &shared();
};

template <typename T>
T load(const uint8_t *position) {
  return flatbuffers::ReadScalar<T>(position);
}

// The position of a field within its table; NULL if it is not given. The table is verified.
inline const uint8_t *field_position(const uint8_t *table, int32_t id) {
  const uint8_t *vtable = table - load<int32_t>(table);
  const uint32_t slot = 4 + 2 * static_cast<uint32_t>(id);
  if (slot + 2 > load<uint16_t>(vtable)) return nullptr;
  const uint16_t offset = load<uint16_t>(vtable + slot);
  return offset ? table + offset : nullptr;
}

inline const uint8_t *follow(const uint8_t *reference) { return reference + load<uint32_t>(reference); }

}  // namespace ctflite

#endif
