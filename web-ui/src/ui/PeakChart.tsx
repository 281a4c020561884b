// Seats held at most in each hour, the capacity over them, and the hours in which somebody was refused.
import { Tooltip } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import type { UsageHour } from '../api/queries';
import { room } from '../plots/scale';
import { exact } from '../words/time';

const HOUR_MS = 3_600_000;
const HEIGHT = 230;
const LEFT = 36;
const TOP = 12;
const BOTTOM = 26;
/** What a time below the axis takes, with the room around it. */
const LABEL = 72;

export const refusedIn = (hour?: UsageHour) =>
  Object.values(hour?.refusals ?? {}).reduce((sum, count) => sum + count, 0);

/** A round number at or above `value`, for an axis. */
export function roundUp(value: number): number {
  const step = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  const fine = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find(
    (factor) => factor * step >= value && Number.isInteger(factor * step),
  );
  return Math.max(4, (fine ?? 10) * step);
}

export function PeakChart({ hours, count, capacity }: { hours: UsageHour[]; count: number; capacity: number }) {
  const { ref, width } = useElementSize();
  const wide = Math.max(width, 240);
  const last = Math.floor(Date.now() / HOUR_MS);
  const known = new Map(hours.map((hour) => [Math.floor(Date.parse(hour.hour) / HOUR_MS), hour]));
  const top = roundUp(Math.max(capacity, ...hours.map(({ peak }) => peak)) * 1.05);
  const y = (seats: number) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - seats / top);
  const step = (wide - LEFT) / count;
  const ticks = [0, top / 4, top / 2, (3 * top) / 4, top].filter(Number.isInteger);
  const most = room(wide - LEFT, LABEL, 8);
  const every = Math.ceil(count / most / (count <= 24 ? 3 : 24)) * (count <= 24 ? 3 : 24);
  const bars = Array.from({ length: count }, (_, place) => last - count + 1 + place);
  return (
    <div ref={ref}>
      <svg
        height={HEIGHT}
        className="chart"
        viewBox={`0 0 ${wide} ${HEIGHT}`}
        role="img"
        aria-label={`Peak seats per hour over ${count} hours`}
      >
        {ticks.map((tick) => (
          <g key={tick}>
            <line className="grid" x1={LEFT} x2={wide} y1={y(tick)} y2={y(tick)} />
            <text x={LEFT - 8} y={y(tick) + 4} textAnchor="end">
              {tick}
            </text>
          </g>
        ))}
        {bars.map((hour, place) => {
          const row = known.get(hour);
          const start = new Date(hour * HOUR_MS);
          const x = LEFT + place * step;
          const refused = refusedIn(row);
          const isDue =
            count <= 24 ? start.getHours() % every === 0 : start.getHours() === 0 && (last - hour) % every < 24;
          // One that would run out of the chart would meet the one before.
          const marked = isDue && x < wide - LABEL / 2;
          return (
            <g key={hour}>
              {marked && (
                <text x={x} y={HEIGHT - 8}>
                  {count <= 24
                    ? `${String(start.getHours()).padStart(2, '0')}:00`
                    : start.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })}
                </text>
              )}
              {row && (
                <Tooltip
                  multiline
                  label={
                    <>
                      {exact(row.hour)}
                      <br />
                      Peak {row.peak}, {row.grants} taken, {row.releases} given back, {row.expiries} lost, {refused}{' '}
                      refused
                    </>
                  }
                >
                  <g>
                    <rect x={x} y={TOP} width={step} height={HEIGHT - TOP - BOTTOM} fill="transparent" />
                    <rect
                      className="peak"
                      x={x + step * 0.1}
                      y={y(row.peak)}
                      width={Math.max(1, step * 0.8)}
                      height={y(0) - y(row.peak)}
                      rx={Math.min(2, step * 0.2)}
                    />
                    {refused > 0 && (
                      <rect
                        className="refused"
                        x={x + step * 0.1}
                        y={y(0) + 2}
                        width={Math.max(1.5, step * 0.8)}
                        height={4}
                      />
                    )}
                  </g>
                </Tooltip>
              )}
            </g>
          );
        })}
        <text className="capacity-label" x={LEFT + 4} y={y(capacity) - 5}>
          {capacity.toLocaleString('en')} seats
        </text>
        <line className="capacity" x1={LEFT} x2={wide} y1={y(capacity)} y2={y(capacity)} />
      </svg>
    </div>
  );
}
