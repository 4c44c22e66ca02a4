#include "CImageCodecs.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

typedef struct {
  struct jpeg_error_mgr base;
  jmp_buf target;
  char *message;
} error_handler;

static void fail(j_common_ptr codec) {
  error_handler *handler = (error_handler *)codec->err;
  char text[JMSG_LENGTH_MAX];
  codec->err->format_message(codec, text);
  snprintf(handler->message, ec_message_size, "%s", text);
  longjmp(handler->target, 1);
}

/// libjpeg only warns of data that end early or make no sense, and paints the rest grey: an error here.
static void refuse_warning(j_common_ptr codec, int level) {
  if (level < 0) fail(codec);
}

static void print_nothing(j_common_ptr codec) { (void)codec; }

static struct jpeg_error_mgr *prepare(error_handler *handler, char *message) {
  jpeg_std_error(&handler->base);
  handler->base.error_exit = fail;
  handler->base.emit_message = refuse_warning;
  handler->base.output_message = print_nothing;
  handler->message = message;
  return &handler->base;
}

static uint32_t number(const uint8_t *bytes, int size, int little_endian) {
  uint32_t value = 0;
  for (int i = 0; i < size; i++) value |= (uint32_t)bytes[i] << 8 * (little_endian ? i : size - 1 - i);
  return value;
}

/// The orientation tag (0x0112) of the first directory of an EXIF block; 1 if there is none that makes sense.
static uint32_t exif_orientation(const uint8_t *block, size_t count) {
  if (count < 14 || memcmp(block, "Exif\0\0", 6) != 0) return 1;
  const uint8_t *tiff = block + 6;
  const size_t size = count - 6;
  const int little = tiff[0] == 'I';
  if (!(little ? tiff[1] == 'I' : tiff[0] == 'M' && tiff[1] == 'M')) return 1;
  const size_t directory = number(tiff + 4, 4, little);
  if (directory + 2 > size || directory + 2 < directory) return 1;
  const uint32_t entries = number(tiff + directory, 2, little);
  for (uint32_t i = 0; i < entries; i++) {
    const size_t entry = directory + 2 + 12 * (size_t)i;
    if (entry + 12 > size) return 1;
    if (number(tiff + entry, 2, little) != 0x0112) continue;
    const uint32_t value = number(tiff + entry + 8, 2, little);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

static int decode(const uint8_t *bytes, size_t count, ec_image_info *info, uint8_t *pixels, char *message) {
  struct jpeg_decompress_struct codec;
  error_handler handler;
  uint8_t *volatile line = NULL;
  codec.err = prepare(&handler, message);
  if (setjmp(handler.target)) {
    free((void *)line);
    jpeg_destroy_decompress(&codec);
    return 1;
  }
  jpeg_create_decompress(&codec);
  jpeg_save_markers(&codec, JPEG_APP0 + 1, 0xFFFF);
  jpeg_mem_src(&codec, bytes, (unsigned long)count);
  jpeg_read_header(&codec, TRUE);
  if (info) {
    info->width = codec.image_width;
    info->height = codec.image_height;
    info->bit_depth = 8;
    info->channels = (uint32_t)codec.num_components;
    info->is_palette = 0;
    info->orientation = 1;
    for (jpeg_saved_marker_ptr marker = codec.marker_list; marker; marker = marker->next) {
      const uint32_t orientation = exif_orientation(marker->data, marker->data_length);
      if (orientation != 1) {
        info->orientation = orientation;
        break;
      }
    }
    jpeg_destroy_decompress(&codec);
    return 0;
  }
  const int four = codec.num_components == 4;
  const int inverted = codec.saw_Adobe_marker;
  codec.out_color_space = four ? JCS_CMYK : JCS_RGB;
  jpeg_start_decompress(&codec);
  const size_t width = codec.output_width;
  if (four) line = malloc(width * 4);
  while (codec.output_scanline < codec.output_height) {
    uint8_t *target = pixels + (size_t)codec.output_scanline * width * 3;
    JSAMPROW row = four ? (uint8_t *)line : target;
    jpeg_read_scanlines(&codec, &row, 1);
    for (size_t x = 0; four && x < width; x++) {
      // Adobe stores CMYK inverted: 255 is no ink.
      const uint8_t *ink = (uint8_t *)line + 4 * x;
      const unsigned black = inverted ? ink[3] : 255u - ink[3];
      for (int c = 0; c < 3; c++) {
        const unsigned light = inverted ? ink[c] : 255u - ink[c];
        target[3 * x + c] = (uint8_t)((light * black + 127) / 255);
      }
    }
  }
  jpeg_finish_decompress(&codec);
  free((void *)line);
  jpeg_destroy_decompress(&codec);
  return 0;
}

int ec_jpeg_info(const uint8_t *bytes, size_t count, ec_image_info *info, char *message) {
  return decode(bytes, count, info, NULL, message);
}

int ec_jpeg_decode_rgb(const uint8_t *bytes, size_t count, uint8_t *pixels, char *message) {
  return decode(bytes, count, NULL, pixels, message);
}

int ec_jpeg_encode(
  const uint8_t *pixels, uint32_t width, uint32_t height, int quality, int subsampled, ec_buffer *out,
  char *message) {
  struct jpeg_compress_struct codec;
  error_handler handler;
  unsigned char *data = NULL;
  unsigned long count = 0;
  *out = (ec_buffer){NULL, 0, 0};
  codec.err = prepare(&handler, message);
  if (setjmp(handler.target)) {
    jpeg_destroy_compress(&codec);
    free(data);
    return 1;
  }
  jpeg_create_compress(&codec);
  jpeg_mem_dest(&codec, &data, &count);
  codec.image_width = width;
  codec.image_height = height;
  codec.input_components = 3;
  codec.in_color_space = JCS_RGB;
  jpeg_set_defaults(&codec);
  jpeg_set_quality(&codec, quality, TRUE);
  codec.comp_info[0].h_samp_factor = codec.comp_info[0].v_samp_factor = subsampled ? 2 : 1;
  jpeg_start_compress(&codec, TRUE);
  while (codec.next_scanline < height) {
    JSAMPROW row = (JSAMPROW)(pixels + (size_t)codec.next_scanline * width * 3);
    jpeg_write_scanlines(&codec, &row, 1);
  }
  jpeg_finish_compress(&codec);
  jpeg_destroy_compress(&codec);
  *out = (ec_buffer){data, count, count};
  return 0;
}
