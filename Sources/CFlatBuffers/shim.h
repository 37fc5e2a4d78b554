// FlatBuffers has only C++ headers, which Swift may not see; CTFLite includes them itself.
// This module exists to carry the library's link flags.
