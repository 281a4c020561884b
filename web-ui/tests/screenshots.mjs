// Pictures of every page, light and dark, wide and narrow: node tests/screenshots.mjs USHER DIRECTORY
import { mkdirSync } from 'node:fs';
import { Demo } from './demo.mjs';
import { launch, open, signIn, violations } from './page.mjs';

const [usher, directory, only] = process.argv.slice(2);
mkdirSync(directory, { recursive: true });
const demo = new Demo(usher);
const browser = await launch();
const wrong = [];
try {
  const made = await demo.fill();
  const pages = {
    overview: '/',
    seats: '/seats',
    usage: '/usage',
    customers: '/customers',
    customer: `/customers/${made.customer}`,
    licenses: '/licenses',
    license: `/licenses/${made.license}`,
    products: '/products',
    product: `/products/${made.product}`,
    activity: '/activity',
    tokens: '/tokens',
    cluster: '/cluster',
  };
  for (const colorScheme of ['light', 'dark']) {
    for (const [width, viewport] of Object.entries({
      desktop: { width: 1280, height: 800 },
      phone: { width: 390, height: 800 },
    })) {
      const opened = await open(browser, { colorScheme, viewport, deviceScaleFactor: 1 });
      const { page } = opened;
      const shoot = async (name, fullPage = true) => {
        await page.screenshot({ path: `${directory}/${name}-${colorScheme}-${width}.png`, fullPage });
        const found = await violations(page);
        wrong.push(...found.map((text) => `${name} ${colorScheme} ${width}: ${text}`));
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (wide > 0) wrong.push(`${name} ${colorScheme} ${width}: ${wide} pixels wider than the screen`);
      };
      await page.goto(demo.url);
      await page.getByRole('button', { name: 'Sign in' }).waitFor();
      await shoot('sign-in');
      await signIn(page, demo.url, demo.token);
      for (const [name, path] of Object.entries(pages)) {
        if (only && name !== only) continue;
        await page.goto(demo.url + path);
        await page.getByRole('heading', { level: 1 }).waitFor();
        await page.waitForFunction(() => document.querySelector('[aria-label="Loading"]') === null);
        // What a page asks for once its first answers are there has no sign of its own.
        await page.waitForTimeout(500);
        await shoot(name);
      }
      wrong.push(...opened.wrong);
      await opened.context.close();
    }
  }
} finally {
  await browser.close();
  demo.stop();
}
for (const line of new Set(wrong)) console.error(line);
process.exit(wrong.length > 0 ? 1 : 0);
