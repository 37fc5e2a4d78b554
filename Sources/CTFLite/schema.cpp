#include "schema.h"

namespace ctflite {
namespace {

alignas(16) const unsigned char kBinarySchema[] = {
#include "tflite.bfbs.inc"
};

std::string without_namespace(const std::string &name) {
  const auto dot = name.rfind('.');
  return dot == std::string::npos ? name : name.substr(dot + 1);
}

ctf_kind kind_of(reflection::BaseType type) {
  switch (type) {
    case reflection::None: return CTF_NONE;
    case reflection::Float:
    case reflection::Double: return CTF_REAL;
    case reflection::String: return CTF_STRING;
    case reflection::Vector: return CTF_VECTOR;
    case reflection::Obj: return CTF_TABLE;
    case reflection::Union: return CTF_UNION;
    default: return CTF_INTEGER;
  }
}

bool is_signed(reflection::BaseType type) {
  return type == reflection::Byte || type == reflection::Short || type == reflection::Int || type == reflection::Long;
}

Schema load_schema() {
  Schema schema;
  schema.reflection = reflection::GetSchema(kBinarySchema);
  for (const auto *object : *schema.reflection->objects()) {
    TableType type;
    type.name = without_namespace(object->name()->str());
    type.fields.resize(object->fields()->size());
    for (const auto *field : *object->fields()) {
      // Ids have no gaps: the schema compiler sees to it.
      ctf_field &entry = type.fields.at(field->id());
      const auto base = field->type()->base_type();
      const auto element = field->type()->element();
      entry.name = field->name()->c_str();
      entry.kind = kind_of(base);
      entry.element = entry.kind == CTF_VECTOR ? kind_of(element) : CTF_NONE;
      entry.width = static_cast<int32_t>(flatbuffers::GetTypeSize(entry.kind == CTF_VECTOR ? element : base));
      entry.is_signed = is_signed(entry.kind == CTF_VECTOR ? element : base);
      const bool has_type = entry.kind == CTF_TABLE || entry.kind == CTF_UNION || entry.element == CTF_TABLE;
      entry.type = has_type ? field->type()->index() : -1;
      entry.default_integer = field->default_integer();
      entry.default_real = field->default_real();
      type.ids[field->name()->str()] = field->id();
    }
    schema.type_numbers[type.name] = static_cast<int32_t>(schema.types.size());
    schema.types.push_back(std::move(type));
  }
  for (const auto *declared : *schema.reflection->enums()) {
    EnumType type;
    for (const auto *value : *declared->values()) {
      type.values[value->name()->str()] = value->value();
      type.names[value->value()] = value->name()->str();
      if (declared->is_union() && value->union_type() && value->union_type()->base_type() == reflection::Obj) {
        type.members[value->value()] = value->union_type()->index();
      }
    }
    schema.enum_numbers[without_namespace(declared->name()->str())] = static_cast<int32_t>(schema.enums.size());
    schema.enums.push_back(std::move(type));
  }
  schema.root = schema.type_numbers.at("Model");
  return schema;
}

}  // namespace

const Schema &Schema::shared() {
  static const Schema schema = load_schema();
  return schema;
}

}  // namespace ctflite

using ctflite::Schema;

extern "C" {

int32_t ctf_type(const char *name) {
  try {
    const auto &numbers = Schema::shared().type_numbers;
    const auto found = numbers.find(name);
    return found == numbers.end() ? -1 : found->second;
  } catch (...) {
    return -1;
  }
}

const char *ctf_type_name(int32_t type) {
  const auto *found = Schema::shared().type(type);
  return found ? found->name.c_str() : nullptr;
}

int32_t ctf_field_count(int32_t type) {
  const auto *found = Schema::shared().type(type);
  return found ? static_cast<int32_t>(found->fields.size()) : 0;
}

const ctf_field *ctf_field_at(int32_t type, int32_t id) {
  const auto *found = Schema::shared().type(type);
  return found ? found->field(id) : nullptr;
}

int32_t ctf_field_id(int32_t type, const char *name) {
  try {
    const auto *found = Schema::shared().type(type);
    if (!found) return -1;
    const auto id = found->ids.find(name);
    return id == found->ids.end() ? -1 : id->second;
  } catch (...) {
    return -1;
  }
}

int64_t ctf_enum_value(const char *enumeration, const char *name) {
  try {
    const auto &schema = Schema::shared();
    const auto number = schema.enum_numbers.find(enumeration);
    if (number == schema.enum_numbers.end()) return -1;
    const auto &values = schema.enums[number->second].values;
    const auto value = values.find(name);
    return value == values.end() ? -1 : value->second;
  } catch (...) {
    return -1;
  }
}

const char *ctf_enum_name(const char *enumeration, int64_t value) {
  try {
    const auto &schema = Schema::shared();
    const auto number = schema.enum_numbers.find(enumeration);
    if (number == schema.enum_numbers.end()) return nullptr;
    const auto &names = schema.enums[number->second].names;
    const auto name = names.find(value);
    return name == names.end() ? nullptr : name->second.c_str();
  } catch (...) {
    return nullptr;
  }
}

int32_t ctf_union_member(int32_t enumeration, int64_t tag) {
  const auto &enums = Schema::shared().enums;
  if (enumeration < 0 || static_cast<size_t>(enumeration) >= enums.size()) return -1;
  const auto member = enums[enumeration].members.find(tag);
  return member == enums[enumeration].members.end() ? -1 : member->second;
}

}  // extern "C"
