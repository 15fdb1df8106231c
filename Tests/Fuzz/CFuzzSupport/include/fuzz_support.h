#ifndef PHOENIX_FUZZ_SUPPORT_H
#define PHOENIX_FUZZ_SUPPORT_H

#include <stdint.h>

/// Whether the functions below know anything: they count in malloc itself, which needs glibc.
int fuzz_meter_works(void);

/// The bytes that malloc has handed out and that were not freed.
int64_t fuzz_live_bytes(void);

/// The most bytes that were live at once since the last call of `fuzz_reset_peak`.
int64_t fuzz_peak_bytes(void);

/// Begins to look for the peak from what is live now.
void fuzz_reset_peak(void);

/// Maps the eight bytes of the file at `path` into memory that outlives a crash of this process.
///
/// Null when that is not possible.
volatile uint64_t *fuzz_map_progress(const char *path);

#endif
