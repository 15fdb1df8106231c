#ifndef HEAP_H
#define HEAP_H

#include <stdint.h>

/// How many blocks this process has asked the C library for, by whatever function and from whatever thread.
///
/// Linking this library puts its malloc in front of the C library's.
uint64_t heap_allocations(void);

#endif
