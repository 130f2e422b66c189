// SPDX-License-Identifier: Apache-2.0
// Encodes a picture as PNG and decodes it again, in four threads; prints what came back.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STBI_ONLY_PNG
#include <stb_image.h>
#include <stb_image_write.h>

enum { kSide = 64 };

static void* round_trip(void* argument) {
  unsigned char pixels[kSide * kSide * 3];
  for (int i = 0; i < kSide * kSide * 3; i++) pixels[i] = (unsigned char)(i * (long)argument);
  int size, width, height, channels;
  unsigned char* png = stbi_write_png_to_mem(pixels, kSide * 3, kSide, kSide, 3, &size);
  unsigned char* back = stbi_load_from_memory(png, size, &width, &height, &channels, 3);
  long same = back && width == kSide && height == kSide;
  for (int i = 0; same && i < kSide * kSide * 3; i++) same = back[i] == pixels[i];
  free(png);
  free(back);
  return (void*)same;
}

int main(void) {
  stbi_write_png_compression_level = 8;
  stbi__flip_vertically_on_write = 0;
  pthread_t threads[4];
  long good = 0;
  for (long i = 0; i < 4; i++) pthread_create(&threads[i], NULL, round_trip, (void*)(i + 1));
  for (int i = 0; i < 4; i++) {
    void* same;
    pthread_join(threads[i], &same);
    good += (long)same;
  }
  printf("%ld of 4 pictures came back\n", good);
  return good == 4 ? 0 : 1;
}
