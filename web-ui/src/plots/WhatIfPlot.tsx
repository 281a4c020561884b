// How many refusals further seats would have avoided.
import type { WhatIf } from '../api/analytics';
import { Table } from '../ui/Table';
import { counted } from '../words/refusals';
import { Grid, Plot } from './Plot';
import { room, ticks, topOf } from './scale';

const HEIGHT = 220;
const LEFT = 40;
const TOP = 14;
const BOTTOM = 40;

export function WhatIfPlot({ whatIf: { items, refusals } }: { whatIf: WhatIf }) {
  const top = topOf([refusals]);
  const enough = items.find(({ left }) => left === 0);
  const label = `Refusals that further seats would have avoided, of ${refusals}. ${
    enough
      ? `${counted(enough.seats, 'seat')} more would have avoided all.`
      : 'None of these numbers would have avoided all.'
  }`;
  return (
    <Plot
      label={label}
      height={HEIGHT}
      legend={[
        { of: 'peak', text: 'Would not have happened' },
        { of: 'left', text: 'Would have happened nevertheless' },
      ]}
      table={() => (
        <Table
          label="Refusals with more seats"
          rows={items}
          id={({ seats }) => seats}
          columns={[
            { label: 'More seats', cell: ({ seats }) => `+${seats}` },
            { label: 'Avoided', align: 'right', cell: ({ avoided }) => avoided },
            { label: 'Left', align: 'right', cell: ({ left }) => left },
          ]}
        />
      )}
    >
      {(width) => {
        const y = (count: number) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - count / top);
        const step = (width - LEFT) / items.length;
        const every = Math.ceil(items.length / room(width - LEFT, 36, items.length));
        return (
          <>
            <Grid ticks={ticks(top)} y={y} left={LEFT} right={width} />
            {items.map(({ seats, avoided, left }, place) => {
              const x = LEFT + place * step + step * 0.15;
              return (
                <g key={seats}>
                  <title>{`${counted(seats, 'seat')} more: ${avoided} avoided, ${left} left`}</title>
                  <rect className="left" x={x} y={y(refusals)} width={step * 0.7} height={y(avoided) - y(refusals)} />
                  <rect className="peak" x={x} y={y(avoided)} width={step * 0.7} height={y(0) - y(avoided)} />
                  {place % every === 0 && (
                    <text x={LEFT + (place + 0.5) * step} y={HEIGHT - 20} textAnchor="middle">
                      +{seats}
                    </text>
                  )}
                </g>
              );
            })}
            <text x={width} y={HEIGHT - 4} textAnchor="end">
              seats
            </text>
          </>
        );
      }}
    </Plot>
  );
}
