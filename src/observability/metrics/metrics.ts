import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** From 1 ms to half a minute, in seconds. */
export const DURATION_BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

let processMetrics: Registry | undefined;

/** What there is to know of a metric before it has counted anything. */
export interface DescribedMetric {
  readonly name: string;
  readonly help: string;
  /** `counter`, `gauge` or `histogram`. */
  readonly type: string;
  readonly labels: readonly string[];
}

/**
 * What an application counts. Labels are bounded: channels, types of the protocol, codes of our tables, never an id or
 * anything else that a peer may make up.
 *
 * @publicApi
 */
@Injectable()
export class Metrics {
  private readonly registry = new Registry();

  /**
   * The counter of this name, made at the first call.
   *
   * @param collect brings the counter up to date when somebody asks for it
   */
  counter<L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[] = [],
    collect?: (counter: Counter<L>) => void,
  ): Counter<L> {
    return this.known(name, () => {
      const counter: Counter<L> = new Counter<L>({
        name,
        help,
        labelNames,
        registers: [this.registry],
        ...(collect && { collect: () => collect(counter) }),
      });
      return counter;
    });
  }

  /** @param collect sets the gauge's values when somebody asks for them */
  gauge<L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[] = [],
    collect?: (gauge: Gauge<L>) => void,
  ): Gauge<L> {
    return this.known(name, () => {
      const gauge: Gauge<L> = new Gauge<L>({
        name,
        help,
        labelNames,
        registers: [this.registry],
        ...(collect && { collect: () => collect(gauge) }),
      });
      return gauge;
    });
  }

  /** Durations in seconds. */
  durations<L extends string>(name: string, help: string, labelNames: readonly L[] = []): Histogram<L> {
    const buckets = DURATION_BUCKETS;
    return this.known(name, () => new Histogram({ name, help, labelNames, buckets, registers: [this.registry] }));
  }

  /** Every metric that has been made, by name. */
  describe(): readonly DescribedMetric[] {
    return this.registry
      .getMetricsAsArray()
      .map((metric) => {
        // Notes of the metric itself, which its type leaves out.
        const { name, help, type, labelNames = [] } = metric as typeof metric & { labelNames?: readonly string[] };
        return { name, help, type: String(type), labels: labelNames.filter((label) => label !== 'le') };
      })
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** In Prometheus' text format. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  private known<M extends Counter | Gauge | Histogram>(name: string, make: () => M): M {
    return (this.registry.getSingleMetric(name) as M | undefined) ?? make();
  }
}

export const METRICS_CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

/** Memory, CPU, event loop and garbage of this process, in Prometheus' text format; watched from the first call on. */
export function processMetricsText(): Promise<string> {
  if (!processMetrics) {
    processMetrics = new Registry();
    collectDefaultMetrics({ register: processMetrics });
  }
  return processMetrics.metrics();
}
