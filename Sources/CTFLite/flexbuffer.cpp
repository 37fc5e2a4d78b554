#include "ctflite.h"

#include <flatbuffers/flexbuffers.h>

#include <cstring>
#include <vector>

// A map's value, out of bytes that are copied so that everything in them is aligned, and verified first.
bool ctf_flexbuffer_number(const uint8_t *bytes, size_t count, const char *key, double *number) {
  // What holds a few options is small; verifying takes memory.
  if (!bytes || count < 3 || count > (1u << 20)) return false;
  try {
    std::vector<uint8_t> copy(bytes, bytes + count);
    std::vector<uint8_t> tracker(count);
    if (!flexbuffers::VerifyBuffer(copy.data(), copy.size(), &tracker)) return false;
    auto root = flexbuffers::GetRoot(copy.data(), copy.size());
    if (!root.IsMap()) return false;
    auto value = root.AsMap()[key];
    if (value.IsBool()) *number = value.AsBool() ? 1 : 0;
    else if (value.IsNumeric()) *number = value.AsDouble();
    else return false;
    return true;
  } catch (...) {
    return false;
  }
}
