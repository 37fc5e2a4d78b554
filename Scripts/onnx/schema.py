"""Prints the schema of ONNX as the installed onnx package knows it: names, numbers, types and presence of every field.

The comments and the layout of ONNX's own file are not taken over. Text is declared as bytes: protobuf-c ends a string at
its first zero byte, and would lose what stands behind it.
"""

import onnx
from google.protobuf import descriptor_pb2
from onnx import onnx_ml_pb2

F = descriptor_pb2.FieldDescriptorProto
SCALARS = {
    F.TYPE_FLOAT: "float", F.TYPE_DOUBLE: "double", F.TYPE_INT64: "int64", F.TYPE_UINT64: "uint64",
    F.TYPE_INT32: "int32", F.TYPE_STRING: "bytes", F.TYPE_BYTES: "bytes",
}
LABELS = {F.LABEL_OPTIONAL: "optional ", F.LABEL_REPEATED: "repeated ", F.LABEL_REQUIRED: "required "}


def type_of(field):
    return SCALARS.get(field.type) or field.type_name.removeprefix(".onnx.")


def field_line(field, indent, label):
    packed = " [packed = true]" if field.options.packed else ""
    text = "  // text" if field.type == F.TYPE_STRING else ""
    return f"{indent}{label}{type_of(field)} {field.name} = {field.number}{packed};{text}"


def message_lines(message, indent=""):
    inner = indent + "  "
    yield f"{indent}message {message.name} {{"
    for enum in message.enum_type:
        yield f"{inner}enum {enum.name} {{"
        yield from (f"{inner}  {value.name} = {value.number};" for value in enum.value)
        yield f"{inner}}}"
    for nested in message.nested_type:
        yield from message_lines(nested, inner)
    for field in sorted((f for f in message.field if not f.HasField("oneof_index")), key=lambda f: f.number):
        yield field_line(field, inner, LABELS[field.label])
    for index, oneof in enumerate(message.oneof_decl):
        yield f"{inner}oneof {oneof.name} {{"
        members = (f for f in message.field if f.HasField("oneof_index") and f.oneof_index == index)
        yield from (field_line(f, inner + "  ", "") for f in sorted(members, key=lambda f: f.number))
        yield f"{inner}}}"
    yield f"{indent}}}"


file = descriptor_pb2.FileDescriptorProto()
onnx_ml_pb2.DESCRIPTOR.CopyToProto(file)
print("// The fields of ONNX's messages; see Scripts/make-onnx-schema. Numbers: onnx", onnx.__version__)
print("// Text fields are bytes here: protobuf-c ends a string at its first zero byte.")
print('syntax = "proto2";')
print("package onnx;")
print('import "protobuf-c/protobuf-c.proto";')
print("option (pb_c_file).gen_pack_helpers = false;")
print("option (pb_c_file).gen_init_helpers = false;")
for enum in file.enum_type:
    print(f"\nenum {enum.name} {{")
    for value in enum.value:
        print(f"  {value.name} = {value.number};")
    print("}")
for message in sorted(file.message_type, key=lambda m: m.name):
    print()
    print("\n".join(message_lines(message)))
