// A page as somebody sees it who has a keyboard and nothing else.
import assert from 'node:assert/strict';

const STOPS_MAX = 400;
const PARTS_MAX = 6;

/** What is done in the page: which elements are met, and how each looks with the focus and without. */
function begin() {
  // Nothing fades, so that a look is the whole of it.
  const still = new CSSStyleSheet();
  still.replaceSync('*, *::before, *::after { transition: none !important; animation-duration: 0s !important }');
  if (!window.walk) document.adoptedStyleSheets = [...document.adoptedStyleSheets, still];
  const nameOf = (element) =>
    `${element.tagName.toLowerCase()} "${(element.getAttribute('aria-label') ?? element.textContent ?? '').trim().slice(0, 50)}"`;
  // A radio or a switch is seen by its label, and by what stands beside it.
  const look = (element) => {
    const label = element.labels?.[0];
    return [element, label, element.nextElementSibling, element.parentElement]
      .filter(Boolean)
      .map((node) => {
        const style = getComputedStyle(node);
        return [style.outlineStyle, style.outlineWidth, style.outlineColor, style.borderColor, style.boxShadow].join();
      })
      .join('|');
  };
  const shown = (element) => {
    if (element.closest('[inert], [aria-hidden=true]') || !element.checkVisibility({ visibilityProperty: true }))
      return false;
    const { width, height } = (element.labels?.[0] ?? element).getBoundingClientRect();
    return width > 0 && height > 0;
  };
  window.walk = {
    met: [],
    /** Notes where the focus is; false once it has left the page. */
    note() {
      const element = document.activeElement;
      if (!element || element === document.body || element === document.documentElement) return null;
      const again = this.met.some((stop) => stop.element === element);
      const same = this.met.at(-1)?.element === element;
      if (!again) this.met.push({ element, focused: look(element) });
      return { name: nameOf(element), again, same };
    },
    end() {
      document.activeElement?.blur();
      const met = this.met.filter(({ element }) => element.isConnected);
      const wrong = [];
      for (const { element, focused } of met)
        if (focused === look(element)) wrong.push(`not seen to have the focus: ${nameOf(element)}`);
      for (let place = 1; place < met.length; place++) {
        const order = met[place - 1].element.compareDocumentPosition(met[place].element);
        if (!(order & Node.DOCUMENT_POSITION_FOLLOWING)) wrong.push(`out of order: ${nameOf(met[place].element)}`);
      }
      const groups = new Set(met.map(({ element }) => element.type === 'radio' && element.name).filter(Boolean));
      const every = 'a[href], button, input, select, textarea, summary, [tabindex], [contenteditable=true]';
      for (const element of document.querySelectorAll(every)) {
        if (element.disabled || element.tabIndex < 0 || !shown(element)) continue;
        // A group of radios is one stop; arrows move within it.
        if (element.type === 'radio' && groups.has(element.name)) continue;
        if (!met.some((stop) => stop.element === element)) wrong.push(`not reached: ${nameOf(element)}`);
      }
      // What can be pressed and is no button or link is out of the keyboard's reach.
      for (const element of document.querySelectorAll('[onclick], [role=button], [role=link]'))
        if (element.tabIndex < 0 && shown(element)) wrong.push(`not for the keyboard: ${nameOf(element)}`);
      return { stops: met.length, wrong };
    },
  };
}

/** Walks the page by Tab alone, from its beginning until the focus leaves it. */
export async function walk(page) {
  await page.evaluate(begin);
  await page.evaluate(() => {
    document.activeElement?.blur();
    scrollTo(0, 0);
    getSelection().removeAllRanges();
  });
  await page.locator('body').evaluate((body) => {
    body.tabIndex = -1;
    body.focus();
    body.removeAttribute('tabindex');
  });
  const names = [];
  let parts = 0;
  for (let stop = 0; stop < STOPS_MAX; stop++) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() => window.walk.note());
    // A date has a stop for each of its parts.
    parts = at?.same ? parts + 1 : 0;
    if (at?.same && parts < PARTS_MAX) continue;
    if (at === null || (at.again && names[0] === at.name)) break;
    assert.equal(at.again, false, `the focus comes back to ${at.name}: a trap`);
    names.push(at.name);
  }
  const { stops, wrong } = await page.evaluate(() => window.walk.end());
  assert.ok(stops < STOPS_MAX, 'the walk ends');
  assert.deepEqual(wrong, []);
  return names;
}

/** What has the focus, by its accessible name as far as it is written down. */
export const focused = (page) =>
  page.evaluate(() => {
    const element = document.activeElement;
    return (element?.getAttribute('aria-label') ?? element?.textContent ?? '').trim();
  });

/** Goes to an element by Tab alone. */
export async function tabTo(page, locator) {
  for (let stop = 0; stop < STOPS_MAX; stop++) {
    if (await locator.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`${locator} is not reached by Tab`);
}
