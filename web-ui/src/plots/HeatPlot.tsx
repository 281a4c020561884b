// Which hours of the week are busy.
import type { HeatMap } from '../api/analytics';
import { Table } from '../ui/Table';
import { counted } from '../words/refusals';
import { Plot } from './Plot';

const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const LEFT = 40;
const ROW = 24;
const TOP = 20;

const seats = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const dayOf = (weekday: number) => DAYS[weekday - 1] ?? '';
const hourOf = (hour: number) => `${String(hour).padStart(2, '0')}:00`;

export function HeatPlot({ heat: { items } }: { heat: HeatMap }) {
  const most = Math.max(...items.map(({ mean }) => mean ?? 0));
  const busiest = items.reduce((one, other) => ((other.mean ?? 0) > (one.mean ?? 0) ? other : one), items[0] ?? NONE);
  const label =
    most > 0
      ? `Seats in use by hour of the week. The busiest hour is ${dayOf(busiest.weekday)} at ${hourOf(busiest.hour)}, with ${seats.format(busiest.mean ?? 0)} on average.`
      : items.every(({ mean }) => mean == null)
        ? 'Seats in use by hour of the week. Nothing is on record of this time.'
        : 'Seats in use by hour of the week. None was in use.';
  return (
    <Plot
      label={label}
      height={TOP + ROW * 7}
      legend={[
        { of: 'low', text: 'None' },
        { of: 'high', text: `${seats.format(most)} ${most === 1 ? 'seat' : 'seats'} on average` },
        ...(items.some(({ mean }) => mean == null) ? [{ of: 'unknown', text: 'Not in this period' }] : []),
        { of: 'refused', text: 'Refusals' },
      ]}
      table={() => (
        <Table
          label="Hours of the week"
          rows={items.filter(({ peak }) => (peak ?? 0) > 0)}
          id={({ weekday, hour }) => weekday * 24 + hour}
          columns={[
            { label: 'Hour', cell: ({ weekday, hour }) => `${dayOf(weekday)} ${hourOf(hour)}` },
            { label: 'Average', align: 'right', cell: ({ mean }) => (mean == null ? null : seats.format(mean)) },
            { label: 'Peak', align: 'right', cell: ({ peak }) => peak },
            { label: 'Refusals', align: 'right', cell: ({ refusals }) => refusals },
          ]}
        />
      )}
    >
      {(width) => {
        const cell = (width - LEFT) / 24;
        return (
          <>
            {[0, 6, 12, 18].map((hour) => (
              <text key={hour} x={LEFT + hour * cell} y={12}>
                {hourOf(hour)}
              </text>
            ))}
            {DAYS.map((day, place) => (
              <text key={day} x={LEFT - 8} y={TOP + place * ROW + ROW / 2 + 3} textAnchor="end">
                {day.slice(0, 3)}
              </text>
            ))}
            {items.map(({ weekday, hour, mean, peak, refusals }) => {
              const [x, y] = [LEFT + hour * cell, TOP + (weekday - 1) * ROW];
              return (
                <g key={`${weekday}-${hour}`}>
                  <title>
                    {`${dayOf(weekday)} ${hourOf(hour)}: ${mean == null ? 'not in this period' : `${seats.format(mean)} on average, at most ${peak}`}${refusals ? `, ${counted(refusals, 'refusal')}` : ''}`}
                  </title>
                  <rect
                    className={mean == null ? 'cell unknown' : 'cell'}
                    x={x + 1}
                    y={y + 1}
                    width={Math.max(1, cell - 2)}
                    height={ROW - 2}
                    rx={2}
                  />
                  {most > 0 && mean != null && mean > 0 && (
                    <rect
                      className="heat"
                      x={x + 1}
                      y={y + 1}
                      width={Math.max(1, cell - 2)}
                      height={ROW - 2}
                      rx={2}
                      opacity={0.15 + 0.85 * (mean / most)}
                    />
                  )}
                  {(refusals ?? 0) > 0 && (
                    <circle className="refused" cx={x + cell / 2} cy={y + ROW / 2} r={Math.min(4, cell / 4)} />
                  )}
                </g>
              );
            })}
          </>
        );
      }}
    </Plot>
  );
}

const NONE = { weekday: 1, hour: 0, mean: 0, peak: 0, refusals: 0, seconds: 0 };
