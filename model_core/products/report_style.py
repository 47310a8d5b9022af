"""The look of the report; it follows the reader's light or dark scheme and prints well."""

STYLE = """
:root { color-scheme: light dark;
  --ground: #ffffff; --panel: #f4f6f8; --ink: #1b2733; --quiet: #56636f; --line: #d5dbe1;
  --good: #1a7f4b; --doubt: #9a6200; --bad: #b3261e; --before: #c8641b; --after: #1f6fb4; }
@media (prefers-color-scheme: dark) { :root {
  --ground: #14191e; --panel: #1d242b; --ink: #e6ebf0; --quiet: #9aa8b4; --line: #36414b;
  --before: #e58a4b; --after: #5aa6e6; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, "Segoe UI", "Noto Sans", sans-serif; }
main { max-width: 68rem; margin: 0 auto; padding: 1.5rem 1.25rem 3rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.15rem; margin: 2.25rem 0 .5rem; }
p { margin: .4rem 0; }
.quiet, figcaption, td.meaning { color: var(--quiet); font-size: .9rem; }
.verdict { margin: 1.25rem 0; padding: 1rem 1.25rem; border-radius: .5rem; color: #ffffff; }
.verdict strong { display: block; font-size: 1.35rem; line-height: 1.3; }
.verdict ul { margin: .5rem 0 0; padding-left: 1.2rem; }
.registered { background: var(--good); }
.doubtful { background: var(--doubt); }
.failed { background: var(--bad); }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
th { font-weight: 500; width: 14rem; }
td.value { white-space: nowrap; font-variant-numeric: tabular-nums; width: 12rem; }
.pair { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 1rem; }
.chips { display: grid; gap: 1.25rem;
  grid-template-columns: repeat(auto-fill, minmax(min(28rem, 100%), 1fr)); }
.chips section { background: var(--panel); border-radius: .5rem; padding: .75rem; }
.chips h3 { font-size: .95rem; margin: 0 0 .5rem; }
.chips .pair { gap: .5rem; }
.chips img { image-rendering: pixelated; }
figure { margin: 0; }
img, figure > svg, svg.histogram { display: block; width: 100%; height: auto;
  border-radius: .25rem; }
svg.histogram { max-width: 46rem; }
svg text { fill: var(--ink); }
svg.histogram text { font-size: 13px; }
svg text.middle { text-anchor: middle; }
svg text.end { text-anchor: end; }
.before rect { fill: var(--before); opacity: .6; }
.after rect { fill: var(--after); opacity: .6; }
.median { fill: none; stroke-width: 2; stroke-dasharray: 5 4; }
.median.before { stroke: var(--before); }
.median.after { stroke: var(--after); }
.gridline { stroke: var(--line); }
.axis { stroke: var(--quiet); }
.arrow, .halo { fill: none; stroke-linecap: round; stroke-linejoin: round; }
.arrow { stroke: #ffb000; }
.halo { stroke: #101820; opacity: .55; }
@media (max-width: 40rem) { .pair { grid-template-columns: minmax(0, 1fr); }
  .chips .pair { grid-template-columns: repeat(2, minmax(0, 1fr)); } td.meaning { display: none; } }
@media print { main { max-width: none; padding: 0; } figure, .chips section, .verdict {
  break-inside: avoid; print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
"""
