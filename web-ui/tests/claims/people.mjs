// People: who sets the server up, who is invited, and what becomes of them.
import assert from 'node:assert/strict';
import { choosePassword, clean, pick, signIn } from '../page.mjs';

export default {
  async the_first_owner_sets_the_server_up_signs_out_and_in_again({ page, demo }) {
    await page.goto(demo.setUpLink);
    await page.getByRole('heading', { name: /^Welcome to/ }).waitFor();
    await clean(page);
    await choosePassword(page, 'ada@example.com', 'Ada', 'too short');
    await page.getByRole('alert').getByText('INVALID_REQUEST', { exact: true }).waitFor();
    await choosePassword(page, 'ada@example.com', 'Ada');
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
    await choosePassword(page, 'eve@example.com', 'Eve');
    await page.getByRole('alert').getByText('INVITATION_INVALID', { exact: true }).waitFor();
  },

  async an_auditor_who_was_invited_sees_and_changes_nothing({ page, demo }) {
    const bob = { email: 'bob@example.com', name: 'Bob', role: 'auditor' };
    const { link } = await demo.call('POST', '/people', bob);
    await page.goto(link);
    await choosePassword(page, bob.email, '');
    await page.getByRole('link', { name: 'Licenses' }).click();
    await page.getByRole('heading', { name: 'Licenses' }).waitFor();
    assert.equal(await page.getByRole('button', { name: 'New license' }).count(), 0, 'an auditor changes nothing');
  },

  async people_are_invited_changed_signed_out_and_removed({ page, demo, another }) {
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

    const theirs = await another();
    await theirs.goto(link);
    await choosePassword(theirs, 'grace@example.com', '');
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

    await page.getByRole('button', { name: 'More about Grace' }).click();
    await page.getByRole('menuitem', { name: 'Remove' }).click();
    // What somebody left running, and a named seat, are ended elsewhere.
    await dialog.getByText('a named seat stays assigned to grace@example.com').waitFor();
    await dialog.getByRole('link', { name: 'Live seats' }).waitFor();
    await dialog.getByRole('link', { name: 'Licenses' }).waitFor();
    await clean(page);
    await dialog.getByRole('button', { name: 'Remove' }).click();
    await row.waitFor({ state: 'detached' });
  },
};
