// The least that a client can do: plain sockets, frames cut by hand, no JSON beyond finding the integer.
//
//     bare-c PORT CASE COUNT SIZE        CASE: integer, untouched, echo, pipelined, send
//
// Prints one line of JSON: CPU and wall time of the measured part in nanoseconds, and what was counted.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { room = 65536, window = 256 };

static int peer;
static uint8_t input[room];
static size_t begin, end;
static uint8_t output[room];
static size_t written;
static int64_t sum;

static void fail(const char *what) {
    fprintf(stderr, "bare-c: %s\n", what);
    exit(1);
}

static int64_t now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void flush(void) {
    for (size_t sent = 0; sent < written;) {
        ssize_t count = send(peer, output + sent, written - sent, 0);
        if (count <= 0) fail("the connection is gone");
        sent += (size_t)count;
    }
    written = 0;
}

static void put(const char *text, size_t count) {
    if (room - written < count + 8) flush();
    uint8_t *at = output + written, mask[4] = {0x12, 0x34, 0x56, 0x78};
    at[0] = 0x81;
    size_t size = 2;
    if (count < 126) at[1] = 0x80 | (uint8_t)count;
    else at[1] = 0x80 | 126, at[2] = (uint8_t)(count >> 8), at[3] = (uint8_t)count, size = 4;
    memcpy(at + size, mask, 4);
    for (size_t index = 0; index < count; index++) at[size + 4 + index] = (uint8_t)text[index] ^ mask[index & 3];
    written += size + 4 + count;
}

/// The next message; what is cut off at the end of the buffer is moved to its beginning and read on.
static const char *next(size_t *count) {
    for (;;) {
        uint8_t *at = input + begin;
        size_t rest = end - begin;
        if (rest >= 2) {
            size_t length = at[1], size = 2;
            if (length == 126 && rest >= 4) length = (size_t)at[2] << 8 | at[3], size = 4;
            if (at[0] != 0x81 || length > room - 8) fail("an unexpected frame");
            if ((size == 4 || at[1] < 126) && rest >= size + length) {
                begin += size + length;
                *count = length;
                return (char *)at + size;
            }
        }
        memmove(input, input + begin, rest);
        begin = 0;
        end = rest;
        ssize_t got = recv(peer, input + end, room - end, 0);
        if (got <= 0) fail("the connection is gone");
        end += (size_t)got;
    }
}

/// The integer of a tick: the digits behind `"i":`.
static int64_t integer(const char *text, size_t count) {
    const char *limit = text + count, *at = text;
    while ((at = memchr(at, '"', (size_t)(limit - at))) && limit - at > 4) {
        if (at[1] == 'i' && at[2] == '"' && at[3] == ':') {
            int64_t value = 0;
            for (at += 4; at < limit && *at >= '0' && *at <= '9'; at++) value = value * 10 + (*at - '0');
            return value;
        }
        at++;
    }
    return -1;
}

static void put_push(long reference, const char *event, const char *payload) {
    char text[16400];
    int count = snprintf(text, sizeof text, "[\"1\",\"%ld\",\"blast:0\",\"%s\",%s]", reference, event, payload);
    put(text, (size_t)count);
}

static int compare(const void *one, const void *other) {
    int64_t a = *(const int64_t *)one, b = *(const int64_t *)other;
    return (a > b) - (a < b);
}

int main(int argc, char **argv) {
    if (argc != 5) fail("Expected PORT CASE COUNT SIZE");
    const char *name = argv[2];
    long count = atol(argv[3]), size = atol(argv[4]);
    if (count < 1 || size < 32 || size > 16000) fail("Expected a count and a size from 32 to 16000");
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1;
    peer = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(peer, (struct sockaddr *)&address, sizeof address) != 0) fail("no server");
    setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    const char *request = "GET /socket/websocket?vsn=2.0.0 HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                          "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    if (send(peer, request, strlen(request), 0) <= 0) fail("no server");
    while (!memmem(input, end, "\r\n\r\n", 4)) {
        ssize_t got = recv(peer, input + end, 1, 0);
        if (got <= 0) fail("no upgrade");
        end += (size_t)got;
    }
    begin = end = 0;

    size_t length;
    put_push(1, "phx_join", "{}");
    flush();
    next(&length);
    char payload[16400];
    snprintf(payload, sizeof payload, "{\"i\":%ld,\"pad\":\"%.*s\"}", 1000000L, (int)size - 20, (char[16000]){0});
    memset(payload + 19, 'x', (size_t)size - 21);
    memcpy(payload + size - 2, "\"}", 3);
    int64_t *trips = calloc((size_t)count, sizeof *trips);
    int64_t cpu = 0, wall = 0;
    long messages = 0, reference = 1;
    for (int pass = 0; pass < 2; pass++) {
        // The first pass only warms up.
        long wanted = pass == 0 ? (count + 9) / 10 : count;
        cpu = now(CLOCK_PROCESS_CPUTIME_ID), wall = now(CLOCK_MONOTONIC);
        messages = 0;
        if (strcmp(name, "integer") == 0 || strcmp(name, "untouched") == 0) {
            int reads = name[0] == 'i';
            char order[128];
            snprintf(order, sizeof order, "{\"count\":%ld,\"size\":%ld,\"topics\":1}", wanted, size);
            put_push(++reference, "blast", order);
            flush();
            next(&length);
            while (messages < wanted) {
                const char *text = next(&length);
                if (reads) sum += integer(text, length);
                messages++;
            }
            next(&length);
        } else if (strcmp(name, "echo") == 0) {
            for (; messages < wanted; messages++) {
                int64_t start = now(CLOCK_MONOTONIC);
                put_push(++reference, "echo", payload);
                flush();
                sum += integer(next(&length), length);
                trips[messages] = now(CLOCK_MONOTONIC) - start;
            }
        } else if (strcmp(name, "pipelined") == 0) {
            long sent = 0;
            for (; sent < wanted && sent < window; sent++) put_push(++reference, "echo", payload);
            flush();
            while (messages < wanted) {
                const char *text = next(&length);
                sum += integer(text, length);
                messages++;
                if (sent < wanted) put_push(++reference, "echo", payload), sent++;
                if (begin == end) flush();
            }
        } else if (strcmp(name, "send") == 0) {
            for (; messages < wanted; messages++) put_push(++reference, "take", payload);
            put_push(++reference, "echo", payload);
            flush();
            next(&length);
        } else {
            fail("an unknown case");
        }
        cpu = now(CLOCK_PROCESS_CPUTIME_ID) - cpu, wall = now(CLOCK_MONOTONIC) - wall;
    }
    qsort(trips, (size_t)count, sizeof *trips, compare);
    int64_t total = 0;
    for (long index = 0; index < count; index++) total += trips[index];
    printf("{\"messages\":%ld,\"cpu\":%lld,\"wall\":%lld,\"p50\":%lld,\"p99\":%lld,\"mean\":%lld,\"sum\":%lld}\n", messages,
           (long long)cpu, (long long)wall, (long long)trips[count / 2], (long long)trips[count * 99 / 100],
           (long long)(total / count), (long long)sum);
    close(peer);
    return 0;
}
