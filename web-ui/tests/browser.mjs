// The console in a real browser, against three real nodes: node tests/browser.mjs USHER
// Anything that the content security policy blocks, that the console of the browser complains of, or that axe-core finds
// is a failure.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { Demo } from './demo.mjs';
import { focused, tabTo, walk } from './keyboard.mjs';
import { knock, launch, open, signIn, signInByPassword, violations } from './page.mjs';
import { IdentityProvider } from './provider.mjs';

const [usher] = process.argv.slice(2);
const demo = new Demo(usher);
const provider = await IdentityProvider.start(demo.nodes.map(({ api }) => `${api}/api/v1/sign-in/callback`));
const browser = await launch();
const failures = [];

async function claim(name, check, options) {
  const opened = await open(browser, options);
  opened.page.setDefaultTimeout(15_000);
  try {
    await check(opened);
    assert.deepEqual(opened.wrong, []);
    console.log(`ok   ${name}`);
  } catch (error) {
    failures.push(name);
    console.error(`FAIL ${name}\n${error.stack}\n${opened.wrong.join('\n')}`);
  }
  await opened.context.close();
}

async function clean(page) {
  assert.deepEqual(await violations(page), []);
}

const pick = async (page, label, option) => {
  await page.getByRole('dialog').getByRole('combobox', { name: label }).click();
  await page.getByRole('option', { name: option }).click();
};

try {
  await claim('a_wrong_token_is_told_with_its_code_and_what_to_do', async ({ page }) => {
    await knock(page, demo.url);
    await page.getByLabel('API token', { exact: true }).fill('usher_00000000000000000000000000000000');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('alert').getByText('UNAUTHENTICATED', { exact: true }).waitFor();
    await clean(page);
  });

  await claim('a_token_is_forgotten_with_the_page_unless_its_owner_keeps_it', async ({ page }) => {
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
  });

  await claim('from_a_product_to_a_seat_that_appears_by_itself_and_is_ended', async ({ page }) => {
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
    await page.getByRole('table', { name: 'Latest refusals' }).getByText('Every seat was in use').waitFor();

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
  });

  await claim('a_license_is_suspended_reinstated_extended_changed_given_a_new_key_and_revoked', async ({ page }) => {
    await signIn(page, demo.url, demo.token, '/licenses');
    await page.getByLabel('Customer, or the end of a key').fill('hopper');
    await page.getByRole('link', { name: 'Hopper & Co' }).click();
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
    assert.match(await page.getByTestId('secret').textContent(), /^ATLAS3D-/);
    await page.getByRole('button', { name: 'I have kept it' }).click();

    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: 'Revoke' }).click();
    await dialog.getByLabel('Reason').fill('Refunded');
    await dialog.getByRole('button', { name: 'Revoke for good' }).click();
    await status.getByText('revoked').waitFor();
    await page.getByRole('list').getByText('License revoked').waitFor();
    await clean(page);
  });

  await claim('a_refusal_is_listed_explained_and_said_to_whoever_met_it_without_an_account', async ({ page }) => {
    await demo.call('POST', '/products', { code: 'sonar', name: 'Sonar', key_prefix: 'SONAR' });
    await demo.call('POST', '/plans', { product: 'sonar', code: 'solo', name: 'Solo', seats: 1 });
    await demo.call('POST', '/customers', { name: 'Sounding Ltd', reference: 'CRM-9' });
    const license = await demo.call('POST', '/licenses', { plan: 'sonar:solo', customer: 'CRM-9' });
    const seat = await demo.acquire(license.license_key, 'echo-laptop');
    await signIn(page, demo.url, demo.token, '/refusals');
    await page.getByRole('heading', { name: 'Refusals' }).waitFor();
    const refused = await demo.acquire(license.license_key, 'ping-desk', {}, 'SEAT_LIMIT_REACHED');

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

    const stranger = await open(browser);
    // Every node explains it; the one that refused is not asked.
    const page_of_theirs = refused.explanation_url.replace(/^.*(?=\/refused)/, demo.nodes[1].api);
    await stranger.page.goto(page_of_theirs);
    await stranger.page.getByText('The one seat was in use.').waitFor();
    await stranger.page.getByText('1 of 1').waitFor();
    assert.equal(await stranger.page.getByText(/echo-laptop|Sounding/).count(), 0, 'it names nobody');
    await clean(stranger.page);
    await demo.call('DELETE', '/licenses/release', { session_id: seat.session_id });
    await stranger.page.reload();
    await stranger.page.getByText('A seat is free now: start the application again.').waitFor();
    assert.deepEqual(stranger.wrong, []);
    await stranger.context.close();
  });

  await claim('the_keyboard_alone_finds_and_opens_a_license', async ({ page }) => {
    await signIn(page, demo.url, demo.token);
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('a');
    await page.getByRole('heading', { name: 'Activity' }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByPlaceholder('Customers, licenses').fill('hopper');
    await page.getByRole('button', { name: /Hopper & Co: Atlas/ }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Atlas 3D Team' }).waitFor();
  });

  await claim('tab_alone_reaches_everything_on_every_page_in_order_and_seen', async ({ page }) => {
    const [{ items: customers }, { items: licenses }, { items: products }, { items: refusals }] = await Promise.all([
      demo.call('GET', '/customers?search=hopper'),
      demo.call('GET', '/licenses?search=hopper'),
      demo.call('GET', '/products?search=atlas'),
      demo.call('GET', '/refusals'),
    ]);
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
      `/usage?license=%22${licenses[0].id}%22`,
      '/refusals',
      `/refusals/${refusals[0].id}`,
      '/customers',
      `/customers/${customers[0].id}`,
      '/licenses',
      `/licenses/${licenses[0].id}`,
      '/products',
      `/products/${products[0].id}`,
      '/activity',
      '/people',
      '/tokens',
      '/cluster',
      '/settings',
      '/account',
    ]) {
      await page.goto(demo.url + path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.waitForFunction(() => document.querySelector('[aria-label="Loading"]') === null);
      await page.waitForTimeout(400);
      const names = await walk(page).catch((error) => {
        throw new Error(`${path}: ${error.message}`);
      });
      assert.match(names[0], /Skip to the page/);
    }
  });

  await claim('menus_dialogs_heads_and_rows_work_by_keys_and_give_the_focus_back', async ({ page }) => {
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
    await page.keyboard.press('Enter');
    await page.getByTestId('secret').waitFor();
    await tabTo(page, page.getByRole('button', { name: 'I have kept it' }));
    await page.keyboard.press('Enter');
    await page.getByTestId('secret').waitFor({ state: 'detached' });
    await page.waitForFunction(() => document.activeElement?.textContent === 'New token');
  });

  await claim('a_token_is_made_shown_once_and_revoked', async ({ page }) => {
    await signIn(page, demo.url, demo.token, '/tokens');
    const dialog = page.getByRole('dialog');
    await page.getByRole('button', { name: 'New token' }).click();
    await dialog.getByLabel('Name').fill('Nightly report');
    await dialog.getByRole('button', { name: 'Make token' }).click();
    assert.match(await page.getByTestId('secret').textContent(), /^usher_/);
    await page.getByRole('button', { name: 'I have kept it' }).click();
    await page.getByRole('button', { name: 'Revoke Nightly report' }).click();
    await dialog.getByRole('button', { name: 'Revoke' }).click();
    await page
      .getByRole('row', { name: /Nightly report/ })
      .getByText('revoked')
      .waitFor();
    await clean(page);
  });

  const choose = async (page, email, name, password) => {
    await page.getByLabel('E-mail').fill(email);
    await page.getByLabel('Your name').fill(name);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByLabel('The password again').fill(password);
    await page.getByRole('button', { name: 'Set password and sign in' }).click();
  };

  await claim('the_first_owner_sets_the_server_up_signs_out_and_in_again', async ({ page }) => {
    await page.goto(demo.setUpLink);
    await page.getByRole('heading', { name: /^Welcome to/ }).waitFor();
    await clean(page);
    await choose(page, 'ada@example.com', 'Ada', 'too short');
    await page.getByRole('alert').getByText('INVALID_REQUEST', { exact: true }).waitFor();
    await choose(page, 'ada@example.com', 'Ada', 'a sentence that is long');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByText('ada@example.com').waitFor();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();

    await page.getByLabel('E-mail').fill('Ada@Example.com');
    await page.getByLabel('Password', { exact: true }).fill('another sentence');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('alert').getByText('SIGN_IN_REFUSED', { exact: true }).waitFor();
    await clean(page);
    await page.getByLabel('Password', { exact: true }).fill('a sentence that is long');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await page.goto(demo.setUpLink);
    await choose(page, 'eve@example.com', 'Eve', 'a sentence that is long');
    await page.getByRole('alert').getByText('INVITATION_INVALID', { exact: true }).waitFor();
  });

  await claim('an_auditor_who_was_invited_sees_and_changes_nothing', async ({ page }) => {
    const bob = { email: 'bob@example.com', name: 'Bob', role: 'auditor' };
    const { link } = await demo.call('POST', '/people', bob);
    await page.goto(link);
    await choose(page, bob.email, '', 'a sentence that is long');
    await page.getByRole('link', { name: 'Licenses' }).click();
    await page.getByRole('heading', { name: 'Licenses' }).waitFor();
    assert.equal(await page.getByRole('button', { name: 'New license' }).count(), 0, 'an auditor changes nothing');
  });

  await claim('a_python_application_is_seen_live_and_ended', async ({ page }) => {
    const plan = { product: 'atlas-3d', code: 'quick', name: 'Quick', seats: 2, ttl_seconds: 6, heartbeat_seconds: 1 };
    await demo.call('POST', '/plans', plan);
    const { license_key } = await demo.call('POST', '/licenses', { plan: 'atlas-3d:quick', customer: 'CRM-7' });
    await signIn(page, demo.url, demo.token, '/seats');
    await page.getByText('Live', { exact: true }).waitFor();
    const row = page.getByRole('row', { name: /Quick/ });
    assert.equal(await row.count(), 0);
    let said = '';
    const application = demo.application(license_key, (text) => {
      said += text;
    });
    try {
      await row.getByText('beating').waitFor();
      assert.match(said, /held/);
      await page.evaluate(() => {
        window.rowBefore = [...document.querySelectorAll('tr')].find((row) => row.textContent.includes('Quick'));
      });
      await page.waitForTimeout(3000);
      assert.equal(await page.evaluate(() => window.rowBefore.isConnected), true, 'a beat changes a row in its place');
      await row.getByRole('button', { name: /^End the session/ }).click();
      await page.getByRole('dialog').getByLabel('Reason').fill('Maintenance tonight');
      await page.getByRole('dialog').getByRole('button', { name: 'End session' }).click();
      await row.waitFor({ state: 'detached' });
      for (let waited = 0; !said.includes('lost LOST') && waited < 100; waited++) await page.waitForTimeout(100);
      assert.match(said, /lost LOST/);
    } finally {
      application.kill();
    }
  });

  await claim('two_hundred_updates_a_second_hold_up_no_frame', async ({ page }) => {
    const { license_key } = await demo.call('POST', '/licenses', {
      plan: 'atlas-3d:quick',
      customer: 'CRM-7',
      seats: 200,
    });
    const sessions = [];
    for (let place = 0; place < 200; place++) sessions.push(await demo.acquire(license_key, `farm-${place}`));
    const session_ids = sessions.map(({ session_id }) => session_id);
    await signIn(page, demo.url, demo.token, '/seats');
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Show more' }).click();
    await page.getByRole('row', { name: /farm-0 / }).waitFor();
    const beating = setInterval(() => void demo.call('PUT', '/licenses/heartbeats', { session_ids }), 1000);
    const watch = () =>
      page.evaluate(
        () =>
          new Promise((resolve) => {
            const took = [];
            let before = performance.now();
            const frame = (now) => {
              took.push(now - before);
              before = now;
              if (took.length < 300) requestAnimationFrame(frame);
              else resolve(took.sort((one, other) => one - other));
            };
            requestAnimationFrame(frame);
          }),
      );
    // Where others are busy on the machine a frame waits for them too, so the best of some counts.
    let p95 = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < 4 && p95 > 32; tries++) {
      const frames = await watch();
      p95 = frames[Math.floor(frames.length * 0.95)];
      const [said, longest] = [p95, frames.at(-1)].map((ms) => ms.toFixed(1));
      console.log(`     frames of the live table at 200 updates a second: p95 ${said} ms, longest ${longest} ms`);
    }
    clearInterval(beating);
    assert.ok(p95 <= 32, `p95 of a frame is ${p95} ms`);
    for (const session_id of session_ids) await demo.call('POST', '/licenses/release', { session_id });
    await page.getByRole('row', { name: /farm-/ }).first().waitFor({ state: 'detached' });
  });

  await claim('people_are_invited_changed_signed_out_and_removed', async ({ page, context }) => {
    await signIn(page, demo.url, demo.token, '/people');
    const dialog = page.getByRole('dialog');
    await page.getByRole('button', { name: 'Invite somebody' }).click();
    await dialog.getByLabel('E-mail').fill('grace@example.com');
    await dialog.getByLabel('Name').fill('Grace');
    await pick(page, 'Role', /^Support/);
    await clean(page);
    await dialog.getByRole('button', { name: 'Make an invitation' }).click();
    const link = await page.getByTestId('secret').textContent();
    assert.match(link, /\/setup#/);
    await page.getByRole('button', { name: 'I have kept it' }).click();
    const row = page.getByRole('row', { name: /grace@example.com/ });
    await row.getByText('invited').waitFor();
    await clean(page);

    const other = await context.browser().newContext();
    const theirs = await other.newPage();
    await theirs.goto(link);
    await choose(theirs, 'grace@example.com', '', 'a sentence that is long');
    await theirs.getByRole('heading', { name: 'Overview' }).waitFor();
    await page.reload();
    await row.getByText('active').waitFor();

    await page.getByRole('button', { name: 'More about Grace' }).click();
    await page.getByRole('menuitem', { name: 'Change' }).click();
    await pick(page, 'Role', /^Auditor/);
    await dialog.getByRole('button', { name: 'Save' }).click();
    await row.getByText('Auditor').waitFor();

    await page.getByRole('button', { name: 'More about Grace' }).click();
    await page.getByRole('menuitem', { name: 'End their logins' }).click();
    await dialog.getByRole('button', { name: 'End logins' }).click();
    await dialog.waitFor({ state: 'detached' });
    await theirs.reload();
    await theirs.getByRole('heading', { name: /^Sign in to/ }).waitFor();
    await other.close();

    await page.getByRole('button', { name: 'More about Grace' }).click();
    await page.getByRole('menuitem', { name: 'Remove' }).click();
    await dialog.getByRole('button', { name: 'Remove' }).click();
    await row.waitFor({ state: 'detached' });
  });

  await claim('the_branding_is_seen_by_who_signs_in', async ({ page, context }) => {
    await signIn(page, demo.url, demo.token, '/settings');
    await page.getByLabel('Name').fill('Hopper Software');
    await page.getByRole('textbox', { name: 'Colour' }).fill('#5b4bc4');
    await page.getByLabel('Support').fill('help@hopper.example');
    await clean(page);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('The branding was changed.').waitFor();
    const other = await context.browser().newContext();
    const theirs = await other.newPage();
    await theirs.goto(demo.url);
    await theirs.getByRole('heading', { name: 'Sign in to Hopper Software' }).waitFor();
    await theirs.getByRole('link', { name: 'help@hopper.example' }).waitFor();
    const button = theirs.getByRole('button', { name: 'Sign in', exact: true });
    assert.equal(await button.evaluate((node) => getComputedStyle(node).backgroundColor), 'rgb(91, 75, 196)');
    await clean(theirs);
    await other.close();
  });

  await claim('a_member_sees_their_own_and_nothing_else', async ({ page, context }) => {
    const make = async (reference, host) => {
      await demo.call('POST', '/customers', { name: `Firm ${reference}`, reference });
      const license = await demo.call('POST', '/licenses', { plan: 'atlas-3d:team', customer: reference, seats: 2 });
      await demo.acquire(license.license_key, host);
      return license;
    };
    const own = await make('OWN-1', 'own-laptop');
    const foreign = await make('FOREIGN-1', 'foreign-laptop');
    const boss = await demo.person('boss@own.example', 'Boss', 'member-admin', 'OWN-1');
    await signInByPassword(page, demo.url, boss);
    await page.getByRole('heading', { name: 'My licenses' }).waitFor();
    await page.getByRole('link', { name: 'Atlas 3D Team' }).waitFor();
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
    assert.equal(await page.getByText('FOREIGN-1').count(), 0);

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
    await page.getByRole('link', { name: 'Atlas 3D Team' }).click();
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
    const other = await context.browser().newContext();
    const theirs = await other.newPage();
    await theirs.goto(link);
    await choose(theirs, 'new@own.example', '', 'a sentence that is long');
    await theirs.getByRole('heading', { name: 'My licenses' }).waitFor();
    await theirs.goto(`${demo.url}/portal/licenses/${own.id}`);
    await theirs.getByRole('row', { name: /own-desk/ }).waitFor();
    assert.equal(await theirs.getByRole('button', { name: 'New key' }).count(), 0, 'a member only looks');
    assert.equal(await theirs.getByRole('button', { name: /^Free the seat/ }).count(), 0);
    await clean(theirs);
    await other.close();
  });

  await claim('lists_are_sorted_narrowed_and_saved', async ({ page }) => {
    await signIn(page, demo.url, demo.token, '/customers');
    const table = page.getByRole('table', { name: 'Customers' });
    await table.getByRole('link', { name: 'Firm FOREIGN-1' }).waitFor();
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
    await page.getByRole('main').getByText('Refusals', { exact: true }).click();
    await page.getByRole('table', { name: 'Activity' }).getByText('Refused to take a seat').first().waitFor();
    assert.equal(await page.getByRole('table').getByText('Seat taken').count(), 0);
    await clean(page);
  });

  const logIn = async (page, path, user, by = 'Example ID') => {
    await page.goto(demo.url + path);
    await page.getByRole('link', { name: `Continue with ${by}` }).click();
    await page.getByPlaceholder('Enter any login').fill(user);
    await page.getByPlaceholder('and password').fill('any');
    await page.getByRole('button', { name: 'Sign-in' }).click();
  };

  await claim('an_identity_provider_is_added_by_its_form_signs_somebody_in_and_is_removed', async ({ page }) => {
    await demo.call('POST', '/people', { email: 'fay@example.com', name: 'Fay', role: 'support' });
    await signIn(page, demo.url, demo.token, '/settings');
    const dialog = page.getByRole('dialog');
    await page.getByRole('button', { name: 'Add a provider' }).click();
    await dialog.getByText('OpenID Connect', { exact: true }).click();
    assert.equal(await page.getByTestId('callback').textContent(), `${demo.url}/api/v1/sign-in/callback`);
    await dialog.getByLabel('Name').fill('Company ID');
    await dialog.getByLabel('Issuer').fill('http://id.example.com');
    await dialog.getByLabel('Client id').fill('usher');
    await dialog.getByRole('textbox', { name: 'Client secret' }).fill('secret-of-usher');
    await clean(page);
    await dialog.getByRole('button', { name: 'Add provider' }).click();
    // What the API says of a field is said at the field, and nowhere else.
    await dialog.getByText(/id\.example\.com.* is not an https:\/\/ address/).waitFor();
    assert.equal(await dialog.getByLabel('Issuer').getAttribute('aria-invalid'), 'true');
    assert.equal(await dialog.getByRole('alert').count(), 0);
    await clean(page);
    await dialog.getByLabel('Issuer').fill(provider.issuer);
    await dialog.getByRole('switch', { name: 'Its tokens say who asks for a seat' }).check();
    await dialog.getByRole('button', { name: 'Add provider' }).click();
    await dialog.getByText(/say what the tokens must be for/).waitFor();
    await dialog.getByLabel('Audience').fill('studio');
    await dialog.getByLabel('Pinned keys').fill('{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}');
    await dialog.getByRole('button', { name: 'Add provider' }).click();
    await dialog.getByText(/give the public keys alone/).waitFor();
    await dialog.getByLabel('Pinned keys').fill('');
    await dialog.getByRole('button', { name: 'Add provider' }).click();
    const row = page.getByRole('row', { name: /Company ID/ });
    await row.getByText('tokens for studio').waitFor();
    await clean(page);

    const other = await open(browser);
    await logIn(other.page, '/licenses', 'fay', 'Company ID');
    await other.page.getByRole('heading', { name: 'Licenses' }).waitFor();
    assert.deepEqual(other.wrong, []);

    await page.getByRole('button', { name: 'More about Company ID' }).click();
    await page.getByRole('menuitem', { name: 'Change' }).click();
    assert.equal(
      await dialog.getByRole('textbox', { name: 'Client secret' }).inputValue(),
      '',
      'a secret is not shown',
    );
    await dialog.getByText('One is kept and never shown').waitFor();
    await dialog.getByLabel('Name').fill('House ID');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('row', { name: /House ID/ }).waitFor();

    await page.goto(`${demo.url}/people`);
    await page
      .getByRole('row', { name: /fay@example.com/ })
      .getByText('active')
      .waitFor();
    await page.goto(`${demo.url}/settings`);
    await page.getByRole('button', { name: 'More about House ID' }).click();
    await page.getByRole('menuitem', { name: 'Remove' }).click();
    await dialog.getByText('1 person can no longer sign in').waitFor();
    await dialog.getByText('fay@example.com').waitFor();
    await clean(page);
    await dialog.getByRole('button', { name: 'Remove provider' }).click();
    await page.getByText('People sign in with a password').waitFor();
    await other.page.reload();
    await other.page.getByRole('heading', { name: /^Sign in to/ }).waitFor();
    assert.equal(await other.page.getByRole('link', { name: /^Continue with/ }).count(), 0);
    await other.context.close();
  });

  await claim('settings_are_read_by_whoever_may_not_change_them', async ({ page }) => {
    await demo.call('POST', '/identity-providers', {
      name: 'Read only',
      kind: 'google',
      client_id: '4711',
      client_secret: 'never-shown',
    });
    const reader = await demo.person('rae@example.com', 'Rae', 'support');
    await signInByPassword(page, demo.url, reader, '/settings');
    await page.getByRole('row', { name: /Read only/ }).waitFor();
    assert.equal(await page.getByRole('button', { name: /^Add a provider|^More about|^Save/ }).count(), 0);
    await clean(page);
    await demo.call('DELETE', '/identity-providers/Read%20only');
  });

  await claim('somebody_signs_in_by_an_identity_provider_and_comes_back_to_the_page', async ({ page, context }) => {
    await demo.call('POST', '/identity-providers', {
      name: 'Example ID',
      kind: 'oidc',
      issuer: provider.issuer,
      client_id: 'usher',
      client_secret: 'secret-of-usher',
      accept_on_acquire: true,
      audience: 'studio',
    });
    await demo.call('POST', '/people', { email: 'cleo@example.com', name: 'Cleo', role: 'auditor' });
    await page.goto(`${demo.url}/licenses`);
    await page.getByRole('link', { name: 'Continue with Example ID' }).waitFor();
    await clean(page);
    await logIn(page, '/licenses', 'cleo');
    await page.getByRole('heading', { name: 'Licenses' }).waitFor();
    assert.equal(page.url(), `${demo.url}/licenses`);
    const cookies = await context.cookies(demo.url);
    const [login] = cookies.filter(({ name }) => name === 'usher_login');
    assert.deepEqual([login.httpOnly, login.sameSite], [true, 'Strict']);
    assert.equal(cookies.filter(({ name }) => name === 'usher_sign_in').length, 0);
    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByText('cleo@example.com').waitFor();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Continue with Example ID' }).waitFor();
  });

  await claim('somebody_whom_nobody_knows_is_told_so', async ({ page }) => {
    await logIn(page, '/licenses', 'nobody');
    await page.getByRole('alert').getByText('Nobody here has the e-mail address').waitFor();
    assert.equal(page.url(), `${demo.url}/`);
    await clean(page);
  });

  await claim('an_address_that_is_not_verified_lets_nobody_in', async ({ page }) => {
    await logIn(page, '/', 'unverified');
    await page.getByRole('alert').getByText('Verify it there').waitFor();
  });

  await claim('a_user_takes_a_seat_on_every_node_while_the_provider_changes_its_keys', async () => {
    await demo.call('POST', '/products', { code: 'named', name: 'Named', key_prefix: 'NAMED' });
    const plan = { product: 'named', code: 'user', name: 'By user', seats: 1, holder: 'user' };
    await demo.call('POST', '/plans', { ...plan, sessions_per_holder_max: 1000 });
    const customer = await demo.call('POST', '/customers', { name: 'Named users' });
    const { license_key } = await demo.call('POST', '/licenses', { plan: 'named:user', customer: customer.id });
    const acquire = async ({ api }, jwt_token) => {
      const answer = await fetch(`${api}/api/v1/licenses/acquire`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ license_key, hardware_id: `machine-${randomUUID()}`, jwt_token }),
      });
      const said = await answer.json();
      return said.code ?? said.seats.in_use;
    };
    const onEach = (token) => Promise.all(demo.nodes.map((node) => acquire(node, token)));
    const first = await provider.idToken('cleo');
    assert.deepEqual(await onEach(first), [1, 1, 1], 'one seat for one user on three machines');
    assert.equal(await acquire(demo.nodes[0]), 'USER_REQUIRED');
    assert.equal(await acquire(demo.nodes[0], await provider.idToken('dora')), 'SEAT_LIMIT_REACHED');
    provider.changeKeys();
    const second = await provider.idToken('cleo');
    // A key that is not known is looked for once in ten seconds.
    const deadline = Date.now() + 30_000;
    let answers = [];
    do {
      await new Promise((resolve) => setTimeout(resolve, 500));
      answers = await onEach(second);
    } while (answers.some((answer) => answer !== 1) && Date.now() < deadline);
    assert.deepEqual(answers, [1, 1, 1], 'the new key is found');
    assert.deepEqual(await onEach(first), Array(3).fill('TOKEN_INVALID'), 'the old one is out');
  });

  /** `usher login` as somebody types it, and what it says. */
  const usherLogin = async (node) => {
    const args = ['login', '--no-browser', '--url', node.api];
    const child = spawn(usher, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const said = { out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (text) => {
      said.out += text;
    });
    const ended = new Promise((resolve) => child.on('close', (code) => resolve({ code, ...said })));
    const asks = new Promise((resolve, reject) => {
      void ended.then(({ err }) => reject(new Error(`usher login: ${err}`)));
      child.stderr.setEncoding('utf8').on('data', (text) => {
        said.err += text;
        const [address] = said.err.match(/http:\S+\/allow\S+(?=\n)/) ?? [];
        if (address) resolve({ address, code: said.err.match(/if it shows (\S{9}):/)?.[1] });
      });
    });
    return { ...(await asks), ended, kill: () => child.kill() };
  };

  await claim('usher_login_asks_on_a_page_and_its_token_takes_a_seat_for_that_person', async ({ page }) => {
    await demo.call('POST', '/products', { code: 'desk', name: 'Desk', key_prefix: 'DESK' });
    await demo.call('POST', '/plans', { product: 'desk', code: 'user', name: 'By user', seats: 1, holder: 'user' });
    await demo.call('POST', '/customers', { name: 'Login & Co', reference: 'LOGIN-1' });
    const license = await demo.call('POST', '/licenses', { plan: 'desk:user', customer: 'LOGIN-1' });
    const lena = await demo.person('lena@login.example', 'Lena', 'member', 'LOGIN-1');
    const acquire = (jwt_token, refusal) =>
      demo.call(
        'POST',
        '/licenses/acquire',
        { license_key: license.license_key, hardware_id: `machine-${randomUUID()}`, jwt_token },
        refusal,
      );
    const asked = await usherLogin(demo.nodes[1]);
    try {
      // Whoever is not signed in yet is asked to, and comes to the page that they were sent to.
      await signInByPassword(page, '', lena, asked.address);
      await page.getByRole('heading', { name: 'Allow usher login' }).waitFor();
      await page.getByRole('main').getByText('lena@login.example').first().waitFor();
      await page.getByTestId('short-code').getByText(asked.code).waitFor();
      await clean(page);
      await page.getByRole('button', { name: 'Allow', exact: true }).click();
      await page.getByText('go back to the terminal').waitFor();
      const { code, out, err } = await asked.ended;
      assert.deepEqual([code, out.split('.').length], [0, 3], err);
      assert.match(err, /Signed in as lena@login.example/);
      const seat = await acquire(out.trim());
      const { user } = await demo.call('GET', `/sessions/${seat.session}`);
      assert.equal(user.email, 'lena@login.example');
      assert.equal((await acquire(out.trim())).seats.in_use, 1, 'a second machine of hers needs no second seat');
    } finally {
      asked.kill();
    }

    const again = await usherLogin(demo.nodes[0]);
    try {
      // Whoever is signed in is only asked.
      await page.goto(again.address);
      await page.getByRole('button', { name: 'Do not allow' }).click();
      await page.getByText('Nothing was allowed').waitFor();
      const { code, out } = await again.ended;
      assert.deepEqual([code, out], [1, '']);
    } finally {
      again.kill();
    }

    await page.goto(`${demo.nodes[0].api}/portal/seats`);
    const colleague = await demo.person('kurt@login.example', 'Kurt', 'member', 'LOGIN-1');
    await page
      .getByRole('row', { name: /lena@login.example/ })
      .first()
      .waitFor();
    const stranger = await open(browser);
    await signInByPassword(stranger.page, demo.url, colleague, '/portal/seats');
    await stranger.page
      .getByRole('row', { name: /lena@login.example/ })
      .first()
      .waitFor();
    assert.equal(await stranger.page.getByRole('button', { name: /^Free the seat/ }).count(), 0);
    assert.deepEqual(stranger.wrong, []);
    await stranger.context.close();
    await clean(page);
    for (let left = 2; left > 0; left--) {
      const buttons = page.getByRole('button', { name: /^Free the seat/ });
      assert.equal(await buttons.count(), left);
      await buttons.first().click();
      await page.getByRole('dialog').getByLabel('Reason').fill('Left running at home');
      await page.getByRole('dialog').getByRole('button', { name: 'End session' }).click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.waitForFunction((left) => document.querySelectorAll('tbody tr').length < left, left);
    }
    await page.getByText('Nobody holds a seat').waitFor();

    await page.goto(`${demo.nodes[0].api}/allow?port=22&state=x`);
    await page.getByText('Nothing asks for anything here').waitFor();
    await clean(page);
    await page.goto(`${demo.nodes[0].api}/account`);
    await page.getByRole('button', { name: 'Make a user token' }).click();
    const token = await page.getByTestId('secret').textContent();
    await clean(page);
    assert.equal((await acquire(token)).seats.in_use, 1);
    assert.equal((await acquire(undefined, 'USER_REQUIRED')).code, 'USER_REQUIRED');
  });

  await claim('the_page_goes_on_when_the_leader_dies', async ({ page }) => {
    // A follower serves the page; the node that leads is killed.
    const { leader } = await demo.call('GET', '/cluster');
    const dying = demo.nodes.find(({ node_id }) => node_id === leader);
    const other = demo.nodes.find(({ node_id }) => node_id !== leader);
    await signIn(page, other.api, demo.token, '/customers');
    await page.getByRole('heading', { name: 'Customers' }).waitFor();
    process.kill(dying.pid, 'SIGKILL');
    await page.getByRole('button', { name: 'New customer' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('After the fall');
    await page.getByRole('button', { name: 'Create customer' }).click();
    await page.getByRole('heading', { name: 'After the fall' }).waitFor();
    await page.getByRole('link', { name: 'Live seats' }).click();
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Cluster' }).click();
    await page
      .getByRole('row', { name: new RegExp(`\\(${leader}\\)`) })
      .getByText('does not answer')
      .waitFor();
    await page
      .getByRole('main')
      .getByText(/Cannot lose a node|Led by node/)
      .waitFor();
    await clean(page);
  });
} finally {
  await browser.close();
  provider.stop();
  demo.stop();
}
console.log(failures.length === 0 ? 'the console: all good' : `the console: ${failures.length} claims failed`);
process.exit(failures.length === 0 ? 0 : 1);
