// The vendor's name, colour and support, where customers see them.
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { queries } from '../api/queries';
import { colourOf } from '../words/branding';

/** The branding, with its colour on the whole page for as long as the asking part is there. */
export function useBranding() {
  const { data } = useQuery({ ...queries.branding, retry: false });
  const colour = data?.colour;
  useEffect(() => {
    const root = document.documentElement;
    const variables = Object.entries(colourOf(colour)) as [string, string][];
    if (variables.length === 0) return;
    for (const [name, value] of variables) root.style.setProperty(name, value);
    root.dataset.branded = '';
    return () => {
      for (const [name] of variables) root.style.removeProperty(name);
      delete root.dataset.branded;
    };
  }, [colour]);
  return { name: data?.name || 'usher', support: data?.support ?? undefined };
}

/** Where a support contact leads. */
export const supportLink = (support: string) => (support.startsWith('https://') ? support : `mailto:${support}`);
