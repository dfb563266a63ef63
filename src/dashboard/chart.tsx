/**
 * Lines, steps and stacked areas over time (uPlot, on a canvas). Boundary: draws; who uses it gives the same figures as a table beside it.
 */

import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { inkOf } from './groups.ts';
import { theme } from './state.ts';

export interface Line {
  readonly name: string;
  /** a custom property */
  readonly colour: string;
  readonly values: readonly (number | null)[];
  readonly dashed?: boolean;
}

interface ChartProps {
  /** what it shows, in a sentence, for who does not see it */
  readonly label: string;
  /** ms */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  readonly height: number;
  readonly stacked?: boolean;
  readonly stepped?: boolean;
  /** the scale need not begin at nothing: a line is looked at, no area */
  readonly close?: boolean;
  readonly format: (value: number) => string;
}

export function Chart({ label, times, lines, height, stacked, stepped, close, format }: ChartProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const now = theme.value;
  useEffect(() => {
    const { current } = box;
    if (current === null) return;
    const shown = stacked ? piled(lines) : lines;
    const axis = { stroke: inkOf('--quiet'), grid: { stroke: inkOf('--rule'), width: 1 }, ticks: { show: false } };
    const plot = new uPlot(
      {
        width: current.clientWidth,
        height,
        padding: [8, 8, 0, 0],
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false } },
        scales: { y: { range: (_, least, most) => rangeOf(least ?? 0, most ?? 0, close === true) } },
        axes: [axis, { ...axis, size: 64, values: (_, splits) => splits.map(format) }],
        series: [
          {},
          ...shown.map(({ name, colour, dashed }) => ({
            label: name,
            stroke: inkOf(colour),
            width: stacked ? 0 : 2,
            spanGaps: false,
            points: { show: times.length === 1 },
            ...(dashed ? { dash: [4, 4] } : {}),
            ...(stacked ? { fill: inkOf(colour) } : {}),
            ...(stepped && uPlot.paths.stepped ? { paths: uPlot.paths.stepped({ align: 1 }) } : {}),
          })),
        ],
      },
      [times.map((at) => at / 1_000), ...shown.map(({ values }) => [...values])] as uPlot.AlignedData,
      current,
    );
    const watch = new ResizeObserver(() => plot.setSize({ width: current.clientWidth, height }));
    watch.observe(current);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [times, lines, height, now]);
  return (
    <figure class="chart">
      <div ref={box} role="img" aria-label={label} style={{ height: `${height}px` }} />
      <figcaption>
        {lines.map(({ name, colour, dashed }) => (
          <span class="group" key={name}>
            <i class={dashed ? 'dashed' : undefined} style={{ background: `var(${colour})` }} aria-hidden="true" />
            {name}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

/** What the scale shows of values between these two. */
function rangeOf(least: number, most: number, close: boolean): [number, number] {
  if (!close) return [Math.min(0, least), most > 0 ? most * 1.05 : 1];
  const room = Math.max((most - least) * 0.1, Math.abs(most) * 0.01, Number.MIN_VALUE);
  return [least - room, most + room];
}

/** Each on top of those before it; the tallest is drawn first, so that the others cover it. */
function piled(lines: readonly Line[]): readonly Line[] {
  const sums: number[] = [];
  const up = lines.map((line) => ({
    ...line,
    values: line.values.map((value, i) => {
      sums[i] = (sums[i] ?? 0) + (value ?? 0);
      return sums[i] ?? 0;
    }),
  }));
  return up.reverse();
}
