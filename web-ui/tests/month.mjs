// A month of a busy license as the API would show it, for pictures: a demo that was just started has no month behind it.
const HOUR_MS = 3_600_000;

/** Figures of thirty days up to now, by the name of the figure. The same each time but for the dates. */
export function month() {
  let state = 7;
  const random = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  const now = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
  const from = new Date(now - 719 * HOUR_MS).toISOString();
  const to = new Date(now + 20 * 60_000).toISOString();
  const about = { license: 'lic_00000000000000000000000000', from, to, complete: true };
  const peaks = Array.from({ length: 720 }, (_, place) => {
    const time = new Date(now - (719 - place) * HOUR_MS);
    const [hour, day] = [time.getHours(), time.getDay()];
    const capacity = place < 400 ? 20 : 25;
    const busy = Math.max(0, 1 - Math.abs(hour - 13.5) / 6.5) * (day % 6 === 0 ? 0.25 : 1);
    const wanted = Math.round(busy * (17 + place / 65) + 2 + random() * 4);
    const peak = Math.min(capacity, wanted);
    const refusals = Math.max(0, wanted - capacity);
    return { hour: time.toISOString(), peak, capacity, refusals, refused: refusals * 3 };
  });
  const cells = Array.from({ length: 168 }, (_, place) => {
    const [weekday, hour] = [Math.floor(place / 24) + 1, place % 24];
    const own = peaks.filter(({ hour: at }) => {
      const time = new Date(at);
      return ((time.getDay() + 6) % 7) + 1 === weekday && time.getHours() === hour;
    });
    const sum = (of) => own.reduce((total, item) => total + of(item), 0);
    const mean = own.length ? sum(({ peak }) => peak) / own.length - 0.4 : null;
    return {
      weekday,
      hour,
      mean,
      peak: Math.max(0, ...own.map(({ peak }) => peak)),
      refusals: sum(({ refusals }) => refusals),
      seconds: own.length * 3600,
    };
  });
  const levels = [...new Set(peaks.map(({ peak }) => peak))].sort((one, other) => one - other);
  const curve = levels.map((seats) => {
    const hours = peaks.filter(({ peak }) => peak >= seats).length;
    return { seats, share: hours / peaks.length, milliseconds: hours * HOUR_MS };
  });
  if (curve[0]?.seats !== 0) curve.unshift({ seats: 0, share: 1, milliseconds: 720 * HOUR_MS });
  const refusals = peaks.reduce((sum, item) => sum + item.refusals, 0);
  const items = Array.from({ length: 10 }, (_, place) => {
    const left = Math.round(refusals * Math.max(0, 1 - (place + 1) / 7) ** 1.6);
    return { seats: place + 1, avoided: refusals - left, left };
  });
  const day = (count) => new Date(now + count * 24 * HOUR_MS).toISOString().slice(0, 10);
  return {
    peaks: { ...about, items: peaks },
    'heat-map': { ...about, utc_offset: 0, items: cells },
    'duration-curve': { ...about, capacity: 25, items: curve },
    idle: {
      ...about,
      capacity: 25,
      max: 25,
      p95: 21,
      mean: 8.4127,
      idle_at_max: 0,
      idle_at_p95: 4,
      full_share: 0.0214,
    },
    'what-if': { ...about, refusals, hold_seconds: 5_340, hold_is: 'median', items },
    forecast: {
      ...about,
      verdict: 'expected',
      days: 90,
      days_needed: 28,
      capacity: 25,
      level: 23.1,
      weekly_low: 0.31,
      weekly_likely: 0.62,
      weekly_high: 0.88,
      earliest: day(16),
      likely: day(22),
      latest: day(43),
    },
    versions: {
      license: about.license,
      at: to,
      items: [
        { app: 'Studio', version: '2.1.4', sdk: 'python 0.1.0', sessions: 14, holders: 13 },
        { app: 'Studio', version: '2.0.9', sdk: 'python 0.1.0', sessions: 5, holders: 5 },
        { app: null, version: null, sdk: null, sessions: 1, holders: 1 },
      ],
    },
  };
}
