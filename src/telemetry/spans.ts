/**
 * A span for each committed step, by the API of OpenTelemetry, for whoever has registered a provider (`node --import` of one of its set-ups). Without one nothing is made.
 * Boundary: the API alone; exporters and samplers are the provider's.
 */
import { ProxyTracerProvider, SpanKind, type Tracer, trace } from '@opentelemetry/api';
import type { StepReport } from '../engine/engine.ts';
import { SPANS } from './names.ts';

const SCOPE = 'rapport';
const A = SPANS.attributes;

/** Null while nobody has registered a provider. */
function tracer(): Tracer | null {
  const provider = trace.getTracerProvider();
  return provider instanceof ProxyTracerProvider ? (provider.getDelegateTracer(SCOPE) ?? null) : provider.getTracer(SCOPE);
}

/** To be told of each step, right after its commit. */
export function spanOf(application: string, { shard, offset, records, outputs, timers, measured }: StepReport): void {
  const found = tracer();
  if (found === null) return;
  const end = Date.now();
  const attributes = {
    [A.system]: 'kafka',
    [A.operation]: 'process',
    [A.application]: application,
    [A.shard]: shard,
    [A.offset]: offset,
    [A.records]: records,
    [A.outputs]: outputs,
    [A.timers]: timers,
    [A.commitMs]: measured.commitMs,
  };
  found.startSpan(SPANS.step, { kind: SpanKind.CONSUMER, startTime: end - measured.ms, attributes }).end(end);
}
