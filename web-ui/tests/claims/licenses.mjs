// What a vendor does: from a product to a license, and all that becomes of one.
import assert from 'node:assert/strict';
import { clean, pick, signIn } from '../page.mjs';

export default {
  async from_a_product_to_a_seat_that_appears_by_itself_and_is_ended({ page, demo }) {
    await signIn(page, demo.url, demo.token, '/products');
    await page.getByRole('button', { name: 'New product' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('Atlas 3D');
    await dialog.getByLabel('Code').click();
    await clean(page);
    await dialog.getByRole('button', { name: 'Create product' }).click();
    await page.getByRole('link', { name: 'Atlas 3D' }).click();

    await page.getByRole('button', { name: 'New plan' }).first().click();
    await dialog.getByLabel('Name').fill('Team');
    await dialog.getByLabel('Code').fill('team');
    await dialog.getByLabel('Seats', { exact: true }).fill('3');
    await dialog.getByLabel('Entitlements').fill('gpu\nprojects = 20');
    await clean(page);
    await dialog.getByRole('button', { name: 'Create plan' }).click();
    await page.getByRole('table', { name: 'Plans of Atlas 3D' }).getByText('gpu, projects = 20').waitFor();

    await page.getByRole('button', { name: 'Change Team' }).click();
    await dialog.getByLabel('Seats', { exact: true }).fill('1');
    await dialog.getByRole('button', { name: 'Review changes' }).click();
    await dialog.getByText('0 licenses with 0 live sessions').waitFor();
    assert.deepEqual(await dialog.getByRole('row').allInnerTexts(), ['Term\tNow\tThen', 'Seats\t3\t1']);
    await clean(page);
    await dialog.getByRole('button', { name: 'Save these changes' }).click();
    await dialog.waitFor({ state: 'detached' });

    await page.getByRole('link', { name: 'Customers' }).click();
    await page.getByRole('button', { name: 'New customer' }).click();
    await dialog.getByLabel('Name').fill('Hopper & Co');
    await dialog.getByLabel('Reference').fill('CRM-7');
    await clean(page);
    await dialog.getByRole('button', { name: 'Create customer' }).click();
    await page.getByRole('heading', { name: 'Hopper & Co' }).waitFor();

    await page.getByRole('button', { name: 'New license' }).first().click();
    await pick(page, 'Plan', 'Team');
    await clean(page);
    await dialog.getByRole('button', { name: 'Create license' }).click();
    const key = await page.getByTestId('secret').textContent();
    assert.match(key, /^ATLAS3D-/);
    await clean(page);
    await page.getByRole('button', { name: 'Copy key' }).click();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), key);
    await page.getByRole('button', { name: 'I have kept it' }).click();
    assert.equal(await page.getByText(key).count(), 0, 'a key is shown once');

    await page.getByRole('link', { name: 'Live seats' }).click();
    const row = page.getByRole('row', { name: /grace-laptop/ });
    await page.getByRole('heading', { name: 'Live seats' }).waitFor();
    assert.equal(await row.count(), 0);
    const seat = await demo.acquire(key, 'grace-laptop');
    await row.getByText('Hopper & Co').waitFor();
    await row.getByText('Atlas 3D Team').waitFor();
    await row.getByText('beating').waitFor();
    await clean(page);

    await demo.acquire(key, 'grace-desk', {}, 'SEAT_LIMIT_REACHED');
    await page.getByRole('link', { name: 'Overview', exact: true }).click();
    const latest = page.getByRole('table', { name: 'Latest refusals' });
    await latest
      .getByRole('row', { name: /Hopper & Co/ })
      .getByText('Every seat was in use')
      .waitFor();

    await page.getByRole('link', { name: 'Live seats' }).click();
    await row.getByRole('button', { name: 'End the session of grace-laptop' }).click();
    await dialog.getByRole('button', { name: 'End session' }).click();
    await dialog.getByText('Say why').waitFor();
    await dialog.getByLabel('Reason').fill('Moved to another machine');
    await clean(page);
    await dialog.getByRole('button', { name: 'End session' }).click();
    await row.waitFor({ state: 'detached' });
    const beat = await demo.call('PUT', '/licenses/heartbeat', { session_id: seat.session_id }, 'SESSION_REVOKED');
    assert.match(beat.detail, /Moved to another machine/);
  },

  async a_license_is_suspended_reinstated_extended_changed_given_a_new_key_and_revoked({ page, demo }) {
    await demo.sell({ product: 'Ledger Pro', customer: 'Lovelace Ltd', seats: 1 });
    await signIn(page, demo.url, demo.token, '/licenses');
    await page.getByLabel('Customer, or the end of a key').fill('lovelace');
    await page.getByRole('link', { name: 'Lovelace Ltd' }).click();
    const dialog = page.getByRole('dialog');
    const status = page.getByText('Status', { exact: true }).locator('xpath=following-sibling::dd');

    await page.getByRole('button', { name: 'Suspend' }).click();
    await dialog.getByLabel('Reason').fill('Invoice 7 is overdue');
    await dialog.getByRole('button', { name: 'Suspend' }).click();
    await status.getByText('suspended').waitFor();
    await page.getByRole('main').getByText('Invoice 7 is overdue').first().waitFor();
    await clean(page);
    await page.getByRole('button', { name: 'Reinstate' }).click();
    await status.getByText('active').waitFor();

    await page.getByRole('button', { name: 'Extend' }).click();
    await dialog.getByLabel('Until').fill('2031-05-01');
    await clean(page);
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('main').getByText('1 May 2031').waitFor();

    await page.getByRole('button', { name: 'Plan and seats' }).click();
    await dialog.getByLabel('Seats').fill('9');
    await clean(page);
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByText('0 of 9').waitFor();

    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: 'New key' }).click();
    await dialog.getByRole('button', { name: 'Make a new key' }).click();
    assert.match(await page.getByTestId('secret').textContent(), /^LEDGERPRO-/);
    await page.getByRole('button', { name: 'I have kept it' }).click();

    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: 'Revoke' }).click();
    await dialog.getByLabel('Reason').fill('Refunded');
    await dialog.getByRole('button', { name: 'Revoke for good' }).click();
    await status.getByText('revoked').waitFor();
    await page.getByRole('list').getByText('License revoked').waitFor();
    await clean(page);
  },
};
