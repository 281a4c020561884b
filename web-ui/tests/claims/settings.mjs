// The vendor's settings.
import assert from 'node:assert/strict';
import { clean, signIn, signInByPassword } from '../page.mjs';

export default {
  async the_branding_is_seen_by_who_signs_in({ page, demo, another, after }) {
    after(async () => {
      const { version } = await demo.call('GET', '/branding');
      await demo.call('PUT', '/branding', { if_version: version, name: null, colour: null, support: null });
    });
    await signIn(page, demo.url, demo.token, '/settings');
    await page.getByLabel('Name').fill('Hopper Software');
    await page.getByRole('textbox', { name: 'Colour' }).fill('#5b4bc4');
    await page.getByLabel('Support').fill('help@hopper.example');
    await clean(page);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('The branding was changed.').waitFor();
    const theirs = await another();
    await theirs.goto(demo.url);
    await theirs.getByRole('heading', { name: 'Sign in to Hopper Software' }).waitFor();
    await theirs.getByRole('link', { name: 'help@hopper.example' }).waitFor();
    const button = theirs.getByRole('button', { name: 'Sign in', exact: true });
    assert.equal(await button.evaluate((node) => getComputedStyle(node).backgroundColor), 'rgb(91, 75, 196)');
    await clean(theirs);
  },

  async how_long_history_is_kept_is_said_with_what_goes({ page, demo, after }) {
    after(async () => {
      const { version } = await demo.call('GET', '/retention');
      await demo.call('PUT', '/retention', { if_version: version });
    });
    await signIn(page, demo.url, demo.token, '/settings');
    const kept = page.getByRole('group', { name: 'Sessions, refusals and sign-ins' });
    await kept.getByText('Nothing is dropped from now on.').waitFor();
    await kept.getByRole('switch').click();
    const days = kept.getByRole('textbox', { name: 'Sessions, refusals and sign-ins: days' });
    await days.fill('5');
    await page.getByRole('button', { name: 'Save how long history is kept' }).click();
    await kept.getByText('Give 7 to 36,500 days.').waitFor();
    await days.fill('30');
    await kept.getByText(/^Nothing is that old yet: the first is dropped around /).waitFor();
    await clean(page);
    await page.getByRole('button', { name: 'Save how long history is kept' }).click();
    await page.getByText('How long history is kept was changed.').waitFor();
    await page.getByText(/^Nothing is dropped until /).waitFor();
    const { session_days, usage_days } = await demo.call('GET', '/retention');
    assert.deepEqual([session_days, usage_days], [30, null]);
    await clean(page);
  },

  async settings_are_read_by_whoever_may_not_change_them({ page, demo, after }) {
    const { id } = await demo.call('POST', '/identity-providers', {
      name: 'Read only',
      kind: 'google',
      client_id: '4711',
      client_secret: 'never-shown',
    });
    after(() => demo.call('DELETE', `/identity-providers/${id}`));
    const reader = await demo.person('rae@example.com', 'Rae', 'support');
    await signInByPassword(page, demo.url, reader, '/settings');
    await page.getByRole('row', { name: /Read only/ }).waitFor();
    assert.equal(await page.getByRole('button', { name: /^Add a provider|^More about|^Save/ }).count(), 0);
    await clean(page);
  },
};
