import { expect, test } from 'vitest';
import { colourOf, contrast, onColour } from './branding';

test('what is written on a colour can be read', () => {
  for (const colour of ['#0b7a5e', '#ffffff', '#000000', '#ffd400', '#777777', '#ff6600']) {
    expect(contrast(colour, onColour(colour))).toBeGreaterThanOrEqual(4.5);
  }
});

test('what is no colour sets nothing', () => {
  expect(colourOf('red; background: url(x)')).toEqual({});
  expect(colourOf(null)).toEqual({});
  expect(colourOf('#ffd400')).toEqual({ '--brand': '#ffd400', '--brand-text': '#000000' });
});
