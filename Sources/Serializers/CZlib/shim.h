#ifndef PHOENIX_CZLIB_SHIM_H
#define PHOENIX_CZLIB_SHIM_H

#include <zlib.h>

/* The initialisers of zlib are macros, which Swift does not see. A window of minus n bits is a raw stream (RFC 1951). */

static inline int phoenix_deflate_init(z_stream *stream, int level, int window_bits, int memory_level) {
    return deflateInit2(stream, level, Z_DEFLATED, -window_bits, memory_level, Z_DEFAULT_STRATEGY);
}

static inline int phoenix_inflate_init(z_stream *stream, int window_bits) {
    return inflateInit2(stream, -window_bits);
}

#endif
