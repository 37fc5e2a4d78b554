#include <algorithm>
#include <cstring>
#include <new>
#include <stdexcept>

#include "schema.h"

using namespace ctflite;
using flatbuffers::Offset;
using flatbuffers::Table;

struct ctf_builder {
  flatbuffers::FlatBufferBuilder flat{1024};
  // Content → where it stands. A table's content holds the places of what it refers to, which are shared already.
  std::unordered_map<std::string, ctf_reference> built;
  // Where a table stands and what type it was reached as → its copy.
  std::unordered_map<uint64_t, ctf_reference> copied;
  std::string failure;
  size_t size = 0;
};

namespace {

struct Slot {
  int32_t id;
  int32_t width;
  uint64_t bits;
  bool is_reference;
};

// FlatBuffers only asserts its limit, and not at all in release builds.
void make_room(ctf_builder &builder, size_t count) {
  constexpr size_t kLimit = FLATBUFFERS_MAX_BUFFER_SIZE / 2;
  if (count > kLimit || builder.flat.GetSize() > kLimit - count) {
    throw std::length_error("the model's structure without its weights is larger than the format allows");
  }
}

std::string key(char kind, const void *bytes, size_t count) {
  std::string text(1, kind);
  text.append(static_cast<const char *>(bytes), count);
  return text;
}

template <typename Make>
ctf_reference share(ctf_builder &builder, std::string content, Make make) {
  const auto found = builder.built.find(content);
  if (found != builder.built.end()) return found->second;
  const ctf_reference reference = make();
  builder.built.emplace(std::move(content), reference);
  return reference;
}

template <typename T>
ctf_reference make_vector(ctf_builder &builder, const void *elements, size_t count) {
  std::vector<T> aligned(count);
  if (count) std::memcpy(aligned.data(), elements, count * sizeof(T));
  return builder.flat.CreateVector(aligned.data(), count).o;
}

ctf_reference build_vector(ctf_builder &builder, const void *elements, size_t count, int32_t width) {
  make_room(builder, count * static_cast<size_t>(width) + 16);
  // Without an alignment of its own, an empty vector is the same whatever its elements are.
  const char kind = static_cast<char>(count ? width : 0);
  return share(builder, key(kind, elements, count * width), [&] {
    switch (width) {
      case 1: return make_vector<uint8_t>(builder, elements, count);
      case 2: return make_vector<uint16_t>(builder, elements, count);
      case 4: return make_vector<uint32_t>(builder, elements, count);
      default: return make_vector<uint64_t>(builder, elements, count);
    }
  });
}

ctf_reference build_references(ctf_builder &builder, const ctf_reference *elements, size_t count) {
  make_room(builder, count * 4 + 16);
  return share(builder, key(count ? 'r' : 0, elements, count * 4), [&]() -> ctf_reference {
    std::vector<Offset<Table>> offsets;
    offsets.reserve(count);
    for (size_t index = 0; index < count; ++index) offsets.emplace_back(elements[index]);
    return builder.flat.CreateVector(offsets.data(), offsets.size()).o;
  });
}

ctf_reference build_string(ctf_builder &builder, const void *bytes, size_t count) {
  make_room(builder, count + 16);
  return share(builder, key('s', bytes, count),
               [&] { return builder.flat.CreateString(static_cast<const char *>(bytes), count).o; });
}

ctf_reference build_table(ctf_builder &builder, int32_t number, std::vector<Slot> slots) {
  // Wide fields first, as FlatBuffers' own code does, so that none needs padding.
  std::sort(slots.begin(), slots.end(), [](const Slot &a, const Slot &b) {
    return a.width != b.width ? a.width > b.width : a.id > b.id;
  });
  std::string content = "t";
  content.append(reinterpret_cast<const char *>(&number), sizeof number);
  for (const Slot &slot : slots) {
    content.append(reinterpret_cast<const char *>(&slot.id), sizeof slot.id);
    content.append(reinterpret_cast<const char *>(&slot.bits), sizeof slot.bits);
  }
  make_room(builder, 64 + 16 * slots.size());
  return share(builder, std::move(content), [&]() -> ctf_reference {
    auto &flat = builder.flat;
    const auto start = flat.StartTable();
    for (const Slot &slot : slots) {
      const auto field = static_cast<flatbuffers::voffset_t>(4 + 2 * slot.id);
      if (slot.is_reference) {
        flat.AddOffset(field, Offset<Table>(static_cast<ctf_reference>(slot.bits)));
        continue;
      }
      switch (slot.width) {
        case 1: flat.AddElement<uint8_t>(field, static_cast<uint8_t>(slot.bits)); break;
        case 2: flat.AddElement<uint16_t>(field, static_cast<uint16_t>(slot.bits)); break;
        case 4: flat.AddElement<uint32_t>(field, static_cast<uint32_t>(slot.bits)); break;
        default: flat.AddElement<uint64_t>(field, slot.bits); break;
      }
    }
    return flat.EndTable(start);
  });
}

uint64_t bits_of(double value, int32_t width) {
  uint64_t bits = 0;
  const float narrow = static_cast<float>(value);
  if (width == 4) {
    std::memcpy(&bits, &narrow, 4);
  } else {
    std::memcpy(&bits, &value, 8);
  }
  return bits;
}

uint64_t truncate(uint64_t bits, int32_t width) { return width == 8 ? bits : bits & ((1ULL << (8 * width)) - 1); }

void add_scalar(std::vector<Slot> &slots, int32_t id, const ctf_field &field, uint64_t bits) {
  const uint64_t standard = field.kind == CTF_REAL ? bits_of(field.default_real, field.width)
                                                   : static_cast<uint64_t>(field.default_integer);
  bits = truncate(bits, field.width);
  if (bits != truncate(standard, field.width)) slots.push_back({id, field.width, bits, false});
}

ctf_reference copy_table(ctf_builder &builder, ctf_table table);

void copy_field(ctf_builder &builder, ctf_table table, int32_t id, const ctf_field &field, std::vector<Slot> &slots) {
  const uint8_t *position = ctf_position(table, id);
  if (!position) return;
  ctf_reference reference = 0;
  switch (field.kind) {
    case CTF_NONE: return;
    case CTF_INTEGER:
    case CTF_REAL: {
      uint64_t bits = 0;
      std::memcpy(&bits, position, static_cast<size_t>(field.width));
      add_scalar(slots, id, field, bits);
      return;
    }
    case CTF_STRING: {
      const ctf_vector text = ctf_elements(table, id);
      reference = build_string(builder, text.elements, text.count);
      break;
    }
    case CTF_TABLE:
    case CTF_UNION: {
      reference = copy_table(builder, ctf_child(table, id));
      break;
    }
    case CTF_VECTOR: {
      const ctf_vector vector = ctf_elements(table, id);
      if (field.element == CTF_INTEGER || field.element == CTF_REAL) {
        reference = build_vector(builder, vector.elements, vector.count, field.width);
        break;
      }
      std::vector<ctf_reference> references;
      for (size_t index = 0; index < vector.count; ++index) {
        if (field.element == CTF_STRING) {
          const ctf_vector text = ctf_string_in(table, id, index);
          references.push_back(build_string(builder, text.elements, text.count));
        } else {
          references.push_back(copy_table(builder, ctf_child_in(table, id, index)));
        }
      }
      reference = build_references(builder, references.data(), references.size());
      break;
    }
  }
  slots.push_back({id, 4, reference, true});
}

ctf_reference copy_table(ctf_builder &builder, ctf_table table) {
  const uint64_t source = (reinterpret_cast<uintptr_t>(table.position) << 12) | static_cast<uint64_t>(table.type);
  const auto found = builder.copied.find(source);
  if (found != builder.copied.end()) return found->second;
  std::vector<Slot> slots;
  for (int32_t id = 0; id < ctf_field_count(table.type); ++id) {
    if (const ctf_field *field = ctf_field_at(table.type, id)) copy_field(builder, table, id, *field, slots);
  }
  const ctf_reference reference = build_table(builder, table.type, std::move(slots));
  builder.copied.emplace(source, reference);
  return reference;
}

template <typename Body>
ctf_reference guarded(ctf_builder *builder, Body body) {
  if (!builder || !builder->failure.empty()) return 0;
  try {
    return body(*builder);
  } catch (const std::bad_alloc &) {
    builder->failure = "out of memory";
  } catch (const std::exception &error) {
    builder->failure = error.what();
  } catch (...) {
    builder->failure = "the model cannot be built";
  }
  return 0;
}

}  // namespace

extern "C" {

ctf_builder *ctf_builder_create(void) { return new (std::nothrow) ctf_builder; }

void ctf_builder_destroy(ctf_builder *builder) { delete builder; }

const char *ctf_builder_failure(const ctf_builder *builder) {
  return builder->failure.empty() ? nullptr : builder->failure.c_str();
}

ctf_reference ctf_build_string(ctf_builder *builder, const uint8_t *bytes, size_t count) {
  return guarded(builder, [&](ctf_builder &b) { return build_string(b, bytes, count); });
}

ctf_reference ctf_build_vector(ctf_builder *builder, const void *elements, size_t count, int32_t width) {
  return guarded(builder, [&](ctf_builder &b) { return build_vector(b, elements, count, width); });
}

ctf_reference ctf_build_references(ctf_builder *builder, const ctf_reference *elements, size_t count) {
  return guarded(builder, [&](ctf_builder &b) { return build_references(b, elements, count); });
}

ctf_reference ctf_build_placeholders(ctf_builder *builder, size_t count) {
  return guarded(builder, [&](ctf_builder &b) {
    make_room(b, count * 4 + 16);
    return b.flat.CreateVector(std::vector<uint32_t>(count, 0)).o;
  });
}

ctf_reference ctf_build_copy(ctf_builder *builder, ctf_table table) {
  return guarded(builder, [&](ctf_builder &b) { return copy_table(b, table); });
}

ctf_reference ctf_build_table(ctf_builder *builder, int32_t type, ctf_table base, const ctf_setting *settings,
                              size_t count) {
  return guarded(builder, [&](ctf_builder &b) {
    std::vector<Slot> slots;
    for (int32_t id = 0; id < ctf_field_count(type); ++id) {
      const ctf_field *field = ctf_field_at(type, id);
      if (!field) continue;
      const auto *setting = std::find_if(settings, settings + count, [&](const ctf_setting &s) { return s.id == id; });
      if (setting == settings + count) {
        if (base.position && base.type == type) copy_field(b, base, id, *field, slots);
        continue;
      }
      switch (setting->kind) {
        case CTF_SET_NOTHING: break;
        case CTF_SET_INTEGER: add_scalar(slots, id, *field, static_cast<uint64_t>(setting->integer)); break;
        case CTF_SET_REAL: add_scalar(slots, id, *field, bits_of(setting->real, field->width)); break;
        case CTF_SET_REFERENCE: slots.push_back({id, 4, setting->reference, true}); break;
      }
    }
    return build_table(b, type, std::move(slots));
  });
}

uint8_t *ctf_build_root(ctf_builder *builder, ctf_reference root, size_t *size) {
  const ctf_reference done = guarded(builder, [&](ctf_builder &b) -> ctf_reference {
    b.flat.Finish(Offset<Table>(root), "TFL3");
    b.size = b.flat.GetSize();
    return 1;
  });
  if (!done) return nullptr;
  *size = builder->size;
  return builder->flat.GetBufferPointer();
}

size_t ctf_built_offset(const ctf_builder *builder, ctf_reference reference) { return builder->size - reference; }

}  // extern "C"
