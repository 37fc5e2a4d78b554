// How often the calling thread has asked for memory; -1 where that cannot be counted.
#ifndef ALLOCATIONS_H
#define ALLOCATIONS_H

long allocation_count(void);

#endif
