import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { barChart } from '../kit/svg.mjs';

/** What a page's sections are made of: the results by run, and charts beside the page. */
export class Report {
  /**
   * @param runs by name: which bench, and its options
   * @param directory of the charts
   */
  constructor(results, runs, directory) {
    this.results = results;
    this.runs = runs;
    this.directory = directory;
  }

  /** A section; one that was not measured says so. */
  section(name, title, body) {
    const result = this.results[name];
    const text = result ? `${body(result)}\n\n${busy(result)}` : 'Not measured in this run.';
    return `### ${title}\n\n${text}\n\n\`${this.command(name)}\``;
  }

  /** @returns the name of the file */
  draw(name, svg) {
    const file = `${name}.svg`;
    writeFileSync(path.join(this.directory, file), svg);
    return file;
  }

  /** @returns the name of the file */
  pairChart(name, title, note, compared, format, names = { ours: 'ours', bare: 'bare' }) {
    const groups = Object.entries(compared).map(([label, { ours, bare }]) => ({
      label,
      bars: [
        { label: names.ours, value: ours, kind: 'ours' },
        { label: names.bare, value: bare, kind: 'bare' },
      ],
    }));
    return this.draw(name, barChart({ title, note, groups, format }));
  }

  command(name) {
    const [bench, options] = this.runs[name];
    return `npm run --silent bench:${bench} -- ${options}`;
  }
}

function busy({ machine }) {
  return machine ? `The machine was ${machine.busyPercent} % busy meanwhile, benches included.` : '';
}

export function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}

export const thousands = (value) => Math.round(value).toLocaleString('en');
