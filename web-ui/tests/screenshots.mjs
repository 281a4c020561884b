// Pictures of every page, light and dark, wide and narrow: node tests/screenshots.mjs USHER DIRECTORY [SCENE OR PAGE]
import { mkdirSync } from 'node:fs';
import { Demo } from './demo.mjs';
import { launch, open, settled, signIn, signInByPassword, stands, violations } from './page.mjs';
import dialogs from './pictures/dialogs.mjs';
import doors from './pictures/doors.mjs';
import providers from './pictures/providers.mjs';
import { states, withoutQuorum } from './pictures/states.mjs';
import usage from './pictures/usage.mjs';

const SCREENS = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 800 } };
const HEIGHT_MAX = 2000;

const pagesOf = (made) => ({
  overview: '/',
  seats: '/seats',
  usage: '/usage',
  refusals: '/refusals',
  refusal: `/refusals/${made.refusal}`,
  customers: '/customers',
  customer: `/customers/${made.customer}`,
  licenses: '/licenses',
  license: `/licenses/${made.license}`,
  'license-named': `/licenses/${made.named}`,
  products: '/products',
  product: `/products/${made.product}`,
  activity: '/activity',
  people: '/people',
  tokens: '/tokens',
  cluster: '/cluster',
  settings: '/settings',
});

const portalOf = (made) => ({
  portal: '/portal',
  'portal-license': `/portal/licenses/${made.own}`,
  'portal-named': `/portal/licenses/${made.named}`,
  'portal-seats': '/portal/seats',
  'portal-team': '/portal/team',
  account: '/account',
});

/** Pages that ask the server for nothing, and so have no other states. */
const SAID = {
  'portal-help': '/portal/help',
  allow: `/allow?port=4711&state=${'0'.repeat(32)}&challenge=${'A'.repeat(43)}`,
  'state-allow-nothing': '/allow',
  'state-portal-no-such-page': '/portal/nowhere',
  'state-portal-no-such-license': `/portal/licenses/lic_${'0'.repeat(26)}`,
};
const SAID_TO_TOKENS = {
  'state-account-token': '/account',
  'state-allow-token': SAID.allow,
  'state-no-such-page': '/nowhere',
  'state-no-such-customer': `/customers/cus_${'0'.repeat(26)}`,
  'state-refusals-none': '/refusals?reason=license_revoked',
};

const [usher, directory, only] = process.argv.slice(2);
mkdirSync(directory, { recursive: true });
const demo = new Demo(usher);
const browser = await launch();
const wrong = [];

/** How high a screen shows all there is, so that what is fixed to its edges is where it belongs. A dialog leaves a tenth free. */
function heightOfAll() {
  const dialog = document.querySelector('[role=dialog]');
  return dialog ? Math.ceil(dialog.scrollHeight / 0.9) + 1 : document.documentElement.scrollHeight;
}

/** A page that takes pictures of itself, and looks at what is wrong with it. */
async function camera(colorScheme, screen) {
  const viewport = SCREENS[screen];
  const opened = await open(browser, { colorScheme, viewport, deviceScaleFactor: 1 });
  const { page } = opened;
  const shoot = async (name, { isChecked = true } = {}) => {
    const height = await page.evaluate(heightOfAll);
    await page.setViewportSize({ ...viewport, height: Math.max(viewport.height, Math.min(height, HEIGHT_MAX)) });
    await page.waitForTimeout(150);
    await stands(page);
    await page.screenshot({ path: `${directory}/${name}-${colorScheme}-${screen}.png` });
    await page.setViewportSize(viewport);
    const found = isChecked ? await violations(page) : [];
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (wide > 0) found.push(`${wide} pixels wider than the screen`);
    wrong.push(...found.map((text) => `${name} ${colorScheme} ${screen}: ${text}`));
  };
  const visit = async (places) => {
    for (const [name, path] of Object.entries(places)) {
      await page.goto(demo.url + path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await settled(page);
      await shoot(name);
    }
  };
  const close = async () => {
    wrong.push(...opened.wrong);
    await opened.context.close();
  };
  return { page, url: demo.url, shoot, visit, close };
}

/** All of the places, or the one that was asked for. */
const asked = (places) =>
  Object.fromEntries(Object.entries(places).filter(([name]) => !only || only === 'pages' || name === only));
const isAsked = (scene) => !only || only === scene;

try {
  const made = await demo.fill();
  demo.keep();
  const cameras = [];
  for (const scheme of ['light', 'dark']) {
    for (const screen of Object.keys(SCREENS)) {
      // A state looks like its page otherwise does: one of each colour and each width is enough.
      const isForStates = (scheme === 'light') === (screen === 'desktop');
      const stranger = await camera(scheme, screen);
      if (isAsked('doors')) await doors({ ...stranger, made });
      await stranger.close();

      const operator = await camera(scheme, screen);
      await signIn(operator.page, demo.url, demo.token);
      await operator.visit(asked({ ...pagesOf(made), ...SAID_TO_TOKENS }));
      for (const [name, scene] of Object.entries({ usage, dialogs, providers }))
        if (isAsked(name)) await scene({ ...operator, made });
      if (isAsked('states') && isForStates) await states(operator, pagesOf(made));

      const member = await camera(scheme, screen);
      await signInByPassword(member.page, demo.url, made.member);
      await member.visit(asked({ ...portalOf(made), ...SAID }));
      if (isAsked('states') && isForStates) await states(member, portalOf(made));
      cameras.push({ operator, member, isForStates });
    }
  }
  if (isAsked('no-quorum')) {
    for (const { pid } of demo.nodes.slice(1)) process.kill(pid, 'SIGKILL');
    for (const { operator, member, isForStates } of cameras) {
      if (!isForStates) continue;
      await withoutQuorum(operator, pagesOf(made));
      await withoutQuorum(member, portalOf(made));
    }
  }
  for (const { operator, member } of cameras) {
    await operator.close();
    await member.close();
  }
} finally {
  await browser.close();
  demo.stop();
}
for (const line of new Set(wrong)) console.error(line);
process.exit(wrong.length > 0 ? 1 : 0);
