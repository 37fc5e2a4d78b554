// A libFuzzer target for the TFLite gate: whatever verifies must be readable and copyable without leaving its bytes, and
// the copy must verify again. See Scripts/fuzz.

#include <cstdio>
#include <cstdlib>
#include <vector>

#include "ctflite.h"

namespace {

uint64_t g_sum;

// Reads everything that the table reaches, up to a number of tables: sharing can make them many more than the bytes.
void read_all(ctf_table table, int &remaining) {
  if (remaining-- <= 0) return;
  for (int32_t id = 0; id < ctf_field_count(table.type); ++id) {
    const ctf_field *field = ctf_field_at(table.type, id);
    if (!field || !ctf_has(table, id)) continue;
    switch (field->kind) {
      case CTF_INTEGER: g_sum += static_cast<uint64_t>(ctf_integer(table, id)); break;
      case CTF_REAL: g_sum += ctf_real(table, id) > 0; break;
      case CTF_TABLE:
      case CTF_UNION: read_all(ctf_child(table, id), remaining); break;
      default: {
        const ctf_vector vector = ctf_elements(table, id);
        if (field->element == CTF_TABLE) {
          for (size_t index = 0; index < vector.count && remaining > 0; ++index) {
            read_all(ctf_child_in(table, id, index), remaining);
          }
        } else if (vector.count > 0) {
          const size_t width = field->kind == CTF_STRING ? 1 : static_cast<size_t>(field->width);
          g_sum += vector.elements[0] + vector.elements[vector.count * width - 1];
        }
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  // Mapped files start at a page.
  std::vector<uint64_t> aligned((size + 7) / 8);
  auto *bytes = reinterpret_cast<uint8_t *>(aligned.data());
  std::copy(data, data + size, bytes);
  if (ctf_verify(bytes, size).status != CTF_VALID) return 0;
  int remaining = 100000;
  read_all(ctf_root(bytes), remaining);
  ctf_builder *builder = ctf_builder_create();
  const ctf_reference copy = ctf_build_copy(builder, ctf_root(bytes));
  size_t built_size = 0;
  const uint8_t *built = ctf_build_root(builder, copy, &built_size);
  if (built) {
    const ctf_report report = ctf_verify(built, built_size);
    if (report.status != CTF_VALID) {
      std::fprintf(stderr, "the copy does not verify: %s\n", report.message);
      std::abort();
    }
  }
  ctf_builder_destroy(builder);
  return 0;
}
