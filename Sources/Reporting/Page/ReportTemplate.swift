/// The page's Mustache template. Two braces escape, three (the plots, which are our own SVG) do not.
enum ReportTemplate {
  static let text = """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Audit of {{run}}</title>
    <style>\(style)</style>
    </head>
    <body>
    <header>
    <h1>Audit of {{run}}</h1>
    <p class="quiet">{{folder}}</p>
    </header>
    <section class="tiles">
    <div class="tile main"><b>{{rate}}</b><span>expected error rate: the share of pixels whose label is probably wrong</span></div>
    <div class="tile"><b>{{wrong}}</b><span>expected wrong pixels of {{pixels}}</span></div>
    <div class="tile"><b>{{images}}</b><span>images audited</span></div>
    <div class="tile"><b>{{failed}}</b><span>images failed</span></div>
    </section>
    <section>
    <h2>Where the errors are</h2>
    <div class="plots">
    <figure>{{{curvePlot}}}<figcaption>Reviewing the worst images first finds the expected errors along the solid line; the
    dashed line is a random order.</figcaption></figure>
    <figure>{{{imagePlot}}}<figcaption>Images by expected error rate. Further right is worse.</figcaption></figure>
    <figure>{{{pixelPlot}}}<figcaption>Pixels by error probability, 0 = certainly right, 1 = certainly wrong.</figcaption></figure>
    </div>
    </section>
    <section>
    <h2>Classes</h2>
    <table>
    <thead><tr><th>class</th><th>images</th><th>predicted pixels</th><th>expected wrong</th><th>error rate</th><th></th></tr></thead>
    <tbody>
    {{#classes}}<tr><td><i style="background:{{color}}"></i>{{name}}</td><td>{{images}}</td><td>{{pixels}}</td><td>{{wrong}}</td>
    <td>{{rate}}</td><td class="gauge"><div style="width:{{bar}}%"></div></td></tr>
    {{/classes}}</tbody>
    </table>
    </section>
    <section>
    <h2>The worst images</h2>
    <p class="legend">{{#legend}}<span><i style="background:{{color}}"></i>{{name}}</span>{{/legend}}</p>
    <p class="legend">error probability: 0 <img class="heat" src="{{heat}}" alt="colours from 0 to 1"> 1 &nbsp; White boxes: the
    worst regions.</p>
    {{#worst}}<article>
    <h3>{{position}}. {{path}}</h3>
    <p class="quiet">expected error rate {{rate}}, {{wrong}} wrong pixels, {{region}} of them in the worst region</p>
    <div class="pictures">{{#pictures}}<figure><img src="{{source}}" alt="{{alt}}"><figcaption>{{caption}}</figcaption></figure>
    {{/pictures}}</div>
    </article>
    {{/worst}}</section>
    {{#hasFailures}}<section>
    <h2>Failed images</h2>
    <table><thead><tr><th>image</th><th>reason</th></tr></thead><tbody>
    {{#failures}}<tr><td>{{path}}</td><td class="text">{{reason}}</td></tr>
    {{/failures}}</tbody></table>
    </section>{{/hasFailures}}
    <footer>errata {{version}} · model {{model}} ({{hash}}…) · begun {{created}} · finished {{finished}} ·
    settings {{configuration}}</footer>
    </body>
    </html>
    """

  private static let style = """
    :root{color-scheme:light dark;--ink:#1d2330;--quiet:#5d6678;--paper:#fff;--panel:#f4f6f9;--line:#d9dee7;--accent:#c2410c}
    @media(prefers-color-scheme:dark){:root{--ink:#e6e9ef;--quiet:#9aa3b5;--paper:#14171d;--panel:#1d222b;--line:#343b48;--accent:#fb923c}}
    body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:1120px;margin:0 auto;padding:24px}
    h1{font-size:26px;margin:0}h2{font-size:19px;margin:36px 0 12px}h3{font-size:15px;margin:0;overflow-wrap:anywhere}
    .quiet{color:var(--quiet);margin:2px 0 8px;overflow-wrap:anywhere}
    .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(200px,1fr));gap:12px;margin-top:20px}
    .tile{background:var(--panel);border-radius:8px;padding:14px 16px}.tile b{display:block;font-size:24px;font-variant-numeric:tabular-nums}
    .tile span{color:var(--quiet);font-size:13px}.tile.main b{color:var(--accent)}
    .plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(320px,1fr));gap:16px}
    figure{margin:0}figcaption{color:var(--quiet);font-size:13px}
    svg{width:100%;height:auto;background:var(--panel);border-radius:8px}
    .bar{fill:var(--accent);opacity:.85}.curve{fill:none;stroke:var(--accent);stroke-width:2.5}
    .chance{stroke:var(--quiet);stroke-dasharray:5 5}.grid{stroke:var(--line)}
    .tick,.label{fill:var(--quiet);font-size:12px}.end{text-anchor:end}.middle{text-anchor:middle}
    table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
    th,td{padding:5px 10px;border-bottom:1px solid var(--line);text-align:right}
    th:first-child,td:first-child,td.text{text-align:left}th{color:var(--quiet);font-weight:500;font-size:13px}
    i{display:inline-block;width:12px;height:12px;border-radius:3px;margin-right:7px;vertical-align:-1px}
    .gauge{width:22%}.gauge div{height:9px;background:var(--accent);border-radius:4px;max-width:100%}
    .legend{font-size:13px;color:var(--quiet);margin:4px 0 10px}.legend span{margin-right:14px;white-space:nowrap}
    .heat{height:12px;width:200px;vertical-align:-1px;border-radius:3px}
    article{border-top:1px solid var(--line);padding:14px 0}
    .pictures{display:grid;grid-template-columns:repeat(3,1fr);gap:8px}.pictures img{width:100%;border-radius:5px;display:block}
    footer{margin-top:40px;color:var(--quiet);font-size:12px;overflow-wrap:anywhere}
    @media(max-width:640px){.pictures{grid-template-columns:1fr}}
    """
}
