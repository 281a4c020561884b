// The peak of each hour under the capacity, and the refusals on the same axis of time.
import { useState } from 'react';
import type { Peaks } from '../api/analytics';
import { Table } from '../ui/Table';
import { counted } from '../words/refusals';
import { Grid, Plot } from './Plot';
import { midnights, room, steps, ticks, topOf } from './scale';

const HEIGHT = 280;
const LEFT = 40;
const TOP = 14;
const BOTTOM = 58;
const REFUSED = 22;
const HOUR_MS = 3_600_000;

const hourOf = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });
const dayOf = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

export function PeaksPlot({ peaks: { items, from, to } }: { peaks: Peaks }) {
  const [at, setAt] = useState<number | null>(null);
  const highest = items.reduce((one, other) => (other.peak > one.peak ? other : one), items[0] ?? NOTHING);
  const refused = items.reduce((sum, { refusals }) => sum + refusals, 0);
  const most = Math.max(1, ...items.map(({ refusals }) => refusals));
  const top = topOf(items.flatMap(({ peak, capacity }) => [peak, capacity]));
  const [start, end] = [Date.parse(items[0]?.hour ?? from), Math.max(Date.parse(to), Date.parse(from) + 1)];
  const last = items.at(-1);
  const shown = at === null ? null : items[at];
  const label = `Peak of each hour. The highest is ${highest.peak} of ${highest.capacity} seats, ${hourOf.format(new Date(highest.hour))}. ${counted(refused, 'refusal')}.`;
  return (
    <Plot
      label={label}
      height={HEIGHT}
      legend={[
        { of: 'peak', text: 'Most seats in use in the hour' },
        { of: 'capacity', text: `Capacity${last ? `, ${last.capacity.toLocaleString('en')} now` : ''}` },
        { of: 'refused', text: 'Refusals' },
      ]}
      table={() => (
        <Table
          label="Hours in which something was used or refused"
          rows={items.filter(({ peak, refused }) => peak > 0 || refused > 0).reverse()}
          id={({ hour }) => hour}
          columns={[
            { label: 'Hour', cell: ({ hour }) => hourOf.format(new Date(hour)) },
            { label: 'Peak', align: 'right', cell: ({ peak }) => peak },
            { label: 'Capacity', align: 'right', cell: ({ capacity }) => capacity },
            { label: 'Refusals', align: 'right', cell: ({ refusals }) => refusals },
            { label: 'Tries refused', align: 'right', cell: ({ refused }) => refused },
          ]}
        />
      )}
    >
      {(width) => {
        const x = (time: number) => LEFT + ((width - LEFT) * (time - start)) / (end - start);
        const y = (seats: number) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - seats / top);
        const of = (value: (item: Peaks['items'][number]) => number) =>
          items.map((item) => ({ x: x(Math.max(start, Date.parse(item.hour))), y: y(value(item)) }));
        const line = steps(
          of(({ peak }) => peak),
          width,
        );
        const base = y(0);
        const step = Math.max(1.5, (width - LEFT) / Math.max(1, items.length));
        return (
          <>
            <Grid ticks={ticks(top)} y={y} left={LEFT} right={width} />
            <path className="area" d={`${line}V${base}H${LEFT}Z`} />
            <path className="outline" d={line} />
            <path
              className="capacity"
              fill="none"
              d={steps(
                of(({ capacity }) => capacity),
                width,
              )}
            />
            {items.map(({ hour, refusals }) =>
              refusals === 0 ? null : (
                <rect
                  key={hour}
                  className="refused"
                  x={x(Math.max(start, Date.parse(hour)))}
                  y={base + 4}
                  width={Math.max(2, step * 0.8)}
                  height={4 + (REFUSED - 4) * (refusals / most)}
                />
              ),
            )}
            {(end - start > 3 * 24 * HOUR_MS
              ? midnights(start, end, room(width - LEFT, 80, 9)).map((time) => [time, dayOf.format(time)] as const)
              : hours(start, end, room(width - LEFT, 80, 8))
            ).map(([time, text]) => (
              <g key={time}>
                <line className="grid" x1={x(time)} x2={x(time)} y1={base} y2={base + 5} />
                <text x={x(time)} y={HEIGHT - 10} textAnchor={x(time) > width - 30 ? 'end' : 'middle'}>
                  {text}
                </text>
              </g>
            ))}
            {shown && (
              <g aria-hidden>
                <line
                  className="hair"
                  x1={x(Date.parse(shown.hour))}
                  x2={x(Date.parse(shown.hour))}
                  y1={TOP}
                  y2={base}
                />
                <text
                  className="readout"
                  x={
                    x(Date.parse(shown.hour)) > width / 2
                      ? x(Date.parse(shown.hour)) - 8
                      : x(Date.parse(shown.hour)) + 8
                  }
                  y={TOP + 10}
                  textAnchor={x(Date.parse(shown.hour)) > width / 2 ? 'end' : 'start'}
                >
                  {hourOf.format(new Date(shown.hour))}: {shown.peak} of {shown.capacity}
                  {shown.refusals > 0 && `, ${counted(shown.refusals, 'refusal')}`}
                </text>
              </g>
            )}
            <rect
              x={LEFT}
              y={0}
              width={Math.max(0, width - LEFT)}
              height={HEIGHT}
              fill="transparent"
              onPointerMove={(event) => {
                const box = event.currentTarget.getBoundingClientRect();
                const share = (event.clientX - box.left) / box.width;
                const place = Math.floor((start + share * (end - start) - start) / HOUR_MS);
                setAt(Math.min(items.length - 1, Math.max(0, place)));
              }}
              onPointerLeave={() => setAt(null)}
            />
          </>
        );
      }}
    </Plot>
  );
}

const NOTHING = { hour: new Date(0).toISOString(), peak: 0, capacity: 0, refused: 0, refusals: 0 };

/** Full hours within a short period. */
function hours(from: number, to: number, most: number): (readonly [number, string])[] {
  const every = Math.max(1, Math.ceil((to - from) / HOUR_MS / most)) * HOUR_MS;
  const first = Math.ceil(from / HOUR_MS) * HOUR_MS;
  const count = Math.max(0, Math.floor((to - first) / every) + 1);
  return Array.from({ length: count }, (_, place) => {
    const time = first + place * every;
    return [time, new Date(time).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })] as const;
  });
}
