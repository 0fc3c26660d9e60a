import { randomBytes } from 'node:crypto';
import {
  type Attributes,
  type Context,
  INVALID_SPAN_CONTEXT,
  type Span,
  type SpanOptions,
  type SpanStatus,
  trace,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api';

export interface RecordedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string;
  readonly attributes: Attributes;
  status: SpanStatus | undefined;
  ends: number;
}

/** A provider of OpenTelemetry's API that keeps spans in memory. */
export class RecordedSpans implements TracerProvider {
  readonly spans: RecordedSpan[] = [];

  /** Makes it this process's provider. @returns takes it away again */
  register(): () => void {
    trace.setGlobalTracerProvider(this);
    return () => trace.disable();
  }

  getTracer(): Tracer {
    return {
      startSpan: (name, options, context) => this.start(name, options, context),
      startActiveSpan: () => {
        throw new Error('not used here');
      },
    };
  }

  private start(name: string, { attributes = {} }: SpanOptions = {}, context?: Context): Span {
    const parent = (context && trace.getSpanContext(context)) ?? INVALID_SPAN_CONTEXT;
    const recorded: RecordedSpan = {
      name,
      traceId: parent.traceId,
      spanId: randomBytes(8).toString('hex'),
      parentId: parent.spanId,
      attributes: { ...attributes },
      status: undefined,
      ends: 0,
    };
    this.spans.push(recorded);
    const span: Span = {
      spanContext: () => ({ ...parent, spanId: recorded.spanId }),
      setAttribute: (key, value) => (Object.assign(recorded.attributes, { [key]: value }), span),
      setAttributes: () => span,
      addEvent: () => span,
      addLink: () => span,
      addLinks: () => span,
      setStatus: (status) => ((recorded.status = status), span),
      updateName: () => span,
      end: () => void recorded.ends++,
      isRecording: () => true,
      recordException: () => {},
    };
    return span;
  }
}
