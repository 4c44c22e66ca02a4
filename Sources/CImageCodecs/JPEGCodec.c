#include "CImageCodecs.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

// A few stray bytes before a marker are padding that some cameras write. More of them are the rest of a
// scan whose decoding ended early: damage.
enum { MAXIMUM_STRAY_BYTES = 16 };

// A progressive file of some kilobytes may demand thousands of passes over a huge image. Encoders write
// about ten.
enum { MAXIMUM_SCANS = 500 };

// `errors` stands first: libjpeg's pointer to it is a pointer to this struct.
typedef struct {
  struct jpeg_error_mgr errors;
  jmp_buf escape;
  char *message;
} ErrorState;

typedef struct {
  struct jpeg_decompress_struct codec;
  struct jpeg_progress_mgr progress;
  ErrorState state;
} Decoder;

typedef struct {
  struct jpeg_compress_struct codec;
  ErrorState state;
  unsigned char *bytes;
  unsigned long count;
} Encoder;

static void fail(j_common_ptr codec) {
  ErrorState *state = (ErrorState *)codec->err;
  char text[JMSG_LENGTH_MAX];
  codec->err->format_message(codec, text);
  snprintf(state->message, IMAGE_CODEC_MESSAGE_CAPACITY, "%s", text);
  longjmp(state->escape, 1);
}

static void print_nothing(j_common_ptr codec) { (void)codec; }

// libjpeg goes on with grey pixels when the data is truncated or corrupt and calls that a warning. Here it
// ends the decoding. What remains a warning: oddities of the header that leave the pixels alone.
static void judge_message(j_common_ptr codec, int level) {
  if (level >= 0) return;
  const struct jpeg_error_mgr *errors = codec->err;
  switch (errors->msg_code) {
    case JWRN_ADOBE_XFORM:
    case JWRN_JFIF_MAJOR:
      return;
    case JWRN_EXTRANEOUS_DATA:
      if (errors->msg_parm.i[0] <= MAXIMUM_STRAY_BYTES) return;
      break;
    default:
      break;
  }
  fail(codec);
}

static void prepare_errors(ErrorState *state, char *message) {
  jpeg_std_error(&state->errors);
  state->errors.error_exit = fail;
  state->errors.emit_message = judge_message;
  state->errors.output_message = print_nothing;
  state->message = message;
  message[0] = 0;
}

static void limit_scans(j_common_ptr codec) {
  if (!codec->is_decompressor) return;
  const Decoder *decoder = (const Decoder *)codec;
  if (decoder->codec.input_scan_number <= MAXIMUM_SCANS) return;
  ErrorState *state = (ErrorState *)codec->err;
  snprintf(
      state->message, IMAGE_CODEC_MESSAGE_CAPACITY, "more than %d progressive scans", (int)MAXIMUM_SCANS);
  longjmp(state->escape, 1);
}

// Everything here allocates through libjpeg, whose failure is an error_exit: the caller has called setjmp.
static void read_header(Decoder *decoder, const uint8_t *bytes, size_t count) {
  jpeg_create_decompress(&decoder->codec);
  decoder->progress.progress_monitor = limit_scans;
  decoder->codec.progress = &decoder->progress;
  jpeg_mem_src(&decoder->codec, bytes, (unsigned long)count);
  jpeg_save_markers(&decoder->codec, JPEG_APP0 + 1, 0xFFFF);
  jpeg_read_header(&decoder->codec, TRUE);
}

static uint32_t read_integer(const uint8_t *bytes, size_t size, int bigEndian) {
  uint32_t value = 0;
  for (size_t i = 0; i < size; i++) {
    value = value << 8 | bytes[bigEndian ? i : size - 1 - i];
  }
  return value;
}

// The orientation entry (tag 0x0112, type SHORT) of the first directory of an Exif segment: "Exif\0\0",
// then TIFF.
static uint32_t exif_orientation(const uint8_t *segment, size_t count) {
  if (count < 14 || memcmp(segment, "Exif\0\0", 6) != 0) return 1;
  const uint8_t *tiff = segment + 6;
  const size_t size = count - 6;
  const int bigEndian = tiff[0] == 'M';
  if (memcmp(tiff, bigEndian ? "MM\0*" : "II*\0", 4) != 0) return 1;
  const size_t directory = read_integer(tiff + 4, 4, bigEndian);
  if (directory > size || size - directory < 2) return 1;
  const size_t entries = read_integer(tiff + directory, 2, bigEndian);
  for (size_t i = 0; i < entries; i++) {
    const size_t offset = directory + 2 + 12 * i;
    if (size < offset + 12) return 1;
    const uint8_t *entry = tiff + offset;
    if (read_integer(entry, 2, bigEndian) != 0x0112) continue;
    const uint32_t value = read_integer(entry + 8, 2, bigEndian);
    const int isShort = read_integer(entry + 2, 2, bigEndian) == 3;
    return isShort && value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

ImageCodecStatus image_codec_jpeg_header(
    const uint8_t *bytes, size_t count, JPEGHeader *header, char *message) {
  Decoder decoder;
  memset(&decoder, 0, sizeof decoder);
  prepare_errors(&decoder.state, message);
  decoder.codec.err = &decoder.state.errors;
  if (setjmp(decoder.state.escape)) {
    jpeg_destroy_decompress(&decoder.codec);
    return IMAGE_CODEC_DAMAGED;
  }
  read_header(&decoder, bytes, count);
  header->width = decoder.codec.image_width;
  header->height = decoder.codec.image_height;
  header->orientation = 1;
  for (jpeg_saved_marker_ptr marker = decoder.codec.marker_list; marker; marker = marker->next) {
    if (marker->data_length < 6 || memcmp(marker->data, "Exif\0\0", 6) != 0) continue;
    header->orientation = exif_orientation(marker->data, marker->data_length);
    break;
  }
  jpeg_destroy_decompress(&decoder.codec);
  return IMAGE_CODEC_OK;
}

// The four inks are stored inverted (255 = no ink): Photoshop began it, and all common readers take it for
// granted, with or without an Adobe marker. Uncalibrated ink to light: what one ink leaves, black leaves a
// part of.
static void convert_inks(const uint8_t *inks, uint8_t *rgb, size_t width) {
  for (size_t x = 0; x < width; x++) {
    const unsigned black = inks[4 * x + 3];
    for (size_t channel = 0; channel < 3; channel++) {
      rgb[3 * x + channel] = (uint8_t)((inks[4 * x + channel] * black + 127) / 255);
    }
  }
}

static void read_rows(Decoder *decoder, uint8_t *destination) {
  j_decompress_ptr codec = &decoder->codec;
  const size_t rowBytes = (size_t)codec->output_width * 3;
  JSAMPARRAY inks = NULL;
  if (codec->out_color_space == JCS_CMYK) {
    inks = codec->mem->alloc_sarray((j_common_ptr)codec, JPOOL_IMAGE, codec->output_width * 4, 1);
  }
  while (codec->output_scanline < codec->output_height) {
    JSAMPROW row = destination + rowBytes * codec->output_scanline;
    jpeg_read_scanlines(codec, inks ? inks : &row, 1);
    if (inks) convert_inks(inks[0], row, codec->output_width);
  }
}

ImageCodecStatus image_codec_jpeg_decode(
    const uint8_t *bytes, size_t count, uint8_t *destination, size_t destinationCount, char *message) {
  Decoder decoder;
  memset(&decoder, 0, sizeof decoder);
  prepare_errors(&decoder.state, message);
  decoder.codec.err = &decoder.state.errors;
  if (setjmp(decoder.state.escape)) {
    jpeg_destroy_decompress(&decoder.codec);
    return IMAGE_CODEC_DAMAGED;
  }
  read_header(&decoder, bytes, count);
  const J_COLOR_SPACE stored = decoder.codec.jpeg_color_space;
  decoder.codec.out_color_space = stored == JCS_CMYK || stored == JCS_YCCK ? JCS_CMYK : JCS_RGB;
  jpeg_start_decompress(&decoder.codec);
  if ((size_t)decoder.codec.output_width * decoder.codec.output_height * 3 != destinationCount) {
    jpeg_destroy_decompress(&decoder.codec);
    snprintf(message, IMAGE_CODEC_MESSAGE_CAPACITY, "the decoded size is not the size asked for");
    return IMAGE_CODEC_DAMAGED;
  }
  read_rows(&decoder, destination);
  jpeg_finish_decompress(&decoder.codec);
  jpeg_destroy_decompress(&decoder.codec);
  return IMAGE_CODEC_OK;
}

ImageCodecStatus image_codec_jpeg_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, int quality, int subsampled, uint8_t **encoded,
    size_t *encodedCount, char *message) {
  Encoder encoder;
  memset(&encoder, 0, sizeof encoder);
  prepare_errors(&encoder.state, message);
  encoder.codec.err = &encoder.state.errors;
  if (setjmp(encoder.state.escape)) {
    jpeg_destroy_compress(&encoder.codec);
    free(encoder.bytes);
    return IMAGE_CODEC_OUT_OF_MEMORY;
  }
  j_compress_ptr codec = &encoder.codec;
  jpeg_create_compress(codec);
  jpeg_mem_dest(codec, &encoder.bytes, &encoder.count);
  codec->image_width = width;
  codec->image_height = height;
  codec->input_components = 3;
  codec->in_color_space = JCS_RGB;
  jpeg_set_defaults(codec);
  jpeg_set_quality(codec, quality, TRUE);
  codec->comp_info[0].h_samp_factor = subsampled ? 2 : 1;
  codec->comp_info[0].v_samp_factor = subsampled ? 2 : 1;
  jpeg_start_compress(codec, TRUE);
  while (codec->next_scanline < height) {
    JSAMPROW row = (JSAMPROW)(pixels + (size_t)codec->next_scanline * width * 3);
    jpeg_write_scanlines(codec, &row, 1);
  }
  jpeg_finish_compress(codec);
  jpeg_destroy_compress(codec);
  *encoded = encoder.bytes;
  *encodedCount = encoder.count;
  return IMAGE_CODEC_OK;
}
