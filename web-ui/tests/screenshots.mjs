// Pictures of every page, light and dark, wide and narrow: node tests/screenshots.mjs USHER DIRECTORY
import { mkdirSync } from 'node:fs';
import { Demo } from './demo.mjs';
import { month } from './month.mjs';
import { launch, open, signIn, signInByPassword, stands, violations } from './page.mjs';

/** The figures of a month, what is shown while they come, when they may not be seen and when a node lacks some. */
async function figures(page, url, shoot) {
  const all = /\/analytics\//;
  const answer = (change) => (route) => {
    const [, name] = route
      .request()
      .url()
      .match(/analytics\/([a-z-]+)/);
    return route.fulfill(change(month()[name], name));
  };
  const visit = async (name, handler) => {
    await page.route(all, handler);
    await page.goto(`${url}/usage`);
    await page.getByRole('heading', { name: 'The peak of each hour' }).waitFor();
    await page.waitForTimeout(900);
    await shoot(name);
    await page.unroute(all);
  };
  await visit(
    'state-usage-month',
    answer((json) => ({ json })),
  );
  await page.route(
    all,
    answer((json) => ({ json })),
  );
  await page.goto(`${url}/usage`);
  // The plots come one after the other.
  await page.waitForFunction(() => document.querySelectorAll('figure summary').length === 4);
  for (const table of await page.getByText('As a table').all()) await table.click();
  await page.waitForTimeout(500);
  await shoot('state-usage-tables');
  await page.unroute(all);
  const nothing = { peak: 0, refusals: 0, refused: 0 };
  const empty = (json, name) => {
    const items = {
      peaks: (json.items ?? []).map((item) => ({ ...item, ...nothing })),
      'heat-map': (json.items ?? []).map((item) => ({ ...item, ...nothing, mean: 0 })),
      'duration-curve': [{ seats: 0, share: 1, milliseconds: 1 }],
    }[name];
    const more = {
      idle: { max: 0, p95: 0, mean: 0, idle_at_max: 25, idle_at_p95: 25, full_share: 0 },
      'what-if': { refusals: 0, items: [] },
      forecast: { verdict: 'too_little_data', days: 3, level: null, earliest: null, likely: null, latest: null },
      versions: { items: [] },
    }[name];
    return { json: { ...json, complete: false, ...(items && { items }), ...more } };
  };
  await visit('state-usage-empty', answer(empty));
  const forbidden = { code: 'FORBIDDEN', detail: 'Your role does not cover this call. Ask an owner.', status: 403 };
  await visit('state-usage-forbidden', (route) => route.fulfill({ status: 403, json: forbidden }));
  await visit('state-usage-loading', () => new Promise(() => {}));
  await page.goto(`${url}/refusals?reason=license_revoked`);
  await page.getByText('No such refusal').waitFor();
  await shoot('state-refusals-empty');
}

/** Identity providers: none yet, one to add, one that the API refuses, one that is removed. */
async function settings(page, url, acme, shoot) {
  const list = /api\/v1\/identity-providers\?/;
  await page.route(list, (route) => route.fulfill({ json: { items: [], next_cursor: null } }));
  await page.goto(`${url}/settings`);
  await page.getByText('People sign in with a password').waitFor();
  await shoot('state-providers-none');
  await page.getByRole('button', { name: 'Add a provider' }).click();
  await page.getByRole('dialog').waitFor();
  await shoot('state-provider-form');
  const dialog = page.getByRole('dialog');
  await dialog.getByText('OpenID Connect', { exact: true }).click();
  await dialog.getByLabel('Name').fill('Acme');
  await dialog.getByLabel('Issuer').fill('http://id.acme.example');
  await dialog.getByRole('switch', { name: 'Its tokens say who asks for a seat' }).check();
  await dialog.getByRole('button', { name: 'Add provider' }).click();
  await dialog.getByText(/is not an https/).waitFor();
  await shoot('state-provider-refused');
  await page.unroute(list);
  await page.goto(`${url}/settings`);
  await page.getByRole('button', { name: 'More about Acme' }).click();
  await page.getByRole('menuitem', { name: 'Change' }).click();
  await page.getByRole('dialog').waitFor();
  await shoot('state-provider-change');
  await page.keyboard.press('Escape');
  const people = /api\/v1\/people\?/;
  await page.route(people, async (route) => {
    const json = await (await route.fetch()).json();
    const items = json.items.map((person, place) => ({
      ...person,
      has_password: place > 2,
      identity_providers: place < 4 ? [acme] : [],
    }));
    await route.fulfill({ json: { ...json, items } });
  });
  await page.getByRole('button', { name: 'More about Acme' }).click();
  await page.getByRole('menuitem', { name: 'Remove' }).click();
  await page.getByText('can no longer sign in').waitFor();
  await shoot('state-provider-remove');
  await page.unroute(people);
}

/** What is not there at first sight: dialogs, the search, nothing at all, and a server that does not answer. */
async function states(page, url, made, shoot) {
  await page.goto(`${url}/licenses`);
  await page.getByRole('button', { name: 'New license' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Create license' }).click();
  await shoot('state-form');
  await page.goto(`${url}/products/${made.product}`);
  await page.getByRole('button', { name: 'New plan' }).click();
  await page.getByRole('dialog').waitFor();
  await shoot('state-plan');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Change Team' }).click();
  await page.getByLabel('Seats', { exact: true }).fill('8');
  await page.getByRole('button', { name: 'Review changes' }).click();
  await page.getByText('live sessions').waitFor();
  await shoot('state-difference');
  await page.goto(`${url}/seats`);
  await page.getByRole('button', { name: 'End the session of ada-laptop' }).click();
  await shoot('state-reason');
  await page.goto(`${url}/tokens`);
  await page.getByRole('button', { name: 'New token' }).click();
  await page.getByLabel('Name').fill('Nightly report');
  await page.getByRole('button', { name: 'Make token' }).click();
  await page.getByTestId('secret').waitFor();
  await shoot('state-secret');
  await page.goto(`${url}/`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.keyboard.press('Control+k');
  await page.getByPlaceholder('Customers, licenses').fill('curie');
  await page.getByRole('button', { name: /Curie Laboratories: Studio/ }).waitFor();
  await shoot('state-search');
  await page.keyboard.press('Escape');
  await page.goto(`${url}/people`);
  await page.getByRole('button', { name: 'Invite somebody' }).click();
  await shoot('state-invite');
  await settings(page, url, made.acme, shoot);
  const none = (route) => route.fulfill({ json: { items: [], next_cursor: null } });
  await page.route(/api\/v1\/summary/, async (route) => {
    const json = await (await route.fetch()).json();
    await route.fulfill({ json: { ...json, all: { ...json.all, licenses: 0 } } });
  });
  await page.goto(`${url}/`);
  await page.getByText('Nothing is licensed yet').waitFor();
  await shoot('state-empty');
  await page.unroute(/api\/v1\/summary/);
  for (const [name, list] of [
    ['customers', 'customers'],
    ['licenses', 'licenses'],
    ['seats', 'sessions'],
    ['people', 'people'],
  ]) {
    const path = new RegExp(`api/v1/${list}\\?`);
    await page.route(path, none);
    await page.goto(`${url}/${name}`);
    await page
      .getByText(/^No|^Nobody/)
      .first()
      .waitFor();
    await shoot(`state-empty-${name}`);
    await page.unroute(path);
    const refuse = (code, status, detail) => (route) =>
      route.fulfill({ status, contentType: 'application/problem+json', json: { code, status, detail } });
    for (const [state, answer] of [
      ['forbidden', refuse('FORBIDDEN', 403, 'Your role does not cover this call. Ask an owner.')],
      [
        'no-quorum',
        refuse('NO_LEADER', 503, 'The cluster has no leader that answers. Send the call again in a moment.'),
      ],
    ]) {
      await page.route(path, answer);
      await page.goto(`${url}/${name}`);
      await page.getByRole('alert').waitFor({ timeout: 20_000 });
      await shoot(`state-${state}-${name}`);
      await page.unroute(path);
    }
  }
  await page.goto(`${url}/customers`);
  const link = page.getByRole('link', { name: 'Analytical Engines Ltd' });
  await link.waitFor();
  await page.route(/api\/v1/, (route) => route.abort());
  await link.click();
  await page.getByRole('alert').waitFor({ timeout: 20_000 });
  await shoot('state-unreachable');
  await page.unroute(/api\/v1/);
}

const [usher, directory, only] = process.argv.slice(2);
mkdirSync(directory, { recursive: true });
const demo = new Demo(usher);
const browser = await launch();
const wrong = [];
try {
  const made = await demo.fill();
  demo.keep();
  const pages = {
    overview: '/',
    seats: '/seats',
    usage: '/usage',
    refusals: '/refusals',
    refusal: `/refusals/${made.refusal}`,
    customers: '/customers',
    customer: `/customers/${made.customer}`,
    licenses: '/licenses',
    license: `/licenses/${made.license}`,
    products: '/products',
    product: `/products/${made.product}`,
    activity: '/activity',
    people: '/people',
    tokens: '/tokens',
    cluster: '/cluster',
    settings: '/settings',
  };
  const portal = {
    portal: '/portal',
    'portal-license': `/portal/licenses/${made.own}`,
    'portal-seats': '/portal/seats',
    'portal-team': '/portal/team',
    'portal-help': '/portal/help',
    account: '/account',
    allow: `/allow?port=4711&state=${'0'.repeat(32)}&challenge=${'A'.repeat(43)}`,
  };
  for (const colorScheme of ['light', 'dark']) {
    for (const [width, viewport] of Object.entries({
      desktop: { width: 1280, height: 800 },
      phone: { width: 390, height: 800 },
    })) {
      const opened = await open(browser, { colorScheme, viewport, deviceScaleFactor: 1 });
      const { page } = opened;
      const shoot = async (name) => {
        // As high as the page is, so that what is fixed to the screen's edges is where it belongs.
        const height = await page.evaluate(() => document.documentElement.scrollHeight);
        await page.setViewportSize({ ...viewport, height: Math.max(viewport.height, Math.min(height, 2200)) });
        await page.waitForTimeout(150);
        await stands(page);
        await page.screenshot({ path: `${directory}/${name}-${colorScheme}-${width}.png` });
        await page.setViewportSize(viewport);
        const found = await violations(page);
        wrong.push(...found.map((text) => `${name} ${colorScheme} ${width}: ${text}`));
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (wide > 0) wrong.push(`${name} ${colorScheme} ${width}: ${wide} pixels wider than the screen`);
      };
      await page.goto(demo.url);
      await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
      await shoot('sign-in');
      await signIn(page, demo.url, demo.token);
      const visit = async (places) => {
        for (const [name, path] of Object.entries(places)) {
          if (only && name !== only) continue;
          await page.goto(demo.url + path);
          await page.getByRole('heading', { level: 1 }).waitFor();
          await page.waitForFunction(() => document.querySelector('[aria-label="Loading"]') === null);
          // What a page asks for once its first answers are there has no sign of its own.
          await page.waitForTimeout(500);
          await shoot(name);
        }
      };
      await visit(pages);
      const link = made.link.slice(made.link.indexOf('/refused'));
      if (!only || only === 'refused') {
        await page.goto(demo.url + link);
        await page.getByText('What you can do').waitFor();
        await shoot('refused');
        await page.goto(`${demo.url}/`);
        await page.goto(`${demo.url}/refused#why_${'0'.repeat(110)}`);
        await page.getByRole('alert').waitFor();
        await shoot('state-refused-unknown');
      }
      if (!only || only === 'figures') await figures(page, demo.url, shoot);
      if (!only || only === 'states') await states(page, demo.url, made, shoot);
      await page.evaluate(() => sessionStorage.clear());
      await signInByPassword(page, demo.url, made.member);
      await visit(portal);
      wrong.push(...opened.wrong);
      await opened.context.close();
    }
  }
} finally {
  await browser.close();
  demo.stop();
}
for (const line of new Set(wrong)) console.error(line);
process.exit(wrong.length > 0 ? 1 : 0);
