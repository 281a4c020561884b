// What is not there at first sight: dialogs and the search.
import { pick } from '../page.mjs';

export default async function dialogs({ page, url, made, shoot }) {
  await page.goto(`${url}/licenses`);
  await page.getByRole('button', { name: 'New license' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Create license' }).click();
  await shoot('state-form');
  await page.goto(`${url}/products/${made.product}`);
  await page.getByRole('button', { name: 'New plan' }).click();
  await page.getByRole('dialog').waitFor();
  await shoot('state-plan');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Change Team' }).click();
  await page.getByLabel('Seats', { exact: true }).fill('8');
  await page.getByRole('button', { name: 'Review changes' }).click();
  await page.getByText('live sessions').waitFor();
  await shoot('state-difference');
  await page.goto(`${url}/seats`);
  await page.getByRole('button', { name: 'End the session of ada-laptop' }).click();
  await shoot('state-reason');
  await page.goto(`${url}/tokens`);
  await page.getByRole('button', { name: 'New token' }).click();
  await page.getByLabel('Name').fill('Nightly report');
  await shoot('state-token');
  await pick(page, 'Scope', /^auditor/);
  await page.getByRole('button', { name: 'Make token' }).click();
  await page.getByTestId('secret').waitFor();
  await shoot('state-secret');
  await page.goto(`${url}/`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.keyboard.press('Control+k');
  await page.getByPlaceholder('Customers, licenses').fill('curie');
  await page.getByRole('button', { name: /Curie Laboratories: Studio/ }).waitFor();
  await shoot('state-search');
  await page.keyboard.press('Escape');
  await page.goto(`${url}/people`);
  await page.getByRole('button', { name: 'Invite somebody' }).click();
  await shoot('state-invite');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'More about Sam Okafor' }).click();
  await page.getByRole('menu').waitFor();
  // Mantine's menu is no landmark's, and begins with an empty stop that is no entry; axe-core minds both.
  await shoot('state-menu', { isChecked: false });
  await page.goto(`${url}/products`);
  await page.getByRole('button', { name: 'New product' }).click();
  await page.getByRole('dialog').waitFor();
  await shoot('state-product');
  await page.goto(`${url}/licenses/${made.license}`);
  for (const [button, name] of [
    ['Plan and seats', 'state-license-change'],
    ['Extend', 'state-license-extend'],
  ]) {
    await page.getByRole('button', { name: button }).click();
    await page.getByRole('dialog').waitFor();
    await shoot(name);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  }
  await page.goto(`${url}/cluster`);
  await page.getByRole('button', { name: 'Add a node' }).click();
  await page.getByRole('dialog').waitFor();
  await shoot('state-add-node');
  await page.keyboard.press('Escape');
  await page
    .getByRole('button', { name: /^More about/ })
    .nth(1)
    .click();
  await page.getByRole('menuitem', { name: 'Remove' }).click();
  await page.getByRole('dialog').waitFor();
  await shoot('state-remove-node');
  const navigation = page.getByRole('button', { name: 'Navigation' });
  await page.goto(`${url}/people`);
  if (await navigation.isVisible()) {
    await navigation.click();
    await page.getByRole('link', { name: 'Settings' }).waitFor();
    await shoot('state-navigation');
  }
}
