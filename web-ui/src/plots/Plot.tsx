// What plots have in common: their width, what they say to those who do not see them, and the same as a table.
import { useElementSize } from '@mantine/hooks';
import { type ReactNode, useState } from 'react';

export interface Legend {
  of: string;
  text: ReactNode;
}

export function Plot(props: {
  /** What the plot shows, in a sentence. */
  label: string;
  height: number;
  legend?: Legend[];
  /** The same as a table; made once it is asked for. */
  table: () => ReactNode;
  children: (width: number) => ReactNode;
}) {
  const { ref, width } = useElementSize();
  const [open, setOpen] = useState(false);
  const wide = Math.max(Math.floor(width), 240);
  return (
    <figure className="plot">
      <div ref={ref}>
        {width > 0 && (
          <svg
            className="chart"
            height={props.height}
            viewBox={`0 0 ${wide} ${props.height}`}
            role="img"
            aria-label={props.label}
          >
            {props.children(wide)}
          </svg>
        )}
        {width === 0 && <div style={{ height: props.height }} />}
      </div>
      {props.legend && (
        <div className="legend">
          {props.legend.map(({ of, text }) => (
            <span key={of} data-of={of}>
              {text}
            </span>
          ))}
        </div>
      )}
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>As a table</summary>
        {open && (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is scrolled by keys too
          <section className="plot-table" tabIndex={0} aria-label={`${props.label} As a table.`}>
            {props.table()}
          </section>
        )}
      </details>
    </figure>
  );
}

/** Horizontal lines with their numbers. */
export function Grid(props: { ticks: number[]; y: (value: number) => number; left: number; right: number }) {
  return (
    <g>
      {props.ticks.map((tick) => (
        <g key={tick}>
          <line className="grid" x1={props.left} x2={props.right} y1={props.y(tick)} y2={props.y(tick)} />
          <text x={props.left - 8} y={props.y(tick) + 4} textAnchor="end">
            {tick.toLocaleString('en')}
          </text>
        </g>
      ))}
    </g>
  );
}
