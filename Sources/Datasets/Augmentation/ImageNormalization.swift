import Imaging
import TensorCore

/// ImageNet's mean and deviation, as every torchvision network expects.
package enum ImageNormalization {
  package static let mean: [Float] = [0.485, 0.456, 0.406]
  package static let deviation: [Float] = [0.229, 0.224, 0.225]

  /// (x / 255 − mean) / deviation. *Shape*: `[1, H, W, 3]`.
  package static func tensor(from image: RGBImage) -> Tensor { tensor(from: [image]) }

  /// *Shape*: `[N, H, W, 3]`.
  ///
  /// - Precondition: at least one image, all of one size.
  package static func tensor(from images: [RGBImage]) -> Tensor {
    let (height, width) = (images[0].height, images[0].width)
    let scale = deviation.map { 1 / (255 * $0) }
    let offset = zip(mean, deviation).map { -$0 / $1 }
    let (s0, s1, s2) = (scale[0], scale[1], scale[2])
    let (o0, o1, o2) = (offset[0], offset[1], offset[2])
    var tensor = Tensor(uninitialized: [images.count, height, width, 3])
    tensor.withUnsafeMutableBufferPointer { target in
      for (index, image) in images.enumerated() {
        precondition(image.height == height && image.width == width)
        let start = index * height * width * 3
        image.pixels.withUnsafeBufferPointer { pixels in
          for i in stride(from: 0, to: pixels.count, by: 3) {
            target[start + i] = Float(pixels[i]) * s0 + o0
            target[start + i + 1] = Float(pixels[i + 1]) * s1 + o1
            target[start + i + 2] = Float(pixels[i + 2]) * s2 + o2
          }
        }
      }
    }
    return tensor
  }
}
