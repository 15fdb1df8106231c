#include "server.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint32_t rotated(uint32_t word, int bits) { return word << bits | word >> (32 - bits); }

/// SHA-1 (RFC 3174) of at most 119 bytes.
static void sha1(const uint8_t *bytes, size_t count, uint8_t digest[20]) {
    uint8_t text[128] = {0};
    size_t blocks = count + 9 <= 64 ? 1 : 2;
    memcpy(text, bytes, count);
    text[count] = 0x80;
    for (int index = 0; index < 8; index++) text[blocks * 64 - 1 - index] = (uint8_t)((uint64_t)count * 8 >> 8 * index);
    uint32_t h[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    for (size_t block = 0; block < blocks; block++) {
        uint32_t w[80];
        for (int t = 0; t < 16; t++) {
            const uint8_t *p = text + block * 64 + t * 4;
            w[t] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
        }
        for (int t = 16; t < 80; t++) w[t] = rotated(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
        uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
        for (int t = 0; t < 80; t++) {
            uint32_t f, k;
            if (t < 20) f = (b & c) | (~b & d), k = 0x5A827999;
            else if (t < 40) f = b ^ c ^ d, k = 0x6ED9EBA1;
            else if (t < 60) f = (b & c) | (b & d) | (c & d), k = 0x8F1BBCDC;
            else f = b ^ c ^ d, k = 0xCA62C1D6;
            uint32_t next = rotated(a, 5) + f + e + w[t] + k;
            e = d, d = c, c = rotated(b, 30), b = a, a = next;
        }
        h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
    }
    for (int index = 0; index < 20; index++) digest[index] = (uint8_t)(h[index / 4] >> (24 - 8 * (index % 4)));
}

void accept_key(const char *key, char accept[29]) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char text[120];
    int count = snprintf(text, sizeof text, "%.40s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    uint8_t digest[21] = {0};
    sha1((const uint8_t *)text, (size_t)count, digest);
    for (int index = 0; index < 7; index++) {
        uint32_t group = (uint32_t)digest[index * 3] << 16 | (uint32_t)digest[index * 3 + 1] << 8 | digest[index * 3 + 2];
        for (int letter = 0; letter < 4; letter++) accept[index * 4 + letter] = letters[group >> (18 - 6 * letter) & 63];
    }
    accept[27] = '=';
    accept[28] = 0;
}
