// The portal: what a customer's members see and do.
import assert from 'node:assert/strict';
import { choosePassword, clean, signInByPassword } from '../page.mjs';

export default {
  async a_member_sees_their_own_and_nothing_else({ page, demo, another }) {
    const own = await demo.sell({ product: 'Drawing', customer: 'Own Ltd', seats: 2 });
    const foreign = await demo.sell({ product: 'Foreign Drawing', customer: 'Foreign Ltd', seats: 2 });
    await demo.acquire(own.license_key, 'own-laptop');
    await demo.acquire(foreign.license_key, 'foreign-laptop');
    const boss = await demo.person('boss@own.example', 'Boss', 'member-admin', own.customer.id);
    await signInByPassword(page, demo.url, boss);
    await page.getByRole('heading', { name: 'My licenses' }).waitFor();
    await page.getByRole('link', { name: 'Drawing Team' }).waitFor();
    const navigation = page.getByRole('navigation', { name: 'Main' });
    assert.deepEqual(await navigation.getByRole('link').allTextContents(), [
      'My licenses',
      'Seats now',
      'Team',
      'If you are refused',
    ]);
    await clean(page);
    for (const path of ['/', '/customers', '/cluster', `/licenses/${foreign.id}`]) {
      await page.goto(demo.url + path);
      await page.getByRole('heading', { name: 'My licenses' }).waitFor();
    }
    await page.goto(`${demo.url}/portal/licenses/${foreign.id}`);
    await page.getByText('LICENSE_NOT_FOUND').waitFor();
    await clean(page);
    assert.equal(await page.getByText(/foreign/i).count(), 0);

    await navigation.getByRole('link', { name: 'Seats now' }).click();
    const seat = page.getByRole('row', { name: /own-laptop/ });
    await seat.getByText('beating').waitFor();
    assert.equal(await page.getByText('foreign-laptop').count(), 0);
    await clean(page);
    await seat.getByRole('button', { name: 'Free the seat of own-laptop' }).click();
    await page.getByRole('dialog').getByLabel('Reason').fill('Left running');
    await page.getByRole('dialog').getByRole('button', { name: 'End session' }).click();
    await seat.waitFor({ state: 'detached' });

    await navigation.getByRole('link', { name: 'My licenses' }).click();
    await page.getByRole('link', { name: 'Drawing Team' }).click();
    await page.getByRole('button', { name: 'New key' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Make a new key' }).click();
    const key = await page.getByTestId('secret').textContent();
    assert.notEqual(key, own.license_key);
    await page.getByRole('button', { name: 'I have kept it' }).click();
    await demo.acquire(own.license_key, 'late', {}, 'LICENSE_NOT_FOUND');
    await demo.acquire(key, 'own-desk');
    await page.getByRole('row', { name: /own-desk/ }).waitFor();
    await clean(page);

    await navigation.getByRole('link', { name: 'If you are refused' }).click();
    await page.getByText('Every seat is in use').first().waitFor();
    await clean(page);

    await navigation.getByRole('link', { name: 'Team' }).click();
    await page.getByRole('button', { name: 'Invite somebody' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('E-mail').fill('new@own.example');
    await dialog.getByLabel('Name').fill('Newcomer');
    await clean(page);
    await dialog.getByRole('button', { name: 'Make an invitation' }).click();
    const link = await page.getByTestId('secret').textContent();
    await page.getByRole('button', { name: 'I have kept it' }).click();
    await clean(page);
    const theirs = await another();
    await theirs.goto(link);
    await choosePassword(theirs, 'new@own.example', '');
    await theirs.getByRole('heading', { name: 'My licenses' }).waitFor();
    await theirs.goto(`${demo.url}/portal/licenses/${own.id}`);
    await theirs.getByRole('row', { name: /own-desk/ }).waitFor();
    assert.equal(await theirs.getByRole('button', { name: 'New key' }).count(), 0, 'a member only looks');
    assert.equal(await theirs.getByRole('button', { name: /^Free the seat/ }).count(), 0);
    await clean(theirs);
  },
};
