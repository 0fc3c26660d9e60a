// Charts as SVG: bars side by side, and distributions on a logarithmic scale.
const WIDTH = 760;
const LEFT = 190;
const RIGHT = 90;
const TOP = 56;
const ROW = 34;
const GROUP_GAP = 14;
const AXIS = 34;
const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .title { font-size: 15px; font-weight: 600 }
  .faint { fill: #6e7781; font-size: 12px }
  .grid { stroke: #d0d7de }
  .a, .ours { fill: #2da44e } .b, .bare { fill: #8c959f }
  .range { fill: #8c959f } .range.ours { fill: #2da44e }
  .middle { stroke: #ffffff; stroke-width: 2 } .tail { stroke: #8c959f; stroke-width: 2 } .tail.ours { stroke: #2da44e }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .faint { fill: #9198a1 } .grid { stroke: #3d444d } .middle { stroke: #0d1117 }
  }`;

function document(height, title, note, parts) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escape(title)}">
<style>${STYLE}
</style>
${text(0, 18, title, 'class="title"')}
${text(0, 38, note, 'class="faint"')}
${parts.join('\n')}
</svg>
`;
}

/**
 * Bars, in groups.
 *
 * @param groups `[{ label, bars: [{ label, value, kind: 'ours' | 'bare' }] }]`, values from 0
 * @param left where bars begin
 */
export function barChart({ title, note, groups, format = String, left = LEFT }) {
  const most = Math.max(...groups.flatMap(({ bars }) => bars.map(({ value }) => value)));
  const wide = (value) => ((WIDTH - left - RIGHT) * value) / most;
  const parts = [];
  let y = TOP;
  for (const { label, bars } of groups) {
    parts.push(text(0, y + 18, label));
    for (const { label: name, value, kind } of bars) {
      parts.push(
        text(left - 8, y + 18, name, 'text-anchor="end" class="faint"'),
        `<rect class="${kind}" x="${left}" y="${y + 4}" width="${px(wide(value))}" height="${ROW - 12}" rx="2"/>`,
        text(left + wide(value) + 6, y + 18, format(value)),
      );
      y += ROW - 6;
    }
    y += GROUP_GAP;
  }
  return document(y, title, note, parts);
}

/**
 * Distributions: a bar from the 10th to the 90th percentile, with the median in it, and a line to the 99th.
 *
 * @param rows `[{ label, kind, at: (quantile) => value }]`, values above 0
 */
export function distributionChart({ title, note, rows, unit }) {
  const all = rows.flatMap(({ at }) => [at(0.1), at(0.99)]);
  const low = Math.floor(Math.log10(Math.min(...all)));
  const high = Math.ceil(Math.log10(Math.max(...all)));
  const x = (value) => LEFT + ((WIDTH - LEFT - RIGHT) * (Math.log10(value) - low)) / Math.max(1, high - low);
  const bottom = TOP + rows.length * ROW;
  const parts = [];
  for (let power = low; power <= high; power++) {
    const at = px(x(10 ** power));
    parts.push(
      `<line class="grid" x1="${at}" y1="${TOP - 4}" x2="${at}" y2="${bottom + 4}"/>`,
      text(at, bottom + 20, `${Number((10 ** power).toPrecision(1))} ${unit}`, 'text-anchor="middle" class="faint"'),
    );
  }
  for (const [index, { label, kind, at }] of rows.entries()) {
    const y = TOP + index * ROW;
    const [from, middle, to, end] = [0.1, 0.5, 0.9, 0.99].map((q) => px(x(at(q))));
    const center = y + ROW / 2;
    parts.push(
      text(LEFT - 12, center + 4, label, 'text-anchor="end"'),
      `<line class="tail ${kind}" x1="${to}" y1="${center}" x2="${end}" y2="${center}"/>`,
      `<line class="tail ${kind}" x1="${end}" y1="${center - 6}" x2="${end}" y2="${center + 6}"/>`,
      `<rect class="range ${kind}" x="${from}" y="${y + 8}" width="${px(Math.max(2, to - from))}" height="${ROW - 16}" rx="2"/>`,
      `<line class="middle" x1="${middle}" y1="${y + 8}" x2="${middle}" y2="${y + ROW - 8}"/>`,
      text(end + 6, center + 4, `${Number(at(0.99).toPrecision(3))} ${unit}`),
    );
  }
  return document(bottom + AXIS, title, note, parts);
}

function text(x, y, content, attributes = '') {
  return `<text x="${px(x)}" y="${px(y)}" ${attributes}>${escape(content)}</text>`;
}

function px(value) {
  return Math.round(value * 10) / 10;
}

function escape(content) {
  return String(content).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
