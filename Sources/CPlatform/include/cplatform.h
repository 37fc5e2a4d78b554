// What the system offers beyond what its headers show to Swift. Each function does nothing where a system has no such thing.
#pragma once

#include <pthread.h>
#include <stdint.h>

/// The core that the calling thread runs on at this moment; negative where that cannot be told.
int32_t cp_current_core(void);

/// Has a thread run on another core than the calling one, if it is waiting for that one and may run on others.
///
/// Linux starts a thread on its creator's core, and in a virtual machine often leaves it there until the next tick of the
/// clock, up to 4 ms, while another core idles: cores that sleep count as taken from the machine. Nothing is changed for
/// good: the thread may run everywhere as before.
void cp_start_elsewhere(pthread_t thread);

/// Moves the calling thread to another core, if it may run on others, as the system does with a thread that was not woken
/// where another one is at work. It may run everywhere as before.
void cp_leave_core(void);

/// Has the heap grow by megabytes, the first ones in a large page. The system's own steps are of one page for threads and of
/// a few dozen for the first one: a process of a few milliseconds would spend one or two of them on asking, and on a fault
/// for each page. Called before there are other threads.
void cp_prepare_heap(void);

/// Has the thread, which blocks and awaits SIGBUS, get that signal when another thread reads memory that its file no longer
/// has: the file was cut short, or its disk failed. The thread that reads goes no further.
void cp_tell_of_lost_memory(pthread_t thread);
