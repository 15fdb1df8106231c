#ifndef PHOENIX_CGZIP_SHIM_H
#define PHOENIX_CGZIP_SHIM_H

#include <zlib.h>

/* The initialisers of zlib are macros, which Swift does not see. 16 more than the window's bits ask for gzip (RFC 1952). */

static inline int phoenix_gzip_init(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

static inline int phoenix_gunzip_init(z_stream *stream) {
    return inflateInit2(stream, 15 + 16);
}

#endif
