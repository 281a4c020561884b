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
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('The branding was changed.').waitFor();
    const theirs = await another();
    await theirs.goto(demo.url);
    await theirs.getByRole('heading', { name: 'Sign in to Hopper Software' }).waitFor();
    await theirs.getByRole('link', { name: 'help@hopper.example' }).waitFor();
    const button = theirs.getByRole('button', { name: 'Sign in', exact: true });
    assert.equal(await button.evaluate((node) => getComputedStyle(node).backgroundColor), 'rgb(91, 75, 196)');
    await clean(theirs);
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
