/// What the template shows, every number as text already.
///
/// The template finds a name that is missing in an inner value in the outer one: names that may be missing (optional
/// ones) must not occur outside.
struct ReportPage {
  struct Tile {
    var isLead = false
    let name: String
    let number: String
    let unit: String?
    let meaning: String
  }

  struct Plot {
    var isWide = false
    let heading: String
    let explanation: String
    let svg: String
  }

  struct ClassRow {
    let name: String
    let color: String
    let isPredicted: Bool
    let imageCount: String
    let predictedPixels: String
    let errorRate: String
    let errorRateWidth: String
    let shareOfWrong: String
    let shareWidth: String
    let wrongPixels: String
  }

  struct ClassColor {
    let name: String
    let color: String
  }

  struct WrongClass {
    let name: String
    let color: String
    let pixels: String
  }

  struct Image {
    let position: String
    let path: String
    let imageURI: String?
    let problem: String?
    let labelsURI: String
    let labelsText: String
    let errorsURI: String
    let errorsText: String
    let width: String
    let height: String
    let errorRate: String
    let wrongPixels: String
    let pixels: String
    let isRegionMarked: Bool
    let region: String?
    let regionDetail: String
    let confidence: String
    let wrongClasses: [WrongClass]
  }

  struct Failure {
    let path: String
    let reason: String
  }

  struct Fact {
    let name: String
    let value: String
  }

  let css = ReportStyle.css
  let programVersion: String
  let runName: String
  let subtitle: String
  let notices: [String]
  let tiles: [Tile]
  let plots: [Plot]
  let classes: [ClassRow]
  let legend: [ClassColor]
  let heatLegend: String
  let worstHeading: String
  let worstExplanation: String
  /// Whether the run has an audited image: without one there is nothing to plot.
  let hasImages: Bool
  let images: [Image]
  let hasFailures: Bool
  let failures: [Failure]
  let factList: [Fact]
}
