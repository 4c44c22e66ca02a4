import Auditing
import AuditStore
import Foundation
import Imaging
import Mustache

/// A run as one HTML page with everything in it.
package struct AuditReport: Sendable {
  package struct Result: Sendable, Equatable {
    package let html: String
    /// Why pictures are missing, one text an image.
    package let pictureProblems: [String]
  }

  /// Gives the picture of an image, or says why it is not there.
  package typealias PictureSource = (AuditedImage) throws -> RGBImage

  let store: AuditStore
  let run: AuditRun
  let order: RankingOrder
  let worstCount: Int

  /// - Parameter worstCount: how many images from the top of the ranking are shown with pictures.
  package init(
    store: AuditStore, run: AuditRun, order: RankingOrder = .expectedErrorRate, worstCount: Int = 12
  ) {
    self.store = store
    self.run = run
    self.order = order
    self.worstCount = worstCount
  }

  /// Reads the run and writes the page. Only the images that are shown are read.
  ///
  /// - Throws: if the database cannot be read, or the run holds no image at all.
  package func render(picture: PictureSource) throws -> Result {
    let totals = try store.totals(run)
    let failures = try store.failedImages(run)
    guard totals.imageCount + totals.failedCount > 0 else {
      throw AuditStoreError(file: store.path, reason: "run '\(run.description.name)' holds no image yet")
    }
    let classTotals = try store.classTotals(run)
    var query = RankingQuery()
    query.order = order
    query.limit = worstCount
    let worst = try store.rankedImages(run, query)
    var problems: [String] = []
    let hasMaps = run.description.maps == .all
    let images = try (hasMaps ? worst : []).enumerated().map {
      try image($0.element, position: $0.offset + 1, picture: picture, problems: &problems)
    }
    let summary = RunSummary(
      run: run, totals: totals, histogram: try store.histogram(run), classTotals: classTotals,
      expectedWrongPixels: try store.expectedWrongPixels(run), errorRates: try store.errorRates(run),
      interval: try store.intervals(run).overall)
    let page = ReportPage(
      programVersion: run.description.programVersion, runName: run.description.name,
      subtitle: summary.subtitle, notices: summary.notices, tiles: summary.tiles,
      plots: totals.imageCount > 0 ? summary.plots : [], classes: summary.classRows, legend: summary.legend,
      heatLegend: Self.heatLegend, worstHeading: worstHeading(worst.count, of: totals.imageCount),
      worstExplanation: hasMaps ? worstExplanation : noPictures, hasImages: totals.imageCount > 0,
      images: images,
      hasFailures: !failures.isEmpty,
      failures: failures.map { ReportPage.Failure(path: $0.path, reason: $0.reason) }, factList: summary.facts
    )
    precondition(MarkupContentType.isRegistered)
    return Result(
      html: try MustacheTemplate(string: ReportTemplate.text).render(page), pictureProblems: problems)
  }

  private func worstHeading(_ shown: Int, of count: Int) -> String {
    shown == count ? "The images, worst first" : "The \(shown == 1 ? "worst image" : "\(shown) worst images")"
  }

  private var noPictures: String {
    "The run was audited with --maps \(run.description.maps.rawValue), so there is nothing to make pictures from."
  }

  private var worstExplanation: String {
    "Ranked by \(order.rawValue): \(order.aggregation). In the right picture, the stronger and the brighter the colour, the more "
      + "probably the label is wrong; where the picture is grey, it is probably right. A region is a connected area "
      + "of probable errors. Confidence is the probability of the given class by the model’s own account: higher is "
      + "better, but models are often confident where they are wrong."
  }

  private static let heatLegend: String = {
    var canvas = SVGCanvas(
      width: 300, height: 12, label: "Colour scale of the error probability, from 0 to 1")
    let parts = 60
    for part in 0..<parts {
      canvas.rectangle(
        x: 300 * Double(part) / Double(parts), y: 0, width: 300 / Double(parts) + 0.3, height: 12,
        fill: HeatMap.color((Float(part) + 0.5) / Float(parts)).hexadecimal)
    }
    return canvas.markup
  }()
}

extension AuditReport {
  private func image(
    _ image: AuditedImage, position: Int, picture: PictureSource, problems: inout [String]
  ) throws -> ReportPage.Image {
    var source: RGBImage?
    var problem: String?
    do {
      source = try picture(image)
    } catch {
      problem = "\(error)"
      problems.append("\(error)")
    }
    let maps = try store.maps(of: image)
    let region = try store.regions(of: image).first
    let pictures = ReportPictures(
      source, maps: maps, palette: run.description.palette, worstRegion: region)
    let rate = NumberText.percent(image.statistics.meanErrorProbability)
    return ReportPage.Image(
      position: "\(position)", path: image.path, imageURI: pictures.image, problem: problem,
      labelsURI: pictures.labels,
      labelsText: "The labels given to \(image.path), in the colours of the classes",
      errorsURI: pictures.errors,
      errorsText: "Error probability of each pixel of \(image.path); expected error rate \(rate)",
      width: "\(pictures.width)", height: "\(pictures.height)", errorRate: rate,
      wrongPixels: NumberText.pixels(image.statistics.expectedWrongPixels),
      pixels: NumberText.pixels(image.width * image.height),
      isRegionMarked: pictures.isRegionMarked, region: region.map { NumberText.pixels($0.areaPixels) },
      regionDetail: region.map {
        "mostly labelled \(run.description.className($0.classIndex)), wrong with probability "
          + NumberText.decimal($0.meanErrorProbability, 2) + likelyInstead($0)
      } ?? "",
      confidence: NumberText.percent(image.statistics.meanConfidence),
      wrongClasses: try wrongClasses(of: image))
  }

  private func likelyInstead(_ region: ErrorRegion) -> String {
    guard let index = region.alternativeClass else { return "" }
    let place = region.placement == .boundary ? ", along an outline" : ""
    return "; most likely \(run.description.className(index))\(place)"
  }

  /// The classes with the most expected wrong pixels of an image.
  private func wrongClasses(of image: AuditedImage) throws -> [ReportPage.WrongClass] {
    let sorted = try store.classes(of: image).sorted {
      ($0.expectedWrongPixels, $1.classIndex) > ($1.expectedWrongPixels, $0.classIndex)
    }
    return sorted.prefix(4).filter { $0.expectedWrongPixels >= 0.5 }.map {
      ReportPage.WrongClass(
        name: run.description.className($0.classIndex), color: run.description.cssColor($0.classIndex),
        pixels: NumberText.pixels($0.expectedWrongPixels))
    }
  }
}

extension AuditRunDescription {
  /// The classes' colours.
  package var palette: Palette {
    Palette(classes.map { RGBColor(red: $0.red, green: $0.green, blue: $0.blue) })
  }

  /// A database that was damaged may name a class that the run does not have.
  package func className(_ index: Int) -> String {
    classes.indices.contains(index) ? classes[index].name : "class \(index)"
  }

  func cssColor(_ index: Int) -> String {
    palette.colors.indices.contains(index) ? palette.colors[index].hexadecimal : "#ffffff"
  }
}
