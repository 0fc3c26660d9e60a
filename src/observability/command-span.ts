import { context, type Span, type SpanContext, SpanKind, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api';
import { knownType, type Frame } from '../protocol/index.js';

/** W3C Trace Context: version, trace id, parent id, flags; later versions may add more. */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const FIRST_VERSION = '00';
const NO_VERSION = 'ff';
const ALL_ZERO = /^0+$/;

/** What is done with a command: a relay routes it, a device executes it. */
type Doing = 'route' | 'execute';

/**
 * The span of one command that carries a `traceparent`, made with the OpenTelemetry API: whoever registers a provider in this process
 * gets it, and without one nothing comes of it.
 */
export class CommandSpan {
  private hasEnded = false;

  private constructor(
    private readonly parent: SpanContext,
    private readonly span: Span,
  ) {}

  /** @returns undefined where the command carries no `traceparent`, or one that is malformed: that never fails a command */
  static begin(doing: Doing, command: Frame, requestId: string | undefined): CommandSpan | undefined {
    const parent = readTraceparent(command['traceparent']);
    if (!parent) return undefined;
    const type = knownType(command.type);
    const span = trace.getTracer('twinlane').startSpan(
      `${doing} ${type}`,
      {
        kind: SpanKind.SERVER,
        attributes: {
          'twinlane.command': type,
          ...(requestId === undefined ? {} : { 'twinlane.request_id': requestId }),
        },
      },
      trace.setSpanContext(context.active(), parent),
    );
    return new CommandSpan(parent, span);
  }

  /** What the next one on the command's way is given; undefined: what came, because nothing was made of it here. */
  get traceparent(): string | undefined {
    const { traceId, spanId, traceFlags } = this.span.spanContext();
    if (spanId === this.parent.spanId) return undefined;
    return `${FIRST_VERSION}-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
  }

  /** Runs something so that spans it makes belong to this one. */
  run<T>(work: () => T): T {
    return context.with(trace.setSpan(context.active(), this.span), work);
  }

  /** @param errorCode of the command's answer; undefined: it succeeded. Only the first call counts */
  end(errorCode?: unknown): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    if (typeof errorCode === 'string') {
      this.span.setAttribute('error.type', errorCode);
      this.span.setStatus({ code: SpanStatusCode.ERROR });
    }
    this.span.end();
  }
}

/** The span that a `traceparent` names; undefined where it is malformed. */
export function readTraceparent(value: unknown): SpanContext | undefined {
  const [, version = '', traceId = '', spanId = '', flags = '', more] =
    (typeof value === 'string' && TRACEPARENT.exec(value)) || [];
  if (traceId === '' || version === NO_VERSION || (version === FIRST_VERSION && more !== undefined)) return undefined;
  if (ALL_ZERO.test(traceId) || ALL_ZERO.test(spanId)) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true };
}
