// Looks for bytes sixteen at a time, with the vectors that each processor of its kind has: SSE2 on x86-64, NEON on ARM64; eight at a
// time elsewhere. In C because Swift has no way to ask where in a vector something was found.
//
// Each function looks at `bytes[from]` up to `bytes[count - 1]`, reads nothing outside of `bytes[0]` to `bytes[count - 1]`, and answers
// with the position of the first byte it looks for, or `count`. `from` is at most `count`.
#ifndef BYTE_SCAN_H
#define BYTE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// They are called in the innermost loops, with positions that are best kept in registers.
#define BYTE_SCAN_INLINE static inline __attribute__((always_inline))

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__aarch64__) && defined(__ARM_NEON)
#include <arm_neon.h>
#endif

// Whether `byte` does not stand for itself in a JSON string: a quote, a backslash, a control character, or no ASCII.
BYTE_SCAN_INLINE bool byte_scan_is_special(uint8_t byte) {
    return byte == '"' || byte == '\\' || byte < 0x20 || byte >= 0x80;
}

BYTE_SCAN_INLINE bool byte_scan_is_beyond_ascii(uint8_t byte) { return byte >= 0x80; }

#if defined(__SSE2__)

typedef __m128i byte_scan_vector;

// The high bit of each of the sixteen bytes.
BYTE_SCAN_INLINE byte_scan_vector byte_scan_specials(const uint8_t *at) {
    __m128i bytes = _mm_loadu_si128((const __m128i *)at);
    __m128i quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    __m128i backslashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    // As signed numbers, bytes beyond ASCII are below the space as well.
    __m128i controls = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
    return _mm_or_si128(_mm_or_si128(quotes, backslashes), controls);
}

BYTE_SCAN_INLINE byte_scan_vector byte_scan_beyond_ascii(const uint8_t *at) { return _mm_loadu_si128((const __m128i *)at); }

BYTE_SCAN_INLINE byte_scan_vector byte_scan_either(byte_scan_vector one, byte_scan_vector other) { return _mm_or_si128(one, other); }

// One bit for each of the sixteen bytes, the first one lowest.
BYTE_SCAN_INLINE uint32_t byte_scan_found(byte_scan_vector found) { return (uint32_t)_mm_movemask_epi8(found); }

#define BYTE_SCAN_STEP 16
#define BYTE_SCAN_IS_EXACT true
#define BYTE_SCAN_POSITION(mask) ((size_t)__builtin_ctz(mask))
#define BYTE_SCAN_DROP(mask, bytes) ((mask) >> (bytes))
typedef uint32_t byte_scan_mask;

#elif defined(__aarch64__) && defined(__ARM_NEON)

typedef uint8x16_t byte_scan_vector;

// All bits of each of the sixteen bytes.
BYTE_SCAN_INLINE byte_scan_vector byte_scan_specials(const uint8_t *at) {
    uint8x16_t bytes = vld1q_u8(at);
    uint8x16_t quotes = vceqq_u8(bytes, vdupq_n_u8('"'));
    uint8x16_t backslashes = vceqq_u8(bytes, vdupq_n_u8('\\'));
    uint8x16_t controls = vcltq_s8(vreinterpretq_s8_u8(bytes), vdupq_n_s8(0x20));
    return vorrq_u8(vorrq_u8(quotes, backslashes), controls);
}

BYTE_SCAN_INLINE byte_scan_vector byte_scan_beyond_ascii(const uint8_t *at) { return vcltzq_s8(vreinterpretq_s8_u8(vld1q_u8(at))); }

BYTE_SCAN_INLINE byte_scan_vector byte_scan_either(byte_scan_vector one, byte_scan_vector other) { return vorrq_u8(one, other); }

// Four bits for each of the sixteen bytes, the first one's lowest.
BYTE_SCAN_INLINE uint64_t byte_scan_found(byte_scan_vector found) {
    return vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(found), 4)), 0);
}

#define BYTE_SCAN_STEP 16
#define BYTE_SCAN_IS_EXACT true
#define BYTE_SCAN_POSITION(mask) ((size_t)__builtin_ctzll(mask) >> 2)
#define BYTE_SCAN_DROP(mask, bytes) ((mask) >> ((bytes) << 2))
typedef uint64_t byte_scan_mask;

#else

typedef uint64_t byte_scan_vector;

BYTE_SCAN_INLINE uint64_t byte_scan_load(const uint8_t *at) {
    uint64_t word;
    memcpy(&word, at, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

// The high bit of each of eight bytes that were found, the first one's lowest; above the lowest of them there may be others, too.
BYTE_SCAN_INLINE byte_scan_vector byte_scan_specials(const uint8_t *at) {
    const uint64_t ones = 0x0101010101010101, word = byte_scan_load(at);
    uint64_t quotes = (word ^ ones * '"') - ones, backslashes = (word ^ ones * '\\') - ones, controls = word - ones * 0x20;
    return (quotes | backslashes | controls | word) & ones * 0x80;
}

BYTE_SCAN_INLINE byte_scan_vector byte_scan_beyond_ascii(const uint8_t *at) { return byte_scan_load(at) & 0x8080808080808080; }

BYTE_SCAN_INLINE byte_scan_vector byte_scan_either(byte_scan_vector one, byte_scan_vector other) { return one | other; }

BYTE_SCAN_INLINE uint64_t byte_scan_found(byte_scan_vector found) { return found; }

#define BYTE_SCAN_STEP 8
#define BYTE_SCAN_IS_EXACT false
#define BYTE_SCAN_POSITION(mask) ((size_t)__builtin_ctzll(mask) >> 3)
#define BYTE_SCAN_DROP(mask, bytes) ((mask) >> ((bytes) << 3))
typedef uint64_t byte_scan_mask;

#endif

// What both of the functions below do: four vectors at a time, then one, then what is left.
#define BYTE_SCAN(look, is_wanted) \
    size_t at = from; \
    for (; count - at >= 4 * BYTE_SCAN_STEP; at += 4 * BYTE_SCAN_STEP) { \
        byte_scan_vector one = byte_scan_either(look(bytes + at), look(bytes + at + BYTE_SCAN_STEP)); \
        byte_scan_vector other = byte_scan_either(look(bytes + at + 2 * BYTE_SCAN_STEP), look(bytes + at + 3 * BYTE_SCAN_STEP)); \
        if (byte_scan_found(byte_scan_either(one, other))) break; \
    } \
    for (; count - at >= BYTE_SCAN_STEP; at += BYTE_SCAN_STEP) { \
        byte_scan_mask found = byte_scan_found(look(bytes + at)); \
        if (found) return at + BYTE_SCAN_POSITION(found); \
    } \
    if (BYTE_SCAN_IS_EXACT && at < count && count >= BYTE_SCAN_STEP) { \
        /* The last ones, without those before `at`. */ \
        size_t last = count - BYTE_SCAN_STEP; \
        byte_scan_mask found = BYTE_SCAN_DROP(byte_scan_found(look(bytes + last)), at - last); \
        return found ? at + BYTE_SCAN_POSITION(found) : count; \
    } \
    while (at < count && !is_wanted(bytes[at])) at++; \
    return at

// Where a JSON string has its first byte that does not stand for itself.
BYTE_SCAN_INLINE size_t byte_scan_plain_end(const uint8_t *bytes, size_t from, size_t count) {
    BYTE_SCAN(byte_scan_specials, byte_scan_is_special);
}

// Where the first byte beyond ASCII is.
BYTE_SCAN_INLINE size_t byte_scan_ascii_end(const uint8_t *bytes, size_t from, size_t count) {
    BYTE_SCAN(byte_scan_beyond_ascii, byte_scan_is_beyond_ascii);
}

#endif
