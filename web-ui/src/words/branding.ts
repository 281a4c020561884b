// A vendor's colour as the page uses it: for what is written in white, and for text that must stay legible.
import type { CSSProperties } from 'react';

const COLOUR = /^#[0-9a-f]{6}$/;

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** The ratio of two colours' contrast (WCAG 2). */
export function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

/** Black or white, whichever is easier to read on it. */
export const onColour = (colour: string) => (contrast(colour, '#ffffff') >= 4.5 ? '#ffffff' : '#000000');

/** The variables that carry a vendor's colour; none for what is no colour. */
export function colourOf(colour: string | null | undefined): CSSProperties {
  if (!colour || !COLOUR.test(colour)) return {};
  return { '--brand': colour, '--brand-text': onColour(colour) } as CSSProperties;
}
