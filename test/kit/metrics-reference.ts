import type { DescribedMetric } from '../../src/observability/index.js';

const HEAD = `# Metrics

<!-- Generated from the metrics of a running relay and listener: \`npx vitest run test/metrics.e2e-spec.ts -u\` writes this file anew. -->

\`GET /metrics\` has Prometheus' text format: on a relay's own port for programs of the same machine and with a token of the operator (with
\`TWINLANE_METRICS_TOKEN_REQUIRED=true\` for nobody else), on \`TWINLANE_HEALTH_PORT\` of every role without one. Times are seconds. Sizes in \`_bytes\` are characters of JSON text; only those of \`process_\`, \`nodejs_\` and of what goes over NATS are bytes. Histograms have the
buckets BUCKETS s.

Labels are bounded: channels, codes of the tables in [errors.md](errors.md), frame types of the protocol (others are \`other\`), routes as patterns. No label
holds a name, an id, an address or a token. Beside these stand the figures of the process, as every program with prom-client has them: \`process_\` and \`nodejs_\`; which, depends on
the system. What to look at, a dashboard and rules for alerts: [operations.md](operations.md#metrics).`;

interface Part {
  readonly title: string;
  /** Where these stand, if not everywhere. */
  readonly where?: string;
  readonly metrics: readonly DescribedMetric[];
}

/** The text of `docs/metrics.md`. */
export function metricsReference(parts: readonly Part[], buckets: readonly number[]): string {
  const tables = parts.map(({ title, where, metrics }) => {
    const rows = metrics.map(
      ({ name, type, labels, help }) =>
        `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help.replaceAll('|', String.raw`\|`)} |`,
    );
    const head = where === undefined ? [`## ${title}`] : [`## ${title}`, '', where];
    return [...head, '', '| metric | type | labels | |', '|---|---|---|---|', ...rows].join('\n');
  });
  return `${[HEAD.replace('BUCKETS', buckets.join(', ')), ...tables].join('\n\n')}\n`;
}

/** Metrics in a text for Prometheus; it does not say their labels. */
export function describedIn(text: string): DescribedMetric[] {
  const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type]));
  return [...text.matchAll(/^# HELP (\S+) (.*)$/gm)]
    .map(([, name = '', help = '']) => ({ name, help, type: types.get(name) ?? '', labels: [] }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Names as they stand in queries: a histogram is three. */
export function queriedNames(metrics: readonly DescribedMetric[]): Set<string> {
  return new Set(
    metrics.flatMap(({ name, type }) =>
      type === 'histogram' ? ['bucket', 'sum', 'count'].map((part) => `${name}_${part}`) : [name],
    ),
  );
}
