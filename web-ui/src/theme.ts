// The look: calm greys, one green, small type, room only where it tells things apart.
import { type CSSVariablesResolver, createTheme } from '@mantine/core';

export const theme = createTheme({
  primaryColor: 'usher',
  primaryShade: { light: 8, dark: 8 },
  colors: {
    usher: [
      '#e8f7f1',
      '#d0ece2',
      '#a2d9c6',
      '#72c6aa',
      '#4cb693',
      '#34ac84',
      '#1f9a72',
      '#128664',
      '#0b7356',
      '#065c44',
    ],
    dark: [
      '#dde2e6',
      '#b3bbc2',
      '#929ca4',
      '#69737b',
      '#3b434a',
      '#2b3238',
      '#1f252a',
      '#161a1e',
      '#111417',
      '#0b0d0f',
    ],
  },
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace',
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.25rem' },
  headings: { fontWeight: '600' },
  defaultRadius: 6,
  cursorType: 'pointer',
  components: {
    Button: { defaultProps: { size: 'xs' } },
    TextInput: { defaultProps: { size: 'sm' } },
    // A dialog's head is a header element, and would be taken for the page's.
    Modal: {
      defaultProps: {
        centered: true,
        radius: 8,
        padding: 'lg',
        attributes: { header: { role: 'presentation' } },
        styles: { title: { fontWeight: 600 } },
      },
    },
    Notification: { defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } },
    Tooltip: { defaultProps: { openDelay: 250, fz: 'xs' } },
    // A menu has items and nothing else; the first of them says that it is to have the focus.
    Menu: { defaultProps: { shadow: 'md', position: 'bottom-end', withInitialFocusPlaceholder: false } },
    // What opens over the page is a part of it: menus, and the lists of what can be chosen.
    Popover: { defaultProps: { portalProps: { target: '#main' } } },
  },
});

export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#ffffff',
    '--mantine-color-dimmed': '#59636b',
    '--mantine-color-placeholder': '#6b757d',
    '--mantine-color-error': '#b3261e',
    '--usher-ground': '#f6f8f7',
    '--usher-line': '#e2e7e5',
    '--usher-hover': '#f1f5f3',
    '--usher-good': '#128664',
    '--usher-warn': '#b26a00',
    '--usher-bad': '#c0362c',
    '--usher-quiet': '#8a949b',
  },
  dark: {
    '--mantine-color-body': '#161a1e',
    '--mantine-color-dimmed': '#98a2aa',
    '--mantine-color-placeholder': '#7f8a92',
    '--mantine-color-error': '#ff8f87',
    '--usher-ground': '#111417',
    '--usher-line': '#262d32',
    '--usher-hover': '#1b2025',
    '--usher-good': '#3fbf94',
    '--usher-warn': '#e0a13c',
    '--usher-bad': '#f0756b',
    '--usher-quiet': '#7a858d',
  },
});
