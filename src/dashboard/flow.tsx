/**
 * The moves between groups of a period as bands from the group that was left to the one that was entered (Sankey, by d3-sankey).
 */
import { type SankeyGraph, sankey, sankeyLinkHorizontal } from 'd3-sankey';
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { MovesAnswer } from '../http/api.ts';
import { count, nameOf } from './format.ts';
import { colourOf, GROUPS } from './groups.ts';

interface Node {
  readonly name: string;
  readonly group: string | null;
}
interface Link {
  readonly from: string | null;
  readonly to: string;
}

const HEIGHT = 300;
const EDGE = 8;

export function Flow({ moves }: { readonly moves: MovesAnswer['moves'] }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const { current } = box;
    if (current === null) return;
    const watch = new ResizeObserver(() => setWidth(current.clientWidth));
    watch.observe(current);
    return () => watch.disconnect();
  }, []);
  return (
    <div ref={box} style={{ height: `${HEIGHT}px` }}>
      {width === 0 ? null : <Bands moves={moves} width={width} />}
    </div>
  );
}

function Bands({ moves, width }: { readonly moves: MovesAnswer['moves']; readonly width: number }): JSX.Element {
  const { nodes, links } = laidOut(moves, width);
  const total = moves.reduce((sum, { count: each }) => sum + each, 0);
  return (
    <svg
      viewBox={`0 0 ${width} ${HEIGHT}`}
      width={width}
      height={HEIGHT}
      role="img"
      aria-label={`${count(total)} moves between groups; the table below has each`}
    >
      {links.map((link) => (
        <path
          key={`${link.from}-${link.to}`}
          d={sankeyLinkHorizontal()(link) ?? ''}
          fill="none"
          style={{ stroke: `var(${colourOf(link.to)})` }}
          stroke-opacity="0.45"
          stroke-width={Math.max(1, link.width ?? 0)}
        >
          <title>{`${nameOf(link.from)} to ${nameOf(link.to)}: ${count(link.value)}`}</title>
        </path>
      ))}
      {nodes.map(({ name, group, x0 = 0, x1 = 0, y0 = 0, y1 = 0, value }) => (
        <g key={name}>
          <rect x={x0} y={y0} width={x1 - x0} height={Math.max(1, y1 - y0)} style={{ fill: `var(${colourOf(group)})` }} />
          <text x={x0 < width / 2 ? x1 + 6 : x0 - 6} y={(y0 + y1) / 2} dy="0.35em" text-anchor={x0 < width / 2 ? 'start' : 'end'}>
            {`${nameOf(group)} ${count(value ?? 0)}`}
          </text>
        </g>
      ))}
    </svg>
  );
}

function laidOut(moves: MovesAnswer['moves'], width: number): SankeyGraph<Node, Link> {
  const order: readonly (string | null)[] = [null, ...GROUPS];
  const left = order.filter((group) => moves.some(({ from }) => from === group)).map((group) => ({ name: `from ${group}`, group }));
  const right = order.filter((group) => moves.some(({ to }) => to === group)).map((group) => ({ name: `to ${group}`, group }));
  return sankey<Node, Link>()
    .nodeId(({ name }) => name)
    .nodeSort(null)
    .nodeWidth(10)
    .nodePadding(18)
    .extent([
      [0, EDGE],
      [width, HEIGHT - EDGE],
    ])({
    nodes: [...left, ...right],
    links: moves.map(({ from, to, count: value }) => ({ source: `from ${from}`, target: `to ${to}`, from, to, value })),
  });
}
