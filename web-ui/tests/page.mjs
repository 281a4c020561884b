// A browser whose every complaint is a failure, and what somebody does at it again and again.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export async function launch() {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

/** What each page asked for and has no answer to yet, but for streams, which have no end. */
const unanswered = new WeakMap();

/** A page, and all that was wrong with what it did. */
export async function open(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, locale: 'en-GB', ...options });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const wrong = [];
  await context.exposeFunction('usherTestWrong', (text) => wrong.push(text));
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sourceFile, lineNumber }) =>
      window.usherTestWrong(`policy: ${violatedDirective} ${blockedURI} at ${sourceFile}:${lineNumber}`),
    );
  });
  const page = await context.newPage();
  page.on('pageerror', (error) => wrong.push(`error: ${error.stack ?? error.message}`));
  page.on('console', (message) => {
    // That a call was refused is told by the page; the browser's own line about it is not the page's.
    const refused = message.text().startsWith('Failed to load resource');
    if (['error', 'warning'].includes(message.type()) && !refused) wrong.push(`console: ${message.text()}`);
  });
  const asked = new Set();
  unanswered.set(page, asked);
  page.on('request', (request) => {
    // What another document asked for is of no use to this one.
    if (request.isNavigationRequest()) asked.clear();
    if (!request.url().includes('/stream')) asked.add(request);
  });
  // A body that nobody reads has no end.
  page.on('response', (response) => asked.delete(response.request()));
  page.on('requestfailed', (request) => asked.delete(request));
  return { page, context, wrong };
}

/** Waits until nothing moves any more, but for what turns for ever. */
export async function stands(page) {
  // A menu that opened a dialog takes its time to leave, and at first does not move either.
  await page.waitForFunction(() => !document.querySelector('[role=dialog]') || !document.querySelector('[role=menu]'));
  await page.evaluate(async () => {
    const ends = ({ effect }) => effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY;
    const moving = document.getAnimations().filter(ends);
    await Promise.all(moving.map((animation) => animation.finished.catch(() => null)));
  });
}

/** Waits until a page has every answer, and shows it: nothing is asked for, and two frames later still nothing. */
export async function settled(page) {
  // The menu at the top right comes after the page, and has its place kept until then.
  await page.waitForFunction(() => document.querySelector('[aria-label="Loading"], .account-place') === null);
  const asked = unanswered.get(page);
  const deadline = Date.now() + 15_000;
  for (let quiet = 0; quiet < 2; ) {
    await page.evaluate(() => new Promise((seen) => requestAnimationFrame(() => requestAnimationFrame(seen))));
    quiet = asked.size === 0 ? quiet + 1 : 0;
    assert.ok(Date.now() < deadline, `no answer: ${[...asked].map((request) => request.url())}`);
  }
}

/** What axe-core finds on the page as it is. */
export async function violations(page) {
  await page.evaluate(axe);
  await stands(page);
  return page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { resultTypes: ['violations'] });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(
        ({ html, failureSummary }) =>
          `axe ${id}: ${html.slice(0, 160)} ${failureSummary.replace(/\s+/g, ' ').slice(0, 260)}`,
      ),
    );
  });
}

/** That axe-core finds nothing. */
export async function clean(page) {
  assert.deepEqual(await violations(page), []);
}

/** Goes to a page of which nothing is shown before somebody has signed in, and asks to do that with a token. */
export async function knock(page, url, path = '/') {
  await page.goto(url + path);
  await page.getByRole('button', { name: 'Sign in with an API token' }).click();
}

export async function signInByPassword(page, url, { email, password }, path = '/') {
  await page.goto(url + path);
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('navigation', { name: 'Main' }).waitFor({ state: 'attached' });
}

export async function signIn(page, url, token, path = '/') {
  await knock(page, url, path);
  await page.getByLabel('API token', { exact: true }).fill(token);
  await page.getByLabel('Keep me signed in in this tab').check();
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('navigation', { name: 'Main' }).waitFor({ state: 'attached' });
}

/** Chooses an option in a dialog. */
export async function pick(page, label, option) {
  await page.getByRole('dialog').getByRole('combobox', { name: label }).click();
  await page.getByRole('option', { name: option }).click();
}

/** Follows a set-up or invitation link to its end: who one is, and a password. */
export async function choosePassword(page, email, name, password = 'a sentence that is long') {
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Your name').fill(name);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('The password again').fill(password);
  await page.getByRole('button', { name: 'Set password and sign in' }).click();
}
