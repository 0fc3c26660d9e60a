import type { ITheme } from '@xterm/xterm';

/** The sixteen colours of terminals, chosen so that each can be read on its background. */
const LIGHT: ITheme = {
  background: '#ffffff',
  foreground: '#1a1c1f',
  cursor: '#0c6f66',
  cursorAccent: '#ffffff',
  selectionBackground: '#bfe3de',
  selectionInactiveBackground: '#dfe6e5',
  scrollbarSliderBackground: '#1a1c1f33',
  scrollbarSliderHoverBackground: '#1a1c1f55',
  scrollbarSliderActiveBackground: '#1a1c1f77',
  black: '#1a1c1f',
  red: '#b3261e',
  green: '#1a7240',
  yellow: '#7a5500',
  blue: '#0b5cad',
  magenta: '#8b2fa8',
  cyan: '#0c6f66',
  white: '#5b6068',
  brightBlack: '#5b6068',
  brightRed: '#c8362d',
  brightGreen: '#1f8149',
  brightYellow: '#8a6100',
  brightBlue: '#1a6bc0',
  brightMagenta: '#9c3fba',
  brightCyan: '#0e7d73',
  brightWhite: '#3d4147',
};

const DARK: ITheme = {
  background: '#0d0f11',
  foreground: '#e7e9ec',
  cursor: '#4fd8c6',
  cursorAccent: '#0d0f11',
  selectionBackground: '#1f4f49',
  selectionInactiveBackground: '#263634',
  scrollbarSliderBackground: '#e7e9ec33',
  scrollbarSliderHoverBackground: '#e7e9ec55',
  scrollbarSliderActiveBackground: '#e7e9ec77',
  black: '#22262b',
  red: '#ff8f86',
  green: '#63d391',
  yellow: '#f0b755',
  blue: '#7db8f5',
  magenta: '#d49bf0',
  cyan: '#4fd8c6',
  white: '#c9ced5',
  brightBlack: '#8b929d',
  brightRed: '#ffaca5',
  brightGreen: '#8be4ae',
  brightYellow: '#f8cf87',
  brightBlue: '#a4cffa',
  brightMagenta: '#e2bdf6',
  brightCyan: '#7ee7d9',
  brightWhite: '#ffffff',
};

export function terminalTheme(isDark: boolean): ITheme {
  return isDark ? DARK : LIGHT;
}
