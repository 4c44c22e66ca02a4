/// The page, to be filled in with a `ReportPage`.
///
/// Two braces escape; three are for our own SVG, style sheet and data URIs only.
enum ReportTemplate {
  static let text =
    "{{% CONTENT_TYPE:\(MarkupContentType.name)}}" + """
      <!DOCTYPE html>
      <html lang="en" xmlns="http://www.w3.org/1999/xhtml">
      <head>
      <meta charset="utf-8"/>
      <meta name="viewport" content="width=device-width, initial-scale=1"/>
      <meta name="generator" content="errata {{programVersion}}"/>
      <title>Audit of {{runName}}</title>
      <style>{{{css}}}</style>
      </head>
      <body>
      <header>
      <h1>Where the labels of “<bdi>{{runName}}</bdi>” are probably wrong</h1>
      <p class="soft">{{subtitle}}</p>
      {{#notices}}<p class="notice">{{.}}</p>{{/notices}}
      </header>
      <main>
      <ul class="tiles">
      {{#tiles}}
      <li class="tile{{#isLead}} lead{{/isLead}}"><div class="name">{{name}}</div><div class="value">{{number}}{{#unit}} <span class="unit">{{unit}}</span>{{/unit}}</div>
      <p>{{meaning}}</p></li>
      {{/tiles}}
      </ul>
      {{#hasImages}}
      <h2>How the doubt is spread</h2>
      <p class="soft">Error probability is the model’s estimate, from 0 (certainly right) to 1 (certainly wrong), that the
      label of a pixel is wrong. Averaged over an image it gives the image’s expected error rate; added up, its expected
      number of wrong pixels. These are estimates: <code>errata evaluate</code> compares them with true masks where
      there are some.</p>
      <div class="plots">
      {{#plots}}
      <figure class="card{{#isWide}} wide{{/isWide}}"><div class="words"><h3>{{heading}}</h3>
      <p class="soft">{{explanation}}</p></div>{{{svg}}}</figure>
      {{/plots}}
      </div>
      <h2>Classes</h2>
      <p class="soft">By the label that the model gave, the most expected wrong pixels first. A high error rate means that
      this label cannot be trusted; many wrong pixels mean that mending it is worth most. Lower is better in both.</p>
      <div class="card scroll"><table>
      <thead><tr><th scope="col">Class</th><th scope="col" class="number">Images with it</th>
      <th scope="col" class="number">Labelled pixels</th><th scope="col">Expected error rate</th>
      <th scope="col">Share of all expected wrong pixels</th><th scope="col" class="number">Expected wrong pixels</th>
      </tr></thead>
      <tbody>
      {{#classes}}
      <tr{{^isPredicted}} class="never"{{/isPredicted}}><td class="class-name"><span class="swatch" style="background:{{color}}"></span>
      <bdi>{{name}}</bdi></td>
      <td class="number">{{imageCount}}</td><td class="number">{{predictedPixels}}</td>
      {{#isPredicted}}
      <td><div class="with-bar"><span>{{errorRate}}</span><span class="track">
      <span style="width:{{errorRateWidth}}%"></span></span></div></td>
      <td><div class="with-bar"><span>{{shareOfWrong}}</span><span class="track share">
      <span style="width:{{shareWidth}}%"></span></span></div></td>
      <td class="number">{{wrongPixels}}</td>
      {{/isPredicted}}
      {{^isPredicted}}<td colspan="3">never given as a label</td>{{/isPredicted}}
      </tr>
      {{/classes}}
      </tbody></table></div>
      <h2>{{worstHeading}}</h2>
      <p class="soft">{{worstExplanation}}</p>
      <div class="legends">
      <ul class="classes" aria-label="Class colours">
      {{#legend}}<li><span class="swatch" style="background:{{color}}"></span><bdi>{{name}}</bdi></li>{{/legend}}
      </ul>
      <div class="heat">Error probability{{{heatLegend}}}<div class="ends"><span>0 · label right</span>
      <span>0.5</span><span>1 · label wrong</span></div></div>
      </div>
      {{#images}}
      <article class="card image">
      <h3><span class="rank">{{position}}</span><bdi>{{path}}</bdi></h3>
      <div class="pictures">
      <figure>{{#imageURI}}<img src="{{{imageURI}}}" width="{{width}}" height="{{height}}" loading="lazy"
      alt="The image {{path}}"/><figcaption>Image</figcaption>{{/imageURI}}
      {{#problem}}<div class="missing">The image cannot be shown: <bdi>{{problem}}</bdi></div>{{/problem}}</figure>
      <figure><img src="{{{labelsURI}}}" width="{{width}}" height="{{height}}" loading="lazy"
      alt="{{labelsText}}"/><figcaption>Labels</figcaption></figure>
      <figure><img src="{{{errorsURI}}}" width="{{width}}" height="{{height}}" loading="lazy"
      alt="{{errorsText}}"/><figcaption>Error probability{{#isRegionMarked}}; the box marks the worst
      region{{/isRegionMarked}}</figcaption></figure>
      </div>
      <dl class="facts">
      <div><dt>Expected error rate</dt><dd>{{errorRate}}</dd></div>
      <div><dt>Expected wrong pixels</dt><dd>{{wrongPixels}} <span class="soft">of {{pixels}}</span></dd></div>
      {{#region}}<div><dt>Worst region</dt><dd>{{region}} <span class="soft">{{regionDetail}}</span></dd></div>{{/region}}
      <div><dt>Mean confidence</dt><dd>{{confidence}}</dd></div>
      </dl>
      <p class="labels-wrong"><span class="soft">Most expected wrong pixels are labelled </span>
      {{#wrongClasses}}<span class="item"><span class="swatch" style="background:{{color}}"></span><bdi>{{name}}</bdi>
      <span class="soft">{{pixels}}</span></span> {{/wrongClasses}}</p>
      </article>
      {{/images}}
      {{/hasImages}}
      {{#hasFailures}}
      <h2>Images that could not be audited</h2>
      <p class="soft">They are in none of the numbers above. The same <code>errata audit</code> command tries them
      again.</p>
      <div class="card scroll"><table><thead><tr><th scope="col">Image</th><th scope="col">Reason</th></tr></thead><tbody>
      {{#failures}}<tr><td><bdi>{{path}}</bdi></td><td><bdi>{{reason}}</bdi></td></tr>{{/failures}}
      </tbody></table></div>
      {{/hasFailures}}
      </main>
      <footer>
      <h2>How this was made</h2>
      <dl class="run">
      {{#factList}}<dt>{{name}}</dt><dd><bdi>{{value}}</bdi></dd>
      {{/factList}}
      </dl>
      </footer>
      </body>
      </html>

      """
}
