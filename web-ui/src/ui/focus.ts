// Where the keyboard goes on once a dialog is gone: to what opened it.
import { useEffect, useState } from 'react';

let opener: HTMLElement | null = null;

/** What has the focus before a dialog takes it. An entry of a menu goes with its menu, so that is the menu's button; a dialog
 * that follows another, when nothing has it, was opened by what opened the first. */
function remember() {
  const active = document.activeElement;
  if (!(active instanceof HTMLElement) || active === document.body || active.closest('[role=dialog]')) return;
  const menu = active.closest('[role=menu]');
  const button = menu && document.getElementById(menu.getAttribute('aria-labelledby') ?? '');
  opener = button ?? active;
}

/** Gives the focus back, if nothing else has it: to what opened the last dialog, else to the page. */
function giveBack() {
  const active = document.activeElement;
  if (active !== null && active !== document.body) return;
  if (opener?.isConnected) opener.focus();
  else document.getElementById('main')?.focus();
}

/** For a dialog that is there as long as it is open. */
export function useFocusBack() {
  useState(remember);
  // Once it is taken off the page; one that follows it takes the focus for itself.
  useEffect(() => () => void setTimeout(giveBack, 50), []);
}

/** For a dialog that comes and goes. */
export function useFocusBackWhenClosed(open: boolean) {
  useEffect(() => {
    if (!open) return;
    remember();
    return () => void setTimeout(giveBack, 300);
  }, [open]);
}
