// Every page in every state that is not the usual one: nothing there, not there yet, refused, failing.
import { settled } from '../page.mjs';

/** Who somebody is and how the vendor looks is known in every state. */
const REST = /\/api\/v1\/(?!me$|branding$)/;

const problem = (status, code, detail) => (route) =>
  route.fulfill({ status, contentType: 'application/problem+json', json: { code, status, detail } });

async function empty(route) {
  if (route.request().url().includes('/stream')) return route.fallback();
  const response = await route.fetch();
  const json = await response.json();
  if (json.items) return route.fulfill({ response, json: { ...json, items: [], total: 0, next_cursor: null } });
  if (json.all) json.all.licenses = 0;
  return route.fulfill({ response, json });
}

const STATES = {
  empty,
  loading: () => new Promise(() => {}),
  forbidden: problem(403, 'FORBIDDEN', 'Your role does not cover this call. Ask an owner.'),
  error: problem(500, 'INTERNAL', 'The server could not answer, and its log says why.'),
};

/** Pages in each state, but for those that ask the server for nothing of their own. */
export async function states({ page, url, shoot }, places) {
  for (const [name, path] of Object.entries(places)) {
    for (const [state, answer] of Object.entries(STATES)) {
      await page.route(REST, answer);
      await page.goto(url + path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      if (state === 'loading') await page.getByRole('status', { name: 'Loading' }).first().waitFor();
      else await settled(page);
      if (state === 'error') await page.getByRole('alert').first().waitFor();
      await shoot(`state-${state}-${name}`);
      await page.unrouteAll({ behavior: 'ignoreErrors' });
    }
  }
}

/** Pages while most of the cluster is down: what the one node that is left can say. */
export async function withoutQuorum({ page, url, shoot }, places) {
  for (const [name, path] of Object.entries(places)) {
    await page.goto(url + path);
    await page.getByRole('heading', { level: 1 }).waitFor();
    // What cannot be answered is asked for again and again, so that the page never settles.
    await page.waitForFunction(() => document.querySelector('[aria-label="Loading"]') === null);
    await shoot(`state-no-quorum-${name}`);
  }
}
