// The door to zlib.
#pragma once
#include <zlib.h>

// Begins a gzip file, as small as it gets. The C name is a macro that Swift cannot import.
static inline int moot_zlib_begin(z_stream *stream) {
  return deflateInit2(stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY);
}
