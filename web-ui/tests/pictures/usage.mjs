// The figures of a month. A demo that was just started has no month behind it.
import { month } from '../month.mjs';
import { settled } from '../page.mjs';

const ALL = /\/analytics\//;

const answer = (change) => (route) => {
  const [, name] = route
    .request()
    .url()
    .match(/analytics\/([a-z-]+)/);
  return route.fulfill(change(month()[name], name));
};

const NOTHING = { peak: 0, refusals: 0, refused: 0 };

function empty(json, name) {
  const items = {
    peaks: (json.items ?? []).map((item) => ({ ...item, ...NOTHING })),
    'heat-map': (json.items ?? []).map((item) => ({ ...item, ...NOTHING, mean: 0 })),
    'duration-curve': [{ seats: 0, share: 1, milliseconds: 1 }],
  }[name];
  const more = {
    idle: { max: 0, p95: 0, mean: 0, idle_at_max: 25, idle_at_p95: 25, full_share: 0 },
    'what-if': { refusals: 0, items: [] },
    forecast: { verdict: 'too_little_data', days: 3, level: null, earliest: null, likely: null, latest: null },
    versions: { items: [] },
  }[name];
  return { json: { ...json, complete: false, ...(items && { items }), ...more } };
}

export default async function usage({ page, url, shoot }) {
  for (const [name, change] of Object.entries({ month: (json) => ({ json }), empty })) {
    await page.route(ALL, answer(change));
    await page.goto(`${url}/usage`);
    await page.getByRole('heading', { name: 'The peak of each hour' }).waitFor();
    await settled(page);
    await shoot(`state-usage-${name}`);
    if (name === 'month') {
      for (const table of await page.getByText('As a table').all()) await table.click();
      await page.evaluate(() => scrollTo(0, 0));
      await shoot('state-usage-tables');
    }
    await page.unroute(ALL);
  }
}
