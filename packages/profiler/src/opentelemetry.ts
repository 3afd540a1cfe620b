import { isSpanContextValid, trace } from '@opentelemetry/api';
import type { Labels } from './labels.js';

const NONE: Labels = {};

/**
 * For `labels.source`: the ids of the OpenTelemetry span that is active when `label()` is called, as `trace_id` and `span_id`.
 * Nothing without one.
 */
export function openTelemetryLabels(): () => Labels {
  return () => {
    const context = trace.getActiveSpan()?.spanContext();
    return context !== undefined && isSpanContextValid(context) ? { trace_id: context.traceId, span_id: context.spanId } : NONE;
  };
}
