// Lists: what they are sorted by, narrowed to, and saved as.
import assert from 'node:assert/strict';
import { clean, signIn } from '../page.mjs';

export default {
  async lists_are_sorted_narrowed_and_saved({ page, demo }) {
    const { license_key } = await demo.sell({ product: 'Sorter', customer: 'Aardvark Ltd', seats: 1 });
    await demo.call('POST', '/customers', { name: 'Zebra Ltd' });
    await demo.acquire(license_key, 'first');
    await demo.acquire(license_key, 'second', {}, 'SEAT_LIMIT_REACHED');
    await signIn(page, demo.url, demo.token, '/customers');
    const table = page.getByRole('table', { name: 'Customers' });
    await table.getByRole('link', { name: 'Aardvark Ltd' }).waitFor();
    await page.getByRole('button', { name: 'Name' }).click();
    await page.getByRole('columnheader', { name: 'Name' }).and(page.locator('[aria-sort=descending]')).waitFor();
    const { items } = await demo.call('GET', '/customers?sort=name&order=desc&limit=1');
    await table.getByRole('row').nth(1).getByRole('link', { name: items[0].name }).waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'CSV' }).click(),
    ]);
    assert.match(download.suggestedFilename(), /^customers-.*\.csv$/);
    await page.goto(`${demo.url}/activity`);
    await page.getByRole('main').getByText('Refused', { exact: true }).click();
    await page.getByRole('table', { name: 'Activity' }).getByText('Refused to take a seat').first().waitFor();
    assert.equal(await page.getByRole('table').getByText('Seat taken').count(), 0);
    await clean(page);
  },
};
