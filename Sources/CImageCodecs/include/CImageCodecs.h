// A thin C face over libpng and libjpeg. setjmp and the codecs' structs stay inside.
//
// Every call works on memory. On failure it returns non-zero and writes a reason into `message`.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { ec_message_size = 256 };

/// How an image is stored.
typedef struct {
  uint32_t width, height;
  /// Bits a sample; 8 for JPEG.
  uint32_t bit_depth;
  /// Samples a pixel as stored: 1 grey or palette, 2 grey + alpha, 3 RGB, 4 RGBA or CMYK.
  uint32_t channels;
  uint32_t is_palette;
  /// EXIF orientation 1 to 8; 1 if there is none.
  uint32_t orientation;
} ec_image_info;

int ec_png_info(const uint8_t *bytes, size_t count, ec_image_info *info, char *message);

/// Decodes to RGB, 8 bits: palettes looked up, 16 bits scaled, alpha dropped, no gamma correction.
/// pixels: width · height · 3.
int ec_png_decode_rgb(const uint8_t *bytes, size_t count, uint8_t *pixels, char *message);

/// Decodes palette indices or grey values exactly as stored. Fails for RGB, and for 16-bit values over 255.
/// pixels: width · height.
int ec_png_decode_index(const uint8_t *bytes, size_t count, uint8_t *pixels, char *message);

int ec_jpeg_info(const uint8_t *bytes, size_t count, ec_image_info *info, char *message);

/// Decodes to RGB as stored, without turning it upright; CMYK and YCCK by the plain formula. Truncation is an error.
int ec_jpeg_decode_rgb(const uint8_t *bytes, size_t count, uint8_t *pixels, char *message);

/// Encoded bytes, to be released with ec_release.
typedef struct {
  uint8_t *data;
  size_t count, capacity;
} ec_buffer;

void ec_release(ec_buffer *buffer);

/// channels 1 (grey, or palette if there is one) or 3 (RGB); palette: palette_count · 3 bytes or null.
int ec_png_encode(
  const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t channels, const uint8_t *palette,
  uint32_t palette_count, int compression, ec_buffer *out, char *message);

/// RGB; `subsampled` stores the colour at half the resolution (4:2:0).
int ec_jpeg_encode(
  const uint8_t *pixels, uint32_t width, uint32_t height, int quality, int subsampled, ec_buffer *out,
  char *message);

#ifdef __cplusplus
}
#endif
