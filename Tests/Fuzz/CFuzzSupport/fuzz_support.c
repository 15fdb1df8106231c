#include "fuzz_support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static _Atomic int64_t live_bytes;
static _Atomic int64_t peak_bytes;

int64_t fuzz_live_bytes(void) { return atomic_load_explicit(&live_bytes, memory_order_relaxed); }

int64_t fuzz_peak_bytes(void) { return atomic_load_explicit(&peak_bytes, memory_order_relaxed); }

void fuzz_reset_peak(void) { atomic_store_explicit(&peak_bytes, fuzz_live_bytes(), memory_order_relaxed); }

volatile uint64_t *fuzz_map_progress(const char *path) {
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) return NULL;
    void *memory = MAP_FAILED;
    if (ftruncate(file, sizeof(uint64_t)) == 0) {
        memory = mmap(NULL, sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    }
    close(file);
    return memory == MAP_FAILED ? NULL : memory;
}

#if defined(__GLIBC__)

// The functions of malloc, which this program thereby has of its own: each calls glibc's and counts.

#include <malloc.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

int fuzz_meter_works(void) { return 1; }

static void *counted(void *memory) {
    if (memory == NULL) return NULL;
    int64_t size = (int64_t)malloc_usable_size(memory);
    int64_t live = atomic_fetch_add_explicit(&live_bytes, size, memory_order_relaxed) + size;
    if (live > atomic_load_explicit(&peak_bytes, memory_order_relaxed)) {
        atomic_store_explicit(&peak_bytes, live, memory_order_relaxed);
    }
    return memory;
}

static void uncount(void *memory) {
    if (memory == NULL) return;
    atomic_fetch_sub_explicit(&live_bytes, (int64_t)malloc_usable_size(memory), memory_order_relaxed);
}

void *malloc(size_t size) { return counted(__libc_malloc(size)); }

void *calloc(size_t count, size_t size) { return counted(__libc_calloc(count, size)); }

void *realloc(void *memory, size_t size) {
    int64_t before = memory == NULL ? 0 : (int64_t)malloc_usable_size(memory);
    void *result = __libc_realloc(memory, size);
    if (result == NULL && size > 0) return NULL;
    atomic_fetch_sub_explicit(&live_bytes, before, memory_order_relaxed);
    return counted(result);
}

void *memalign(size_t alignment, size_t size) { return counted(__libc_memalign(alignment, size)); }

void *aligned_alloc(size_t alignment, size_t size) { return counted(__libc_memalign(alignment, size)); }

int posix_memalign(void **result, size_t alignment, size_t size) {
    void *memory = counted(__libc_memalign(alignment, size));
    if (memory == NULL) return ENOMEM;
    *result = memory;
    return 0;
}

void free(void *memory) {
    uncount(memory);
    __libc_free(memory);
}

#else

int fuzz_meter_works(void) { return 0; }

#endif
