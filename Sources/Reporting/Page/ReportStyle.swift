/// The style sheet of the page. No `<`, `>` or `&`: it stands inside the page as it is.
enum ReportStyle {
  static let css = """
    :root { color-scheme: light dark;
      --page: #f6f7f9; --card: #ffffff; --text: #1a1d23; --soft: #596170; --line: #dfe3e8; --track: #e9ecf1;
      --accent: #3763c4; --accent-soft: #3763c422; --error: #b9325f; --warn-page: #fff6e0; --warn-line: #e5b94a; }
    @media (prefers-color-scheme: dark) { :root {
      --page: #121417; --card: #1b1e23; --text: #e8eaee; --soft: #a2aab8; --line: #30353d; --track: #2a2f37;
      --accent: #82a8f5; --accent-soft: #82a8f52b; --error: #f0799f; --warn-page: #2e2715; --warn-line: #8a6d20; } }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--page); color: var(--text);
      font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
    main, header, footer { max-width: 1180px; margin: 0 auto; padding: 0 24px; }
    header { padding-top: 40px; }
    h1 { font-size: 1.75rem; line-height: 1.25; margin: 0 0 4px; overflow-wrap: anywhere; }
    h2 { font-size: 1.25rem; margin: 44px 0 4px; }
    h3 { font-size: 1rem; margin: 0; }
    p { margin: 0 0 12px; max-width: 78ch; }
    .soft, figcaption, .tile p, dt { color: var(--soft); }
    .notice { background: var(--warn-page); border: 1px solid var(--warn-line); border-radius: 8px;
      padding: 10px 14px; margin: 16px 0; max-width: none; }
    .tiles { display: grid; gap: 14px; margin: 24px 0 0; padding: 0; list-style: none;
      grid-template-columns: repeat(auto-fit, minmax(200px, 1fr)); }
    .tile, .card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 16px 18px; }
    .tile p { font-size: .875rem; margin: 4px 0 0; line-height: 1.4; }
    .tile .name { font-size: .875rem; font-weight: 600; white-space: nowrap; }
    .tile .value { font-size: 1.5rem; font-weight: 650; line-height: 1.35; white-space: nowrap; }
    .tile .value .unit { font-size: .9375rem; font-weight: 500; color: var(--soft); }
    .tile.lead { border-top: 4px solid var(--error); padding-top: 13px; }
    .tile.lead .value { color: var(--error); }
    .plots { display: grid; gap: 14px; grid-template-columns: repeat(auto-fit, minmax(min(440px, 100%), 1fr)); }
    .plots figure { display: flex; flex-direction: column; } .plots figure svg { margin-top: auto; }
    .plots .wide { grid-column: 1 / -1; flex-flow: row wrap; gap: 8px 32px; align-items: center; }
    .plots .wide .words { flex: 1 1 260px; } .plots .wide svg { flex: 2 1 440px; max-width: 720px; width: auto;
      margin: 0; }
    figure { margin: 0; }
    .card h3 + p { font-size: .9375rem; margin: 2px 0 12px; }
    svg { display: block; width: 100%; height: auto; font-family: inherit; }
    .grid { stroke: var(--line); } .axis { stroke: var(--soft); }
    .tick, .bar-text, .axis-title, .note { fill: var(--soft); font-size: 14px; }
    .bar-text { font-size: 11.5px; } .note { fill: var(--text); font-weight: 600; }
    .bar-fill { fill: var(--accent); }
    .curve { fill: none; stroke: var(--accent); stroke-width: 2.5; stroke-linejoin: round; }
    .curve-area { fill: var(--accent-soft); } .dot { fill: var(--accent); }
    .random { stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 5 5; }
    .marker { stroke: var(--accent); stroke-dasharray: 2 3; }
    .scroll { overflow-x: auto; }
    table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .9375rem; }
    th { text-align: left; font-weight: 600; font-size: .8125rem; color: var(--soft); vertical-align: bottom; }
    th, td { padding: 7px 20px 7px 0; border-bottom: 1px solid var(--line); }
    tr:last-child td { border-bottom: 0; } th:last-child, td:last-child { padding-right: 0; }
    .class-name { white-space: nowrap; }
    .number { text-align: right; white-space: nowrap; } .never td { color: var(--soft); }
    .with-bar { display: grid; grid-template-columns: 6.2em minmax(70px, 1fr); gap: 10px; align-items: center; }
    .track { display: block; background: var(--track); border-radius: 3px; height: 9px; }
    .track span { display: block; height: 9px; border-radius: 3px; background: var(--error); }
    .track.share span { background: var(--accent); }
    .swatch { display: inline-block; width: .85em; height: .85em; border-radius: 3px; margin-right: .45em;
      vertical-align: -.06em; box-shadow: inset 0 0 0 1px #8888; }
    .legends { display: flex; flex-wrap: wrap; gap: 12px 40px; margin: 12px 0 14px; align-items: flex-end; }
    .classes { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 0; padding: 0; list-style: none;
      font-size: .875rem; flex: 1 1 420px; }
    .heat { flex: 0 1 300px; font-size: .8125rem; color: var(--soft); }
    .heat .ends { display: flex; justify-content: space-between; }
    .image { margin-bottom: 14px; break-inside: avoid; }
    .image h3 { overflow-wrap: anywhere; } .image .rank { color: var(--soft); font-weight: 600; margin-right: .5em; }
    .pictures { display: grid; gap: 10px; grid-template-columns: repeat(3, minmax(0, 1fr)); margin: 10px 0 12px; }
    .pictures img { display: block; width: 100%; height: auto; border-radius: 6px; background: var(--track); }
    figcaption { font-size: .8125rem; margin-top: 4px; }
    .missing { background: var(--track); border-radius: 6px; padding: 14px; font-size: .875rem;
      overflow-wrap: anywhere; }
    dl.facts { display: flex; flex-wrap: wrap; gap: 6px 34px; margin: 0; }
    dl.facts dt { font-size: .8125rem; } dl.facts dd { margin: 0; font-weight: 600; }
    dl.facts dd .soft { font-weight: 400; }
    .labels-wrong { margin: 10px 0 0; font-size: .875rem; max-width: none; }
    .labels-wrong .item { white-space: nowrap; margin-right: 1.1em; }
    .run { display: grid; grid-template-columns: max-content 1fr; gap: 4px 20px; font-size: .875rem; margin: 12px 0; }
    .run dd { margin: 0; overflow-wrap: anywhere; } code { font-size: .9em; overflow-wrap: anywhere; }
    footer { margin-top: 48px; padding-bottom: 48px; border-top: 1px solid var(--line); }
    @media (max-width: 680px) { main, header, footer { padding-left: 14px; padding-right: 14px; }
      .pictures { grid-template-columns: 1fr; } .run { grid-template-columns: 1fr; } .run dd { margin-bottom: 8px; } }
    @media print { body { background: #fff; } .tile, .card { break-inside: avoid; } }
    """
}
