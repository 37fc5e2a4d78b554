#ifndef MEMORY_H
#define MEMORY_H

// Ends the life of all blocks. False if something was written behind an operand that was overwritten.
int release_memory(void);

#endif
