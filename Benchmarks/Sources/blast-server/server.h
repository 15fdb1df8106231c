#ifndef SERVER_H
#define SERVER_H

#include <stddef.h>

/// Writes the Sec-WebSocket-Accept for `key` (RFC 6455 section 4.2.2) into `accept`, 28 characters and a zero.
void accept_key(const char *key, char accept[29]);

/// Serves one connection, a file descriptor in a pointer's clothes, until its client goes.
void *serve(void *socket);

#endif
