import Foundation
import FoundationXML
import Reporting
import Testing

@Suite struct SeriesPlotTests {
  private func svg(_ values: [[Double]], deviation: Double? = 0.01, names: [String]? = nil) -> String {
    SeriesPlot(
      series: values.enumerated().map { index, values in
        SeriesPlot.Series(
          name: names?[index] ?? "order \(index)",
          points: values.enumerated().map {
            SeriesPlot.Point(x: Double(12 + 10 * $0), mean: $1, deviation: deviation)
          })
      }, xTitle: "Annotated images", yTitle: "mIoU", decimals: 2
    ).svg()
  }

  @Test func aLineAndItsSpreadForEachSeries() {
    let svg = svg([[0.2, 0.25, 0.31], [0.2, 0.22, 0.24]])
    #expect(XMLParser(data: Data(svg.utf8)).parse())
    #expect(svg.components(separatedBy: "<polyline").count == 3)
    #expect(svg.components(separatedBy: "<circle").count == 7)
    #expect(svg.components(separatedBy: "whisker\"").count == 7)
    #expect(svg.contains(">order 1<") && svg.contains("order 1, 22: 0.220 ± 0.010"))
    for tick in ["0.20", "0.25", "0.30", "12", "22", "32"] {
      #expect(svg.contains(">\(tick)</text>"), "\(tick)")
    }
  }

  @Test(arguments: [[], [[]], [[0.3]], [[0.3, 0.3]], [[0, 0, 0]], [[1e-5, 2e-5]], [[12, 250]]])
  func everyShapeIsDrawn(values: [[Double]]) {
    for deviation in [nil, 0.01] {
      let svg = svg(values, deviation: deviation)
      #expect(XMLParser(data: Data(svg.utf8)).parse())
      #expect(!svg.contains("nan") && !svg.contains("inf"), "\(svg)")
    }
  }

  @Test func namesAreEscapedAndManySeriesHaveALegend() {
    let names = (0..<11).map { "a<\($0)&" }
    let svg = svg(names.map { _ in [0.1, 0.2] }, names: names)
    #expect(XMLParser(data: Data(svg.utf8)).parse())
    for index in 0..<11 { #expect(svg.contains(">a&lt;\(index)&amp;</text>")) }
  }
}
