#pragma once

#include <stddef.h>
#include <stdint.h>

// A flat face over libpng and libjpeg. Errors come back as a status and a sentence; setjmp, the codecs'
// structs and their allocations stay behind it. Pixels are written into the caller's memory, whose size
// the caller works out from the header, so that nothing large is allocated before the caller has seen how
// large it would be.

typedef enum ImageCodecStatus {
  IMAGE_CODEC_OK = 0,
  // The bytes are not what the format demands; `message` says where it went wrong.
  IMAGE_CODEC_DAMAGED = 1,
  IMAGE_CODEC_OUT_OF_MEMORY = 2,
} ImageCodecStatus;

// Every `message` points to this many bytes and receives a zero-terminated text unless the status is OK.
enum { IMAGE_CODEC_MESSAGE_CAPACITY = 256 };

typedef enum PNGColorType {
  PNG_CODEC_GREY = 0,
  PNG_CODEC_RGB = 2,
  PNG_CODEC_PALETTE = 3,
  PNG_CODEC_GREY_ALPHA = 4,
  PNG_CODEC_RGB_ALPHA = 6,
} PNGColorType;

typedef struct PNGHeader {
  uint32_t width;
  uint32_t height;
  uint32_t bitDepth;
  uint32_t colorType;
  uint32_t paletteCount;
  uint8_t palette[768];
} PNGHeader;

typedef enum PNGOutput {
  // Three bytes a pixel: palette and grey expanded, 16 bits rounded to 8, alpha dropped, no gamma
  // correction.
  PNG_CODEC_AS_RGB = 0,
  // One byte a pixel: the palette index or the grey value of at most 8 bits as stored, never scaled; alpha
  // dropped.
  PNG_CODEC_AS_STORED_8 = 1,
  // One native-endian uint16_t a pixel: the 16-bit grey value as stored; alpha dropped.
  PNG_CODEC_AS_STORED_16 = 2,
} PNGOutput;

typedef struct JPEGHeader {
  // As stored, before `orientation` is applied.
  uint32_t width;
  uint32_t height;
  // EXIF orientation, 1...8; 1 if the file has none or an invalid one.
  uint32_t orientation;
} JPEGHeader;

ImageCodecStatus image_codec_png_header(
    const uint8_t *bytes, size_t count, PNGHeader *header, char *message);

// Decodes the whole file and reads it to its end; `destinationCount` must be exactly what `output` needs.
ImageCodecStatus image_codec_png_decode(
    const uint8_t *bytes, size_t count, PNGOutput output, uint8_t *destination, size_t destinationCount,
    char *message);

// Writes 8-bit RGB (`channels` 3) or one byte a pixel (`channels` 1): grey, or an index if `palette` is
// given (`paletteCount` RGB triples). The caller releases `*encoded` with image_codec_release.
ImageCodecStatus image_codec_png_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, int channels, const uint8_t *palette,
    int paletteCount, uint8_t **encoded, size_t *encodedCount, char *message);

ImageCodecStatus image_codec_jpeg_header(
    const uint8_t *bytes, size_t count, JPEGHeader *header, char *message);

// Decodes to RGB as stored, three bytes a pixel; the orientation is left to the caller.
ImageCodecStatus image_codec_jpeg_decode(
    const uint8_t *bytes, size_t count, uint8_t *destination, size_t destinationCount, char *message);

// Writes RGB as YCbCr, with (4:2:0) or without (4:4:4) subsampled chroma. Sides are at most 65500 pixels.
ImageCodecStatus image_codec_jpeg_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, int quality, int subsampled, uint8_t **encoded,
    size_t *encodedCount, char *message);

void image_codec_release(uint8_t *encoded);
