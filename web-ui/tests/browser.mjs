// The console in a real browser, against three real nodes: node tests/browser.mjs USHER [NAMES OF CLAIMS, AS A PATTERN]
// Anything that the content security policy blocks, that the console of the browser complains of, or that axe-core finds
// is a failure.
import assert from 'node:assert/strict';
import failover from './claims/failover.mjs';
import firstLoad from './claims/first-load.mjs';
import identityProviders from './claims/identity-providers.mjs';
import keyboard from './claims/keyboard.mjs';
import keyboardPortal from './claims/keyboard-portal.mjs';
import licenses from './claims/licenses.mjs';
import lists from './claims/lists.mjs';
import liveSeats from './claims/live-seats.mjs';
import namedSeats from './claims/named-seats.mjs';
import people from './claims/people.mjs';
import portal from './claims/portal.mjs';
import refusals from './claims/refusals.mjs';
import settings from './claims/settings.mjs';
import tokens from './claims/tokens.mjs';
import usherLogin from './claims/usher-login.mjs';
import { Demo } from './demo.mjs';
import { launch, open } from './page.mjs';

const SUBJECTS = [
  firstLoad,
  tokens,
  licenses,
  liveSeats,
  refusals,
  lists,
  keyboard,
  keyboardPortal,
  people,
  settings,
  portal,
  namedSeats,
  identityProviders,
  usherLogin,
  // A node is dead after it.
  failover,
];

const [usher, pattern = ''] = process.argv.slice(2);
const claims = SUBJECTS.flatMap(Object.entries).filter(([name]) => new RegExp(pattern).test(name));
assert.ok(claims.length > 0, `no claim is called ${pattern}`);
const demo = new Demo(usher);
const browser = await launch();

/**
 * Checks one claim, and says what is wrong. A claim has a page, others by `another`, and the cluster. What it makes there is its
 * own; what the next one would meet is undone by what it gave to `after`, whatever became of it.
 */
async function check(claim) {
  const [opened, undo, found] = [[], [], []];
  const another = async () => {
    const one = await open(browser);
    one.page.setDefaultTimeout(15_000);
    opened.push(one);
    return one.page;
  };
  const attempt = async (step) => {
    try {
      await step();
    } catch (error) {
      found.push(error.stack);
    }
  };
  await attempt(async () => claim({ page: await another(), another, demo, after: (step) => undo.push(step) }));
  for (const { context, wrong } of opened) {
    await context.close();
    found.push(...wrong);
  }
  for (const step of undo.reverse()) await attempt(step);
  return found;
}

const failures = [];
try {
  for (const [name, claim] of claims) {
    const found = await check(claim);
    if (found.length > 0) failures.push(name);
    console.log([`${found.length > 0 ? 'FAIL' : 'ok  '} ${name}`, ...found].join('\n'));
  }
} finally {
  await browser.close();
  demo.stop();
}
console.log(failures.length === 0 ? 'the console: all good' : `the console: ${failures.length} claims failed`);
process.exit(failures.length === 0 ? 0 : 1);
