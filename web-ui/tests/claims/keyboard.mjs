// The keyboard alone.
import assert from 'node:assert/strict';
import { focused, tabTo, walk } from '../keyboard.mjs';
import { clean, settled, signIn } from '../page.mjs';

export default {
  async the_keyboard_alone_finds_and_opens_a_license({ page, demo }) {
    await demo.sell({ product: 'Keymaster', customer: 'Finders & Co', seats: 1 });
    await signIn(page, demo.url, demo.token);
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('a');
    await page.getByRole('heading', { name: 'Activity' }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByPlaceholder('Customers, licenses').fill('finders');
    await page.getByRole('button', { name: /Finders & Co: Keymaster/ }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Keymaster Team' }).waitFor();
  },

  async tab_alone_reaches_everything_on_every_page_in_order_and_seen({ page, demo }) {
    const license = await demo.sell({ product: 'Tabulator', customer: 'Walkers Ltd', seats: 1 });
    await demo.acquire(license.license_key, 'walker-desk');
    await demo.acquire(license.license_key, 'walker-laptop', {}, 'SEAT_LIMIT_REACHED');
    const { items: refusals } = await demo.call('GET', `/refusals?license=${license.id}`);
    await page.goto(demo.url);
    await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
    await walk(page);
    await page.getByRole('button', { name: 'Sign in with an API token' }).click();
    await page.getByLabel('API token', { exact: true }).waitFor();
    await walk(page);
    await signIn(page, demo.url, demo.token);
    for (const path of [
      '/',
      '/seats',
      `/usage?license=%22${license.id}%22`,
      '/refusals',
      `/refusals/${refusals[0].id}`,
      '/customers',
      `/customers/${license.customer.id}`,
      '/licenses',
      `/licenses/${license.id}`,
      '/products',
      `/products/${license.product.id}`,
      '/activity',
      '/people',
      '/tokens',
      '/cluster',
      '/settings',
      '/account',
    ]) {
      await page.goto(demo.url + path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await settled(page);
      const names = await walk(page).catch((error) => {
        throw new Error(`${path}: ${error.message}`);
      });
      assert.match(names[0], /Skip to the page/);
    }
  },

  async menus_dialogs_heads_and_rows_work_by_keys_and_give_the_focus_back({ page, demo }) {
    await signIn(page, demo.url, demo.token, '/customers');
    const dialog = page.getByRole('dialog');
    const opener = page.getByRole('button', { name: 'New customer' });
    await opener.waitFor();
    await tabTo(page, opener);
    await page.keyboard.press('Enter');
    await dialog.waitFor();
    // Within a dialog the focus goes round.
    const met = new Set();
    for (let stop = 0; stop < 12; stop++) {
      await page.keyboard.press('Tab');
      assert.ok(await dialog.evaluate((node) => node.contains(document.activeElement)), 'the focus stays in a dialog');
      met.add(await focused(page));
    }
    assert.ok(met.has('Create customer') && met.has('Cancel') && met.has('Close'));
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.waitForFunction(() => document.activeElement?.textContent === 'New customer');

    // What is made closes its dialog too.
    await page.keyboard.press('Enter');
    await dialog.waitFor();
    await page.keyboard.type('Keys & Sons');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Keys & Sons' }).waitFor();

    await page.goto(`${demo.url}/customers`);
    const head = page.getByRole('columnheader', { name: 'Name' });
    await head.waitFor();
    await tabTo(page, head.getByRole('button'));
    await page.keyboard.press('Enter');
    await page.locator('th[aria-sort=descending]').waitFor();
    await page.keyboard.press('Space');
    await page.locator('th[aria-sort=ascending]').waitFor();

    const row = page.getByRole('link', { name: 'Keys & Sons' });
    await tabTo(page, row);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Keys & Sons' }).waitFor();

    await page.goto(`${demo.url}/cluster`);
    const more = page.getByRole('button', { name: /^More about/ }).first();
    await more.waitFor();
    const name = await more.getAttribute('aria-label');
    await tabTo(page, more);
    await page.keyboard.press('Enter');
    await page.getByRole('menu').waitFor();
    await clean(page);
    await page.keyboard.press('Escape');
    await page.getByRole('menu').waitFor({ state: 'detached' });
    assert.equal(await focused(page), name);
    await page.keyboard.press('Enter');
    await page.getByRole('menu').waitFor();
    await page.keyboard.press('ArrowUp');
    await page.waitForFunction(() => document.activeElement?.textContent?.startsWith('Remove'));
    await page.keyboard.press('Enter');
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.waitForFunction((name) => document.activeElement?.getAttribute('aria-label') === name, name);

    await page.goto(`${demo.url}/people`);
    await page.getByRole('combobox', { name: 'Role' }).click();
    await page.getByRole('option', { name: 'Auditor' }).waitFor();
    await clean(page);
    await page.keyboard.press('Escape');

    const search = page.getByRole('button', { name: 'Search' });
    await tabTo(page, search);
    await page.keyboard.press('Enter');
    await page.getByPlaceholder('Customers, licenses').waitFor();
    await page.keyboard.press('Escape');
    await page.getByPlaceholder('Customers, licenses').waitFor({ state: 'detached' });
    await page.waitForFunction(() => document.activeElement?.className === 'search-hint');
    await page.keyboard.press('Control+k');
    await page.getByPlaceholder('Customers, licenses').fill('settings');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Settings' }).waitFor();

    await page.goto(`${demo.url}/tokens`);
    const make = page.getByRole('button', { name: 'New token' });
    await make.waitFor();
    await tabTo(page, make);
    await page.keyboard.press('Enter');
    await dialog.waitFor();
    await page.keyboard.type('By keys');
    const scope = dialog.getByRole('combobox', { name: 'Scope' });
    await tabTo(page, scope);
    await page.keyboard.press('ArrowDown');
    await page.getByRole('option', { name: 'auditor' }).waitFor();
    for (const key of ['ArrowDown', 'Enter']) await page.keyboard.press(key);
    await page.getByRole('option', { name: 'auditor' }).waitFor({ state: 'hidden' });
    assert.notEqual(await scope.inputValue(), '');
    await tabTo(page, dialog.getByRole('button', { name: 'Make token' }));
    await page.keyboard.press('Enter');
    await page.getByTestId('secret').waitFor();
    await tabTo(page, page.getByRole('button', { name: 'I have kept it' }));
    await page.keyboard.press('Enter');
    await page.getByTestId('secret').waitFor({ state: 'detached' });
    await page.waitForFunction(() => document.activeElement?.textContent === 'New token');
  },
};
