// Seats that are assigned by name: by a vendor, and by a customer's own people.
import assert from 'node:assert/strict';
import { clean, signIn, signInByPassword } from '../page.mjs';

/** The row of an address among the named seats; the live sessions on the same page may have one too. */
const seatOf = (page, email) =>
  page.getByRole('table', { name: 'Named seats' }).getByRole('row', { name: new RegExp(email) });

export default {
  async a_seat_is_assigned_used_and_taken_away_and_the_application_is_told({ page, demo, after }) {
    const own = await demo.sell({
      product: 'Atelier',
      customer: 'Named & Co',
      seats: 2,
      holder: 'named_user',
      ttl_seconds: 6,
      heartbeat_seconds: 1,
    });
    const boss = await demo.person('boss@named.example', 'Boss', 'member-admin', own.customer.id);
    const nora = await demo.person('nora@named.example', 'Nora Named', 'member', own.customer.id);
    const jwt_token = await demo.userToken(nora);
    const start = () => {
      const application = demo.application(own.license_key, jwt_token);
      after(application.kill);
      return application;
    };
    assert.equal((await start().lines.next()).value, 'refused SEAT_NOT_ASSIGNED');

    await signInByPassword(page, demo.url, boss, `/portal/licenses/${own.id}`);
    await page.getByRole('heading', { name: 'Named seats · 0 of 2 assigned' }).waitFor();
    await page.getByText('Nobody gets a seat of this license until').waitFor();
    await clean(page);
    await page.getByRole('button', { name: 'Assign a seat' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Assign', exact: true }).click();
    await dialog.getByText('An e-mail address is needed.').waitFor();
    await dialog.getByLabel('E-mail').fill('nobody');
    await dialog.getByRole('button', { name: 'Assign', exact: true }).click();
    await dialog.getByText('give one address such as').waitFor();
    // People of the team are found by their names.
    await dialog.getByLabel('E-mail').fill('nora n');
    await page.getByRole('option', { name: /Nora Named/ }).click();
    assert.equal(await dialog.getByLabel('E-mail').inputValue(), 'nora@named.example');
    await clean(page);
    await dialog.getByRole('button', { name: 'Assign', exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
    const row = seatOf(page, 'nora@named.example');
    await row.getByText('not in use').waitFor();
    await row.getByText('Boss', { exact: true }).waitFor();
    await page.getByRole('heading', { name: 'Named seats · 1 of 2 assigned' }).waitFor();

    const application = start();
    assert.equal((await application.lines.next()).value, 'held');
    await row.getByText('in use', { exact: true }).waitFor();
    await clean(page);
    await row.getByRole('button', { name: 'Take away the seat of nora@named.example' }).click();
    await dialog.getByText('Nora Named is put out: 1 live session ends now').waitFor();
    await clean(page);
    await dialog.getByRole('button', { name: 'Take away' }).click();
    await dialog.waitFor({ state: 'detached' });
    assert.equal((await application.lines.next()).value, 'lost LOST');
    assert.equal((await start().lines.next()).value, 'refused SEAT_NOT_ASSIGNED');
    await page.getByRole('heading', { name: 'Named seats · 0 of 2 assigned' }).waitFor();

    await page.goto(`${demo.url}/portal/help`);
    await page.getByText('No seat was found in your name').waitFor();
  },

  async an_operator_assigns_seats_a_member_only_looks_and_whoever_is_refused_reads_why({ page, demo, another }) {
    const own = await demo.sell({ product: 'Easel', customer: 'Looking Ltd', seats: 1, holder: 'user' });
    const mia = await demo.person('mia@looking.example', 'Mia', 'member', own.customer.id);
    await signIn(page, demo.url, demo.token, `/licenses/${own.id}`);
    // Before the plan asks for names they can be given.
    await page.getByRole('button', { name: 'More', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Assign a seat' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('E-mail').fill('Somebody@Elsewhere.example');
    await dialog.getByRole('button', { name: 'Assign', exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByText('these assignments do not count for now').waitFor();
    await seatOf(page, 'somebody@elsewhere.example').waitFor();
    await clean(page);

    await page.goto(`${demo.url}/products/${own.product.id}`);
    await page.getByRole('button', { name: 'Change Team' }).click();
    await dialog.getByLabel('A seat is counted for').click();
    await page.getByRole('option', { name: 'each user who was assigned one' }).click();
    await dialog.getByRole('button', { name: 'Review changes' }).click();
    await dialog.getByText('keeps it for as long as they beat, assigned or not').waitFor();
    await dialog.getByText('0 licenses of these have none assigned yet').waitFor();
    await clean(page);
    await dialog.getByRole('button', { name: 'Save these changes' }).click();
    await dialog.waitFor({ state: 'detached' });

    await page.goto(`${demo.url}/licenses/${own.id}`);
    await page.getByRole('heading', { name: 'Named seats · 1 of 1 assigned' }).waitFor();
    await page.getByText('Seat assigned to somebody@elsewhere.example').waitFor();
    // Where there is none to assign, the button says so to whoever comes to it, also by keys.
    await page.getByText('The one seat is assigned: take one away first').waitFor();
    const assign = page.getByRole('button', { name: 'Assign a seat', description: /take one away first/ });
    assert.equal(await assign.getAttribute('aria-disabled'), 'true');
    await assign.focus();
    await page.keyboard.press('Enter');
    assert.equal(await dialog.count(), 0);
    await clean(page);

    const theirs = await another();
    await signInByPassword(theirs, demo.url, mia, `/portal/licenses/${own.id}`);
    await seatOf(theirs, 'somebody@elsewhere.example').getByText('the vendor').waitFor();
    assert.equal(await theirs.getByRole('button', { name: /Assign a seat|Take away/ }).count(), 0);
    await clean(theirs);
    const body = { license_key: own.license_key, hardware_id: 'machine-of-mia', jwt_token: await demo.userToken(mia) };
    const { explanation_url } = await demo.call('POST', '/licenses/acquire', body, 'SEAT_NOT_ASSIGNED');
    await theirs.goto(explanation_url.replace(/^.*(?=\/refused)/, demo.url));
    await theirs.getByText('1 of 1 seat was assigned').waitFor();
    await theirs.getByText('assign you a seat').first().waitFor();
    assert.equal(await theirs.getByRole('button', { name: /Assign a seat/ }).count(), 0);
    await clean(theirs);
  },

  async whoever_was_refused_is_assigned_a_seat_where_the_refusal_is_read({ page, demo, another }) {
    const own = await demo.sell({ product: 'Gouache', customer: 'Asking & Co', seats: 2, holder: 'named_user' });
    const boss = await demo.person('boss@asking.example', 'Boss', 'member-admin', own.customer.id);
    const people = [];
    for (const name of ['Ida', 'Jan'])
      people.push(await demo.person(`${name.toLowerCase()}@asking.example`, name, 'member', own.customer.id));
    const links = [];
    for (const person of people) {
      const seat = { license_key: own.license_key, hardware_id: `machine-of-${person.email}` };
      const body = { ...seat, jwt_token: await demo.userToken(person) };
      links.push((await demo.call('POST', '/licenses/acquire', body, 'SEAT_NOT_ASSIGNED')).explanation_url);
    }
    const dialog = (page) => page.getByRole('dialog');
    const assign = async (page, email) => {
      const button = page.getByRole('button', { name: `Assign a seat to ${email}` });
      await button.waitFor();
      await clean(page);
      await button.click();
      await dialog(page).getByRole('button', { name: 'Assign', exact: true }).click();
      await dialog(page).waitFor({ state: 'detached' });
      await page.getByText(`A seat is assigned to ${email} now.`).waitFor();
      await clean(page);
    };
    await signIn(page, demo.url, demo.token, '/refusals');
    await page
      .getByRole('row', { name: /ida@asking.example/ })
      .getByRole('link', { name: 'No seat was found in their name' })
      .click();
    await assign(page, 'ida@asking.example');

    // The link that the application showed does it for a team admin who is signed in.
    const theirs = await another();
    await signInByPassword(theirs, demo.url, boss, '/portal');
    await theirs.goto(links[1].replace(/^.*(?=\/refused)/, demo.url));
    await assign(theirs, 'jan@asking.example');
  },
};
