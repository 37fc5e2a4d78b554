#include <algorithm>
#include <cstdio>
#include <cstring>
#include <new>
#include <unordered_set>

#include "schema.h"

namespace ctflite {
namespace {

// FlatBuffers' own limit of nesting; the format needs about ten levels.
constexpr int kMaximumDepth = 64;
// Visits, where tables are reached on several ways. LiteRT's own limit is the same.
constexpr uint32_t kMaximumTables = 1000000;

// Walks everything that the root reaches, each table and vector once, so that sharing cannot make it slow.
//
// FlatBuffers' own reflective `Verify` follows references to tables before it has checked them, says neither where nor
// what is wrong, and cannot tell unknown fields; so this walk goes first, and `Verify` gives the second opinion.
class Walker {
 public:
  Walker(const uint8_t *bytes, size_t length, ctf_report &report)
      : schema_(Schema::shared()), bytes_(bytes), length_(length), report_(report) {}

  bool walk() {
    if (length_ < 8) return fail(0, "the file ends before its first table");
    size_t position;
    if (!reference(0, position)) return false;
    return table(position, schema_.root, 1);
  }

  const std::string &path() const { return path_; }

 private:
  bool fail(size_t offset, const std::string &what, ctf_status status = CTF_MALFORMED) {
    report_.status = status;
    report_.offset = offset;
    const std::string text = path_.empty() ? what : path_ + ": " + what;
    std::snprintf(report_.message, sizeof report_.message, "%s", text.c_str());
    return false;
  }

  // Whether the bytes are there, and stand where their width asks for.
  bool holds(size_t offset, size_t count, size_t alignment) {
    if (count > length_ || offset > length_ - count) return fail(offset, "the value reaches beyond the end of the file");
    if (offset % alignment != 0) return fail(offset, "the value is not aligned");
    reach(offset + count);
    return true;
  }

  void reach(size_t end) { report_.extent = std::max<uint64_t>(report_.extent, end); }

  bool reference(size_t offset, size_t &target) {
    if (!holds(offset, 4, 4)) return false;
    const uint32_t distance = load<uint32_t>(bytes_ + offset);
    if (distance == 0 || distance > INT32_MAX || distance >= length_ - offset) {
      return fail(offset, "the reference leads out of the file");
    }
    target = offset + distance;
    return true;
  }

  bool is_new(size_t position, int32_t type) {
    return seen_.insert((static_cast<uint64_t>(position) << 16) | static_cast<uint16_t>(type + 4)).second;
  }

  // The elements of a vector or string: [position + 4, end).
  bool elements(size_t position, size_t width, size_t &count, size_t &end) {
    if (!holds(position, 4, 4)) return false;
    count = load<uint32_t>(bytes_ + position);
    if (count > (length_ - position - 4) / width) return fail(position, "the elements reach beyond the end of the file");
    end = position + 4 + count * width;
    reach(end);
    return true;
  }

  bool text(size_t position) {
    size_t count, end;
    if (!elements(position, 1, count, end)) return false;
    if (end >= length_ || bytes_[end] != 0) return fail(position, "the text is not terminated");
    reach(end + 1);
    return true;
  }

  bool table(size_t position, int32_t number, int depth) {
    if (!is_new(position, number)) return true;
    if (depth > kMaximumDepth) return fail(position, "the tables are nested too deeply");
    const TableType &type = schema_.types[number];
    if (!holds(position, 4, 4)) return false;
    const int64_t start = static_cast<int64_t>(position) - load<int32_t>(bytes_ + position);
    if (start < 0 || !holds(static_cast<size_t>(start), 4, 2)) return fail(position, "the table has no field list");
    const auto vtable = static_cast<size_t>(start);
    const size_t vtable_size = load<uint16_t>(bytes_ + vtable);
    const size_t table_size = load<uint16_t>(bytes_ + vtable + 2);
    if (vtable_size < 4 || vtable_size % 2 != 0 || !holds(vtable, vtable_size, 2)) {
      return fail(vtable, "the table's field list reaches beyond the end of the file");
    }
    if (table_size < 4 || !holds(position, table_size, 4)) {
      return fail(position, "the table reaches beyond the end of the file");
    }
    const size_t count = (vtable_size - 4) / 2;
    for (size_t id = 0; id < count; ++id) {
      const size_t offset = load<uint16_t>(bytes_ + vtable + 4 + 2 * id);
      if (offset == 0) continue;
      const ctf_field *field = type.field(static_cast<int32_t>(id));
      if (!field) {
        if (report_.unknown_fields++ == 0) {
          std::snprintf(report_.unknown, sizeof report_.unknown, "%s field %zu", type.name.c_str(), id);
        }
        continue;
      }
      const size_t length = path_.size();
      if (!path_.empty()) path_ += '.';
      path_ += field->name;
      const size_t width = field->kind == CTF_INTEGER || field->kind == CTF_REAL ? field->width : 4;
      if (offset < 4 || offset + width > table_size) return fail(position, "the field stands outside its table");
      if (!value(position + offset, position, static_cast<int32_t>(id), *field, depth)) return false;
      path_.resize(length);
    }
    return true;
  }

  bool value(size_t offset, size_t owner, int32_t id, const ctf_field &field, int depth) {
    size_t target;
    switch (field.kind) {
      case CTF_NONE: return true;
      case CTF_INTEGER:
      case CTF_REAL: return holds(offset, field.width, field.width);
      case CTF_STRING: return reference(offset, target) && text(target);
      case CTF_VECTOR: return reference(offset, target) && vector(target, field, depth);
      case CTF_TABLE: return reference(offset, target) && table(target, field.type, depth + 1);
      case CTF_UNION: {
        // The tag stands in the field before.
        const uint8_t *tag = field_position(bytes_ + owner, id - 1);
        const int32_t member = ctf_union_member(field.type, tag ? *tag : 0);
        if (!reference(offset, target)) return false;
        if (!tag || *tag == 0) return fail(offset, "the value has no type");
        if (member < 0) {
          return fail(offset, "holds a table of type " + std::to_string(*tag) + ", which this version does not know",
                      CTF_UNKNOWN_MEMBER);
        }
        return table(target, member, depth + 1);
      }
    }
    return fail(offset, "the schema has a field of no kind");
  }

  bool vector(size_t position, const ctf_field &field, int depth) {
    size_t count, end;
    if (!elements(position, field.width, count, end)) return false;
    const bool is_text = field.element == CTF_STRING;
    if (!is_text && field.element != CTF_TABLE) return true;
    if (!is_new(position, is_text ? -2 : -3 - field.type)) return true;
    const size_t length = path_.size();
    for (size_t index = 0; index < count; ++index) {
      path_ += '[' + std::to_string(index) + ']';
      size_t target;
      if (!reference(position + 4 + 4 * index, target)) return false;
      if (!(is_text ? text(target) : table(target, field.type, depth + 1))) return false;
      path_.resize(length);
    }
    return true;
  }

  const Schema &schema_;
  const uint8_t *bytes_;
  const size_t length_;
  ctf_report &report_;
  std::string path_;
  std::unordered_set<uint64_t> seen_;
};

}  // namespace
}  // namespace ctflite

extern "C" ctf_report ctf_verify(const uint8_t *bytes, size_t length) {
  ctf_report report = {};
  try {
    // A reference cannot lead farther; what stands behind is data that tables name by its place in the file.
    const size_t reachable = std::min<size_t>(length, FLATBUFFERS_MAX_BUFFER_SIZE - 1);
    ctflite::Walker walker(bytes, reachable, report);
    if (!walker.walk()) return report;
    const auto &schema = ctflite::Schema::shared();
    const auto *root = schema.reflection->objects()->Get(static_cast<flatbuffers::uoffset_t>(schema.root));
    if (!flatbuffers::Verify(*schema.reflection, *root, bytes, reachable, ctflite::kMaximumDepth,
                             ctflite::kMaximumTables)) {
      report.status = CTF_MALFORMED;
      std::snprintf(report.message, sizeof report.message, "FlatBuffers' own verification rejects the file");
    }
  } catch (const std::bad_alloc &) {
    report.status = CTF_OUT_OF_MEMORY;
    std::snprintf(report.message, sizeof report.message, "out of memory");
  } catch (...) {
    report.status = CTF_MALFORMED;
    std::snprintf(report.message, sizeof report.message, "the file cannot be verified");
  }
  return report;
}
