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

function giveBack() {
  const active = document.activeElement;
  if (active !== null && active !== document.body) return;
  if (outside?.isConnected) outside.focus();
  else document.getElementById('main')?.focus();
}

/** For a dialog that is there as long as it is open: the focus goes back, if nothing else has it. */
export function useFocusBack() {
  // Once the dialog is off the page; one that follows it takes the focus for itself.
  useEffect(() => () => void setTimeout(giveBack, 50), []);
}
