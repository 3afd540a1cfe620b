import { afterEach, expect, it } from '@jest/globals';
import { type Context, ROOT_CONTEXT, context, trace } from '@opentelemetry/api';
import { createProfiler } from '../src/index.js';
import { openTelemetryLabels } from '../src/opentelemetry.js';
import { threeToOne } from './workload.js';

const span = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 };

/** As much of a context manager as a program has that is in one span all the time. */
function withActive(active: Context): void {
  context.setGlobalContextManager({
    active: () => active,
    with: (_, fn, thisArg, ...args) => fn.apply(thisArg as ThisParameterType<typeof fn>, args),
    bind: (_, target) => target,
    enable() {
      return this;
    },
    disable() {
      return this;
    },
  });
}

afterEach(() => context.disable());

it('gives the ids of the active span, and nothing without one', () => {
  expect(openTelemetryLabels()()).toEqual({});
  withActive(trace.setSpanContext(ROOT_CONTEXT, span));
  expect(openTelemetryLabels()()).toEqual({ trace_id: span.traceId, span_id: span.spanId });
});

it('labels the samples of a span', async () => {
  withActive(trace.setSpanContext(ROOT_CONTEXT, span));
  await using profiler = createProfiler({ cpu: { intervalUs: 200 }, labels: { source: openTelemetryLabels() } });
  const { profile } = await profiler.profile(() => profiler.label({ endpoint: '/a' }, () => threeToOne(200)));
  expect(profile.labels('trace_id')[0]).toMatchObject({ value: span.traceId });
  expect(profile.only({ trace_id: span.traceId, endpoint: '/a' }).costs().busy).toBeGreaterThan(profile.costs().busy / 2);
});
