// For which share of the time how many seats were in use.
import type { Curve } from '../api/analytics';
import { Table } from '../ui/Table';
import { Grid, Plot } from './Plot';
import { room, ticks, topOf } from './scale';

const HEIGHT = 240;
const LEFT = 40;
const TOP = 14;
const BOTTOM = 40;

const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 });

export function CurvePlot({ curve: { items, capacity } }: { curve: Curve }) {
  const used = items.filter(({ seats }) => seats > 0);
  const most = used.at(-1);
  const top = topOf([capacity, most?.seats ?? 0]);
  const any = used[0]?.share ?? 0;
  const label = `Duration curve. At least one seat was in use ${percent.format(any)} of the time${most ? `, and ${most.seats} ${percent.format(most.share)}` : ''}. The capacity is ${capacity}.`;
  return (
    <Plot
      label={label}
      height={HEIGHT}
      legend={[
        { of: 'peak', text: 'So many seats or more, for this share of the time' },
        { of: 'capacity', text: `Capacity, ${capacity.toLocaleString('en')}` },
      ]}
      table={() => (
        <Table
          label="Duration curve"
          rows={items}
          id={({ seats }) => seats}
          columns={[
            { label: 'Seats', cell: ({ seats }) => `${seats} or more` },
            { label: 'Share of the time', align: 'right', cell: ({ share }) => percent.format(share) },
          ]}
        />
      )}
    >
      {(width) => {
        const x = (share: number) => LEFT + (width - LEFT) * share;
        const y = (seats: number) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - seats / top);
        // The curve falls from the most seats, which were in use for the shortest, to none.
        const down = [...used].reverse();
        const line = `M${x(0)} ${y(down[0]?.seats ?? 0)}${down
          .map(({ seats, share }) => `V${y(seats).toFixed(1)}H${x(share).toFixed(1)}`)
          .join('')}V${y(0)}`;
        return (
          <>
            <Grid ticks={ticks(top)} y={y} left={LEFT} right={width} />
            <path className="area" d={`${line}H${x(0)}Z`} />
            <path className="outline" d={line} />
            <line className="capacity" x1={LEFT} x2={width} y1={y(capacity)} y2={y(capacity)} />
            {(room(width - LEFT, 70, 5) < 5 ? [0, 0.5, 1] : [0, 0.25, 0.5, 0.75, 1]).map((share) => (
              <text
                key={share}
                x={x(share)}
                y={HEIGHT - 18}
                textAnchor={share === 0 ? 'start' : share === 1 ? 'end' : 'middle'}
              >
                {percent.format(share)}
              </text>
            ))}
            <text x={width} y={HEIGHT - 3} textAnchor="end">
              of the time
            </text>
          </>
        );
      }}
    </Plot>
  );
}
