// SPDX-License-Identifier: Apache-2.0
// The stub's command line, decoded without allocating and without a library.
//
//   sock_filter room[BPF_MAXINSNS];
//   Filter filter;
//   if (DecodeFilter("0:BgAAAAAA/38=", room, filter)) …  // one instruction: allow
#pragma once

#include <linux/filter.h>

namespace stockade::init {

// A filter ready for seccomp(2).
struct Filter {
  unsigned long flags = 0;
  unsigned short length = 0;  // in instructions, 1 to BPF_MAXINSNS
};

// The value of a base64 digit (RFC 4648), or -1.
constexpr int Base64Value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

// The value of a hexadecimal digit in lower case, or -1.
constexpr int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// Decodes "FLAGS:BASE64" into `room`, which has BPF_MAXINSNS instructions. False if the text is
// anything but that, or holds no program, or one that is too long.
inline bool DecodeFilter(const char* text, sock_filter* room, Filter& filter) {
  filter.flags = 0;
  unsigned digits = 0;
  for (; HexValue(*text) >= 0; ++text) {
    if (++digits > 8) return false;
    filter.flags = filter.flags << 4 | static_cast<unsigned long>(HexValue(*text));
  }
  if (digits == 0 || *text++ != ':') return false;
  constexpr unsigned long kRoom = BPF_MAXINSNS * sizeof(sock_filter);
  unsigned char* const bytes = reinterpret_cast<unsigned char*>(room);
  unsigned long count = 0;
  while (*text != '\0') {
    unsigned quantum = 0;
    unsigned letters = 0;
    for (; letters < 4 && Base64Value(*text) >= 0; ++letters) {
      quantum = quantum << 6 | static_cast<unsigned>(Base64Value(*text++));
    }
    for (unsigned padded = letters; padded < 4; ++padded) {
      if (*text++ != '=') return false;
      quantum <<= 6;
    }
    if (letters < 2 || (letters < 4 && *text != '\0')) return false;
    for (unsigned i = 0; i + 1 < letters; ++i) {
      if (count == kRoom) return false;
      bytes[count++] = static_cast<unsigned char>(quantum >> (16 - 8 * i));
    }
  }
  if (count == 0 || count % sizeof(sock_filter) != 0) return false;
  filter.length = static_cast<unsigned short>(count / sizeof(sock_filter));
  return true;
}

// True if two texts are equal.
constexpr bool Same(const char* a, const char* b) {
  while (*a != '\0' && *a == *b) {
    ++a;
    ++b;
  }
  return *a == *b;
}

}  // namespace stockade::init
