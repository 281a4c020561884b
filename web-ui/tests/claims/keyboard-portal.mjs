// The keyboard alone, for customers and on the pages that want no account.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { focused, tabTo, walk } from '../keyboard.mjs';
import { settled, signInByPassword } from '../page.mjs';

const PASSWORD = 'a sentence that is long';

/** What `usher login` would ask, of a program that listens at `port`. */
const allow = (port) => `/allow?port=${port}&state=${'0'.repeat(32)}&challenge=${'A'.repeat(43)}`;

async function walkAt(page, address) {
  // Another fragment alone is the same page.
  await page.goto('about:blank');
  await page.goto(address);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await settled(page);
  return walk(page).catch((error) => {
    throw new Error(`${address}: ${error.message}`);
  });
}

export default {
  async tab_alone_reaches_everything_in_the_portal_and_where_nobody_is_signed_in({ page, demo, another }) {
    const license = await demo.sell({ product: 'Portico', customer: 'Portal Walkers', seats: 1 });
    await demo.acquire(license.license_key, 'portal-desk');
    const refused = await demo.acquire(license.license_key, 'portal-laptop', {}, 'SEAT_LIMIT_REACHED');
    const stranger = await another();
    const { link } = await demo.call('POST', '/people', { email: 'pia@portal.example', name: 'Pia', role: 'support' });
    for (const address of [
      link,
      `${demo.url}/setup`,
      refused.explanation_url.replace(/^.*(?=\/refused)/, demo.url),
      `${demo.url}/refused`,
    ])
      await walkAt(stranger, address);

    const boss = await demo.person('paul@portal.example', 'Paul', 'member-admin', license.customer.id);
    await signInByPassword(page, demo.url, boss);
    for (const path of [
      '/portal',
      `/portal/licenses/${license.id}`,
      '/portal/seats',
      '/portal/team',
      '/portal/help',
      '/account',
      allow(4711),
      '/allow',
    ]) {
      const names = await walkAt(page, demo.url + path);
      assert.match(names[0], /Skip to the page/);
    }
  },

  async the_skip_link_leads_past_the_navigation({ page, demo }) {
    const license = await demo.sell({ product: 'Skipper', customer: 'Skippers Ltd', seats: 1 });
    const member = await demo.person('skip@skippers.example', 'Skip', 'member', license.customer.id);
    await signInByPassword(page, demo.url, member);
    await page.getByRole('link', { name: 'Skipper Team' }).waitFor();
    await tabTo(page, page.getByRole('link', { name: 'Skip to the page' }));
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement?.id === 'main');
    await page.keyboard.press('Tab');
    assert.equal(await focused(page), 'Skipper Team');
  },

  async somebody_who_was_invited_sets_up_signs_in_and_allows_usher_login_by_keys({ page, demo, after }) {
    const kim = { email: 'kim@example.com', name: 'Kim', role: 'support' };
    const { link } = await demo.call('POST', '/people', kim);
    await page.goto(link);
    await page.waitForFunction(() => document.activeElement?.type === 'email');
    for (const text of [kim.email, '', PASSWORD]) {
      await page.keyboard.type(text);
      await page.keyboard.press('Tab');
    }
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();

    await tabTo(page, page.getByRole('button', { name: 'Account' }));
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: 'Sign out' }).waitFor();
    await page.waitForFunction(() => document.activeElement?.textContent === 'Account');
    await page.keyboard.press('ArrowDown');
    await page.waitForFunction(() => document.activeElement?.textContent === 'Sign out');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement?.type === 'email');
    await page.keyboard.type(kim.email);
    await page.keyboard.press('Tab');
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();

    const program = createServer((_, response) => response.end('heard')).listen(0, '127.0.0.1');
    await once(program, 'listening');
    after(() => program.close());
    await page.goto(demo.url + allow(program.address().port));
    await page.getByTestId('short-code').getByText('-').waitFor();
    await tabTo(page, page.getByRole('button', { name: 'Do not allow' }));
    const heard = once(program, 'request');
    await page.keyboard.press('Enter');
    const [{ url }] = await heard;
    assert.match(url, /error=access_denied/);
  },

  async a_member_admin_does_everything_by_keys_and_keeps_the_focus({ page, demo }) {
    const license = await demo.sell({ product: 'Keyring', customer: 'Keyring & Co', seats: 2 });
    await demo.acquire(license.license_key, 'ring-desk');
    await demo.acquire(license.license_key, 'ring-laptop');
    const boss = await demo.person('kay@keyring.example', 'Kay', 'member-admin', license.customer.id);
    await signInByPassword(page, demo.url, boss);
    const dialog = page.getByRole('dialog');
    const secret = page.getByTestId('secret');
    const press = async (locator) => {
      await locator.waitFor();
      await tabTo(page, locator);
      await page.keyboard.press('Enter');
    };
    const atButton = (name) => page.waitForFunction((name) => document.activeElement?.textContent === name, name);

    await press(page.getByRole('link', { name: 'Keyring Team' }));
    const newKey = page.getByRole('button', { name: 'New key' });
    await press(newKey);
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await atButton('New key');
    await page.keyboard.press('Enter');
    await press(dialog.getByRole('button', { name: 'Make a new key' }));
    await secret.waitFor();
    await press(page.getByRole('button', { name: 'I have kept it' }));
    await secret.waitFor({ state: 'detached' });
    await atButton('New key');

    // The row goes with the seat, and its button with it: the focus stays in the page.
    const free = page.getByRole('button', { name: 'Free the seat of ring-desk' });
    await press(free);
    await page.waitForFunction(() => document.activeElement?.tagName === 'INPUT');
    await page.keyboard.type('Left running');
    await page.keyboard.press('Enter');
    await free.waitFor({ state: 'detached' });
    await page.waitForFunction(() => document.getElementById('main').contains(document.activeElement));

    await press(page.getByRole('link', { name: 'Team' }));
    await press(page.getByRole('button', { name: 'Invite somebody' }));
    await page.waitForFunction(() => document.activeElement?.type === 'email');
    await page.keyboard.type('new@keyring.example');
    await page.keyboard.press('Tab');
    await page.keyboard.type('New');
    await page.keyboard.press('Enter');
    await secret.waitFor();
    await press(page.getByRole('button', { name: 'I have kept it' }));
    await secret.waitFor({ state: 'detached' });
    await atButton('Invite somebody');

    await press(page.getByRole('button', { name: 'Account' }));
    await page.getByRole('menuitem', { name: 'Account' }).waitFor();
    await atButton('Account');
    await page.keyboard.press('Enter');
    await press(page.getByRole('button', { name: 'Make a user token' }));
    await secret.waitFor();
    await press(page.getByRole('button', { name: 'I have kept it' }));
    await secret.waitFor({ state: 'detached' });
    await atButton('Make a user token');
    for (const name of ['Change password', 'Set one up']) {
      await press(page.getByRole('button', { name }));
      await page.waitForFunction(() => document.activeElement?.type === 'password');
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      await atButton(name);
    }
  },
};
