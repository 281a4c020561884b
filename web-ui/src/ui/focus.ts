// Where the keyboard goes on once a dialog is gone: to what opened it.
import { useEffect } from 'react';

/** What last had the focus outside of every dialog. */
let outside: HTMLElement | null = null;

document.addEventListener('focusin', ({ target }) => {
  if (!(target instanceof HTMLElement) || target.closest('[role=dialog]')) return;
  // An entry of a menu goes with its menu, so that is the menu's button.
  const menu = target.closest('[role=menu]');
  const button = menu && document.getElementById(menu.getAttribute('aria-labelledby') ?? '');
  outside = button ?? target;
});

const isNowhere = () => document.activeElement === null || document.activeElement === document.body;

function giveBack() {
  if (!isNowhere()) return;
  const [opener, main] = [outside, document.getElementById('main')];
  if (!opener?.isConnected) return main?.focus();
  opener.focus();
  if (!main) return;
  // What the dialog was about may yet go, and its button with it.
  const watch = new MutationObserver(() => {
    if (opener.isConnected) return;
    watch.disconnect();
    if (isNowhere()) main.focus();
  });
  watch.observe(main, { childList: true, subtree: true });
  document.addEventListener('focusin', () => watch.disconnect(), { once: true });
}

/** For a dialog that is there as long as it is open: the focus goes back, if nothing else has it. */
export function useFocusBack() {
  // Once the dialog is off the page; one that follows it takes the focus for itself.
  useEffect(() => () => void setTimeout(giveBack, 50), []);
}
