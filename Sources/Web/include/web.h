/* The files of the web client, as they are served: path, media type, bytes. */
#ifndef WEB_H
#define WEB_H

#include <stddef.h>

struct web_file {
  const char *path;
  const char *type;
  const unsigned char *bytes;
  size_t count;
};

size_t web_file_count(void);
struct web_file web_file_at(size_t index);

#endif
