// API tokens: signing in with one, making one, and ending it.
import assert from 'node:assert/strict';
import { clean, knock, pick, signIn } from '../page.mjs';

export default {
  async a_wrong_token_is_told_with_its_code_and_what_to_do({ page, demo }) {
    await knock(page, demo.url);
    await page.getByLabel('API token', { exact: true }).fill('usher_00000000000000000000000000000000');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('alert').getByText('UNAUTHENTICATED', { exact: true }).waitFor();
    await clean(page);
  },

  async a_token_is_forgotten_with_the_page_unless_its_owner_keeps_it({ page, demo }) {
    await knock(page, demo.url);
    await page.getByLabel('API token', { exact: true }).fill(demo.token);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    assert.equal(
      await page
        .evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }))
        .then((kept) => kept.includes('usher_')),
      false,
    );
    await page.reload();
    await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
  },

  async a_token_is_made_shown_once_and_revoked({ page, demo }) {
    await signIn(page, demo.url, demo.token, '/tokens');
    const dialog = page.getByRole('dialog');
    await page.getByRole('button', { name: 'New token' }).click();
    await dialog.getByLabel('Name').fill('Nightly report');
    // Nothing is made that nobody chose the reach of.
    await dialog.getByRole('button', { name: 'Make token' }).click();
    await dialog.getByText('Choose what it may do.').waitFor();
    await clean(page);
    await pick(page, 'Scope', /^auditor/);
    assert.equal(await dialog.getByRole('combobox', { name: 'Ends' }).inputValue(), 'in 365 days');
    await dialog.getByRole('button', { name: 'Make token' }).click();
    assert.match(await page.getByTestId('secret').textContent(), /^usher_/);
    await page.getByRole('button', { name: 'I have kept it' }).click();
    const { items } = await demo.call('GET', '/tokens?limit=200');
    const { scope, expires_at } = items.find(({ name }) => name === 'Nightly report');
    assert.equal(scope, 'auditor');
    assert.equal(Math.round((Date.parse(expires_at) - Date.now()) / 86_400_000), 365);
    await page.getByRole('button', { name: 'Revoke Nightly report' }).click();
    await dialog.getByRole('button', { name: 'Revoke' }).click();
    await page
      .getByRole('row', { name: /Nightly report/ })
      .getByText('revoked')
      .waitFor();
    await clean(page);
  },

  async a_token_of_a_team_is_of_the_customer_that_is_chosen_and_shows_it({ page, demo }) {
    const { id } = await demo.call('POST', '/customers', { name: 'Tokening & Co' });
    await signIn(page, demo.url, demo.token, '/tokens');
    const dialog = page.getByRole('dialog');
    await page.getByRole('button', { name: 'New token' }).click();
    await dialog.getByLabel('Name').fill('Their portal');
    await pick(page, 'Scope', /^member(?!-)/);
    await pick(page, 'Ends', /^never/);
    await dialog.getByRole('button', { name: 'Make token' }).click();
    await dialog.getByText('Choose which customer it sees.').waitFor();
    await clean(page);
    await pick(page, 'Customer', 'Tokening & Co');
    await dialog.getByRole('button', { name: 'Make token' }).click();
    await page.getByRole('button', { name: 'I have kept it' }).click();
    const row = page.getByRole('row', { name: /Their portal/ });
    await row.getByRole('link', { name: 'Tokening & Co' }).waitFor();
    const { items } = await demo.call('GET', '/tokens?limit=200');
    const made = items.find(({ name }) => name === 'Their portal');
    assert.deepEqual([made.scope, made.customer, made.expires_at], ['member', id, null]);
    await clean(page);
  },
};
