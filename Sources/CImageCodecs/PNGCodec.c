#include "CImageCodecs.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  const uint8_t *bytes;
  size_t count, position;
  char *message;
} reader;

static void fail(png_structp png, png_const_charp text) {
  char *message = png_get_error_ptr(png);
  snprintf(message, ec_message_size, "%s", text);
  longjmp(png_jmpbuf(png), 1);
}

static void ignore_warning(png_structp png, png_const_charp text) {
  (void)png;
  (void)text;
}

static void read_bytes(png_structp png, png_bytep target, png_size_t count) {
  reader *source = png_get_io_ptr(png);
  if (count > source->count - source->position) png_error(png, "the file ends in the middle of the image");
  memcpy(target, source->bytes + source->position, count);
  source->position += count;
}

typedef enum { read_info, read_rgb, read_index } purpose;

static int decode(
  const uint8_t *bytes, size_t count, purpose wanted, ec_image_info *info, uint8_t *pixels, char *message) {
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, message, fail, ignore_warning);
  if (!png) {
    snprintf(message, ec_message_size, "libpng has no memory");
    return 1;
  }
  png_infop header = png_create_info_struct(png);
  png_bytep *volatile rows = NULL;
  uint8_t *volatile wide = NULL;
  if (!header || setjmp(png_jmpbuf(png))) {
    free((void *)rows);
    free((void *)wide);
    png_destroy_read_struct(&png, header ? &header : NULL, NULL);
    return 1;
  }
  reader source = {bytes, count, 0, message};
  png_set_read_fn(png, &source, read_bytes);
  png_set_user_limits(png, 0x7FFFFFFF, 0x7FFFFFFF);
  png_read_info(png, header);
  const uint32_t width = png_get_image_width(png, header), height = png_get_image_height(png, header);
  const int color = png_get_color_type(png, header), depth = png_get_bit_depth(png, header);
  if (wanted == read_info) {
    info->width = width;
    info->height = height;
    info->bit_depth = (uint32_t)depth;
    info->channels = png_get_channels(png, header);
    info->is_palette = color == PNG_COLOR_TYPE_PALETTE;
    info->orientation = 1;
    png_destroy_read_struct(&png, &header, NULL);
    return 0;
  }
  uint32_t sample_bytes = 1;
  if (wanted == read_rgb) {
    if (color == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
    if (color == PNG_COLOR_TYPE_GRAY && depth < 8) png_set_expand_gray_1_2_4_to_8(png);
    if (depth == 16) png_set_scale_16(png);
    if (color & PNG_COLOR_MASK_ALPHA || png_get_valid(png, header, PNG_INFO_tRNS)) png_set_strip_alpha(png);
    if (color == PNG_COLOR_TYPE_GRAY || color == PNG_COLOR_TYPE_GRAY_ALPHA) png_set_gray_to_rgb(png);
  } else {
    if (color & PNG_COLOR_MASK_COLOR && color != PNG_COLOR_TYPE_PALETTE)
      png_error(png, "an RGB image where palette indices or grey values were expected");
    if (depth < 8) png_set_packing(png);
    if (color & PNG_COLOR_MASK_ALPHA) png_set_strip_alpha(png);
    if (depth == 16) sample_bytes = 2;
  }
  png_set_interlace_handling(png);
  png_read_update_info(png, header);
  const size_t row_bytes = png_get_rowbytes(png, header);
  const size_t expected = (size_t)width * (wanted == read_rgb ? 3 : sample_bytes);
  if (row_bytes != expected) png_error(png, "an unexpected row size");
  rows = malloc(height * sizeof(png_bytep));
  uint8_t *target = pixels;
  if (sample_bytes == 2) target = wide = malloc(row_bytes * height);
  if (!rows || !target) png_error(png, "out of memory");
  for (uint32_t y = 0; y < height; y++) ((png_bytep *)rows)[y] = target + y * row_bytes;
  png_read_image(png, (png_bytep *)rows);
  png_read_end(png, NULL);
  if (sample_bytes == 2)
    for (size_t i = 0; i < (size_t)width * height; i++) {
      if (target[2 * i]) png_error(png, "a 16-bit value over 255, which no label has");
      pixels[i] = target[2 * i + 1];
    }
  free((void *)rows);
  free((void *)wide);
  png_destroy_read_struct(&png, &header, NULL);
  return 0;
}

int ec_png_info(const uint8_t *bytes, size_t count, ec_image_info *info, char *message) {
  return decode(bytes, count, read_info, info, NULL, message);
}

int ec_png_decode_rgb(const uint8_t *bytes, size_t count, uint8_t *pixels, char *message) {
  return decode(bytes, count, read_rgb, NULL, pixels, message);
}

int ec_png_decode_index(const uint8_t *bytes, size_t count, uint8_t *pixels, char *message) {
  return decode(bytes, count, read_index, NULL, pixels, message);
}

void ec_release(ec_buffer *buffer) {
  free(buffer->data);
  *buffer = (ec_buffer){NULL, 0, 0};
}

static void append(png_structp png, png_bytep bytes, png_size_t count) {
  ec_buffer *out = png_get_io_ptr(png);
  if (out->count + count > out->capacity) {
    const size_t capacity = (out->count + count) * 2;
    uint8_t *data = realloc(out->data, capacity);
    if (!data) png_error(png, "out of memory");
    out->data = data;
    out->capacity = capacity;
  }
  memcpy(out->data + out->count, bytes, count);
  out->count += count;
}

static void flush_nothing(png_structp png) { (void)png; }

int ec_png_encode(
  const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t channels, const uint8_t *palette,
  uint32_t palette_count, int compression, ec_buffer *out, char *message) {
  *out = (ec_buffer){NULL, 0, 0};
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, message, fail, ignore_warning);
  if (!png) {
    snprintf(message, ec_message_size, "libpng has no memory");
    return 1;
  }
  png_infop header = png_create_info_struct(png);
  if (!header || setjmp(png_jmpbuf(png))) {
    png_destroy_write_struct(&png, header ? &header : NULL);
    ec_release(out);
    return 1;
  }
  png_set_write_fn(png, out, append, flush_nothing);
  png_set_compression_level(png, compression);
  const int color = channels == 3 ? PNG_COLOR_TYPE_RGB : palette ? PNG_COLOR_TYPE_PALETTE : PNG_COLOR_TYPE_GRAY;
  png_set_IHDR(png, header, width, height, 8, color, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  if (palette) {
    png_color entries[256];
    for (uint32_t i = 0; i < palette_count && i < 256; i++)
      entries[i] = (png_color){palette[3 * i], palette[3 * i + 1], palette[3 * i + 2]};
    png_set_PLTE(png, header, entries, (int)palette_count);
  }
  png_write_info(png, header);
  for (uint32_t y = 0; y < height; y++) png_write_row(png, pixels + (size_t)y * width * channels);
  png_write_end(png, header);
  png_destroy_write_struct(&png, &header);
  return 0;
}
