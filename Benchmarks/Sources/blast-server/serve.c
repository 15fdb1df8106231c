#define _GNU_SOURCE
#include "server.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { input_size = 1 << 18, longest_message = 1 << 17, burst_size = 1 << 18 };

struct connection {
    int socket;
    int version;
    uint8_t *input;
    size_t begin, end;
    uint8_t *output;
    size_t written, capacity;
};

static int send_all(int socket, const uint8_t *bytes, size_t count) {
    while (count > 0) {
        ssize_t sent = send(socket, bytes, count, 0);
        if (sent <= 0) return -1;
        bytes += sent;
        count -= (size_t)sent;
    }
    return 0;
}

static size_t put_header(uint8_t *at, uint8_t first, size_t count) {
    at[0] = first;
    if (count < 126) {
        at[1] = (uint8_t)count;
        return 2;
    }
    if (count < 65536) {
        at[1] = 126, at[2] = (uint8_t)(count >> 8), at[3] = (uint8_t)count;
        return 4;
    }
    at[1] = 127;
    for (int index = 0; index < 8; index++) at[2 + index] = (uint8_t)((uint64_t)count >> (56 - 8 * index));
    return 10;
}

static void reserve(struct connection *c, size_t count) {
    if (c->capacity - c->written >= count) return;
    c->capacity = (c->capacity + count) * 2;
    c->output = realloc(c->output, c->capacity);
    if (!c->output) abort();
}

static void put_text(struct connection *c, const char *text, size_t count) {
    reserve(c, count + 10);
    c->written += put_header(c->output + c->written, 0x81, count);
    memcpy(c->output + c->written, text, count);
    c->written += count;
}

static int flush(struct connection *c) {
    size_t count = c->written;
    c->written = 0;
    return count ? send_all(c->socket, c->output, count) : 0;
}

/// A stretch of a message, and nothing when it has no bytes.
struct part {
    const char *at;
    int count;
};

/// The number behind `name` in `payload`.
static long number(struct part payload, const char *name, long otherwise) {
    char key[32];
    int length = snprintf(key, sizeof key, "\"%s\":", name);
    const char *found = memmem(payload.at, (size_t)payload.count, key, (size_t)length);
    return found ? strtol(found + length, NULL, 10) : otherwise;
}

/// One message of an event with `payload`, as a server's push or as a reply, in the connection's version.
static void put_message(struct connection *c, struct part join_reference, struct part reference, struct part topic,
                        const char *event, struct part payload, int is_reply) {
    size_t room = (size_t)(join_reference.count + reference.count + topic.count + payload.count) + 256;
    char small[4096], *text = room <= sizeof small ? small : malloc(room);
    if (!text) abort();
    const char *before = is_reply ? "{\"status\":\"ok\",\"response\":" : "", *after = is_reply ? "}" : "";
    int count;
    if (c->version == 1) {
        count = snprintf(text, room, "{\"topic\":%.*s,\"event\":\"%s\",\"payload\":%s%.*s%s,\"ref\":%.*s}", topic.count, topic.at,
                         event, before, payload.count, payload.at, after, reference.count, reference.at);
    } else {
        count = snprintf(text, room, "[%.*s,%.*s,%.*s,\"%s\",%s%.*s%s]", join_reference.count, join_reference.at,
                         reference.count, reference.at, topic.count, topic.at, event, before, payload.count, payload.at, after);
    }
    put_text(c, text, (size_t)count);
    if (text != small) free(text);
}

static const struct part null_part = {"null", 4};

/// Sends `count` ticks with payloads of `size` bytes over `topics` topics, then one done on the first of them.
static int blast(struct connection *c, long count, long size, long topics) {
    long batch = burst_size / (size + 64);
    if (batch < topics) batch = topics;
    batch -= batch % topics;
    char *pad = malloc((size_t)size + 1);
    if (!pad) abort();
    memset(pad, 'x', (size_t)size);
    for (long index = 0; index < batch; index++) {
        char topic[32], payload[16384];
        int topic_count = snprintf(topic, sizeof topic, "\"blast:%ld\"", index % topics);
        int head = snprintf(payload, sizeof payload, "{\"i\":%ld,\"pad\":\"", 1000000 + index);
        int filler = (int)size - head - 2;
        int total = snprintf(payload, sizeof payload, "{\"i\":%ld,\"pad\":\"%.*s\"}", 1000000 + index, filler > 0 ? filler : 0, pad);
        put_message(c, null_part, null_part, (struct part){topic, topic_count}, "tick", (struct part){payload, total}, 0);
    }
    free(pad);
    size_t burst = c->written, each = burst / (size_t)batch;
    (void)each;
    long whole = count / batch, rest = count % batch;
    int status = 0;
    for (long turn = 0; turn < whole && status == 0; turn++) status = send_all(c->socket, c->output, burst);
    size_t tail = 0;
    for (long index = 0; index < rest; index++) {
        uint8_t *frame = c->output + tail;
        size_t length = frame[1] & 127;
        tail += length == 126 ? 4 + ((size_t)frame[2] << 8 | frame[3]) : 2 + length;
    }
    if (status == 0 && tail > 0) status = send_all(c->socket, c->output, tail);
    c->written = 0;
    put_message(c, null_part, null_part, (struct part){"\"blast:0\"", 9}, "done", (struct part){"{}", 2}, 0);
    return status == 0 ? flush(c) : -1;
}

/// Cuts `["1","2","topic","event",payload]`: the parts keep their quotes.
static int cut_v2(char *text, size_t count, struct part parts[5]) {
    char *at = text + 1, *end = text + count - 1;
    for (int index = 0; index < 4; index++) {
        char *comma = *at == '"' ? memchr(at + 1, '"', (size_t)(end - at - 1)) : at;
        comma = comma ? memchr(comma, ',', (size_t)(end - comma)) : NULL;
        if (!comma) return -1;
        parts[index] = (struct part){at, (int)(comma - at)};
        at = comma + 1;
    }
    parts[4] = (struct part){at, (int)(end - at)};
    return 0;
}

/// Finds the members of a V1 message; the payload must be the flat map that the benchmarks send.
static int cut_v1(char *text, size_t count, struct part parts[5]) {
    static const char *names[5] = {"\"join_ref\":", "\"ref\":", "\"topic\":", "\"event\":", "\"payload\":"};
    for (int index = 0; index < 5; index++) {
        char *at = memmem(text, count, names[index], strlen(names[index]));
        if (!at) {
            parts[index] = null_part;
            continue;
        }
        at += strlen(names[index]);
        char *end = at, *limit = text + count;
        if (*at == '{') while (end < limit && *end++ != '}') {}
        else if (*at == '"') for (end = at + 1; end < limit && *end++ != '"';) {}
        else while (end < limit && *end != ',' && *end != '}') end++;
        parts[index] = (struct part){at, (int)(end - at)};
    }
    return 0;
}

static int is(struct part part, const char *name) {
    return part.count == (int)strlen(name) + 2 && memcmp(part.at + 1, name, strlen(name)) == 0;
}

static int received(struct connection *c, char *text, size_t count) {
    struct part parts[5];
    if (count < 10 || (c->version == 1 ? cut_v1(text, count, parts) : cut_v2(text, count, parts)) != 0) return -1;
    if (is(parts[3], "take")) return 0;
    if (is(parts[3], "blast")) {
        long size = number(parts[4], "size", 64), topics = number(parts[4], "topics", 1);
        put_message(c, parts[0], parts[1], parts[2], "phx_reply", (struct part){"{}", 2}, 1);
        if (flush(c) != 0 || size < 32 || size > 16000 || topics < 1) return -1;
        return blast(c, number(parts[4], "count", 1), size, topics);
    }
    int is_join = is(parts[3], "phx_join");
    put_message(c, parts[0], parts[1], parts[2], "phx_reply", is_join ? (struct part){"{}", 2} : parts[4], 1);
    return 0;
}

/// Answers the upgrade; what came behind it stays in the input.
static int upgrade(struct connection *c) {
    for (;;) {
        char *end = memmem(c->input, c->end, "\r\n\r\n", 4);
        if (end) {
            *end = 0;
            char *key = strcasestr((char *)c->input, "sec-websocket-key:");
            if (!key) return -1;
            key += 18;
            while (*key == ' ') key++;
            char copy[41] = {0}, accept[29], answer[256];
            memcpy(copy, key, strcspn(key, "\r\n ") < 40 ? strcspn(key, "\r\n ") : 40);
            c->version = strstr((char *)c->input, "vsn=1") ? 1 : 2;
            accept_key(copy, accept);
            int count = snprintf(answer, sizeof answer,
                                 "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                 "Sec-WebSocket-Accept: %s\r\n\r\n", accept);
            c->begin = (size_t)(end - (char *)c->input) + 4;
            return send_all(c->socket, (uint8_t *)answer, (size_t)count);
        }
        if (c->end >= 8192) return -1;
        ssize_t got = recv(c->socket, c->input + c->end, 8192 - c->end, 0);
        if (got <= 0) return -1;
        c->end += (size_t)got;
    }
}

/// Takes one frame out of the input: 1 when there was one, 0 when more must be read, -1 at the end.
static int take_frame(struct connection *c) {
    uint8_t *frame = c->input + c->begin;
    size_t rest = c->end - c->begin, size = 2;
    if (rest < 2) return 0;
    size_t count = frame[1] & 127;
    if (count == 126) {
        if (rest < 4) return 0;
        count = (size_t)frame[2] << 8 | frame[3], size = 4;
    } else if (count == 127) {
        return -1;
    }
    if (!(frame[1] & 0x80) || count > longest_message) return -1;
    if (rest < size + 4 + count) return 0;
    uint8_t *mask = frame + size, *payload = mask + 4;
    uint32_t key;
    memcpy(&key, mask, 4);
    size_t index = 0;
    for (; index + 4 <= count; index += 4) {
        uint32_t word;
        memcpy(&word, payload + index, 4);
        word ^= key;
        memcpy(payload + index, &word, 4);
    }
    for (; index < count; index++) payload[index] ^= mask[index & 3];
    c->begin += size + 4 + count;
    switch (frame[0]) {
    case 0x81: return received(c, (char *)payload, count) == 0 ? 1 : -1;
    case 0x88:
        reserve(c, count + 10);
        c->written += put_header(c->output + c->written, 0x88, count);
        memcpy(c->output + c->written, payload, count);
        c->written += count;
        flush(c);
        return -1;
    default: return frame[0] == 0x89 || frame[0] == 0x8A ? 1 : -1;
    }
}

void *serve(void *argument) {
    struct connection c = {.socket = (int)(long)argument, .capacity = 1024};
    c.input = malloc(input_size);
    c.output = malloc(c.capacity);
    int status = c.input && c.output ? upgrade(&c) : -1;
    while (status == 0) {
        int taken;
        while ((taken = take_frame(&c)) == 1) {}
        if (taken < 0 || flush(&c) != 0) break;
        memmove(c.input, c.input + c.begin, c.end - c.begin);
        c.end -= c.begin;
        c.begin = 0;
        ssize_t got = recv(c.socket, c.input + c.end, input_size - c.end, 0);
        if (got <= 0) break;
        c.end += (size_t)got;
    }
    close(c.socket);
    free(c.input);
    free(c.output);
    return NULL;
}
