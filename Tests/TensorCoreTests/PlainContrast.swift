import Glibc
import TensorCore

/// The authors' contrastive loss and its gradient pair by pair, in double precision.
struct PlainContrast {
  let loss: Double
  /// By the student's features, as they came.
  let gradient: [Double]

  init(student: Tensor, teacher: Tensor, classes: [UInt8], temperature: Double) {
    let (count, depth) = (student.shape[0], student.shape[1])
    let (s, t) = (Self.units(student), Self.units(teacher))
    let present = Set(classes).sorted()
    var sums = [[Double]](repeating: [0, 0], count: 256)
    var exponentials = [Double](repeating: 0, count: count * count)
    for j in 0..<count {
      for i in 0..<count {
        let cosine = (0..<depth).reduce(0.0) { $0 + s.values[j * depth + $1] * t.values[i * depth + $1] }
        exponentials[j * count + i] = exp(cosine / temperature)
        sums[Int(classes[i])][classes[i] == classes[j] ? 0 : 1] += exponentials[j * count + i]
      }
    }
    var loss = 0.0
    var gradient = [Double](repeating: 0, count: count * depth)
    for label in present {
      let (same, all) = (sums[Int(label)][0], sums[Int(label)][0] + sums[Int(label)][1])
      let share = 1 / Double(classes.count { $0 == label }) / Double(present.count)
      loss -= share * log(same / all)
      for j in 0..<count {
        let slope = share * (1 / all - (classes[j] == label ? 1 / same : 0)) / temperature
        for i in 0..<count where classes[i] == label {
          for k in 0..<depth {
            gradient[j * depth + k] += slope * exponentials[j * count + i] * t.values[i * depth + k]
          }
        }
      }
    }
    for j in 0..<count {
      let radial = (0..<depth).reduce(0.0) { $0 + gradient[j * depth + $1] * s.values[j * depth + $1] }
      for k in 0..<depth {
        gradient[j * depth + k] = (gradient[j * depth + k] - radial * s.values[j * depth + k]) / s.norms[j]
      }
    }
    (self.loss, self.gradient) = (loss, gradient)
  }

  private static func units(_ rows: Tensor) -> (values: [Double], norms: [Double]) {
    let (count, depth) = (rows.shape[0], rows.shape[1])
    var values = rows.values.map { Double($0) }
    let norms = (0..<count).map { row in
      values[row * depth..<(row + 1) * depth].reduce(0) { $0 + $1 * $1 }.squareRoot()
    }
    for index in values.indices { values[index] /= norms[index / depth] }
    return (values, norms)
  }
}
