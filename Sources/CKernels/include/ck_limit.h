// What the processor can do at most: the arithmetic of the fastest kernels on registers alone, and nothing else.
#ifndef CK_LIMIT_H
#define CK_LIMIT_H

// Multiply-adds of one unit of the kernels `limit`.
#define CK_LIMIT_OPERATIONS 65536

// limit int8, float32: no parameters. The buffers are CK_SLACK bytes to multiply by themselves, and CK_SLACK bytes for a
// result without a meaning.

#endif
