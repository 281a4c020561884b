// A refusal, as the vendor sees it and as whoever met it does.
import assert from 'node:assert/strict';
import { clean, signIn } from '../page.mjs';

export default {
  async a_refusal_is_listed_explained_and_said_to_whoever_met_it_without_an_account({ page, demo, another }) {
    const { license_key } = await demo.sell({ product: 'Sonar', plan: 'Solo', customer: 'Sounding Ltd', seats: 1 });
    const seat = await demo.acquire(license_key, 'echo-laptop');
    await signIn(page, demo.url, demo.token, '/refusals');
    await page.getByRole('heading', { name: 'Refusals' }).waitFor();
    const refused = await demo.acquire(license_key, 'ping-desk', {}, 'SEAT_LIMIT_REACHED');

    const row = page.getByRole('row', { name: /Sounding Ltd/ });
    await row.getByText('1 of 1').waitFor();
    await clean(page);
    await row.getByRole('link', { name: 'Every seat was in use' }).click();
    await page.getByRole('heading', { name: 'Every seat was in use' }).waitFor();
    await page.getByRole('table', { name: 'Holders' }).getByText('echo-laptop').waitFor();
    await clean(page);
    await page.getByRole('link', { name: 'Its usage' }).click();
    await page.getByText('One more seat would have avoided it.').waitFor();
    await page.getByRole('img', { name: /The highest is 1 of 1 seats/ }).waitFor();
    await page.getByText('As a table').first().click();
    await page.getByRole('table', { name: 'Hours in which something was used or refused' }).waitFor();
    const file = page.waitForEvent('download');
    await page.getByRole('button', { name: 'The peak of each hour as CSV' }).click();
    assert.equal((await file).suggestedFilename(), 'peaks.csv');
    await clean(page);

    const theirs = await another();
    // Every node explains it; the one that refused is not asked.
    await theirs.goto(refused.explanation_url.replace(/^.*(?=\/refused)/, demo.nodes[1].api));
    await theirs.getByText('The one seat was in use.').waitFor();
    await theirs.getByText('1 of 1').waitFor();
    assert.equal(await theirs.getByText(/echo-laptop|Sounding/).count(), 0, 'it names nobody');
    await clean(theirs);
    await demo.call('DELETE', '/licenses/release', { session_id: seat.session_id });
    await theirs.reload();
    await theirs.getByText('A seat is free now: start the application again.').waitFor();
  },
};
