#ifndef PHOENIX_MALLINFO_H
#define PHOENIX_MALLINFO_H

/// The bytes that malloc has handed out and that were not freed, in all arenas; 0 where the system does not say.
unsigned long phoenix_live_malloc_bytes(void);

#endif
