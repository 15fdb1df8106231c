#include "mallinfo.h"

#include <stdlib.h>

#if defined(__GLIBC__)
#include <malloc.h>

unsigned long phoenix_live_malloc_bytes(void) {
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}
#elif defined(__APPLE__)
#include <malloc/malloc.h>

unsigned long phoenix_live_malloc_bytes(void) {
    malloc_statistics_t statistics;
    malloc_zone_statistics(0, &statistics);
    return statistics.size_in_use;
}
#else
unsigned long phoenix_live_malloc_bytes(void) { return 0; }
#endif
